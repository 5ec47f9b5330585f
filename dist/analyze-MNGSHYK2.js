import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  analyzeEventOf,
  analyzeStage
} from "./chunk-2VZ552TL.js";
import "./chunk-WQTX7Y42.js";
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
