import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  lastRelease,
  openRelease,
  planOnly,
  recover
} from "./chunk-4M2X2CM7.js";
import "./chunk-X5QJ3XMI.js";
import "./chunk-KNILVGF2.js";
import "./chunk-WTWUWYGQ.js";
import "./chunk-VUHDVGUJ.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  lastRelease,
  openRelease,
  planOnly,
  recover
};
