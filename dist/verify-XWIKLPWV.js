import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-WYSOYWSL.js";
import "./chunk-4QE3WKOW.js";
import "./chunk-PARIFH2F.js";
import "./chunk-G2NKIWBN.js";
import "./chunk-CNL77JEK.js";
import "./chunk-JK5QHVKJ.js";
import "./chunk-OKNDXQQ5.js";
import "./chunk-T4VTEUJ4.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
