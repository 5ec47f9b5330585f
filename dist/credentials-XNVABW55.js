import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  checkCredentials,
  readCredentials
} from "./chunk-JGO7AJRY.js";
import "./chunk-BQYSLNWA.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  checkCredentials,
  readCredentials
};
