import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  isTrial
} from "./chunk-G566AVRQ.js";
import {
  needed
} from "./chunk-6L4HAHFR.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RZNKN4MS.js";
import {
  XMLParser,
  XMLValidator
} from "./chunk-5FKYU6M3.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import {
  _enum,
  array,
  lazy,
  number,
  object,
  record,
  string,
  union,
  unknown
} from "./chunk-4JOCUQ4S.js";
import {
  readFresh,
  startOf
} from "./chunk-EQQ5TRBK.js";
import "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/test/stage.ts
import { join as join5, resolve as resolve2 } from "node:path";

// src/test/commanded.ts
import { isAbsolute, join as join3, relative, resolve } from "node:path";

// src/test/command.ts
var UNKNOWN = { takes: "nothing", words: [] };
var LAUNCHERS = /* @__PURE__ */ new Set([
  "npx",
  "yarn",
  "pnpm",
  "bunx",
  "exec",
  "dlx",
  "node",
  "cross-env",
  "python",
  "python3",
  "uv",
  "poetry",
  "run"
]);
var DEEPEST_SCRIPT = 5;
function recognise(command, scripts = {}, depth = 0) {
  const bare = command.replace(/"(?:[^"\\$`]|\\.)*"|'[^']*'/g, (quoted) => "q".repeat(quoted.length));
  const cut = [...bare.matchAll(/&&|\|\||;|\n/g)].at(-1);
  const last = cut ? command.slice(cut.index + cut[0].length) : command;
  const before = cut ? bare.slice(0, cut.index).split(/&&|;|\n/) : [];
  const moved = before.some((part) => /^\s*(cd|pushd)\b/.test(part));
  const found = recogniseOne(last, moved ? {} : scripts, depth);
  if (/[|<>()`&#]|\\$/.test(bare.replaceAll("&&", ""))) return { ...found, takes: "nothing" };
  const half = before.some((part) => recogniseOne(part, scripts, depth).runner !== void 0);
  return half ? { ...found, takes: "nothing" } : found;
}
__name(recognise, "recognise");
function recogniseOne(command, scripts, depth) {
  const all = (command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map(
    (word) => word.replace(/^(["'])(.*)\1$/, "$2")
  );
  const words = all.slice(all.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)));
  const script = scriptOf(words, scripts);
  if (script) {
    if (depth >= DEEPEST_SCRIPT) return UNKNOWN;
    const inner = recognise(script.body, scripts, depth + 1);
    const takes = inner.takes === "arguments" ? script.takes : "nothing";
    return { ...inner, takes, words: [...inner.words, ...script.rest] };
  }
  for (const [index, word] of words.entries()) {
    const runner = runnerOf(word, words[index + 1], words.slice(index + 1));
    if (runner)
      return { runner, takes: asksForReport(words) ? "nothing" : "arguments", words: words.slice(index) };
    if (!LAUNCHERS.has(word) && !word.startsWith("-") && !/^[A-Za-z_]\w*=/.test(word)) return UNKNOWN;
  }
  return UNKNOWN;
}
__name(recogniseOne, "recogniseOne");
function runnerOf(word, next, rest) {
  const name = word.replace(/^.*node_modules\/(?:\.bin\/)?/, "").replace(/@[\w.-]+$/, "");
  if (name === "jest" || name === "jest/bin/jest.js") return "jest";
  if (name === "vitest" || name === "vitest/vitest.mjs") return "vitest";
  if ((name === "playwright" || name === "@playwright/test/cli.js") && next === "test") return "playwright";
  if (name === "pytest" || name === "py.test") return "pytest";
  if (name === "go" && next === "test") return "go";
  if (name === "node" && rest.includes("--test")) return "node-test";
  return void 0;
}
__name(runnerOf, "runnerOf");
function asksForReport(words) {
  return words.some((word) => /^--(json|outputFile|reporters?|junit-?xml)\b/i.test(word) || word === "-json");
}
__name(asksForReport, "asksForReport");
function scriptOf(words, scripts) {
  const [tool, verb, name] = words;
  if (tool !== "npm" && tool !== "yarn" && tool !== "pnpm") return void 0;
  const short = verb === "test" || verb === "t" || verb === "tst" ? "test" : void 0;
  const long = verb === "run" || verb === "run-script" ? name : void 0;
  const own = tool === "npm" ? void 0 : verb;
  const called = short ?? long ?? own;
  const body = called !== void 0 && Object.hasOwn(scripts, called) ? scripts[called] : void 0;
  if (body === void 0) return void 0;
  const rest = words.slice(long === void 0 ? 2 : 3);
  if (tool !== "npm") return { body, rest, takes: "arguments" };
  const dashes = rest.includes("--");
  return { body, rest, takes: dashes ? "arguments" : "arguments-after-dashes" };
}
__name(scriptOf, "scriptOf");

// src/test/coverage/find.ts
import { join } from "node:path";

// src/test/coverage/istanbul.ts
var Range = object({ start: object({ line: number() }) });
var FileCoverage = object({
  statementMap: record(string(), Range),
  s: record(string(), number())
});
var CoverageMap = record(string(), FileCoverage);
function coveredLines(map) {
  let total = 0;
  let covered = 0;
  for (const file of Object.values(map)) {
    const lines = /* @__PURE__ */ new Map();
    for (const [id, range] of Object.entries(file.statementMap)) {
      const line = range.start.line;
      lines.set(line, Math.max(lines.get(line) ?? 0, file.s[id] ?? 0));
    }
    total += lines.size;
    covered += [...lines.values()].filter((hits) => hits > 0).length;
  }
  return total === 0 ? void 0 : 100 * covered / total;
}
__name(coveredLines, "coveredLines");

// src/test/coverage/formats.ts
var percent = /* @__PURE__ */ __name((covered, total) => total > 0 && covered >= 0 && covered <= total ? 100 * covered / total : void 0, "percent");
function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
}
__name(json, "json");
var Summary = object({
  total: object({ lines: object({ total: number(), covered: number() }) })
});
var readSummary = /* @__PURE__ */ __name((text) => {
  const lines = Summary.safeParse(json(text)).data?.total.lines;
  return lines && percent(lines.covered, lines.total);
}, "readSummary");
var readFinal = /* @__PURE__ */ __name((text) => {
  const map = CoverageMap.safeParse(json(text)).data;
  return map && coveredLines(map);
}, "readFinal");
var readLcov = /* @__PURE__ */ __name((text) => {
  if (!text.trimEnd().endsWith("end_of_record")) return void 0;
  let total = 0;
  let covered = 0;
  for (const [, hits] of text.matchAll(/^DA:\d+,(\d+)/gm)) {
    total++;
    if (Number(hits) > 0) covered++;
  }
  return percent(covered, total);
}, "readLcov");
var parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  processEntities: false,
  isArray: /* @__PURE__ */ __name((name) => ["line", "package", "class", "project", "file"].includes(name), "isArray")
});
var readXml = /* @__PURE__ */ __name((text) => {
  if (text.trim() === "" || XMLValidator.validate(text) !== true) return void 0;
  const coverage = parser.parse(text).coverage;
  if (coverage === void 0 || typeof coverage !== "object") return void 0;
  return "project" in coverage ? clover(coverage) : cobertura(coverage);
}, "readXml");
function cobertura(coverage) {
  const valid = Number(coverage["@lines-valid"] ?? 0);
  if (valid > 0) return percent(Number(coverage["@lines-covered"]), valid);
  const rate = Number(coverage["@line-rate"] ?? Number.NaN);
  return rate >= 0 && rate <= 1 ? 100 * rate : void 0;
}
__name(cobertura, "cobertura");
function clover(coverage) {
  let total = 0;
  let covered = 0;
  const visit2 = /* @__PURE__ */ __name((node) => {
    if (Array.isArray(node)) return node.forEach(visit2);
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries(node)) {
      if (key !== "line") visit2(value);
      else
        for (const line of value) {
          total++;
          if (Number(line["@count"] ?? 0) > 0) covered++;
        }
    }
  }, "visit");
  visit2(coverage["project"]);
  return percent(covered, total);
}
__name(clover, "clover");
var readGoProfile = /* @__PURE__ */ __name((text) => {
  if (!text.startsWith("mode: ")) return void 0;
  const lines = /* @__PURE__ */ new Map();
  for (const [, file, from, to, hits] of text.matchAll(/^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/gm)) {
    for (let line = Number(from); line <= Math.min(Number(to), Number(from) + 1e4); line++) {
      const key = `${file}:${line}`;
      lines.set(key, lines.get(key) === true || Number(hits) > 0);
    }
  }
  return percent([...lines.values()].filter(Boolean).length, lines.size);
}, "readGoProfile");

// src/test/coverage/find.ts
var PLACES = [
  ["coverage-summary.json", readSummary],
  ["coverage-final.json", readFinal],
  ["lcov.info", readLcov],
  ["cobertura-coverage.xml", readXml],
  ["clover.xml", readXml],
  ["coverage.xml", readXml],
  ["coverage.out", readGoProfile],
  ["cover.out", readGoProfile]
];
async function findCoverage(files, folder, name, since) {
  const folders = name ? [join("coverage", name), "coverage", "."] : ["coverage", "."];
  for (const inside of folders) {
    for (const [file, read] of PLACES) {
      const path = join(inside, file);
      const text = await readFresh(join(folder, path), since, files);
      const percent3 = text === void 0 ? void 0 : read(text);
      if (percent3 !== void 0) return { percent: percent3, file: path };
    }
  }
  return void 0;
}
__name(findCoverage, "findCoverage");

// src/test/execute.ts
var HEARTBEAT = 3e4;
async function findShell({ run }) {
  const bash = ["bash", "-e", "-o", "pipefail", "-c"];
  return (await run([...bash, ":"])).code === 0 ? bash : ["sh", "-e", "-c"];
}
__name(findShell, "findShell");
async function execute(name, argv, options, output, effects) {
  const done = new AbortController();
  const started = effects.clock.now().getTime();
  const beat = /* @__PURE__ */ __name(async () => {
    while (!done.signal.aborted) {
      await effects.clock.sleep(HEARTBEAT, done.signal);
      const seconds = Math.round((effects.clock.now().getTime() - started) / 1e3);
      effects.log.info(`${name} has been running for ${seconds} s`);
    }
  }, "beat");
  const beating = beat().catch((error) => {
    if (!done.signal.aborted) throw error;
  });
  try {
    return await effects.run(argv, {
      ...options,
      onLine: /* @__PURE__ */ __name((line, ...from) => {
        output.add(line);
        options.onLine?.(line, ...from);
      }, "onLine")
    });
  } finally {
    done.abort();
    await beating;
  }
}
__name(execute, "execute");
function shellCommand(shell, command, takes, args) {
  const text = command.trim();
  if (takes === "nothing" || args.length === 0) return [...shell, text];
  const dashes = takes === "arguments-after-dashes" ? "-- " : "";
  return [...shell, `${text} ${dashes}"$@"`, "suite", ...args];
}
__name(shellCommand, "shellCommand");

// src/test/reports/excerpt.ts
var KEPT = 16e3;
var Excerpt = class {
  static {
    __name(this, "Excerpt");
  }
  head = "";
  tail = "";
  length = 0;
  add(text) {
    this.length += text.length;
    const room = KEPT - this.head.length;
    this.head += text.slice(0, room);
    this.tail += text.slice(room);
    if (this.tail.length > 2 * KEPT) this.tail = this.tail.slice(-KEPT);
  }
  /** All of it, or its beginning and its end with a line between them that says so. */
  text() {
    if (this.length <= 2 * KEPT) return this.head + this.tail;
    return `${this.head}
\u2026 left out \u2026
${this.tail.slice(-KEPT)}`;
  }
};

// src/test/reports/reader.ts
var LONGEST_LINE = 1e6;
function linesInto(reader) {
  let begun = "";
  return (piece, stream, goesOn = false) => {
    if (stream !== "stdout") return;
    if (begun.length < LONGEST_LINE) begun += piece;
    if (goesOn) return;
    const line = begun;
    begun = "";
    reader.line(line);
  };
}
__name(linesInto, "linesInto");

// src/test/reports/report.ts
import { stripVTControlCharacters } from "node:util";
var ReportUnreadable = class extends Error {
  static {
    __name(this, "ReportUnreadable");
  }
  name = "ReportUnreadable";
};
var LONGEST_MESSAGE = 600;
function failure(title, detail, place3 = {}) {
  const plain = stripVTControlCharacters(detail).split("\n").filter((line) => !/^\s+at\s/.test(line)).join("\n").trim();
  const message = plain ? `${title}: ${plain}` : title;
  return {
    message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}\u2026` : message,
    ...place3.file ? { file: place3.file } : {},
    ...place3.line && place3.line > 0 ? { line: place3.line } : {}
  };
}
__name(failure, "failure");
function parseJson(text) {
  if (text.trim() === "") throw new ReportUnreadable("is empty");
  try {
    return JSON.parse(text);
  } catch {
    throw new ReportUnreadable("is not complete JSON: the program ended before it had written it");
  }
}
__name(parseJson, "parseJson");

// src/test/reports/go.ts
var Event = object({
  Action: string(),
  Package: string().optional(),
  ImportPath: string().optional(),
  Test: string().optional(),
  Output: string().optional()
});
var ENDS = ["pass", "fail", "skip", "build-fail"];
function goReader(module = "") {
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const outputs = /* @__PURE__ */ new Map();
  const failedTests = /* @__PURE__ */ new Set();
  const explained = /* @__PURE__ */ new Set();
  const unfinished = /* @__PURE__ */ new Set();
  let events = 0;
  function take(event) {
    const unit = event.Package ?? event.ImportPath ?? "";
    const key = `${unit}\0${event.Test ?? ""}`;
    if (event.Action === "start" || event.Action === "run") unfinished.add(key);
    else if (event.Action.endsWith("output")) {
      const output = outputs.get(key) ?? new Excerpt();
      output.add(event.Output ?? "");
      outputs.set(key, output);
    } else if (ENDS.includes(event.Action)) {
      end(event, unit, key);
      unfinished.delete(key);
      outputs.delete(key);
    }
  }
  __name(take, "take");
  function end(event, unit, key) {
    const output = outputs.get(key);
    if (event.Action === "fail" && event.Test) {
      failedTests.add(unit);
      if (!explained.has(key)) {
        report.failures.push(failureOf(event.Test, output?.text() ?? "", folderOf(unit, module)));
      }
      for (const parent of parentsOf(event.Test)) explained.add(`${unit}\0${parent}`);
    } else if (event.Action === "build-fail" || event.Action === "fail" && !failedTests.has(unit)) {
      const tested = unit.split(" ")[0] ?? "";
      if (!failedTests.has(tested)) report.failures.push(failure(unit, output?.text() ?? ""));
      failedTests.add(tested);
    } else if (event.Test && event.Action === "skip") report.skipped++;
    else if (event.Test) report.passed++;
  }
  __name(end, "end");
  return {
    line(text) {
      const event = eventOf(text);
      if (!event) return;
      events++;
      take(event);
    },
    report() {
      if (events === 0) throw new ReportUnreadable("holds no `go test -json` event");
      if (unfinished.size > 0 && report.failures.length === 0) {
        throw new ReportUnreadable("ends in the middle: a test started and never ended");
      }
      return { ...report, failed: report.failures.length };
    }
  };
}
__name(goReader, "goReader");
function eventOf(line) {
  if (!line.startsWith("{")) return void 0;
  try {
    return Event.safeParse(JSON.parse(line)).data;
  } catch {
    return void 0;
  }
}
__name(eventOf, "eventOf");
function parentsOf(test2) {
  const names = test2.split("/");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
}
__name(parentsOf, "parentsOf");
function failureOf(test2, output, folder) {
  const text = output.split("\n").filter((line2) => !/^\s*(=== |--- )/.test(line2)).join("\n");
  const [, file, line] = /^\s*([\w.-]+\.go):(\d+):/m.exec(text) ?? [];
  return failure(test2, text, file ? { file: folder + file, line: Number(line) } : {});
}
__name(failureOf, "failureOf");
function folderOf(unit, module) {
  if (!module || unit === module || !unit.startsWith(`${module}/`)) return "";
  return `${unit.slice(module.length + 1)}/`;
}
__name(folderOf, "folderOf");

// src/test/reports/jest.ts
import { stripVTControlCharacters as stripVTControlCharacters2 } from "node:util";
var Assertion = object({
  status: string(),
  fullName: string().optional(),
  title: string().optional(),
  failureMessages: array(string()).nullish(),
  location: object({ line: number() }).nullish()
});
var File = object({
  name: string(),
  status: string(),
  message: string().nullish(),
  assertionResults: array(Assertion)
});
var JestJson = object({ testResults: array(File), coverageMap: CoverageMap.nullish().catch(null) });
function readJest(text) {
  const parsed = JestJson.safeParse(parseJson(text));
  if (!parsed.success) throw new ReportUnreadable("is not a Jest or Vitest JSON report");
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const file of parsed.data.testResults) {
    for (const test2 of file.assertionResults) {
      if (test2.status === "passed") report.passed++;
      else if (test2.status === "failed") report.failures.push(failureOf2(test2, file.name));
      else report.skipped++;
    }
    if (file.status === "failed" && !file.assertionResults.some((test2) => test2.status === "failed")) {
      const detail = file.message ?? "";
      report.failures.push(failure("the test file failed", detail, place(detail, file.name)));
    }
  }
  report.failed = report.failures.length;
  if (parsed.data.coverageMap) {
    const coverage = coveredLines(parsed.data.coverageMap);
    if (coverage !== void 0) report.coverage = coverage;
  }
  return report;
}
__name(readJest, "readJest");
function failureOf2(test2, file) {
  const detail = (test2.failureMessages ?? []).join("\n");
  const found = place(detail, file);
  const line = found.line ?? test2.location?.line;
  return failure(test2.fullName ?? test2.title ?? "a test", detail, line ? { file, line } : found);
}
__name(failureOf2, "failureOf");
function place(detail, file) {
  const plain = stripVTControlCharacters2(detail);
  const at = plain.indexOf(`${file}:`);
  const line = at < 0 ? Number.NaN : Number.parseInt(plain.slice(at + file.length + 1), 10);
  return Number.isInteger(line) ? { file, line } : { file };
}
__name(place, "place");

// src/test/reports/junit.ts
var parser2 = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  textNodeName: "#text",
  parseAttributeValue: false,
  parseTagValue: false,
  isArray: /* @__PURE__ */ __name((name) => ["testsuite", "testcase", "failure", "error"].includes(name), "isArray")
});
function readJunit(text) {
  const report = readIfJunit(text);
  if (report === void 0) throw new ReportUnreadable("is not a JUnit report");
  return report;
}
__name(readJunit, "readJunit");
function readIfJunit(text) {
  if (text.trim() === "") throw new ReportUnreadable("is empty");
  if (XMLValidator.validate(text) !== true) throw new ReportUnreadable("is not complete XML");
  const root = parse(text);
  if (!("testsuites" in root) && !("testsuite" in root)) return void 0;
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  visit(root, report);
  report.failed = report.failures.length;
  return report;
}
__name(readIfJunit, "readIfJunit");
function parse(text) {
  try {
    return parser2.parse(text);
  } catch (error) {
    throw new ReportUnreadable(`cannot be parsed: ${error.message}`);
  }
}
__name(parse, "parse");
function visit(node, report) {
  for (const test2 of nodes(node["testcase"])) {
    const faults = [...nodes(test2["failure"]), ...nodes(test2["error"])];
    if (faults.length > 0) {
      const name = [test2["@classname"], test2["@name"]].filter(Boolean).join(" \u203A ") || "a test";
      const detail = faults.map((fault) => String(fault["@message"] ?? fault["#text"] ?? "")).join("\n");
      report.failures.push(failure(name, detail, place2(test2)));
    } else if ("skipped" in test2) report.skipped++;
    else report.passed++;
  }
  for (const suite of nodes(node["testsuite"])) visit(suite, report);
  if (node["testsuites"] && typeof node["testsuites"] === "object") visit(node["testsuites"], report);
}
__name(visit, "visit");
function place2(test2) {
  const file = test2["@file"];
  return typeof file === "string" ? { file, line: Number(test2["@line"] ?? 0) } : {};
}
__name(place2, "place");
function nodes(value) {
  if (value === void 0) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map(
    (entry) => entry !== null && typeof entry === "object" ? entry : { "#text": entry }
  );
}
__name(nodes, "nodes");

// src/test/reports/playwright.ts
var Place = object({ file: string(), line: number() });
var Fault = object({
  message: string().optional(),
  value: string().optional(),
  location: Place.optional()
});
var Test = object({
  status: string(),
  projectName: string().optional(),
  results: array(object({ error: Fault.nullish() }))
});
var Spec = object({ title: string(), file: string(), line: number(), tests: array(Test) });
var SuiteFields = object({ title: string(), specs: array(Spec).optional() });
var Suite = SuiteFields.extend({ suites: lazy(() => array(Suite)).optional() });
var PlaywrightJson = object({
  config: object({ rootDir: string().optional() }).optional(),
  suites: array(Suite),
  errors: array(Fault).optional()
});
function readPlaywright(text) {
  const parsed = PlaywrightJson.safeParse(parseJson(text));
  if (!parsed.success) throw new ReportUnreadable("is not a Playwright JSON report");
  const root = parsed.data.config?.rootDir;
  const report = { passed: 0, failed: 0, skipped: 0, flaky: 0, failures: [] };
  const visit2 = /* @__PURE__ */ __name((suite, titles) => {
    for (const spec of suite.specs ?? []) {
      for (const test2 of spec.tests) count(spec, test2, [...titles, spec.title].filter(Boolean).join(" \u203A "));
    }
    for (const inner of suite.suites ?? []) visit2(inner, [...titles, inner.title]);
  }, "visit");
  const count = /* @__PURE__ */ __name((spec, test2, title) => {
    if (test2.status === "skipped") report.skipped++;
    else if (test2.status !== "unexpected") {
      report.passed++;
      if (test2.status === "flaky") report.flaky++;
    } else {
      const fault = test2.results.findLast((result) => result.error)?.error;
      const file = root && !spec.file.startsWith("/") ? `${root}/${spec.file}` : spec.file;
      const name = test2.projectName ? `[${test2.projectName}] ${title}` : title;
      report.failures.push(
        failure(name, fault?.message ?? fault?.value ?? "", fault?.location ?? { file, line: spec.line })
      );
    }
  }, "count");
  for (const suite of parsed.data.suites) visit2(suite, []);
  for (const fault of parsed.data.errors ?? []) {
    report.failures.push(failure("Playwright", fault.message ?? fault.value ?? "failed", fault.location));
  }
  report.failed = report.failures.length;
  return report;
}
__name(readPlaywright, "readPlaywright");

// src/test/reports/tap.ts
var POINT = /^( *)(not )?ok\b *\d* *(?:- )?(.*)$/;
var PLAN = /^( *)1\.\.(\d+)/;
function tapReader() {
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  let before;
  let last;
  let outermost = 0;
  let planned;
  let bailed;
  let inDiagnosis = false;
  function count(point) {
    if (before && before.indent > point.indent && !(report.failures.length === 0 && !point.ok)) return;
    if (/#\s*(skip|todo)\b/i.test(point.title)) report.skipped++;
    else if (point.ok) report.passed++;
    else report.failures.push(failureOf3(point));
  }
  __name(count, "count");
  function next(point) {
    if (last) count(last);
    before = last;
    last = point;
    if (point?.indent === 0) outermost++;
  }
  __name(next, "next");
  return {
    line(text) {
      if (inDiagnosis) {
        if (/^ *\.\.\.$/.test(text)) inDiagnosis = false;
        else last?.diagnosis.add(`${text.trim()}
`);
        return;
      }
      if (last && /^ *---$/.test(text)) {
        inDiagnosis = true;
        return;
      }
      const plan = PLAN.exec(text);
      if (plan?.[1] === "") planned = Number(plan[2]);
      if (text.startsWith("Bail out!")) bailed = text.slice("Bail out!".length).trim();
      const [found, indent = "", not, title = ""] = POINT.exec(text) ?? [];
      if (found !== void 0) next({ indent: indent.length, ok: !not, title, diagnosis: new Excerpt() });
    },
    report() {
      if (last === void 0 && planned === void 0 && bailed === void 0) {
        throw new ReportUnreadable("holds no TAP");
      }
      next();
      if (bailed !== void 0) report.failures.push(failure("Bail out!", bailed));
      else if (planned === void 0 || outermost < planned) {
        throw new ReportUnreadable("ends before the last planned test");
      }
      return { ...report, failed: report.failures.length };
    }
  };
}
__name(tapReader, "tapReader");
function failureOf3(point) {
  const diagnosis = point.diagnosis.text().trimEnd().split("\n");
  const value = /* @__PURE__ */ __name((key) => {
    const start = diagnosis.findIndex((line2) => line2.startsWith(`${key}:`));
    if (start < 0) return "";
    const own = diagnosis[start]?.slice(key.length + 1).trim() ?? "";
    if (!/^[|>]-?$/.test(own)) return own.replace(/^(['"])(.*)\1$/, "$2");
    const rest = diagnosis.slice(start + 1);
    const end = rest.findIndex((line2) => /^[A-Za-z_]+:(\s|$)/.test(line2));
    return rest.slice(0, end < 0 ? void 0 : end).join("\n");
  }, "value");
  const [, file, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(value("location")) ?? [];
  const detail = value("error") || value("message");
  return failure(
    point.title,
    detail,
    file ? { file: file.replace(/^file:\/\//, ""), line: Number(line) } : {}
  );
}
__name(failureOf3, "failureOf");

// src/test/instruments.ts
var JSON_REPORTS = { jest: readJest, vitest: readJest, playwright: readPlaywright };
function instrument(wanted, command, options) {
  const nowhere = { source: "none", args: [], env: {} };
  const { runner } = command;
  const kind = wanted === "auto" ? runner : wanted;
  const injectable = command.takes !== "nothing";
  switch (kind) {
    case "jest":
    case "vitest":
    case "playwright": {
      const read = JSON_REPORTS[kind];
      if (injectable && runner === kind) {
        const file = `${options.report}.json`;
        const own = command.words.some(
          (word) => /^--(no-)?coverage/i.test(word) || word === "--collectCoverage"
        );
        const measure2 = options.coverage === "measure" && !own;
        return { source: "file", file, read, ...requestFor(kind, file, measure2) };
      }
      return wanted === "auto" ? nowhere : { source: "stdout", read: /* @__PURE__ */ __name((text) => read(jsonIn(text)), "read"), args: [], env: {} };
    }
    case "pytest":
    case "junit": {
      if (injectable && runner === "pytest") {
        const file = `${options.report}.xml`;
        return { source: "file", file, read: readJunit, args: [`--junitxml=${file}`], env: {} };
      }
      return wanted === "junit" ? { source: "junit-files", args: [], env: {} } : nowhere;
    }
    case "go":
      if (wanted === "auto" && !command.words.includes("-json")) return nowhere;
      return { source: "lines", reader: goReader(options.goModule), args: [], env: {} };
    case "node-test":
      if (!command.words.some((word) => /^--test-reporter(=|$)/.test(word)) || !command.words.join(" ").includes("tap")) {
        return nowhere;
      }
      return { source: "lines", reader: tapReader(), args: [], env: {} };
    case "tap":
      return { source: "lines", reader: tapReader(), args: [], env: {} };
    default:
      return nowhere;
  }
}
__name(instrument, "instrument");
function requestFor(kind, file, measure2) {
  if (kind === "jest") {
    return { args: ["--json", `--outputFile=${file}`, ...measure2 ? ["--coverage"] : []], env: {} };
  }
  if (kind === "vitest") {
    return { args: ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`], env: {} };
  }
  return {
    args: ["--reporter=list,json"],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file, PLAYWRIGHT_JSON_OUTPUT_NAME: file }
  };
}
__name(requestFor, "requestFor");
function jsonIn(output) {
  const start = output.search(/^\{/m);
  const end = output.lastIndexOf("}");
  return start < 0 ? "" : output.slice(start, end < start ? void 0 : end + 1);
}
__name(jsonIn, "jsonIn");

// src/test/judge.ts
var LISTED_FAILURES = 20;
var HINTS = [
  [
    /Executable doesn't exist at|playwright install/,
    "add a step with `npx playwright install --with-deps` before this one"
  ],
  [
    /Cannot find module '|ERR_MODULE_NOT_FOUND|could not determine executable to run|: (?:not found|command not found)/,
    "install the dependencies in a step before this one, for example with `npm ci`"
  ],
  [
    /EADDRINUSE/,
    "another program uses the port; give each suite a port of its own, they run at the same time"
  ]
];
function judge(input) {
  const { suite, outcome, coverage, threshold } = input;
  const report = outcome.kind === "report" ? outcome.report : void 0;
  const check = /* @__PURE__ */ __name((severity, message) => ({ suite, severity, message }), "check");
  const checks = (report?.failures ?? []).slice(0, LISTED_FAILURES).map((failure2) => ({
    ...check("CRITICAL", failure2.message),
    ...failure2.file === void 0 ? {} : { file: failure2.file },
    ...failure2.line === void 0 ? {} : { line: failure2.line }
  }));
  const more = (report?.failures.length ?? 0) - checks.length;
  if (more > 0) checks.push(check("CRITICAL", `and ${more} more failures`));
  const end = howItEnded(input);
  if (end !== void 0 && (checks.length === 0 || input.result.timedOut))
    checks.push(check("CRITICAL", end));
  if (end === void 0 && outcome.kind === "broken") {
    checks.push(check("CRITICAL", `\`${input.command}\` ended with success, but its report ${outcome.why}`));
  }
  if (report && checks.length === 0 && report.passed === 0) {
    checks.push(check("WARNING", "no test ran"));
  }
  if (threshold !== void 0) {
    if (coverage === void 0) {
      checks.push(
        check(
          "WARNING",
          `coverage_threshold is ${threshold}%, but the suite wrote no coverage report that could be read`
        )
      );
    } else if (coverage < threshold) {
      checks.push(
        check(
          "WARNING",
          `coverage is ${percent2(coverage)} of the lines, below the threshold of ${threshold}%`
        )
      );
    }
  }
  return { checks, summary: summaryOf(input, report, end) };
}
__name(judge, "judge");
function percent2(value) {
  return `${Math.floor(value * 10 + 1e-6) / 10}%`;
}
__name(percent2, "percent");
function howItEnded(input) {
  const { code, timedOut } = input.result;
  const command = `\`${input.command}\``;
  if (timedOut) return `${command} was stopped at its time limit of ${input.limit} s`;
  if (code === 0) return void 0;
  const hint = HINTS.find(([sign]) => sign.test(input.tail))?.[1];
  const fix = hint ? `; ${hint}` : "";
  if (code === 127) return `${command}: a program was not found${fix}`;
  if (code > 128) return `${command} was killed (exit code ${code})${fix}`;
  const why = input.outcome.kind === "broken" ? ` and its report ${input.outcome.why}` : "";
  const although = input.outcome.kind === "report" ? " although no test failed" : "";
  return `${command} ended with exit code ${code}${although}${why}${fix}`;
}
__name(howItEnded, "howItEnded");
function summaryOf(input, report, end) {
  const parts = [];
  if (report) {
    parts.push(`${report.passed} passed`);
    if (report.failures.length > 0) parts.push(`${report.failures.length} failed`);
    if (report.skipped > 0) parts.push(`${report.skipped} skipped`);
    if (report.flaky) parts.push(`${report.flaky} flaky`);
  }
  if (input.result.timedOut) parts.push(`stopped after ${input.limit} s`);
  else if (!report)
    parts.push(`${end === void 0 ? "passed" : "failed"}, judged by its exit code ${input.result.code}`);
  else if (end !== void 0 && report.failures.length === 0) parts.push(`exit code ${input.result.code}`);
  if (input.coverage !== void 0) parts.push(`coverage ${percent2(input.coverage)}`);
  return parts.join(", ");
}
__name(summaryOf, "summaryOf");

// src/test/reports/merge.ts
function mergeReports(reports) {
  const sum = /* @__PURE__ */ __name((key) => reports.reduce((total, report) => total + report[key], 0), "sum");
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    skipped: sum("skipped"),
    failures: reports.flatMap((report) => report.failures)
  };
}
__name(mergeReports, "mergeReports");

// src/test/suites.ts
import { join as join2 } from "node:path";
var DEFAULT_COMMANDS = { unit: "npm test", e2e: "npx playwright test" };
var PLAYWRIGHT_CONFIG = /^playwright\.config\.[cm]?[jt]s$/;
var DEFAULT_URL = "http://localhost:3000";
function suitesOf(config) {
  const { unit, e2e, performance, security } = config.test;
  const named = /* @__PURE__ */ __name((kind, suites) => Object.entries(suites).map(([name, settings]) => ({
    kind,
    name: name ? `${kind}:${name}` : kind,
    settings
  })), "named");
  return [
    ...named("unit", unit),
    ...named("e2e", e2e),
    { kind: "performance", name: "performance", settings: performance },
    { kind: "security", name: "security", settings: security }
  ];
}
__name(suitesOf, "suitesOf");
function absence(suite, project) {
  const { manifest, files } = project;
  const depends = /* @__PURE__ */ __name((name) => Boolean(manifest?.dependencies?.[name] ?? manifest?.devDependencies?.[name]), "depends");
  switch (suite.kind) {
    case "unit": {
      if (suite.settings.command !== void 0) return void 0;
      const script = manifest?.scripts?.["test"];
      if (script === void 0)
        return "package.json has no test script; set test.unit.command to run something else";
      return /no test specified/.test(script) ? "the test script of package.json is the placeholder of npm" : void 0;
    }
    case "e2e": {
      if (suite.settings.command !== void 0) return void 0;
      if (depends("@playwright/test") || depends("playwright")) return void 0;
      if (files.some((file) => PLAYWRIGHT_CONFIG.test(file))) return void 0;
      return "the project does not use Playwright; set test.e2e.command to run something else";
    }
    case "performance": {
      const { start, command, url } = suite.settings;
      if (start !== void 0 || command !== void 0 || url !== DEFAULT_URL) return void 0;
      if ((depends("lighthouse") || depends("@lhci/cli")) && manifest?.scripts?.["start"] !== void 0)
        return void 0;
      return "no page to measure; set test.performance.start to the command that serves it";
    }
    case "security": {
      if (!suite.settings.audit) return "test.security.audit is false";
      return manifest === void 0 ? "there is no package.json to audit" : void 0;
    }
  }
}
__name(absence, "absence");
async function lookAt(files, folder) {
  const text = await files.read(join2(folder, "package.json"));
  const names = await files.list(folder);
  return text === void 0 ? { files: names } : { files: names, manifest: manifestOf(text) };
}
__name(lookAt, "lookAt");
function manifestOf(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  const part = /* @__PURE__ */ __name((key) => {
    const entry = value !== null && typeof value === "object" ? value[key] : void 0;
    if (entry === null || typeof entry !== "object") return {};
    return Object.fromEntries(Object.entries(entry).filter(([, text2]) => typeof text2 === "string"));
  }, "part");
  return {
    scripts: part("scripts"),
    dependencies: part("dependencies"),
    devDependencies: part("devDependencies")
  };
}
__name(manifestOf, "manifestOf");

// src/test/commanded.ts
var JUNIT_FOLDERS = [
  ".",
  "reports",
  "test-results",
  "test-reports",
  "build/test-results/test",
  "target/surefire-reports"
];
var DEFAULT_THRESHOLD = 80;
async function runCommanded(suite, project, around, effects) {
  const { settings } = suite;
  const command = (settings.command ?? DEFAULT_COMMANDS[suite.kind]).trim();
  const known = recognise(command, project.manifest?.scripts);
  const threshold = suite.kind === "unit" ? suite.settings.coverage_threshold : void 0;
  const tool = instrument(settings.report, known, {
    report: around.report,
    coverage: threshold === void 0 ? "leave" : "measure",
    goModule: await goModule(around.folder, effects)
  });
  const browser = suite.kind === "e2e" ? suite.settings.browser : "chromium";
  const told = browser !== "chromium" && known.runner === "playwright";
  const args = told ? [await browserOption(browser, project, around.folder, effects)] : [];
  const started = startOf(effects);
  const result = await execute(
    suite.name,
    shellCommand(around.shell, command, known.takes, [...tool.args, ...args]),
    {
      cwd: around.folder,
      env: tool.env,
      timeout: settings.timeout * 1e3,
      ...around.signal ? { signal: around.signal } : {},
      ...tool.source === "lines" ? { onLine: linesInto(tool.reader) } : {}
    },
    around.output,
    effects
  );
  const outcome = await outcomeOf(tool, result, around.folder, started, effects);
  const coverage = await coverageOf(outcome, suite, around.folder, started, effects);
  const tail = around.output.tail();
  const judged = judge({
    suite: suite.name,
    command,
    limit: settings.timeout,
    result,
    tail,
    outcome,
    // Who named no threshold is held to the default only where there is something to hold against it.
    threshold: threshold ?? (suite.kind === "unit" && coverage !== void 0 ? DEFAULT_THRESHOLD : void 0),
    coverage
  });
  return {
    ...judged,
    checks: judged.checks.map(
      (check) => check.file === void 0 ? check : { ...check, file: fromRoot(check.file, around) }
    )
  };
}
__name(runCommanded, "runCommanded");
async function browserOption(browser, project, folder, { files }) {
  const file = project.files.find((name) => PLAYWRIGHT_CONFIG.test(name));
  const text = file === void 0 ? "" : await files.read(join3(folder, file)) ?? "";
  return /\bprojects\s*:/.test(text) ? `--project=${browser}` : `--browser=${browser}`;
}
__name(browserOption, "browserOption");
async function outcomeOf(tool, result, folder, started, effects) {
  if (tool.source === "none") return { kind: "none" };
  try {
    if (tool.source === "lines") return { kind: "report", report: tool.reader.report() };
    if (tool.source === "stdout") return { kind: "report", report: tool.read(result.stdout) };
    if (tool.source === "file") {
      const text = await readFresh(tool.file, started, effects.files);
      return text === void 0 ? { kind: "broken", why: "was never written" } : { kind: "report", report: tool.read(text) };
    }
    const reports = await junitReports(folder, started, effects);
    return reports.length === 0 ? { kind: "broken", why: `was not found in ${JUNIT_FOLDERS.join(", ")}` } : { kind: "report", report: mergeReports(reports) };
  } catch (error) {
    if (error instanceof ReportUnreadable) return { kind: "broken", why: error.message };
    throw error;
  }
}
__name(outcomeOf, "outcomeOf");
async function goModule(folder, { files }) {
  return /^module\s+(\S+)/m.exec(await files.read(join3(folder, "go.mod")) ?? "")?.[1];
}
__name(goModule, "goModule");
async function junitReports(folder, started, effects) {
  const reports = [];
  for (const inside of JUNIT_FOLDERS) {
    for (const name of await effects.files.list(join3(folder, inside))) {
      const path = join3(folder, inside, name);
      if (!name.endsWith(".xml") || inside === "." && !/junit|test|report/i.test(name)) continue;
      const text = await readFresh(path, started, effects.files);
      const report = text === void 0 ? void 0 : readIfJunit(text);
      if (report !== void 0) reports.push(report);
    }
  }
  return reports;
}
__name(junitReports, "junitReports");
async function coverageOf(outcome, suite, folder, started, { files }) {
  if (outcome.kind === "report" && outcome.report.coverage !== void 0) return outcome.report.coverage;
  if (suite.kind !== "unit") return void 0;
  const name = suite.name.slice(suite.kind.length + 1);
  return (await findCoverage(files, folder, name, started))?.percent;
}
__name(coverageOf, "coverageOf");
function fromRoot(file, around) {
  const path = relative(around.root, resolve(around.folder, file));
  return path.startsWith("..") || isAbsolute(path) ? file : path;
}
__name(fromRoot, "fromRoot");

// src/test/output.ts
var HEAD_LINES = 500;
var LAST_LINES = 1500;
var LONGEST_LINE2 = 1e4;
var TAIL_LINES = 40;
var TAIL_CHARACTERS = 8e3;
var Output = class {
  static {
    __name(this, "Output");
  }
  head = [];
  last = [];
  count = 0;
  add(line) {
    const kept = line.length > LONGEST_LINE2 ? `${line.slice(0, LONGEST_LINE2)}\u2026` : line;
    this.count++;
    if (this.head.length < HEAD_LINES) this.head.push(kept);
    else this.last.push(kept);
    if (this.last.length >= 2 * LAST_LINES) this.last = this.last.slice(-LAST_LINES);
  }
  get isEmpty() {
    return this.count === 0;
  }
  /** All of it, or its beginning and end. */
  text() {
    const last = this.last.slice(-LAST_LINES);
    const left = this.count - this.head.length - last.length;
    return [...this.head, ...left > 0 ? [`... ${left} lines left out ...`] : [], ...last].join("\n");
  }
  /** The last lines, kept for the record of a failure. */
  tail(lines = TAIL_LINES) {
    return [...this.head, ...this.last].slice(-lines).join("\n").slice(-TAIL_CHARACTERS);
  }
  /** The last three lines in one, to quote in a sentence. */
  lastWords() {
    return this.tail(3).replaceAll("\n", " / ");
  }
};

// src/test/performance.ts
import { dirname, join as join4 } from "node:path";

// src/test/lighthouse.ts
var LighthouseJson = object({
  runtimeError: object({ code: string(), message: string() }).nullish(),
  categories: object({ performance: object({ score: number().min(0).max(1).nullable() }) }).nullish()
});
function readLighthouse(text) {
  const parsed = LighthouseJson.safeParse(parseJson(text));
  if (!parsed.success) throw new ReportUnreadable("is not a Lighthouse report");
  const { runtimeError, categories } = parsed.data;
  if (runtimeError && runtimeError.code !== "NO_ERROR") {
    throw new ReportUnreadable(`says ${runtimeError.code}: ${runtimeError.message}`);
  }
  const score = categories?.performance.score;
  if (score === null || score === void 0) throw new ReportUnreadable("holds no performance score");
  return Math.round(score * 100);
}
__name(readLighthouse, "readLighthouse");

// src/test/performance.ts
var LONGEST_START = 12e4;
var PROBE_TIMEOUT = 2e3;
var PROBE_PAUSE = 250;
var LIGHTHOUSE = "lighthouse@12";
var CHROME_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
].join(" ");
var Unmeasurable = class extends Error {
  static {
    __name(this, "Unmeasurable");
  }
};
async function runPerformance(suite, around, effects) {
  const { settings } = suite;
  const warn = /* @__PURE__ */ __name((message, summary) => ({
    checks: [{ suite: suite.name, severity: "WARNING", message }],
    summary
  }), "warn");
  try {
    const score = await served(suite, around, effects, () => measure(suite, around, effects));
    if (score >= settings.min_score) return { checks: [], summary: `score ${score}` };
    return warn(
      `the performance score is ${score}, below the minimum of ${settings.min_score}`,
      `score ${score}`
    );
  } catch (error) {
    if (!(error instanceof Unmeasurable)) throw error;
    return warn(`the performance could not be measured: ${error.message}`, "could not be measured");
  }
}
__name(runPerformance, "runPerformance");
async function served(suite, around, effects, body) {
  const { start, command, url } = suite.settings;
  const serve = start ?? (command === void 0 && url === DEFAULT_URL ? "npm start" : void 0);
  if (serve === void 0) return body();
  if (await effects.probe(url, PROBE_TIMEOUT) !== void 0) {
    throw new Unmeasurable(`something else already answers at ${url}; give the suite a port of its own`);
  }
  const stop = new AbortController();
  const state = {};
  const server = effects.run(shellCommand(around.shell, serve, "nothing", []), {
    cwd: around.folder,
    signal: around.signal ? AbortSignal.any([stop.signal, around.signal]) : stop.signal,
    onLine: /* @__PURE__ */ __name((line) => around.output.add(line), "onLine")
  }).then(
    (result) => void (state.ended = result),
    () => void 0
  );
  try {
    await answering(
      url,
      serve,
      state,
      Math.min(LONGEST_START, suite.settings.timeout * 1e3),
      effects,
      around.output
    );
    return await body();
  } finally {
    stop.abort();
    await server;
  }
}
__name(served, "served");
async function answering(url, command, state, limit, { probe, clock }, output) {
  const end = clock.now().getTime() + limit;
  for (; ; ) {
    const status = await probe(url, PROBE_TIMEOUT);
    if (status !== void 0 && status < 500) return;
    if (state.ended && state.ended.code !== 0) {
      const said = output.lastWords();
      throw new Unmeasurable(
        `\`${command}\` ended with exit code ${state.ended.code} before ${url} answered: ${said}`
      );
    }
    if (clock.now().getTime() >= end) {
      const last = status === void 0 ? "did not answer" : `answered ${status}`;
      throw new Unmeasurable(`${url} ${last} within ${limit / 1e3} s of \`${command}\``);
    }
    await clock.sleep(PROBE_PAUSE);
  }
}
__name(answering, "answering");
async function measure(suite, around, effects) {
  const { settings } = suite;
  const file = `${around.report}.json`;
  const started = startOf(effects);
  const args = [
    settings.url,
    "--quiet",
    "--output=json",
    `--output-path=${file}`,
    "--only-categories=performance",
    "--no-enable-error-reporting",
    `--chrome-flags=${CHROME_FLAGS}`
  ];
  const argv = settings.command === void 0 ? [...await program(around, effects), ...args] : shellCommand(around.shell, settings.command, "arguments", args);
  const result = await execute(
    suite.name,
    argv,
    {
      cwd: around.folder,
      timeout: settings.timeout * 1e3,
      ...around.signal ? { signal: around.signal } : {}
    },
    around.output,
    effects
  );
  if (result.timedOut)
    throw new Unmeasurable(`Lighthouse was stopped at its time limit of ${settings.timeout} s`);
  const text = await readFresh(file, started, effects.files);
  if (text === void 0) {
    const said = result.code === 127 ? "it is not installed" : around.output.lastWords();
    throw new Unmeasurable(`Lighthouse ended with exit code ${result.code} and no report: ${said}`);
  }
  try {
    return readLighthouse(text);
  } catch (error) {
    if (error instanceof ReportUnreadable) throw new Unmeasurable(`Lighthouse's report ${error.message}`);
    throw error;
  }
}
__name(measure, "measure");
async function program(around, { files }) {
  for (let folder = around.folder; ; folder = dirname(folder)) {
    const own = join4(folder, "node_modules", ".bin", "lighthouse");
    if (await files.changedAt(own) !== void 0) return [own];
    if (folder === around.root || folder === dirname(folder)) return ["npx", "--yes", LIGHTHOUSE];
  }
}
__name(program, "program");

// src/test/audit.ts
var SEVERITIES = ["info", "low", "moderate", "high", "critical"];
var Severity = _enum(SEVERITIES);
var Via = object({
  source: union([number(), string()]).optional(),
  name: string(),
  title: string().default("no title"),
  url: string().optional(),
  severity: Severity
});
var Current = object({
  vulnerabilities: record(
    string(),
    object({ name: string(), severity: Severity, via: array(union([string(), Via])) })
  )
});
var OldAdvisory = object({
  id: union([number(), string()]).optional(),
  module_name: string(),
  severity: Severity,
  title: string().default("no title"),
  url: string().optional()
});
var Old = object({ advisories: record(string(), OldAdvisory) });
var Refused = object({
  message: string().optional(),
  error: union([
    string(),
    object({
      code: string().optional(),
      summary: string().optional(),
      message: string().optional()
    })
  ]).optional()
});
var YarnLine = object({ type: string(), data: unknown() });
function readAudit(text) {
  if (text.trim() === "") return { kind: "unavailable", why: "it printed nothing" };
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return readYarn(text);
  }
  const current = Current.safeParse(value).data;
  if (current) return { kind: "advisories", advisories: distinct(currentAdvisories(current)) };
  const old = Old.safeParse(value).data;
  if (old) return { kind: "advisories", advisories: distinct(Object.values(old.advisories).map(fromOld)) };
  if (YarnLine.safeParse(value).success) return readYarn(text);
  const refused = Refused.safeParse(value).data;
  const error = refused?.error;
  const why = typeof error === "object" ? error.summary || error.message || error.code : error ?? refused?.message;
  return {
    kind: "unavailable",
    why: (why || refused?.message || "its answer holds no list of vulnerabilities").trim()
  };
}
__name(readAudit, "readAudit");
function currentAdvisories({ vulnerabilities }) {
  const advisories = [];
  for (const entry of Object.values(vulnerabilities)) {
    for (const via of entry.via) {
      if (typeof via === "string") {
        if (Object.hasOwn(vulnerabilities, via)) continue;
        advisories.push({
          id: entry.name,
          package: entry.name,
          severity: entry.severity,
          title: `through ${via}`
        });
      } else {
        const id = String(via.source ?? via.url ?? `${via.name} ${via.title}`);
        advisories.push({ id, package: via.name, severity: via.severity, title: via.title, url: via.url });
      }
    }
  }
  return advisories;
}
__name(currentAdvisories, "currentAdvisories");
function fromOld(entry) {
  const id = String(entry.id ?? entry.url ?? `${entry.module_name} ${entry.title}`);
  return { id, package: entry.module_name, severity: entry.severity, title: entry.title, url: entry.url };
}
__name(fromOld, "fromOld");
function readYarn(text) {
  const advisories = [];
  let complete = false;
  for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
    let value;
    try {
      value = JSON.parse(line);
    } catch {
      return { kind: "unavailable", why: "its answer is not complete JSON" };
    }
    const entry = YarnLine.safeParse(value).data;
    if (entry?.type === "error") return { kind: "unavailable", why: String(entry.data) };
    if (entry?.type === "auditSummary") complete = true;
    if (entry?.type === "auditAdvisory") {
      const advisory = object({ advisory: OldAdvisory }).safeParse(entry.data).data?.advisory;
      if (!advisory) return { kind: "unavailable", why: "its answer has a form that is not known" };
      advisories.push(fromOld(advisory));
    }
  }
  return complete ? { kind: "advisories", advisories: distinct(advisories) } : { kind: "unavailable", why: "its answer holds no list of vulnerabilities" };
}
__name(readYarn, "readYarn");
function distinct(advisories) {
  return [...new Map(advisories.map((advisory) => [advisory.id, advisory])).values()];
}
__name(distinct, "distinct");
function judgeAudit(suite, advisories, block) {
  const rank = /* @__PURE__ */ __name((severity) => SEVERITIES.indexOf(severity), "rank");
  return advisories.toSorted((one, other) => rank(other.severity) - rank(one.severity)).map((advisory) => ({
    suite,
    severity: rank(advisory.severity) >= rank(block) ? "CRITICAL" : "WARNING",
    message: `${advisory.severity}: ${advisory.package}: ${advisory.title}${advisory.url ? ` (${advisory.url})` : ""}`
  }));
}
__name(judgeAudit, "judgeAudit");
function countAdvisories(advisories) {
  const counts = SEVERITIES.toReversed().map((severity) => {
    const count = advisories.filter((advisory) => advisory.severity === severity).length;
    return count === 0 ? "" : `${count} ${severity}`;
  });
  return counts.filter(Boolean).join(", ") || "no known vulnerability";
}
__name(countAdvisories, "countAdvisories");

// src/test/security.ts
var MANAGERS = [
  ["package-lock.json", ["npm", "audit", "--json"]],
  ["npm-shrinkwrap.json", ["npm", "audit", "--json"]],
  ["pnpm-lock.yaml", ["pnpm", "audit", "--json"]],
  ["yarn.lock", ["yarn", "audit", "--json"]]
];
async function runSecurity(suite, project, around, effects) {
  const unavailable = /* @__PURE__ */ __name((why) => ({
    checks: [{ suite: suite.name, severity: "WARNING", message: `the audit could not run: ${why}` }],
    summary: "could not run"
  }), "unavailable");
  const argv = MANAGERS.find(([file]) => project.files.includes(file))?.[1];
  if (argv === void 0) return unavailable("there is no lock file; commit package-lock.json");
  const result = await execute(
    suite.name,
    argv,
    {
      cwd: around.folder,
      timeout: suite.settings.timeout * 1e3,
      ...around.signal ? { signal: around.signal } : {}
    },
    around.output,
    effects
  );
  if (result.timedOut) return unavailable(`it took longer than ${suite.settings.timeout} s`);
  if (result.code === 127) return unavailable(`${argv[0]} is not installed`);
  const audit = readAudit(result.stdout);
  if (audit.kind === "unavailable") return unavailable(audit.why);
  return {
    checks: judgeAudit(suite.name, audit.advisories, suite.settings.block_severity),
    summary: countAdvisories(audit.advisories)
  };
}
__name(runSecurity, "runSecurity");

// src/test/verdict.ts
var WARNINGS_THAT_BLOCK = 5;
function suiteStatus(checks) {
  if (checks.some((check) => check.severity === "CRITICAL")) return "failed";
  return checks.length > 0 ? "warning" : "passed";
}
__name(suiteStatus, "suiteStatus");
function verdict(suites, found) {
  const warnings = found.filter((check) => check.severity === "WARNING").length;
  const checks = warnings < WARNINGS_THAT_BLOCK ? found : [
    ...found,
    {
      suite: "verdict",
      severity: "CRITICAL",
      message: `${warnings} warnings in one run; ${WARNINGS_THAT_BLOCK} or more stop the pipeline`
    }
  ];
  const ran = suites.some((suite) => suite.status !== "skipped");
  return { status: ran || checks.length > 0 ? suiteStatus(checks) : "skipped", suites, checks };
}
__name(verdict, "verdict");

// src/test/stage.ts
var ANNOTATIONS = 9;
async function test(input, effects) {
  const { config, plan, workspace } = input;
  const found = plan.findings.map((finding) => ({
    suite: "changes",
    severity: finding.severity,
    message: finding.message,
    file: finding.file,
    ...finding.line === void 0 ? {} : { line: finding.line }
  }));
  const blocked = found.some((check) => check.severity === "CRITICAL");
  const shell = await findShell(effects);
  const projects = /* @__PURE__ */ new Map();
  const look = /* @__PURE__ */ __name((folder) => {
    const known = projects.get(folder) ?? lookAt(effects.files, folder);
    projects.set(folder, known);
    return known;
  }, "look");
  const printing = inTurn();
  const settled = await Promise.allSettled(
    suitesOf(config).map(async (suite) => {
      const folder = resolve2(workspace, suite.settings.working_directory);
      const project = await look(folder);
      const reason = reasonToSkip(suite, plan, blocked) ?? absence(suite, project);
      if (reason !== void 0) {
        if (plan.suites.includes(suite.name)) effects.log.info(`${suite.name} skipped: ${reason}`);
        return {
          result: { ...base(suite), status: "skipped", duration: 0, summary: reason, tail: "" },
          checks: []
        };
      }
      const around = {
        folder,
        root: input.root ?? workspace,
        report: join5(input.temp, `test-${suite.name.replace(":", "-")}`),
        shell,
        output: new Output(),
        ...input.signal ? { signal: input.signal } : {}
      };
      return runOne(suite, project, around, effects, printing);
    })
  );
  input.signal?.throwIfAborted();
  const outcomes = settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
  const result = verdict(
    outcomes.map((outcome) => outcome.result),
    [...found, ...outcomes.flatMap((outcome) => outcome.checks)]
  );
  annotate(result.checks, effects);
  return result;
}
__name(test, "test");
function reasonToSkip(suite, plan, blocked) {
  if (!suite.settings.enabled) return "switched off in the configuration";
  if (!plan.suites.includes(suite.name)) return "not needed for this change";
  return blocked ? "not run: the changed files themselves must be put right first" : void 0;
}
__name(reasonToSkip, "reasonToSkip");
var base = /* @__PURE__ */ __name((suite) => ({ name: suite.name, kind: suite.kind }), "base");
async function runOne(suite, project, around, effects, printing) {
  const started = effects.clock.now().getTime();
  effects.log.info(`${suite.name} started`);
  const ran = await runKind(suite, project, around, effects);
  const duration = effects.clock.now().getTime() - started;
  const status = suiteStatus(ran.checks);
  const line = `${suite.name} ${status} after ${(duration / 1e3).toFixed(1)} s: ${ran.summary}`;
  await printing(async () => {
    effects.log.info(line);
    if (around.output.isEmpty) return;
    await effects.log.group(`Output of ${suite.name}`, async () => effects.log.foreign(around.output.text()));
  });
  const tail = status === "passed" ? "" : around.output.tail();
  return { result: { ...base(suite), status, duration, summary: ran.summary, tail }, checks: ran.checks };
}
__name(runOne, "runOne");
function runKind(suite, project, around, effects) {
  switch (suite.kind) {
    case "unit":
    case "e2e":
      return runCommanded(suite, project, around, effects);
    case "performance":
      return runPerformance(suite, around, effects);
    case "security":
      return runSecurity(suite, project, around, effects);
  }
}
__name(runKind, "runKind");
function inTurn() {
  let last = Promise.resolve();
  return (body) => last = last.then(body, body);
}
__name(inTurn, "inTurn");
function annotate(checks, { log }) {
  const place3 = /* @__PURE__ */ __name((check) => check.file === void 0 ? void 0 : { file: check.file, ...check.line === void 0 ? {} : { line: check.line } }, "place");
  const say = /* @__PURE__ */ __name((check) => `${check.suite}: ${check.message}`, "say");
  const critical = checks.filter((check) => check.severity === "CRITICAL");
  const shown = critical.toSorted((one, other) => Number(!one.file) - Number(!other.file)).slice(0, ANNOTATIONS);
  for (const check of critical) {
    if (shown.includes(check)) log.error(say(check), place3(check));
    else log.info(`${say(check)}${check.file ? ` (${check.file}:${check.line ?? 1})` : ""}`);
  }
  const warnings = checks.filter((check) => check.severity === "WARNING");
  for (const check of warnings.slice(0, ANNOTATIONS)) log.warning(say(check), place3(check));
  for (const check of warnings.slice(ANNOTATIONS)) log.info(say(check));
}
__name(annotate, "annotate");

// src/pipeline/stages/test.ts
async function testStage(context, run) {
  const { config, effects, directory, temporary, event } = context;
  const plan = needed(run, "analyze", "test");
  const suites = plan.suites.join(", ") || "none";
  if (context.dryRun) return { status: "skipped", reason: `dry run: would run ${suites}` };
  const result = await test(
    { config, plan, workspace: directory, root: event.workspace, temp: temporary, signal: effects.signal },
    { run: effects.run, clock: effects.clock, log: effects.log, ...effects.test }
  );
  const found = { test: result };
  if (result.status === "failed") {
    const critical = result.checks.filter((check) => check.severity === "CRITICAL");
    const reason = `${critical.length} CRITICAL check(s) failed, the first: ${critical[0]?.suite ?? ""}: ${critical[0]?.message ?? ""}`;
    const failed = result.suites.filter((suite) => suite.status === "failed");
    const extract = failed.map((suite) => `${suite.name}
${suite.tail}`).join("\n");
    return { status: "failed", reason, found, end: { status: "failed", reason, log_extract: extract } };
  }
  if (isTrial(event)) {
    return {
      status: result.status,
      found,
      end: { status: "success", reason: `${event.eventName} runs are tested, not deployed` }
    };
  }
  if (plan.services.length === 0) {
    return {
      status: result.status,
      found,
      end: { status: "success", reason: "nothing that is built has changed" }
    };
  }
  return { status: result.status, found };
}
__name(testStage, "testStage");
export {
  testStage
};
