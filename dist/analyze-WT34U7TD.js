import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  analyzeEventOf,
  analyzeStage
} from "./chunk-R5NFOVMJ.js";
import "./chunk-255FBQ5Z.js";
import "./chunk-G566AVRQ.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-TBKEFXY5.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  analyzeEventOf,
  analyzeStage
};
