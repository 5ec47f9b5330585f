import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  lastRelease,
  openRelease,
  planOnly,
  recover
} from "./chunk-EGIY5H3Q.js";
import "./chunk-ST7XKW65.js";
import "./chunk-KNILVGF2.js";
import "./chunk-FJLPGZXJ.js";
import "./chunk-33DNCJOU.js";
import "./chunk-GAUBK26K.js";
import "./chunk-KHJJBIT7.js";
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
