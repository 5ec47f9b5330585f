import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  PlanRow,
  ReleasePlan
} from "./chunk-O2WQG6BM.js";
import {
  StageRecord
} from "./chunk-CQPNZCSA.js";
import {
  Plan
} from "./chunk-HIF7VXVL.js";
import {
  _enum,
  array,
  boolean,
  literal,
  number,
  object,
  record,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/build/result.ts
var BuiltImage = object({
  service: string(),
  /** Tag alone, e.g. `a1b2c3d`. */
  tag: string(),
  /** What goes into the compose file, e.g. `my-webapp-frontend:a1b2c3d`. */
  reference: string(),
  /** Where the server pulls it, `ghcr.io/me/my-webapp-frontend@sha256:...`; only with `build.registry`. */
  pull: string().optional(),
  /** Engine's image id on the runner, `sha256:...`. */
  id: string(),
  /** Uncompressed bytes. */
  size: number(),
  /** Milliseconds. */
  duration: number()
});
var BuildResult = object({
  status: _enum(["passed", "warning", "failed", "skipped"]),
  images: array(BuiltImage),
  failure: object({ service: string(), step: string(), tail: string(), fix: string().optional() }).optional(),
  warnings: array(string())
});

// src/deploy/result.ts
var GateCheck = object({
  name: string(),
  service: string().optional(),
  passed: boolean(),
  detail: string(),
  fix: string().optional()
});
var Preview = object({
  gate: array(GateCheck),
  services: array(PlanRow),
  /** In their order; empty when nothing has to be done. */
  operations: array(string())
});
var ServiceOutcome = object({
  service: string(),
  /** Image reference running now; empty when nothing runs. */
  image: string(),
  /** Image reference that ran before this run; empty for a first deployment. */
  previous: string(),
  strategy: _enum(["start-first", "stop-first"]),
  status: _enum(["deployed", "rolled-back", "untouched", "undo-failed"]),
  reason: string(),
  /** Bytes that were sent for its image in this run. */
  bytes_sent: number().optional()
});
var ContainerFailure = object({
  service: string(),
  reason: string(),
  exit_code: number().optional(),
  health_log: string().optional(),
  log_tail: string()
});
var Sample = object({ at: number(), duration: number(), status: number() });
var ReleaseHandover = object({ nonce: string(), plan: ReleasePlan });
var DeployResult = object({
  status: _enum(["passed", "warning", "failed", "skipped"]),
  gate: array(GateCheck),
  services: array(ServiceOutcome),
  /** In the order in which they were put back (rule D3). */
  rolled_back: array(string()),
  failure: ContainerFailure.optional(),
  /** Commands a person must run, when something could not be undone; empty otherwise. */
  manual_steps: array(string()),
  /** Response times of the version before, by service, for the watchdog (rule V2). */
  baselines: record(string(), array(Sample)),
  /** Name of the server-side release that VERIFY confirms or rolls back. */
  release: string(),
  handover: ReleaseHandover.optional(),
  /** Why the stage failed, when it did: `GATE_FAILED`, `DEPLOY_FAILED`, `TRANSFER_FAILED`, ... */
  error: object({ code: string(), what: string(), why: string(), fix: string() }).optional(),
  warnings: array(string())
});

// src/test/result.ts
var Severity = _enum(["CRITICAL", "WARNING"]);
var Check = object({
  suite: string(),
  severity: Severity,
  message: string(),
  file: string().optional(),
  line: number().int().optional()
});
var SuiteResult = object({
  name: string(),
  kind: _enum(["unit", "e2e", "performance", "security"]),
  status: _enum(["passed", "warning", "failed", "skipped"]),
  /** Milliseconds. */
  duration: number(),
  /** One line for the summary, e.g. `42 passed, 1 failed, coverage 87.5%`. */
  summary: string(),
  /** Last lines of the output, kept for failures. */
  tail: string()
});
var TestResult = object({
  status: _enum(["passed", "warning", "failed", "skipped"]),
  suites: array(SuiteResult),
  checks: array(Check)
});

// src/verify/result.ts
var SmokeCheck = object({
  service: string(),
  url: string(),
  passed: boolean(),
  status: number(),
  /** Milliseconds. */
  duration: number(),
  detail: string()
});
var WatchVerdict = object({
  service: string(),
  verdict: _enum(["healthy", "roll-back", "inconclusive"]),
  reason: string(),
  samples: array(Sample)
});
var VerifyResult = object({
  status: _enum(["passed", "warning", "failed", "skipped"]),
  smoke: array(SmokeCheck),
  watch: array(WatchVerdict),
  services: array(ServiceOutcome),
  rolled_back: array(string()),
  failure: ContainerFailure.optional(),
  manual_steps: array(string()),
  warnings: array(string())
});

// src/pipeline/carried.ts
var RUN_STAGES = ["analyze", "test", "build", "deploy", "verify"];
var reachesServer = /* @__PURE__ */ __name((stage) => ["deploy", "verify"].includes(stage), "reachesServer");
var RunEnd = object({
  status: _enum(["success", "failed", "skipped", "locked", "cancelled"]),
  stage: _enum(RUN_STAGES).optional(),
  reason: string(),
  /** What a person can do about it. */
  fix: string().optional(),
  /** Masked last lines of what failed, for the analysis report (rule V4). */
  log_extract: string().optional(),
  /** What was left on the server, by this run or one before, and could not be put back: locks at once (rule V4). */
  undo_failed: array(string()).optional()
});
var CarriedRun = object({
  pipeline_id: string(),
  /** ISO 8601 with offset. */
  started_at: string(),
  /** The commit that is tested, built and deployed. */
  commit: string(),
  stages: array(StageRecord),
  analyze: Plan.optional(),
  test: TestResult.optional(),
  build: BuildResult.optional(),
  deploy: DeployResult.optional(),
  /** Of a dry run, in place of `deploy`. */
  preview: Preview.optional(),
  verify: VerifyResult.optional(),
  end: RunEnd.optional(),
  /**
   * The end of the run stands in the pipeline record. True as well for what this job has nothing to record of: a dry run, and
   * a release of which only the server's journal can tell.
   */
  recorded: boolean(),
  /** Its job summary is written. */
  summarised: literal(true).optional(),
  /** A step that may change the server has begun. */
  reached_server: literal(true).optional()
});
function needed(run, stage, wanted) {
  const result = run[stage];
  if (result !== void 0) return result;
  throw new AutopilotError("STAGE_WITHOUT_PREDECESSOR", {
    what: `Stage \`${wanted}\` needs the result of \`${stage}\`, which has not run in this job`,
    why: "The stages hand their results to each other in a file of the job.",
    fix: `Add a step with \`stage: ${stage}\` before it, with the same \`config\` and \`working-directory\`, or use one step with \`stage: all\`.`
  });
}
__name(needed, "needed");

export {
  RUN_STAGES,
  reachesServer,
  CarriedRun,
  needed
};
