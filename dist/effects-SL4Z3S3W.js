import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  readFresh,
  realFiles,
  realProbe,
  startOf
} from "./chunk-EQQ5TRBK.js";
import "./chunk-7EV6XQIJ.js";
export {
  readFresh,
  realFiles,
  realProbe,
  startOf
};
