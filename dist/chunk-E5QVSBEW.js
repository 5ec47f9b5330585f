import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/registry-entries.ts
function goodEntries(history) {
  return history.filter(({ status }) => status === "success");
}
__name(goodEntries, "goodEntries");
function newestGood(history, except) {
  const entry = goodEntries(history).findLast((candidate) => imageOf(candidate) !== except);
  return entry ? imageOf(entry) : null;
}
__name(newestGood, "newestGood");
function imageOf(entry) {
  return entry.image ?? entry.tag;
}
__name(imageOf, "imageOf");
function isOf(entry, target) {
  return entry.target === void 0 || target === void 0 || entry.target === target;
}
__name(isOf, "isOf");
function isBeside(entry, other) {
  const [name, otherName] = [nameOf(entry), nameOf(other)];
  return isOf(entry, other.target) && (name === void 0 || otherName === void 0 || name === otherName);
}
__name(isBeside, "isBeside");
var nameOf = /* @__PURE__ */ __name(({ image }) => image?.slice(0, image.lastIndexOf(":")), "nameOf");

export {
  goodEntries,
  newestGood,
  imageOf,
  isOf,
  isBeside
};
