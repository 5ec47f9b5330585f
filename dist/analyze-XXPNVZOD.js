import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  analyzeEventOf,
  analyzeStage
} from "./chunk-4VP2U6AA.js";
import "./chunk-2FI3U4CO.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-OKNDXQQ5.js";
import "./chunk-T4VTEUJ4.js";
import "./chunk-TBKEFXY5.js";
import "./chunk-CB6PVV43.js";
import "./chunk-7EV6XQIJ.js";
export {
  analyzeEventOf,
  analyzeStage
};
