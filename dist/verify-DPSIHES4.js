import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  verifyRelease,
  verifyStage
} from "./chunk-YYGHUJH7.js";
import "./chunk-DM2LZYME.js";
import "./chunk-LTFQZQCK.js";
import "./chunk-6L4HAHFR.js";
import "./chunk-GRLBLCD5.js";
import "./chunk-PARIFH2F.js";
import "./chunk-ZLEJMH7V.js";
import "./chunk-K24USPVH.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-33DNCJOU.js";
import "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-SER2FINV.js";
import "./chunk-E5QVSBEW.js";
import "./chunk-ZTA2TRVF.js";
import "./chunk-XHA3XECK.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-ANS66LPE.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  verifyRelease,
  verifyStage
};
