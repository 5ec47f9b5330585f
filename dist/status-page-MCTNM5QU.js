import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  statusPage
} from "./chunk-D4452KK7.js";
import "./chunk-NQUX53VA.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-ANS66LPE.js";
import "./chunk-7EV6XQIJ.js";
export {
  statusPage
};
