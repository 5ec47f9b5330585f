import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  lastRelease,
  openRelease,
  planOnly,
  recover
} from "./chunk-MEGPYFBM.js";
import "./chunk-QXD754VU.js";
import "./chunk-KNILVGF2.js";
import "./chunk-UJOSOD4F.js";
import "./chunk-VKAR5FPM.js";
import "./chunk-KHJJBIT7.js";
import "./chunk-VUHDVGUJ.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-33DNCJOU.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  lastRelease,
  openRelease,
  planOnly,
  recover
};
