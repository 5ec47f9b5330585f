import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  wire
} from "./chunk-RMRLICFA.js";
import "./chunk-CFYLDNZO.js";
import "./chunk-7EV6XQIJ.js";
export {
  wire
};
