import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  analyzeEventOf,
  analyzeStage
} from "./chunk-7BRQWZR6.js";
import "./chunk-JJCYKDGK.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-PTR7TEVA.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  analyzeEventOf,
  analyzeStage
};
