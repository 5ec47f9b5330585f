import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  apiReader,
  checkoutReader,
  workspaceReader
} from "./chunk-PTR7TEVA.js";
import "./chunk-7EV6XQIJ.js";
export {
  apiReader,
  checkoutReader,
  workspaceReader
};
