import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  PostState,
  loadPostState,
  savePostState
} from "./chunk-PPRXYZOP.js";
import "./chunk-Z7M6A3A4.js";
import "./chunk-Y4BZ743O.js";
import "./chunk-7EV6XQIJ.js";
export {
  PostState,
  loadPostState,
  savePostState
};
