import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/trial.ts
function isTrial({
  eventName,
  ref,
  pullRequest
}) {
  return ["pull_request", "merge_group"].includes(eventName) || pullRequest !== void 0 || ref.startsWith("refs/pull/");
}
__name(isTrial, "isTrial");

export {
  isTrial
};
