import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  pathOf,
  stagesCommand,
  summarise
} from "./chunk-AKGOHKXY.js";
import "./chunk-PPRXYZOP.js";
import "./chunk-SYQG7LAP.js";
import "./chunk-7327IJ2T.js";
import "./chunk-KB3NWZJT.js";
import "./chunk-JJCYKDGK.js";
import "./chunk-IXMI6UVH.js";
import "./chunk-O5JJWTZ5.js";
import "./chunk-BSZMCCSK.js";
import "./chunk-ZQVYJZUW.js";
import "./chunk-PARIFH2F.js";
import "./chunk-WTWUWYGQ.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-Z7M6A3A4.js";
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
