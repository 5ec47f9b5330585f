import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-BXPFFOH6.js";
import "./chunk-IXHKY62D.js";
import "./chunk-VINWWFRS.js";
import "./chunk-ZYS6PQUO.js";
import "./chunk-5KSOGW7C.js";
import "./chunk-D3CRPJXG.js";
import "./chunk-2FI3U4CO.js";
import "./chunk-NDYGVMPJ.js";
import "./chunk-FX5FNJLJ.js";
import "./chunk-VZSTX4WM.js";
import "./chunk-WDFSHBHL.js";
import "./chunk-5HUYSW4B.js";
import "./chunk-PARIFH2F.js";
import "./chunk-SC243MHE.js";
import "./chunk-CNL77JEK.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-HRZRVAQM.js";
import "./chunk-4BYZJRKW.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-V4NOZEO2.js";
import "./chunk-OKNDXQQ5.js";
import "./chunk-T4VTEUJ4.js";
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
