import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  lastRelease,
  openRelease,
  planOnly,
  recover
} from "./chunk-HVCNJTCC.js";
import "./chunk-RB5LL4QO.js";
import "./chunk-KNILVGF2.js";
import "./chunk-G2NKIWBN.js";
import "./chunk-33DNCJOU.js";
import "./chunk-4OUAOZ52.js";
import "./chunk-CNL77JEK.js";
import "./chunk-5DZOVXFJ.js";
import "./chunk-OKNDXQQ5.js";
import "./chunk-T4VTEUJ4.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  lastRelease,
  openRelease,
  planOnly,
  recover
};
