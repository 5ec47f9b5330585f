import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  apiReader,
  workspaceReader
} from "./chunk-MS6ZMOXW.js";
import "./chunk-7EV6XQIJ.js";
export {
  apiReader,
  workspaceReader
};
