import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  Decision
} from "./chunk-HIF7VXVL.js";
import {
  _enum,
  array,
  boolean,
  literal,
  looseObject,
  number,
  preprocess,
  record,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/state/schema.ts
var RunStatus = _enum(["running", "success", "failed", "skipped", "locked", "cancelled"]);
var StageStatus = _enum(["running", "passed", "warning", "failed", "skipped"]);
var StageRecord = looseObject({
  name: string(),
  status: StageStatus,
  /** Milliseconds. */
  duration: number().optional(),
  reason: string().optional()
});
var PipelineRun = looseObject({
  pipeline_id: string(),
  status: RunStatus,
  trigger: string(),
  /** ISO 8601 with offset, in the project's time zone. */
  started_at: string(),
  finished_at: string().nullable(),
  stages: array(StageRecord),
  // Loose in every part: what a newer version wrote is kept when this one writes the file back.
  changes: looseObject({ categories: record(string(), array(string())) }),
  decisions: array(looseObject(Decision.shape)),
  // added by this project
  actor: string().optional(),
  reason: string().optional(),
  commit: string().optional(),
  branch: string().optional(),
  run_url: string().optional(),
  failed_stage: string().optional(),
  failure_reason: string().optional(),
  /** service -> image reference running after this run. */
  deployed: record(string(), string()).optional(),
  rolled_back: array(string()).optional(),
  /** Absent for runs of the pipeline; `rollback` and `unlock` by a person are never counted (rule V4). */
  kind: _enum(["rollback", "unlock"]).optional(),
  /** The server, as in `deploy.target`. */
  target: string().optional(),
  /** Services this run builds and deploys. */
  services: array(string()).optional(),
  /** service -> commit that this run put on the target for good (rule A9). */
  deployed_commits: record(string(), string()).optional(),
  /** service -> bytes that were sent for its image. */
  bytes_sent: record(string(), number()).optional(),
  /** Nobody recorded its end: the one that stands here is a guess, and a real one takes its place. */
  presumed_over: literal(true).optional(),
  /** Services that could not be put back. */
  undo_failed: array(string()).optional(),
  /** Rule V4: the report written from the second failure in a row on. */
  analysis: string().optional()
});
var Lock = looseObject({
  locked: boolean(),
  reason: string(),
  locked_at: string(),
  pipeline_id: string(),
  issue: number().optional()
});
var withoutOpened = /* @__PURE__ */ __name((lock) => typeof lock === "object" && lock !== null && "locked" in lock && lock.locked === false ? null : lock, "withoutOpened");
var PipelineFile = looseObject({
  pipelines: array(PipelineRun),
  current: string().nullable(),
  stats: looseObject({
    total_runs: number().int(),
    success_count: number().int(),
    failure_count: number().int(),
    consecutive_failures: number().int()
  }),
  // added by this project
  /** Ids of events already applied (`run_id.attempt.stage`), so that a lost answer never records twice. */
  applied_events: array(string()).default([]),
  lock: preprocess(withoutOpened, Lock.nullable().default(null)),
  /** Rule A9: target -> service -> commit last deployed with success. */
  deployed_commits: record(string(), record(string(), string())).default({})
});
var RegistryEntry = looseObject({
  tag: string(),
  deployed_at: string(),
  /** Only `success` is a rollback target; `rolled-back` and `failed` stay for people to read. */
  status: _enum(["success", "rolled-back", "failed"]),
  /** Full image reference, e.g. `my-webapp-backend:a1b2c3d`. */
  image: string().optional(),
  pipeline_id: string().optional(),
  commit: string().optional(),
  /** The server, as in `deploy.target`: several configurations may share one state branch. */
  target: string().optional(),
  /** When this image was first released; `deployed_at` moves when it is rolled back to. */
  first_deployed_at: string().optional(),
  /** When `status` last changed, if that was after the release. */
  status_at: string().optional()
});
var RollbackRegistry = looseObject({
  revision: number().int().default(0),
  services: record(
    string(),
    looseObject({
      current: string().nullable(),
      previous: string().nullable(),
      history: array(RegistryEntry)
    })
  )
});

export {
  StageRecord,
  PipelineFile,
  RegistryEntry,
  RollbackRegistry
};
