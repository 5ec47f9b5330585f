import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-MZKIFG2I.js";
import "./chunk-GE4EHMAA.js";
import "./chunk-FYQLFPFC.js";
import "./chunk-XTIRTQ7V.js";
import "./chunk-IZNQAQXV.js";
import "./chunk-2FI3U4CO.js";
import "./chunk-UCJRTAR3.js";
import "./chunk-FX5FNJLJ.js";
import "./chunk-VZSTX4WM.js";
import "./chunk-WDFSHBHL.js";
import "./chunk-GD3FIAFO.js";
import "./chunk-PARIFH2F.js";
import "./chunk-FJLPGZXJ.js";
import "./chunk-KHJJBIT7.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-HRZRVAQM.js";
import "./chunk-6M2VOIKP.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-US2URDAD.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
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
