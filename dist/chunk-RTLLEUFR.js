import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  printable
} from "./chunk-QXYGOVTK.js";
import {
  code,
  details,
  table,
  text,
  upTo
} from "./chunk-H4DZ7JEN.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/report/plan-table.ts
var MAX_LINES = 500;
var MAX_BYTES = 2e5;
function rowsOf(plan) {
  return Object.entries(plan.categories).flatMap(
    ([category, files]) => files.map((file) => ({
      file,
      category,
      because: Object.hasOwn(plan.because, file) ? plan.because[file] ?? "" : ""
    }))
  );
}
__name(rowsOf, "rowsOf");
function planText(plan) {
  const rows = rowsOf(plan).map(
    ({ file, category, because }) => [printable(file, 120), category, printable(because, 80)]
  );
  const shown = rows.slice(0, MAX_LINES);
  const width = /* @__PURE__ */ __name((column) => Math.max(0, ...shown.map((row) => row[column].length)), "width");
  const files = shown.map(
    ([file, category, because]) => `  ${file.padEnd(width(0))}  ${category.padEnd(width(1))}  ${because}`.trimEnd()
  );
  const list = /* @__PURE__ */ __name((items) => items.length > 0 ? items.map((item) => printable(item, 80)).join(", ") : "none", "list");
  return [
    plan.base ? `Compared with ${printable(plan.base, 64)} (${printable(plan.source, 40)})` : `Everything counts as changed (${printable(plan.source, 40)})`,
    ...files.length > 0 ? ["Files, their category and the pattern that decided", ...files] : ["No file has changed"],
    ...rows.length > shown.length ? [`  and ${rows.length - shown.length} more`] : [],
    `Suites to run: ${list(plan.suites)}`,
    `Services to build and deploy: ${list(plan.services)}`,
    ...plan.skipped === void 0 ? [] : [`The pipeline is skipped: ${printable(plan.skipped)}`],
    ...plan.decisions.slice(0, MAX_LINES).map(({ action, reason }) => `  ${printable(action, 80)}: ${printable(reason)}`)
  ].join("\n");
}
__name(planText, "planText");
function planTable(plan) {
  const rows = rowsOf(plan);
  if (rows.length === 0) return "";
  const lines = rows.map(
    ({ file, category, because }) => `| ${code(file)} | ${text(category)} | ${because ? code(because, 120) : ""} |`
  );
  const head = table(["File", "Category", "Pattern that decided"], ["l", "l", "l"], []);
  return details(
    `Which pattern decided for which file: ${rows.length}`,
    [head, ...upTo(lines, MAX_BYTES, (left) => `| \u2026 | ${left} more | |`)].join("\n")
  );
}
__name(planTable, "planTable");

export {
  planText,
  planTable
};
