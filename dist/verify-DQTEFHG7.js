import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-PB4RXJZ6.js";
import "./chunk-GD3FIAFO.js";
import "./chunk-PARIFH2F.js";
import "./chunk-FJLPGZXJ.js";
import "./chunk-KHJJBIT7.js";
import "./chunk-US2URDAD.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
