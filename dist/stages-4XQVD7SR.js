import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-JWHXOLQN.js";
import "./chunk-GE4EHMAA.js";
import "./chunk-VZG3MX6Z.js";
import "./chunk-XTIRTQ7V.js";
import "./chunk-2ZNVMH4W.js";
import "./chunk-JJCYKDGK.js";
import "./chunk-UCJRTAR3.js";
import "./chunk-FX5FNJLJ.js";
import "./chunk-VZSTX4WM.js";
import "./chunk-BMIMXJPA.js";
import "./chunk-PARIFH2F.js";
import "./chunk-EFPWNRBF.js";
import "./chunk-KHJJBIT7.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-WDFSHBHL.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-HRZRVAQM.js";
import "./chunk-3UFV46ZU.js";
import "./chunk-4OM4VTMI.js";
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
