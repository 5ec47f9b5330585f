import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/report/markdown.ts
import { stripVTControlCharacters } from "node:util";
var SPECIAL = /[&<>"'`*_[\]{}()|~\\#@!$:]/g;
var MAX_CELL = 300;
function text(value, limit = MAX_CELL) {
  return escaped(bounded(value, limit));
}
__name(text, "text");
function code(value, limit = MAX_CELL) {
  return `<code>${escaped(bounded(value, limit)) || " "}</code>`;
}
__name(code, "code");
function escaped(value) {
  return value.replace(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}
__name(escaped, "escaped");
function bounded(value, limit) {
  const line = withoutControls(value.slice(0, 20 * limit)).replace(/\s+/g, " ").trim();
  return line.length > limit ? `${line.slice(0, limit).toWellFormed()}\u2026` : line.toWellFormed();
}
__name(bounded, "bounded");
function withoutControls(value) {
  return stripVTControlCharacters(value).replace(new RegExp("(?![\\t\\n\\r])\\p{Cc}|\\p{Bidi_Control}", "gu"), "");
}
__name(withoutControls, "withoutControls");
var MAX_ADDRESS = 2e3;
function link(label, address) {
  if (!address || address.length > MAX_ADDRESS || !/^https?:\/\//.test(address) || !URL.canParse(address))
    return label;
  const safe = new URL(address).href.replace(
    /[()[\]<>"'`\\|*_~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  );
  return `[${label}](${safe})`;
}
__name(link, "link");
function fence(value, language = "", limit = 8e3) {
  const clean = withoutControls(value.slice(-4 * limit).replace(/\r\n?/g, "\n")).toWellFormed().replace(/^\n+|\s+$/g, "");
  const shown = clean.length > limit ? `\u2026 ${clean.slice(-limit).toWellFormed()}` : clean;
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}
${shown}
${marks}`;
}
__name(fence, "fence");
function table(header, align, rows) {
  const rule = { l: ":--", c: ":-:", r: "--:" };
  return [header, align.map((side) => rule[side]), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
__name(table, "table");
function details(title, body, state = "folded") {
  return `<details${state === "open" ? " open" : ""}><summary>${title}</summary>

${body}

</details>`;
}
__name(details, "details");
function upTo(items, limit, more) {
  const shown = [];
  let size = 0;
  for (const item of items) {
    size += Buffer.byteLength(item) + 1;
    if (size > limit) return [...shown, more(items.length - shown.length)];
    shown.push(item);
  }
  return shown;
}
__name(upTo, "upTo");

export {
  text,
  code,
  link,
  fence,
  table,
  details,
  upTo
};
