import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-BJ3KZEST.js";
import "./chunk-BMIMXJPA.js";
import "./chunk-PARIFH2F.js";
import "./chunk-EFPWNRBF.js";
import "./chunk-KHJJBIT7.js";
import "./chunk-4OM4VTMI.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
