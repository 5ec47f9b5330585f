import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  statusPage
} from "./chunk-DXIHIAOT.js";
import "./chunk-RIXWPXNT.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-7EV6XQIJ.js";
export {
  statusPage
};
