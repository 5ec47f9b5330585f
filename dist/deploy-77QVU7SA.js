import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  earlierUnrecorded,
  lastRelease,
  openRelease,
  planOnly,
  recover
} from "./chunk-JC7FXBTW.js";
import "./chunk-K24USPVH.js";
import "./chunk-VV5GF7Q2.js";
import "./chunk-KNILVGF2.js";
import "./chunk-SC243MHE.js";
import "./chunk-33DNCJOU.js";
import "./chunk-TQ2YNB4U.js";
import "./chunk-CNL77JEK.js";
import "./chunk-5DZOVXFJ.js";
import "./chunk-OKNDXQQ5.js";
import "./chunk-T4VTEUJ4.js";
import "./chunk-ANS66LPE.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  earlierUnrecorded,
  lastRelease,
  openRelease,
  planOnly,
  recover
};
