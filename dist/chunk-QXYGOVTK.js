import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  redactAll
} from "./chunk-EFU5YRGN.js";
import {
  setOutput
} from "./chunk-TXLGVKAY.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/action/outputs.ts
var NO_OUTPUTS = {
  "pipeline-id": "",
  status: "failed",
  plan: void 0,
  changed: false,
  frontend: false,
  backend: false,
  database: false,
  config: false,
  tests: false,
  shared: false,
  services: [],
  images: {},
  deployed: {},
  "rolled-back": [],
  "failed-stage": "",
  "failure-reason": "",
  locked: false,
  "analyze-status": "skipped",
  "test-status": "skipped",
  "build-status": "skipped",
  "deploy-status": "skipped",
  "verify-status": "skipped"
};
function outputsOfPlan(plan) {
  const { base, head, categories, suites, services, decisions } = plan;
  const has = /* @__PURE__ */ __name((category) => (categories[category] ?? []).length > 0, "has");
  return {
    plan: { base, head, categories, suites, services, decisions },
    changed: plan.skipped === void 0,
    frontend: has("frontend"),
    backend: has("backend"),
    database: has("database"),
    config: has("config"),
    tests: has("test"),
    shared: has("shared"),
    services
  };
}
__name(outputsOfPlan, "outputsOfPlan");
var MAX_PLAN = 3e5;
var MAX_OTHER = 8e3;
function setOutputs(outputs, redact, set = setOutput) {
  for (const [name, value] of Object.entries({ ...NO_OUTPUTS, ...outputs }))
    set(name, textOf(redactAll(value, redact), name === "plan" ? MAX_PLAN : MAX_OTHER));
}
__name(setOutputs, "setOutputs");
function textOf(value, limit) {
  if (value === void 0) return "{}";
  if (typeof value === "string") return value.length > limit ? `${value.slice(0, limit)}...` : value;
  const text = JSON.stringify(value);
  if (text.length <= limit || typeof value !== "object" || value === null) return text;
  for (let longest = 1e3; longest >= 1; longest = Math.floor(longest / 2)) {
    const shorter = shorten(value, longest);
    const marked = JSON.stringify(
      Array.isArray(shorter) ? shorter : { ...shorter, truncated: true }
    );
    if (marked.length <= limit) return marked;
  }
  return Array.isArray(value) ? "[]" : '{"truncated":true}';
}
__name(textOf, "textOf");
function shorten(value, longest) {
  if (typeof value === "string") return value.slice(0, 4096);
  if (Array.isArray(value)) return value.slice(0, longest).map((item) => shorten(item, longest));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item, longest)]));
}
__name(shorten, "shorten");

// src/printable.ts
function printable(text, limit = 200) {
  const clean = text.replace(/[\p{Cc}\u2028\u2029]/gu, "\uFFFD").toWellFormed();
  return clean.length > limit ? `${clean.slice(0, limit).toWellFormed()}...` : clean;
}
__name(printable, "printable");

export {
  NO_OUTPUTS,
  outputsOfPlan,
  setOutputs,
  printable
};
