import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-L46IJXR4.js";
import "./chunk-C2V3UX2F.js";
import "./chunk-VINWWFRS.js";
import "./chunk-LY33XV6X.js";
import "./chunk-5KSOGW7C.js";
import "./chunk-NFZDIEOI.js";
import "./chunk-WQTX7Y42.js";
import "./chunk-G566AVRQ.js";
import "./chunk-NDYGVMPJ.js";
import "./chunk-FX5FNJLJ.js";
import "./chunk-VZSTX4WM.js";
import "./chunk-WDFSHBHL.js";
import "./chunk-TMFV5SCQ.js";
import "./chunk-PARIFH2F.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-SER2FINV.js";
import "./chunk-4BYZJRKW.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-E5QVSBEW.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-NQUX53VA.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-ANS66LPE.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  pathOf,
  stagesCommand,
  summarise
};
