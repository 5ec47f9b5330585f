import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-2UVTOYL4.js";
import "./chunk-NI4JT55E.js";
import "./chunk-PARIFH2F.js";
import "./chunk-EFPWNRBF.js";
import "./chunk-KHJJBIT7.js";
import "./chunk-XFE5SXUD.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
