import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  earlierUnrecorded,
  lastRelease,
  openRelease,
  planOnly,
  recover,
  undoneResult
} from "./chunk-ZLEJMH7V.js";
import "./chunk-K24USPVH.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-33DNCJOU.js";
import "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-XHA3XECK.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-ANS66LPE.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  earlierUnrecorded,
  lastRelease,
  openRelease,
  planOnly,
  recover,
  undoneResult
};
