import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-PRXBJ5AA.js";
import "./chunk-5HUYSW4B.js";
import "./chunk-PARIFH2F.js";
import "./chunk-SC243MHE.js";
import "./chunk-CNL77JEK.js";
import "./chunk-V4NOZEO2.js";
import "./chunk-OKNDXQQ5.js";
import "./chunk-T4VTEUJ4.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
