import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-PQ7GW4CQ.js";
import "./chunk-ELI6Y2OV.js";
import "./chunk-C2V3UX2F.js";
import "./chunk-NR6K6IZ2.js";
import "./chunk-B4F3VO3S.js";
import "./chunk-255FBQ5Z.js";
import "./chunk-G566AVRQ.js";
import "./chunk-I43TZRA4.js";
import "./chunk-RTLLEUFR.js";
import "./chunk-QXYGOVTK.js";
import "./chunk-EFU5YRGN.js";
import "./chunk-LTFQZQCK.js";
import "./chunk-6L4HAHFR.js";
import "./chunk-GRLBLCD5.js";
import "./chunk-PARIFH2F.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-SER2FINV.js";
import "./chunk-E5QVSBEW.js";
import "./chunk-ZTA2TRVF.js";
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
