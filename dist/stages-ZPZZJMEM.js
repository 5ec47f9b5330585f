import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-A5F7M75L.js";
import "./chunk-GE4EHMAA.js";
import "./chunk-SYQG7LAP.js";
import "./chunk-I4NJMSEM.js";
import "./chunk-WYNH2KLJ.js";
import "./chunk-JJCYKDGK.js";
import "./chunk-VWBB7JLD.js";
import "./chunk-IOB6LDTQ.js";
import "./chunk-DXZTDZIM.js";
import "./chunk-L5AJ4HLY.js";
import "./chunk-PARIFH2F.js";
import "./chunk-4JMFWTKM.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-HRZRVAQM.js";
import "./chunk-AVQU5DGG.js";
import "./chunk-XFE5SXUD.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-RIXWPXNT.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  pathOf,
  stagesCommand,
  summarise
};
