import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  setOutput,
  setSecret
} from "./chunk-TXLGVKAY.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/action/masking.ts
var SHORTEST = 4;
var SHORTEST_LINE = 8;
var STARS = "***";
function encodingsOf(secret) {
  const whole = secret.replace(/\r\n?/g, "\n").trim();
  const lines = whole.split("\n").map((line) => line.trim());
  const parts = [
    secret,
    whole,
    // The BEGIN and END lines of a key are no secret.
    ...lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----")) : []
  ];
  const forms = /* @__PURE__ */ new Set();
  for (const part of parts.filter((text) => text.length >= SHORTEST)) {
    const bytes = Buffer.from(part);
    const hex = bytes.toString("hex");
    const json = JSON.stringify(part).slice(1, -1);
    const uri = encodeURIComponent(part.toWellFormed());
    for (const form of [
      part,
      ...base64Of(bytes),
      hex,
      hex.toUpperCase(),
      json,
      json.replaceAll("/", "\\/"),
      uri,
      uri.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
      uri.replaceAll("%20", "+"),
      part.replaceAll("'", `'\\''`),
      part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    ])
      if (form.length >= SHORTEST) forms.add(form);
  }
  return [...forms];
}
__name(encodingsOf, "encodingsOf");
function base64Of(bytes) {
  const forms = [bytes.toString("base64")];
  for (const offset of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const first = Math.ceil(offset * 8 / 6);
    const last = Math.floor((offset + bytes.length) * 8 / 6);
    forms.push(text.slice(first, last));
  }
  const long = forms.filter((form) => form.length >= SHORTEST);
  return [...long, ...long.map((form) => form.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""))];
}
__name(base64Of, "base64Of");
var Secrets = class {
  static {
    __name(this, "Secrets");
  }
  forms = /* @__PURE__ */ new Set();
  announce;
  /** `announce` tells the runner; by default only where there is one, which takes the line out of the log. */
  constructor(announce = process.env["GITHUB_ACTIONS"] === "true" ? setSecret : () => void 0) {
    this.announce = announce;
  }
  /** Registers a secret with all its encodings. Empty ones and those too short to be masked are left out. */
  add(secret) {
    for (const form of encodingsOf(secret))
      if (!this.forms.has(form)) {
        this.forms.add(form);
        this.announce(form);
      }
  }
  /** The text without any form of any secret; overlapping finds become one. */
  redact = /* @__PURE__ */ __name((text) => {
    const found = [];
    for (const form of this.forms)
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1))
        found.push([at, at + form.length]);
    if (found.length === 0) return text;
    found.sort(([a], [b]) => a - b);
    let clean = "";
    let position = 0;
    for (let index = 0; index < found.length; ) {
      const [start, first] = found[index];
      let end = first;
      for (index++; index < found.length; index++) {
        const [next, nextEnd] = found[index];
        if (next >= end) break;
        end = Math.max(end, nextEnd);
      }
      clean += text.slice(position, start) + STARS;
      position = end;
    }
    return clean + text.slice(position);
  }, "redact");
};
function redactAll(value, redact, fixed) {
  const walk = /* @__PURE__ */ __name((item) => {
    if (typeof item === "string") return redact(item);
    if (Array.isArray(item)) return item.map(walk);
    if (item === null || typeof item !== "object") return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, inner]) => [
        fixed ? key : redact(key),
        fixed?.has(key) ? inner : walk(inner)
      ])
    );
  }, "walk");
  return walk(value);
}
__name(redactAll, "redactAll");

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
  Secrets,
  redactAll,
  NO_OUTPUTS,
  outputsOfPlan,
  setOutputs,
  printable
};
