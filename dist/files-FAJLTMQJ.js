import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  checkoutReader,
  workspaceReader
} from "./chunk-TBKEFXY5.js";
import "./chunk-7EV6XQIJ.js";
export {
  checkoutReader,
  workspaceReader
};
