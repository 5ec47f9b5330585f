import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  PostState,
  loadPostState,
  savePostState
} from "./chunk-C2V3UX2F.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-7EV6XQIJ.js";
export {
  PostState,
  loadPostState,
  savePostState
};
