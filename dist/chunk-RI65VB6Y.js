import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  CATEGORIES
} from "./chunk-HIF7VXVL.js";
import {
  NEVER,
  _enum,
  array,
  boolean,
  literal,
  number,
  partialRecord,
  record,
  strictObject,
  string,
  union,
  unknown,
  url
} from "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/config/fields.ts
var seconds = /* @__PURE__ */ __name((fallback, description) => number().positive().max(86400).default(fallback).describe(`${description}, in seconds`), "seconds");
var SIZE = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB)?$/i;
var UNITS = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
var size = /* @__PURE__ */ __name((fallback, description) => union([string().regex(SIZE, "a size such as 2GB or 500MB"), number().nonnegative()]).default(fallback).describe(description), "size");
function bytesOf(value) {
  if (typeof value === "number") return value;
  const [, amount = "0", unit = "B"] = SIZE.exec(value.trim()) ?? [];
  return Math.round(Number(amount) * (UNITS[unit.toUpperCase()] ?? 1));
}
__name(bytesOf, "bytesOf");
var ServiceName = string().max(63).regex(
  /^[a-z0-9]+(?:(?:_|__|-+)[a-z0-9]+)*$/,
  'lower-case letters and digits, joined by "-" or "_", as in an image name'
);
var httpUrl = /* @__PURE__ */ __name(() => url({
  protocol: /^https?$/,
  error: "a whole http or https address, such as http://localhost:3000/health"
}), "httpUrl");

// src/config/deploy-schema.ts
var PROXY_KEYS = "one of service and container, or reload alone: a command on the server itself";
var Proxy = strictObject({
  service: string().min(1).optional().describe("Compose service that runs the proxy"),
  container: string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "the name of a container").optional().describe("Its container, where it is not in the compose file"),
  kind: _enum(["nginx", "haproxy", "caddy"]).optional().describe("Which proxy it is, where its image does not say so"),
  reload: union([string().min(1), array(string().min(1)).min(1)]).optional().describe(
    "Command that makes it look its addresses up again, without a shell; in its container, else on the server. `{service}`, `{addresses}` and `{container}` are filled in. That of its kind where it is not given"
  ),
  hosts: boolean().default(true).describe(
    "Meanwhile point the name of the service at the proven containers in the /etc/hosts of the proxy"
  ),
  settle: number().min(0).max(600).default(1).describe("Time for requests under way before the old container is stopped, in seconds"),
  services: array(ServiceName).default([]).describe("Services behind it; all where it is not given")
}).refine(
  (entry) => entry.service === void 0 !== (entry.container === void 0) || entry.service === void 0 && entry.reload !== void 0,
  PROXY_KEYS
);
var Migrate = strictObject({
  service: ServiceName.describe("Whose new image runs it"),
  command: union([string().min(1), array(string().min(1)).min(1)]).describe("Without a shell, such as `npx prisma migrate deploy`"),
  timeout: seconds(300, "Time limit"),
  irreversible: boolean().default(false).describe(
    "The version before cannot run on its result: then nothing rolls back by itself, a person decides"
  )
}).describe("Run once in each release of the service, in the new image, before anything is started");
var TARGET = /^(?:[A-Za-z_][A-Za-z0-9_.-]*@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;
var Target = string().max(320).regex(TARGET, "host, user@host, user@host:port, or local").describe("The server; `local` is the engine of this machine, without SSH");

// src/config/service-schema.ts
var HealthCheck = strictObject({
  url: httpUrl().optional().describe("As seen from the server. Without it: the image HEALTHCHECK, else staying up"),
  timeout: seconds(60, "How long a container may take to become healthy (rule D2)"),
  retries: number().int().min(0).max(20).default(3).describe("Rounds before giving up (rule D2)"),
  container_port: number().int().min(1).max(65535).optional().describe("Port inside the container")
});
var HealthCheckOverride = strictObject({
  url: httpUrl().optional().describe("Overrides deploy.health_check.url"),
  timeout: number().positive().max(86400).optional().describe("Overrides it, in seconds"),
  retries: number().int().min(0).max(20).optional().describe("Overrides it"),
  container_port: number().int().min(1).max(65535).optional().describe("Port inside the container")
}).describe("Overrides deploy.health_check, key by key");
var Strategy = _enum(["auto", "start-first", "stop-first"]).default("auto").describe("How old and new change places; `auto` starts the new one first where nothing forbids it");
var Service = strictObject({
  dockerfile: string().min(1).optional().describe("That of build.docker, else `./Dockerfile.<name>`, where it is not given"),
  context: string().min(1).default(".").describe("Directory that the build sees"),
  target: string().min(1).optional().describe("Stage of a multi-stage Dockerfile"),
  paths: array(string().min(1)).default([]).describe("Extra globs that rebuild it"),
  categories: array(_enum(CATEGORIES)).optional().describe("Categories that rebuild it, besides shared and config"),
  compose_service: string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, "a service name of the compose file").optional().describe("Its name in the compose file"),
  health_check: HealthCheckOverride.optional(),
  strategy: Strategy,
  depends_on: array(ServiceName).default([]).describe("Deployment order; undone in reverse"),
  args: record(string(), string()).default({}).describe("Build arguments, besides build.args")
});

// src/config/test-schema.ts
var suiteFields = {
  command: string().min(1).optional().describe("Without it: `npm test` for unit, `npx playwright test` for e2e"),
  enabled: boolean().default(true),
  scope: _enum(["frontend", "backend", "all"]).default("all").describe("Which side of the project it tests"),
  report: _enum(["auto", "jest", "vitest", "playwright", "junit", "go", "tap", "none"]).default("auto").describe("Form of the results"),
  working_directory: string().default(".").describe("Inside the project")
};
var UnitSuite = strictObject({
  ...suiteFields,
  coverage_threshold: number().min(0).max(100).optional().describe(
    "Lines, in percent; below it is a WARNING (rule T3). Not given: 80, and only where the tests measure coverage by themselves"
  ),
  timeout: seconds(600, "Time limit")
});
var E2eSuite = strictObject({
  ...suiteFields,
  browser: _enum(["chromium", "firefox", "webkit"]).default("chromium"),
  timeout: seconds(900, "Time limit")
});
var SUITE_KEYS = /* @__PURE__ */ new Set([...Object.keys(UnitSuite.shape), ...Object.keys(E2eSuite.shape)]);
function isNamed(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([key, entry]) => !SUITE_KEYS.has(key) && entry !== null && typeof entry === "object");
}
__name(isNamed, "isNamed");
var ONE_OR_NAMED = /* @__PURE__ */ new Map();
function oneOrNamed(suite) {
  const many = record(ServiceName, suite);
  const schema = unknown().transform((value, context) => {
    const parsed = isNamed(value) ? many.safeParse(value) : suite.safeParse(value);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value });
      return NEVER;
    }
    return isNamed(value) ? parsed.data : { "": parsed.data };
  });
  ONE_OR_NAMED.set(schema, suite);
  return schema;
}
__name(oneOrNamed, "oneOrNamed");
var Test = strictObject({
  unit: oneOrNamed(UnitSuite).prefault({}),
  e2e: oneOrNamed(E2eSuite).prefault({}),
  performance: strictObject({
    tool: _enum(["lighthouse"]).default("lighthouse"),
    url: httpUrl().default("http://localhost:3000").describe("The page that is measured"),
    start: string().min(1).optional().describe("Command that serves the page while it is measured"),
    command: string().min(1).optional().describe("Own way to start Lighthouse"),
    min_score: number().min(0).max(100).default(70).describe("Below it is a WARNING (rule T3)"),
    enabled: boolean().default(true),
    timeout: seconds(300, "Time limit"),
    working_directory: string().default(".").describe("Inside the project")
  }).prefault({}),
  security: strictObject({
    enabled: boolean().default(true),
    audit: boolean().default(true).describe("npm audit"),
    block_severity: _enum(["low", "moderate", "high", "critical"]).default("high").describe("From it on a vulnerability is CRITICAL, below it a WARNING (rule T3)"),
    timeout: seconds(120, "Time limit"),
    working_directory: string().default(".").describe("Inside the project")
  }).prefault({})
});

// src/config/schema.ts
var REGISTRY = /^[a-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/i;
var USER = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
var ConfigSchema = strictObject({
  project: strictObject({
    name: ServiceName.describe("Image names start with it"),
    type: _enum(["fullstack", "frontend", "backend"]).default("fullstack").describe("Which services there are, where neither `services` nor `build.docker` says"),
    timezone: string().default("UTC").describe("IANA name, for ids and timestamps")
  }),
  services: record(ServiceName, Service).optional(),
  analyze: strictObject({
    patterns: partialRecord(_enum(CATEGORIES), array(string().min(1))).default({}).describe("Replaces that category's defaults; `...` in the list stands for them"),
    base: _enum(["last-success", "event"]).default("last-success").describe("What changes are compared with (rule A9)")
  }).prefault({}),
  test: Test.prefault({}),
  build: strictObject({
    docker: record(ServiceName, string().min(1)).optional().describe("service -> Dockerfile, where `services` is not given"),
    tag_strategy: _enum(["git-sha", "semver", "timestamp"]).default("git-sha").describe("Of the image tags (rule B2)"),
    args: record(string(), string()).default({}).describe("Build arguments of every service"),
    secrets: array(string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable")).default([]).describe(
      "Names of environment variables that a Dockerfile may mount as build secrets (`RUN --mount=type=secret,id=NAME`); in no layer and no log"
    ),
    cache: _enum(["auto", "off"]).default("auto").describe(
      "`auto`: the cache service of GitHub where runner and builder have it, else a folder of the runner, or the builder's own; the log says which"
    ),
    registry: string().regex(REGISTRY, "a registry and a path, such as ghcr.io/me").optional().describe(
      "Push images there from the runner and pull them by digest on the server, instead of sending them over SSH; both log in themselves"
    ),
    platform: string().min(1).optional().describe("Of the server, e.g. linux/arm64"),
    timeout: seconds(1800, "Time limit of one image")
  }).prefault({}),
  deploy: strictObject({
    target: Target.optional(),
    user: string().regex(USER, "a user name of the server").optional().describe("`deploy` when neither it nor the target names one"),
    port: number().int().min(1).max(65535).optional().describe("22 when neither it nor the target names one"),
    path: string().regex(/^\/[^\0\r\n]*$/, "an absolute path").optional().describe("Where the compose file lives on the server; `/srv/<project.name>` when not given"),
    method: _enum(["docker-compose"]).default("docker-compose"),
    compose_file: string().regex(/^[^\0\r\n]+$/, "the name of a file below deploy.path").default("docker-compose.prod.yml").describe("Below deploy.path"),
    min_free_disk: size("2GB", "Free space that must remain on the data root of the engine (rule D1)"),
    health_check: HealthCheck.prefault({}),
    drift: _enum(["fail", "adopt", "overwrite"]).default("adopt").describe(
      "When the compose file on the server differs from the repository's by more than images: stop, use the server's with a warning, or use the repository's"
    ),
    migrate: Migrate.optional(),
    allow_older: boolean().default(false).describe(
      "Let a run deploy a commit that what runs already contains; the stage rollback is the way back"
    ),
    proxy: union([_enum(["auto", "none"]), array(Proxy)]).default("auto").describe(
      "Proxies that are told when containers change places; `auto` recognises nginx, HAProxy and Caddy in the compose file"
    ),
    lock_wait: number().min(0).max(86400).default(600).describe("How long to wait for another deployment, in seconds"),
    heartbeat: number().min(5).max(600).default(30).describe("Silence after which the server rolls back by itself, in seconds")
  }).prefault({}),
  verify: strictObject({
    smoke_test: strictObject({
      response_time_max: number().positive().default(3e3).describe("Milliseconds"),
      endpoints: array(string().min(1)).default([]).describe("Relative to the health check's origin")
    }).prefault({}),
    watchdog: strictObject({
      duration: number().min(0).max(3600).default(30).describe("Seconds; 0 switches it off"),
      interval: number().positive().max(600).default(5).describe("Seconds"),
      latency_spike_ratio: number().gt(1).default(2).describe("Times the first response time; above it rolls back (rule V2)")
    }).prefault({})
  }).prefault({}),
  safety: strictObject({
    auto_rollback: boolean().default(true).describe("false: a release that VERIFY finds broken stays, and a person decides"),
    max_consecutive_failures: number().int().min(1).max(100).default(3).describe("At so many the pipeline locks (rule V4)"),
    keep_releases: number().int().min(1).max(100).default(5).describe("Releases of a service that can be restored"),
    notify: strictObject({
      issue: boolean().default(true).describe("A lock opens an issue in the repository"),
      webhook: union([literal(""), httpUrl()]).default("").describe("Told when the pipeline locks")
    }).prefault({})
  }).prefault({}),
  trigger: strictObject({
    branches: array(string().min(1)).default(["main", "master"]).describe("Pushes to others are not deployed")
  }).prefault({})
});

export {
  bytesOf,
  ONE_OR_NAMED,
  ConfigSchema
};
