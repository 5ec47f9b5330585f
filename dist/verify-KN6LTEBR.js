import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-YMC7IHML.js";
import "./chunk-TMFV5SCQ.js";
import "./chunk-Z6TY3D7T.js";
import "./chunk-PARIFH2F.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-E5QVSBEW.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
