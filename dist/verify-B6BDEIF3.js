import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-QBANJRYT.js";
import "./chunk-IC67ICKO.js";
import "./chunk-PARIFH2F.js";
import "./chunk-KV2WBI4B.js";
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
