import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  printable
} from "./chunk-QXYGOVTK.js";
import {
  Secrets
} from "./chunk-EFU5YRGN.js";
import {
  closeServer
} from "./chunk-PARIFH2F.js";
import {
  ConfigSchema,
  ONE_OR_NAMED
} from "./chunk-RI65VB6Y.js";
import {
  require_dist
} from "./chunk-KNILVGF2.js";
import {
  parseTarget
} from "./chunk-CFYLDNZO.js";
import {
  core_exports,
  debug,
  endGroup,
  info,
  startGroup
} from "./chunk-TXLGVKAY.js";
import {
  ZodError,
  boolean,
  looseObject,
  number,
  prettifyError,
  string,
  toJSONSchema
} from "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name,
  __toESM
} from "./chunk-7EV6XQIJ.js";

// node_modules/fastest-levenshtein/esm/mod.js
var peq = new Uint32Array(65536);
var myers_32 = /* @__PURE__ */ __name((a, b) => {
  const n = a.length;
  const m = b.length;
  const lst = 1 << n - 1;
  let pv = -1;
  let mv = 0;
  let sc = n;
  let i = n;
  while (i--) {
    peq[a.charCodeAt(i)] |= 1 << i;
  }
  for (i = 0; i < m; i++) {
    let eq = peq[b.charCodeAt(i)];
    const xv = eq | mv;
    eq |= (eq & pv) + pv ^ pv;
    mv |= ~(eq | pv);
    pv &= eq;
    if (mv & lst) {
      sc++;
    }
    if (pv & lst) {
      sc--;
    }
    mv = mv << 1 | 1;
    pv = pv << 1 | ~(xv | mv);
    mv &= xv;
  }
  i = n;
  while (i--) {
    peq[a.charCodeAt(i)] = 0;
  }
  return sc;
}, "myers_32");
var myers_x = /* @__PURE__ */ __name((b, a) => {
  const n = a.length;
  const m = b.length;
  const mhc = [];
  const phc = [];
  const hsize = Math.ceil(n / 32);
  const vsize = Math.ceil(m / 32);
  for (let i = 0; i < hsize; i++) {
    phc[i] = -1;
    mhc[i] = 0;
  }
  let j = 0;
  for (; j < vsize - 1; j++) {
    let mv2 = 0;
    let pv2 = -1;
    const start2 = j * 32;
    const vlen2 = Math.min(32, m) + start2;
    for (let k = start2; k < vlen2; k++) {
      peq[b.charCodeAt(k)] |= 1 << k;
    }
    for (let i = 0; i < n; i++) {
      const eq = peq[a.charCodeAt(i)];
      const pb = phc[i / 32 | 0] >>> i & 1;
      const mb = mhc[i / 32 | 0] >>> i & 1;
      const xv = eq | mv2;
      const xh = ((eq | mb) & pv2) + pv2 ^ pv2 | eq | mb;
      let ph = mv2 | ~(xh | pv2);
      let mh = pv2 & xh;
      if (ph >>> 31 ^ pb) {
        phc[i / 32 | 0] ^= 1 << i;
      }
      if (mh >>> 31 ^ mb) {
        mhc[i / 32 | 0] ^= 1 << i;
      }
      ph = ph << 1 | pb;
      mh = mh << 1 | mb;
      pv2 = mh | ~(xv | ph);
      mv2 = ph & xv;
    }
    for (let k = start2; k < vlen2; k++) {
      peq[b.charCodeAt(k)] = 0;
    }
  }
  let mv = 0;
  let pv = -1;
  const start = j * 32;
  const vlen = Math.min(32, m - start) + start;
  for (let k = start; k < vlen; k++) {
    peq[b.charCodeAt(k)] |= 1 << k;
  }
  let score = m;
  for (let i = 0; i < n; i++) {
    const eq = peq[a.charCodeAt(i)];
    const pb = phc[i / 32 | 0] >>> i & 1;
    const mb = mhc[i / 32 | 0] >>> i & 1;
    const xv = eq | mv;
    const xh = ((eq | mb) & pv) + pv ^ pv | eq | mb;
    let ph = mv | ~(xh | pv);
    let mh = pv & xh;
    score += ph >>> m - 1 & 1;
    score -= mh >>> m - 1 & 1;
    if (ph >>> 31 ^ pb) {
      phc[i / 32 | 0] ^= 1 << i;
    }
    if (mh >>> 31 ^ mb) {
      mhc[i / 32 | 0] ^= 1 << i;
    }
    ph = ph << 1 | pb;
    mh = mh << 1 | mb;
    pv = mh | ~(xv | ph);
    mv = ph & xv;
  }
  for (let k = start; k < vlen; k++) {
    peq[b.charCodeAt(k)] = 0;
  }
  return score;
}, "myers_x");
var distance = /* @__PURE__ */ __name((a, b) => {
  if (a.length < b.length) {
    const tmp = b;
    b = a;
    a = tmp;
  }
  if (b.length === 0) {
    return a.length;
  }
  if (a.length <= 32) {
    return myers_32(a, b);
  }
  return myers_x(a, b);
}, "distance");
var closest = /* @__PURE__ */ __name((str, arr) => {
  let min_distance = Infinity;
  let min_index = 0;
  for (let i = 0; i < arr.length; i++) {
    const dist = distance(str, arr[i]);
    if (dist < min_distance) {
      min_distance = dist;
      min_index = i;
    }
  }
  return arr[min_index];
}, "closest");

// src/config/json-schema.ts
var toJsonSchema = /* @__PURE__ */ __name((schema) => toJSONSchema(schema, {
  io: "input",
  override: /* @__PURE__ */ __name(({ zodSchema, jsonSchema }) => {
    const suite = ONE_OR_NAMED.get(zodSchema);
    if (!suite) return;
    const { $schema: _, ...one } = toJsonSchema(suite);
    Object.assign(jsonSchema, { anyOf: [one, { type: "object", additionalProperties: one }] });
  }, "override")
}), "toJsonSchema");
function configJsonSchema() {
  return { title: "gonsautopilot.yaml", ...toJsonSchema(ConfigSchema) };
}
__name(configJsonSchema, "configJsonSchema");
function formsAt(root, path) {
  let forms = [root];
  for (const part of path) {
    const key = String(part);
    forms = forms.flatMap(alternatives).flatMap((form) => {
      if (form.properties && Object.hasOwn(form.properties, key)) return [form.properties[key]];
      if (typeof part === "number" && form.items) return [form.items];
      return typeof form.additionalProperties === "object" ? [form.additionalProperties] : [];
    });
  }
  return forms.flatMap(alternatives);
}
__name(formsAt, "formsAt");
function alternatives(form) {
  return form.anyOf ? form.anyOf.flatMap(alternatives) : [form];
}
__name(alternatives, "alternatives");

// src/config/problems.ts
var MAX_LISTED = 50;
var ConfigError = class extends AutopilotError {
  static {
    __name(this, "ConfigError");
  }
  problems;
  constructor(file, problems) {
    const shown2 = problems.slice(0, MAX_LISTED).map(lineOf);
    const more = problems.length - shown2.length;
    super("CONFIG_INVALID", {
      what: [
        `${file} has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}`,
        ...shown2,
        ...more > 0 ? [`and ${more} more`] : []
      ].join("\n"),
      fix: "Correct the lines named above; docs/configuration.md lists every key."
    });
    this.problems = problems;
  }
};
function lineOf({ file, line, column, path, message }) {
  return `${file}:${line}:${column} ${path ? `${path}: ` : ""}${message}`;
}
__name(lineOf, "lineOf");
function describeIssues(issues, value) {
  const schema = configJsonSchema();
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: unknownKey(schema, issue.path, key),
        part: "key"
      }));
    if (issue.code === "invalid_key") {
      const inner = issue.issues[0];
      const reason = inner ? describe(inner, inner.path.at(-1)) : "not allowed here";
      const keys = inner && inner.code === "invalid_value" ? inner.values.map(String) : [];
      const last = String(issue.path.at(-1) ?? "");
      const message = keys.length > 0 ? `unknown key${nearest(last, keys)}` : `not a possible name: ${reason}`;
      return [{ path: [...issue.path], message, part: "key" }];
    }
    return [{ path: [...issue.path], message: describe(issue, at(value, issue.path)), part: "value" }];
  });
}
__name(describeIssues, "describeIssues");
function at(value, path) {
  let current = value;
  for (const part of path) {
    if (current === null || typeof current !== "object" || !Object.hasOwn(current, part)) return void 0;
    current = current[part];
  }
  return current;
}
__name(at, "at");
var KINDS = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false"
};
function kindOf(value) {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string") return `the text "${printable(value, 60)}"`;
  return String(value);
}
__name(kindOf, "kindOf");
function describe(issue, value) {
  switch (issue.code) {
    case "invalid_type": {
      const expected = KINDS[issue.expected] ?? issue.expected;
      if (value === void 0) return `missing: expected ${expected}`;
      const quote = issue.expected === "string" && (typeof value === "number" || typeof value === "boolean") ? "; put it in quotes" : "";
      return `expected ${expected}, got ${kindOf(value)}${quote}`;
    }
    case "invalid_value": {
      const values = issue.values.map(String);
      return `must be one of ${values.join(", ")}; got ${kindOf(value)}${nearest(String(value), values)}`;
    }
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") return "must not be empty";
      return `must be ${issue.inclusive ? "at least" : "more than"} ${String(issue.minimum)}, got ${kindOf(value)}`;
    case "too_big":
      if (issue.origin === "string") return `must be at most ${String(issue.maximum)} characters long`;
      return `must be ${issue.inclusive ? "at most" : "less than"} ${String(issue.maximum)}, got ${kindOf(value)}`;
    case "invalid_format":
      return `must be ${issue.message}, got ${kindOf(value)}`;
    case "invalid_union":
      return `${unionMessage(issue)}, got ${kindOf(value)}`;
    default:
      return printable(issue.message);
  }
}
__name(describe, "describe");
function unionMessage(issue) {
  const formats = issue.errors.flat().filter(({ code }) => code === "invalid_format");
  return formats[0] ? `must be ${formats[0].message}` : "not a possible value";
}
__name(unionMessage, "unionMessage");
function unknownKey(schema, parent, key) {
  const keys = [...new Set(formsAt(schema, parent).flatMap(keysOf))];
  const near = nearest(key, keys);
  if (near) return `unknown key${near}`;
  const elsewhere = homesOf(schema, key);
  if (elsewhere.length === 1) return `unknown key; it belongs to ${elsewhere[0] || "the top level"}`;
  return `unknown key; possible here: ${keys.join(", ")}`;
}
__name(unknownKey, "unknownKey");
function keysOf({ properties = {}, propertyNames }) {
  return [...Object.keys(properties), ...(propertyNames?.enum ?? []).map(String)];
}
__name(keysOf, "keysOf");
function nearest(word, candidates) {
  if (candidates.length === 0 || word.length > 100) return "";
  const same = /* @__PURE__ */ __name((text) => text.toLowerCase().replace(/[-_\s]/g, ""), "same");
  const found = candidates.find((name) => same(name) === same(word)) ?? closest(word, candidates);
  const near = same(found) === same(word) || distance(word, found) <= (found.length < 4 ? 1 : Math.max(2, Math.floor(found.length / 3)));
  return near ? `; did you mean ${found}?` : "";
}
__name(nearest, "nearest");
function homesOf(form, key, path = "") {
  const here = form.properties && Object.hasOwn(form.properties, key) ? [path] : [];
  const below = Object.entries(form.properties ?? {}).flatMap(
    ([name, child]) => homesOf(child, key, path ? `${path}.${name}` : name)
  );
  return [...here, ...below];
}
__name(homesOf, "homesOf");

// src/config/cross-checks.ts
function crossChecks(config) {
  return [
    ...timeZone(config),
    ...services(config),
    ...dependencies(config),
    ...suites(config),
    ...target(config),
    ...proxies(config),
    ...migration(config),
    ...smokeAndWatch(config)
  ];
}
__name(crossChecks, "crossChecks");
function timeZone({ project }) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: project.timezone });
    return [];
  } catch {
    return [
      {
        path: ["project", "timezone"],
        message: "not a time zone; use an IANA name such as Asia/Seoul or UTC"
      }
    ];
  }
}
__name(timeZone, "timeZone");
function escapes(path) {
  if (/^(?:[/\\~]|[A-Za-z]:)/.test(path) || /[\0\r\n]/.test(path)) return true;
  let depth = 0;
  for (const part of path.split(/[/\\]/)) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}
__name(escapes, "escapes");
function inside(path, value) {
  if (value === void 0 || !escapes(value)) return [];
  return [{ path, message: "must be a relative path that stays inside the project" }];
}
__name(inside, "inside");
function services(config) {
  const problems = [];
  const declared = Object.entries(config.services ?? {});
  if (config.services && declared.length === 0)
    problems.push({ path: ["services"], message: "names no service; leave it out for frontend and backend" });
  const composeNames = /* @__PURE__ */ new Map();
  for (const [name, service] of declared) {
    const path = ["services", name];
    problems.push(...inside([...path, "dockerfile"], service.dockerfile));
    problems.push(...inside([...path, "context"], service.context));
    service.paths.forEach(
      (glob, index) => problems.push(...inside([...path, "paths", index], glob.replace(/^!/, "")))
    );
    const composeName = service.compose_service ?? name;
    const other = composeNames.get(composeName);
    if (other !== void 0)
      problems.push({
        path: service.compose_service === void 0 ? path : [...path, "compose_service"],
        message: `"${composeName}" of the compose file already belongs to the service "${other}"`
      });
    composeNames.set(composeName, name);
  }
  for (const [name, dockerfile] of Object.entries(config.build.docker ?? {})) {
    problems.push(...inside(["build", "docker", name], dockerfile));
    if (config.services && !Object.hasOwn(config.services, name))
      problems.push({
        path: ["build", "docker", name],
        message: `unknown service; services are ${list(declared)}`
      });
  }
  if (config.build.docker && Object.keys(config.build.docker).length === 0 && !config.services)
    problems.push({
      path: ["build", "docker"],
      message: "names no service; leave it out for frontend and backend"
    });
  return problems;
}
__name(services, "services");
var list = /* @__PURE__ */ __name((entries) => entries.map(([name]) => name).join(", ") || "none", "list");
function dependencies({ services: declared = {} }) {
  const problems = [];
  for (const [name, service] of Object.entries(declared))
    service.depends_on.forEach((dependency, index) => {
      if (!Object.hasOwn(declared, dependency))
        problems.push({
          path: ["services", name, "depends_on", index],
          message: `unknown service "${dependency}"; services are ${list(Object.entries(declared))}`
        });
    });
  const circle = circleOf(declared);
  if (circle.length > 0)
    problems.push({
      path: ["services", circle[0], "depends_on"],
      message: `the services depend on each other in a circle: ${circle.join(" -> ")}`
    });
  return problems;
}
__name(dependencies, "dependencies");
function circleOf(declared) {
  const finished = /* @__PURE__ */ new Set();
  for (const start of Object.keys(declared)) {
    const trail = [];
    const enter = /* @__PURE__ */ __name((name) => trail.push({
      name,
      rest: Object.hasOwn(declared, name) ? [...declared[name]?.depends_on ?? []] : []
    }), "enter");
    if (!finished.has(start)) enter(start);
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const next = top.rest.shift();
      if (next === void 0) {
        finished.add(top.name);
        trail.pop();
        continue;
      }
      const seen = trail.findIndex(({ name }) => name === next);
      if (seen !== -1) return [...trail.slice(seen).map(({ name }) => name), next];
      if (!finished.has(next)) enter(next);
    }
  }
  return [];
}
__name(circleOf, "circleOf");
function suites({ test }) {
  const named = ["unit", "e2e"].flatMap(
    (kind) => Object.entries(test[kind]).flatMap(
      ([name, suite]) => inside(["test", kind, ...name ? [name] : [], "working_directory"], suite.working_directory)
    )
  );
  const single = ["performance", "security"].flatMap(
    (kind) => inside(["test", kind, "working_directory"], test[kind].working_directory)
  );
  return [...named, ...single];
}
__name(suites, "suites");
function target({ deploy }) {
  const problems = inside(["deploy", "compose_file"], deploy.compose_file);
  if (deploy.path !== void 0 && (/^\/+$/.test(deploy.path) || deploy.path.split("/").includes("..")))
    problems.push({ path: ["deploy", "path"], message: 'must be a directory of its own, without ".."' });
  if (deploy.target === void 0)
    return [
      {
        path: ["deploy", "target"],
        message: "missing: the server to deploy to, such as deploy@203.0.113.5, or local"
      },
      ...problems
    ];
  if (deploy.target === "local") return problems;
  const { host, port, user } = parseTarget(deploy.target);
  if (host.includes("..")) problems.push({ path: ["deploy", "target"], message: "not a host name" });
  if (port !== void 0 && (port < 1 || port > 65535))
    problems.push({ path: ["deploy", "target"], message: "the port must be between 1 and 65535" });
  if (port !== void 0 && deploy.port !== void 0 && port !== deploy.port)
    problems.push({
      path: ["deploy", "port"],
      message: `contradicts the port ${port} of deploy.target; keep one of them`
    });
  if (user !== void 0 && deploy.user !== void 0 && user !== deploy.user)
    problems.push({
      path: ["deploy", "user"],
      message: `contradicts the user ${user} of deploy.target; keep one of them`
    });
  return problems;
}
__name(target, "target");
function proxies({ deploy, services: declared, build }) {
  const known = declared ?? build.docker;
  if (typeof deploy.proxy === "string" || known === void 0) return [];
  return deploy.proxy.flatMap(
    (entry, index) => entry.services.flatMap(
      (name, place) => Object.hasOwn(known, name) ? [] : [
        {
          path: ["deploy", "proxy", index, "services", place],
          message: `unknown service "${name}"; services are ${list(Object.entries(known))}`
        }
      ]
    )
  );
}
__name(proxies, "proxies");
function migration({ deploy, services: declared, build }) {
  const known = declared ?? build.docker;
  const name = deploy.migrate?.service;
  if (name === void 0 || known === void 0 || Object.hasOwn(known, name)) return [];
  return [
    {
      path: ["deploy", "migrate", "service"],
      message: `unknown service "${name}"; services are ${list(Object.entries(known))}`
    }
  ];
}
__name(migration, "migration");
function smokeAndWatch(config) {
  const problems = [];
  const { endpoints } = config.verify.smoke_test;
  endpoints.forEach((endpoint, index) => {
    if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)|[\s\\]/i.test(endpoint))
      problems.push({
        path: ["verify", "smoke_test", "endpoints", index],
        message: "must be a path such as /api/status; the origin is that of the health check"
      });
  });
  const hasOrigin = config.deploy.health_check.url !== void 0 || Object.values(config.services ?? {}).some((service) => service.health_check?.url !== void 0);
  if (endpoints.length > 0 && !hasOrigin)
    problems.push({
      path: ["verify", "smoke_test", "endpoints"],
      message: "need an origin: set deploy.health_check.url"
    });
  const { duration, interval } = config.verify.watchdog;
  if (duration > 0 && interval > duration)
    problems.push({
      path: ["verify", "watchdog", "interval"],
      message: `longer than the duration (${duration} s): the watchdog would never look`
    });
  return problems;
}
__name(smokeAndWatch, "smokeAndWatch");

// src/config/source.ts
var import_yaml = __toESM(require_dist(), 1);
var MAX_BYTES = 1e6;
var MAX_ALIASES = 100;
var MAX_DEPTH = 100;
function parseSource(text, file) {
  const lines = new import_yaml.LineCounter();
  const start = { line: 1, column: 1 };
  const broken = /* @__PURE__ */ __name((message, at2 = start) => ({
    value: void 0,
    problems: [{ file, ...at2, path: "", message }],
    locate: /* @__PURE__ */ __name(() => start, "locate")
  }), "broken");
  if (Buffer.byteLength(text) > MAX_BYTES) return broken(`larger than ${MAX_BYTES / 1e6} MB`);
  const tooDeep = deepLine(text);
  if (tooDeep) return broken(`nested more than ${MAX_DEPTH} levels deep`, { line: tooDeep, column: 1 });
  try {
    const document = (0, import_yaml.parseDocument)(text.replace(/^\uFEFF/, ""), {
      lineCounter: lines,
      merge: true,
      prettyErrors: false,
      logLevel: "silent"
    });
    const at2 = /* @__PURE__ */ __name((offset) => {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    }, "at");
    const problems = [...document.errors, ...document.warnings].map((error) => ({
      file,
      ...at2(error.pos[0]),
      path: "",
      message: `not valid YAML: ${error.message}`
    }));
    return {
      value: problems.length > 0 ? void 0 : document.toJS({ maxAliasCount: MAX_ALIASES }),
      problems,
      locate: /* @__PURE__ */ __name((path, part = "value") => at2(offsetOf(document, path, part)), "locate")
    };
  } catch (error) {
    return broken(`not usable YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
__name(parseSource, "parseSource");
function deepLine(text) {
  let brackets = 0;
  for (const [index, line] of text.split("\n").entries()) {
    for (const character of line) {
      if (character === "[" || character === "{") brackets++;
      else if ((character === "]" || character === "}") && brackets > 0) brackets--;
    }
    const dashes = /^(?:\s*[-?]\s+)*/.exec(line)?.[0].replace(/\s/g, "").length ?? 0;
    if (brackets > MAX_DEPTH || dashes > MAX_DEPTH || line.search(/\S/) > 10 * MAX_DEPTH) return index + 1;
  }
  return void 0;
}
__name(deepLine, "deepLine");
function offsetOf(document, path, part) {
  let node = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if ((0, import_yaml.isAlias)(node)) node = node.resolve(document);
    if ((0, import_yaml.isSeq)(node)) node = node.items[Number(step)];
    else if ((0, import_yaml.isMap)(node)) {
      const pair = node.items.find(({ key }) => String((0, import_yaml.isScalar)(key) ? key.value : key) === String(step));
      if (!(0, import_yaml.isPair)(pair)) break;
      const value = pair.value;
      const empty = !value?.range || value.range[0] === value.range[1];
      const target2 = empty || part === "key" && index === path.length - 1 ? pair.key : value;
      offset = target2?.range?.[0] ?? offset;
      node = pair.value;
      continue;
    } else break;
    offset = node?.range?.[0] ?? offset;
  }
  return offset;
}
__name(offsetOf, "offsetOf");

// src/config/load.ts
var CONFIG_FILES = [
  "gonsautopilot.yaml",
  "gonsautopilot.yml",
  ".github/gonsautopilot.yaml"
];
async function loadConfig(request) {
  const { file, text } = await findFile(request);
  return parseConfig(text, file);
}
__name(loadConfig, "loadConfig");
async function findFile({
  workspace,
  file,
  readFile: readFile2
}) {
  const candidates = file === "" || file === CONFIG_FILES[0] ? CONFIG_FILES : [file];
  for (const candidate of candidates) {
    try {
      return { file: candidate, text: await readFile2(`${workspace.replace(/\/+$/, "")}/${candidate}`) };
    } catch (error) {
      const code = error?.code;
      if (code === "ENOENT" || code === "ENOTDIR") continue;
      throw new AutopilotError("CONFIG_INVALID", {
        what: `${printable(candidate)} cannot be read`,
        why: error instanceof Error ? error.message : String(error),
        fix: "Make it a readable YAML file.",
        cause: error
      });
    }
  }
  throw new AutopilotError("CONFIG_MISSING", {
    what: `There is no ${candidates.map((path) => printable(path)).join(", ")} in ${workspace}`,
    why: "The project was not checked out before this step, or the configuration stands somewhere else.",
    fix: "Run actions/checkout first, and name the file in the `config` input when it has another name. The least it holds: project.name and deploy.target."
  });
}
__name(findFile, "findFile");
function parseConfig(text, file) {
  const source = parseSource(text, file);
  if (source.problems.length > 0) throw new ConfigError(file, source.problems.map(clean));
  if (source.value === null || source.value === void 0)
    throw new ConfigError(file, [
      {
        file,
        line: 1,
        column: 1,
        path: "",
        message: "the file is empty; project.name and deploy.target are needed"
      }
    ]);
  const parsed = ConfigSchema.safeParse(source.value);
  const shape = parsed.success ? [] : describeIssues(parsed.error.issues, source.value);
  const checkable = parsed.success ? parsed.data : remainder(source.value, shape);
  const found = [...shape, ...checkable ? crossProblems(checkable, shape) : []];
  const problems = found.map(
    ({ path, message, part }) => clean({ file, ...source.locate(path, part), path: path.map(String).join("."), message })
  );
  if (!parsed.success || problems.length > 0)
    throw new ConfigError(
      file,
      problems.sort((a, b) => a.line - b.line || a.column - b.column)
    );
  return withPath(parsed.data);
}
__name(parseConfig, "parseConfig");
function withPath(config) {
  if (config.deploy.path !== void 0) return config;
  return { ...config, deploy: { ...config.deploy, path: `/srv/${config.project.name}` } };
}
__name(withPath, "withPath");
function crossProblems(config, shape) {
  const wrong = shape.map(({ path }) => path);
  const startsWith = /* @__PURE__ */ __name((path, start) => start.every((part, index) => path[index] === part), "startsWith");
  return crossChecks(config).filter(({ path }) => !wrong.some((other) => startsWith(path, other) || startsWith(other, path))).map((problem) => ({ ...problem, part: "value" }));
}
__name(crossProblems, "crossProblems");
function remainder(value, shape) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return void 0;
  const copy = structuredClone(value);
  for (const { path } of shape) remove(copy, path);
  const project = copy["project"];
  copy["project"] = { name: "unnamed", ...typeof project === "object" ? project : {} };
  const parsed = ConfigSchema.safeParse(copy);
  return parsed.success ? parsed.data : void 0;
}
__name(remainder, "remainder");
function remove(root, path) {
  const last = path.at(-1);
  const parent = at(root, path.slice(0, -1));
  if (last === void 0 || parent === null || typeof parent !== "object") return;
  if (Array.isArray(parent)) remove(root, path.slice(0, -1));
  else Reflect.deleteProperty(parent, last);
}
__name(remove, "remove");
function clean(problem) {
  return { ...problem, path: printable(problem.path), message: problem.message.replace(/[\r\n]+/g, " ") };
}
__name(clean, "clean");

// src/step.ts
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join as join2 } from "node:path";

// src/action/event.ts
import { readFileSync } from "node:fs";
var sha = string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
var branchEnd = looseObject({
  sha,
  ref: string(),
  repo: looseObject({ full_name: string() }).nullish()
});
var EventFile = looseObject({
  before: string().nullish(),
  after: string().nullish(),
  deleted: boolean().nullish(),
  forced: boolean().nullish(),
  repository: looseObject({ default_branch: string().nullish() }).nullish(),
  pull_request: looseObject({ number: number().int(), head: branchEnd, base: branchEnd }).nullish(),
  merge_group: looseObject({ base_sha: sha, head_sha: sha }).nullish()
});
var NEEDED = [
  "GITHUB_EVENT_NAME",
  "GITHUB_EVENT_PATH",
  "GITHUB_REPOSITORY",
  "GITHUB_REF",
  "GITHUB_SHA",
  "GITHUB_RUN_ID",
  "GITHUB_WORKSPACE",
  "RUNNER_TEMP"
];
function readContext(env, readFile2 = (path) => readFileSync(path, "utf8")) {
  const missing = NEEDED.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new AutopilotError("EVENT_REFUSED", {
      what: `The environment has no ${missing.join(", ")}`,
      why: "This runs as a step of a GitHub Actions job.",
      fix: "Use it with `uses:` in a workflow, or set these variables as the runner does."
    });
  const of = /* @__PURE__ */ __name((name) => env[name] ?? "", "of");
  const [owner = "", repo = ""] = of("GITHUB_REPOSITORY").split("/");
  const serverUrl = (env["GITHUB_SERVER_URL"] || "https://github.com").replace(/\/+$/, "");
  const ref = of("GITHUB_REF");
  const runAttempt = Number(env["GITHUB_RUN_ATTEMPT"] ?? 1);
  return {
    ...eventOf(of("GITHUB_EVENT_PATH"), readFile2, `${owner}/${repo}`),
    eventName: of("GITHUB_EVENT_NAME"),
    ref,
    branch: ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : "",
    sha: of("GITHUB_SHA"),
    actor: env["GITHUB_TRIGGERING_ACTOR"] || env["GITHUB_ACTOR"] || "",
    runId: of("GITHUB_RUN_ID"),
    runAttempt: Number.isSafeInteger(runAttempt) && runAttempt > 0 ? runAttempt : 1,
    runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${of("GITHUB_RUN_ID")}`,
    owner,
    repo,
    apiUrl: (env["GITHUB_API_URL"] || "https://api.github.com").replace(/\/+$/, ""),
    serverUrl,
    workspace: of("GITHUB_WORKSPACE"),
    temp: of("RUNNER_TEMP"),
    job: env["GITHUB_JOB"] ?? "",
    workflow: env["GITHUB_WORKFLOW"] ?? ""
  };
}
__name(readContext, "readContext");
function eventOf(path, readFile2, repository) {
  const event = parseEvent(path, readFile2);
  const { pull_request: pull, merge_group: group } = event;
  return {
    ...event.before ? { before: event.before } : {},
    ...event.after ? { after: event.after } : {},
    deleted: event.deleted ?? false,
    forced: event.forced ?? false,
    defaultBranch: event.repository?.default_branch ?? "",
    ...pull ? {
      pullRequest: {
        number: pull.number,
        headSha: pull.head.sha,
        baseSha: pull.base.sha,
        headRef: pull.head.ref,
        baseRef: pull.base.ref,
        // The repository of a fork that was deleted is null.
        fork: pull.head.repo?.full_name.toLowerCase() !== repository.toLowerCase()
      }
    } : {},
    ...group ? { mergeGroup: { baseSha: group.base_sha, headSha: group.head_sha } } : {}
  };
}
__name(eventOf, "eventOf");
function parseEvent(path, readFile2) {
  const refuse = /* @__PURE__ */ __name((what, cause) => new AutopilotError("EVENT_REFUSED", {
    what,
    why: cause instanceof ZodError ? prettifyError(cause) : cause instanceof Error ? cause.message : String(cause),
    fix: "Run the job again; the runner writes this file (GITHUB_EVENT_PATH) at the start of a job.",
    cause
  }), "refuse");
  let text;
  try {
    text = readFile2(path);
  } catch (error) {
    throw refuse("The event file cannot be read", error);
  }
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(
      "The event file is not whole JSON",
      new Error(`${text.length} characters, the text is not repeated here`, { cause: error })
    );
  }
  const parsed = EventFile.safeParse(value);
  if (!parsed.success) throw refuse("The event file is not an event of GitHub", parsed.error);
  return parsed.data;
}
__name(parseEvent, "parseEvent");

// src/action/inputs.ts
import { isAbsolute, join, relative, resolve } from "node:path";
var STAGE_INPUTS = [
  "all",
  "analyze",
  "test",
  "build",
  "deploy",
  "verify",
  "rollback",
  "status",
  "unlock",
  "validate"
];
var INPUT_DEFAULTS = {
  stage: "all",
  config: "gonsautopilot.yaml",
  "github-token": "",
  "ssh-private-key": "",
  "ssh-passphrase": "",
  "ssh-known-hosts": "",
  "dry-run": "false",
  services: "",
  to: "",
  reason: "",
  "state-branch": "autopilot-state",
  "working-directory": "."
};
var MAX_REASON = 1e3;
function readInputs(env, workspace) {
  const get = /* @__PURE__ */ __name((name) => {
    const value = env[`INPUT_${name.toUpperCase()}`] ?? "";
    return value.trim() === "" ? INPUT_DEFAULTS[name] : value;
  }, "get");
  const line = /* @__PURE__ */ __name((name) => oneLine(name, get(name).trim()), "line");
  const stage = stageOf(line("stage"));
  const githubToken = line("github-token");
  if (githubToken === "" && stage !== "validate")
    throw invalid(
      "github-token",
      "is empty",
      "Leave it out, so that it is the token of the job, or pass another token."
    );
  return {
    stage,
    config: projectPath("config", line("config")),
    githubToken,
    ssh: {
      privateKey: get("ssh-private-key"),
      passphrase: env["INPUT_SSH-PASSPHRASE"] ?? "",
      knownHosts: get("ssh-known-hosts")
    },
    dryRun: booleanOf("dry-run", line("dry-run")),
    services: servicesOf(get("services")),
    to: releaseOf(line("to")),
    reason: reasonOf(get("reason")),
    stateBranch: branchOf(line("state-branch")),
    directory: directoryOf(workspace, line("working-directory"))
  };
}
__name(readInputs, "readInputs");
function invalid(name, what, fix) {
  return new AutopilotError("INPUT_INVALID", { what: `The input \`${name}\` ${what}`, fix });
}
__name(invalid, "invalid");
var shown = /* @__PURE__ */ __name((value) => `"${printable(value, 80)}"`, "shown");
function oneLine(name, value) {
  if (new RegExp("\\p{Cc}", "u").test(value)) throw invalid(name, "has more than one line", "Write it on one line.");
  return value;
}
__name(oneLine, "oneLine");
function stageOf(value) {
  const stage = value.toLowerCase();
  const found = STAGE_INPUTS.find((name) => name === stage);
  if (found) return found;
  const near = closest(stage.slice(0, 100), STAGE_INPUTS);
  throw new AutopilotError("STAGE_UNKNOWN", {
    what: `There is no stage ${shown(value)}`,
    ...distance(stage.slice(0, 100), near) <= 3 ? { why: `Did you mean \`${near}\`?` } : {},
    fix: `Set the input \`stage\` to one of ${STAGE_INPUTS.join(", ")}.`
  });
}
__name(stageOf, "stageOf");
function booleanOf(name, value) {
  if (/^true$/i.test(value)) return true;
  if (/^false$/i.test(value)) return false;
  throw invalid(name, `is ${shown(value)}`, "Write true or false.");
}
__name(booleanOf, "booleanOf");
function servicesOf(value) {
  const names = value.split(/[\s,]+/).filter((name) => name !== "");
  for (const name of names)
    if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name))
      throw invalid("services", `names ${shown(name)}`, "Write the names of services, separated by commas.");
  return [...new Set(names)];
}
__name(servicesOf, "servicesOf");
function releaseOf(value) {
  if (value === "" || /^[A-Za-z0-9_][A-Za-z0-9_./:-]{0,254}$/.test(value)) return value;
  throw invalid("to", `is ${shown(value)}`, "Write an image tag such as a1b2c3d, or a pipeline id.");
}
__name(releaseOf, "releaseOf");
function reasonOf(value) {
  return value.trim().replace(/\s+/g, " ").slice(0, MAX_REASON);
}
__name(reasonOf, "reasonOf");
function isBranchName(name) {
  if (name === "" || name.length > 200 || /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\//u.test(name)) return false;
  if (name === "@" || name === "HEAD" || /^[-/]|[/.]$|^refs\//.test(name)) return false;
  return name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}
__name(isBranchName, "isBranchName");
function branchOf(value) {
  if (isBranchName(value)) return value;
  throw invalid(
    "state-branch",
    `is ${shown(value)}, which git does not allow as a branch`,
    "Choose another name."
  );
}
__name(branchOf, "branchOf");
var leaves = /* @__PURE__ */ __name((path) => path === ".." || path.startsWith("../") || isAbsolute(path), "leaves");
function projectPath(name, value) {
  const path = relative(".", join(".", value));
  if (isAbsolute(value) || leaves(path))
    throw invalid(name, `is ${shown(value)}, outside of the project`, "Write a path inside the project.");
  return path;
}
__name(projectPath, "projectPath");
function directoryOf(workspace, value) {
  const directory = resolve(workspace, value);
  if (leaves(relative(workspace, directory)))
    throw invalid(
      "working-directory",
      `is ${shown(value)}, outside of the workspace`,
      "Write a path inside the workspace."
    );
  return directory;
}
__name(directoryOf, "directoryOf");

// src/action/log.ts
import { randomBytes } from "node:crypto";
var SHOWN = 10;
var KEPT = "	\n\r\x1B";
function withoutCommands(text) {
  return text.replace(new RegExp("\\p{Cc}", "gu"), (character) => KEPT.includes(character) ? character : "").replace(/(^|[\n\r])([\s\u0085\u200b]*):(?=:)/g, "$1$2:\u200B").replaceAll("##[", "#\u200B#[");
}
__name(withoutCommands, "withoutCommands");
function createLog(redact) {
  const counts = { notice: 0, warning: 0, error: 0 };
  const held = {};
  let depth = 0;
  const print = /* @__PURE__ */ __name((text) => info(withoutCommands(redact(text))), "print");
  const annotate = /* @__PURE__ */ __name((kind, message, place) => {
    const text = redact(message);
    const show = /* @__PURE__ */ __name(() => core_exports[kind](text, propertiesOf(place)), "show");
    counts[kind]++;
    if (counts[kind] < SHOWN) return show();
    if (counts[kind] === SHOWN) held[kind] = show;
    print(`${kind}: ${whereOf(place)}${message}`);
  }, "annotate");
  return {
    info: print,
    debug: /* @__PURE__ */ __name((message) => debug(redact(message)), "debug"),
    notice: /* @__PURE__ */ __name((message, place) => annotate("notice", message, place), "notice"),
    warning: /* @__PURE__ */ __name((message, place) => annotate("warning", message, place), "warning"),
    error: /* @__PURE__ */ __name((message, place) => annotate("error", message, place), "error"),
    foreign: /* @__PURE__ */ __name((text) => {
      const token = randomBytes(16).toString("hex");
      info(`::stop-commands::${token}
${redact(text).replace(/\r?\n$/, "")}
::${token}::`);
    }, "foreign"),
    group: /* @__PURE__ */ __name(async (title, body) => {
      const nested = depth > 0;
      if (nested) print(title);
      else startGroup(redact(title));
      depth++;
      try {
        return await body();
      } finally {
        depth--;
        if (!nested) endGroup();
      }
    }, "group"),
    close: /* @__PURE__ */ __name(() => {
      for (const kind of ["notice", "warning", "error"]) {
        const more = counts[kind] - SHOWN + 1;
        if (more === 1) held[kind]?.();
        else if (more > 1) core_exports[kind](`and ${more} more of this kind: see the log of this step`);
        counts[kind] = 0;
      }
    }, "close")
  };
}
__name(createLog, "createLog");
function propertiesOf(place) {
  if (!place) return {};
  return {
    file: place.file,
    ...place.line === void 0 ? {} : { startLine: place.line },
    ...place.column === void 0 ? {} : { startColumn: place.column }
  };
}
__name(propertiesOf, "propertiesOf");
function whereOf(place) {
  if (!place) return "";
  return `${[place.file, place.line, place.column].filter((part) => part !== void 0).join(":")} `;
}
__name(whereOf, "whereOf");

// src/action/secret-variables.ts
var SHORTEST = 8;
var WORD = /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|APIKEY)S?$|^(?:PASS|PRIVATE|DSN)$/;
var USER_INFORMATION = /:\/\/([^\s/?#:@]*):([^\s/?#]+)@/g;
function secretsIn(env) {
  const variables = Object.entries(env).map(([name, value = ""]) => ({ name, value: value.trim() }));
  const logins = variables.flatMap(({ value }) => [...value.matchAll(USER_INFORMATION)]);
  const named = variables.filter(({ name }) => isSecretName(name));
  const plain = /* @__PURE__ */ new Set([
    ...variables.filter((one) => !named.includes(one)).map(({ value }) => value),
    ...logins.map(([, user = ""]) => user)
  ]);
  const found = [
    ...named.map(({ value }) => value).filter((value) => !isNumber(value) && !isPath(value)),
    ...logins.flatMap(([, , password = ""]) => [password, decoded(password)])
  ];
  const said = new Set(
    variables.flatMap(
      (one) => /^(?:GITHUB|RUNNER)_/.test(one.name) && !named.includes(one) ? one.value : []
    )
  );
  const isPlain = /* @__PURE__ */ __name((value) => said.has(value) || /^[a-z]+$/.test(value) && plain.has(value), "isPlain");
  return [...new Set(found)].filter((value) => value.length >= SHORTEST && !isPlain(value));
}
__name(secretsIn, "secretsIn");
function isSecretName(name) {
  const words = name.toUpperCase().split(/[^A-Z0-9]+/);
  return words.at(-1) === "KEY" || words.some((word) => WORD.test(word));
}
__name(isSecretName, "isSecretName");
var isNumber = /* @__PURE__ */ __name((value) => /^[+-]?\d+(?:\.\d+)?$/.test(value), "isNumber");
function isPath(value) {
  if (!/^(?:~|\.{1,2})?\/|^[A-Za-z]:[\\/]/.test(value) || /[+=\n]/.test(value)) return false;
  const isDrawn = /* @__PURE__ */ __name((part) => part.length >= 10 && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(part)), "isDrawn");
  return !value.split(/[\\/]/).some(isDrawn);
}
__name(isPath, "isPath");
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
__name(decoded, "decoded");

// src/step.ts
var SECRET_INPUTS = ["SSH-PRIVATE-KEY", "SSH-PASSPHRASE", "GITHUB-TOKEN"];
function surroundingsOf(env) {
  const secrets = new Secrets();
  for (const name of SECRET_INPUTS) secrets.add(env[`INPUT_${name}`] ?? "");
  for (const secret of secretsIn(env)) secrets.addQuietly(secret);
  return { env, secrets, log: createLog(secrets.redact) };
}
__name(surroundingsOf, "surroundingsOf");
function readStep(around, signal) {
  const event = readContext(around.env);
  return { ...around, event, inputs: readInputs(around.env, event.workspace), signal };
}
__name(readStep, "readStep");
async function withPipeline(step, verify, body) {
  const { inputs, event, log, secrets, signal, env } = step;
  const config = await loadConfig({
    workspace: inputs.directory,
    file: inputs.config,
    readFile: /* @__PURE__ */ __name((path) => readFile(path, "utf8"), "readFile")
  });
  secrets.add(config.safety.notify.webhook);
  for (const name of config.build.secrets) secrets.add(env[name] ?? "");
  const temporary = await mkdtemp(join2(event.temp, "gonsautopilot-"));
  const { wire } = await import("./wiring-U63Z2QBU.js");
  const context = await wire(
    { inputs, event, config, verifyFollows: verify === "follows" },
    { log, signal, temporary, env, redact: secrets.redact }
  );
  try {
    return await body(context);
  } finally {
    await closeServer(context);
    await rm(temporary, { recursive: true, force: true });
  }
}
__name(withPipeline, "withPipeline");

export {
  ConfigError,
  surroundingsOf,
  readStep,
  withPipeline
};
