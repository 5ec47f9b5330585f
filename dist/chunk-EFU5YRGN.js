import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
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
  announced = /* @__PURE__ */ new Set();
  announce;
  /** `announce` tells the runner; by default only where there is one, which takes the line out of the log. */
  constructor(announce = process.env["GITHUB_ACTIONS"] === "true" ? setSecret : () => void 0) {
    this.announce = announce;
  }
  /** Registers a secret with all its encodings. Empty ones and those too short to be masked are left out. */
  add(secret) {
    this.addQuietly(secret);
    for (const form of encodingsOf(secret))
      if (!this.announced.has(form)) {
        this.announced.add(form);
        this.announce(form);
      }
  }
  /**
   * The same for what only looks like a secret. The runner is not told: what comes out of `secrets` it masks by itself, and a
   * word that is none would become stars in the log of every later step.
   */
  addQuietly(secret) {
    for (const form of encodingsOf(secret)) this.forms.add(form);
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
var FIXED_KEYS = /* @__PURE__ */ new Set(["kind", "status", "verdict", "severity", "strategy"]);
var RECORDED_KEYS = /* @__PURE__ */ new Set([
  ...FIXED_KEYS,
  ...["name", "stage", "type", "pipeline_id", "started_at", "commit", "id"],
  ...["service", "tag", "reference", "image", "previous"]
]);

export {
  Secrets,
  redactAll,
  FIXED_KEYS,
  RECORDED_KEYS
};
