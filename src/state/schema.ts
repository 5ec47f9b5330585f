import * as z from 'zod';
import { Decision } from '../analyze/plan.ts';

/** Rule S1: `state/pipeline.json`. Keys of the original keep name, type and place; more keys may be there. */
export const RunStatus = z.enum(['running', 'success', 'failed', 'skipped', 'locked', 'cancelled']);
export type RunStatus = z.infer<typeof RunStatus>;
export const StageStatus = z.enum(['running', 'passed', 'warning', 'failed', 'skipped']);
export type StageStatus = z.infer<typeof StageStatus>;
export const STAGES = ['analyze', 'test', 'build', 'deploy', 'verify', 'rollback'] as const;
export type StageName = (typeof STAGES)[number];

export const StageRecord = z.looseObject({
  name: z.string(),
  status: StageStatus,
  /** Milliseconds. */
  duration: z.number().optional(),
  reason: z.string().optional(),
});
export type StageRecord = z.infer<typeof StageRecord>;

export const PipelineRun = z.looseObject({
  pipeline_id: z.string(),
  status: RunStatus,
  trigger: z.string(),
  /** ISO 8601 with offset, in the project's time zone. */
  started_at: z.string(),
  finished_at: z.string().nullable(),
  stages: z.array(StageRecord),
  // Loose in every part: what a newer version wrote is kept when this one writes the file back.
  changes: z.looseObject({ categories: z.record(z.string(), z.array(z.string())) }),
  decisions: z.array(z.looseObject(Decision.shape)),
  // added by this project
  actor: z.string().optional(),
  reason: z.string().optional(),
  commit: z.string().optional(),
  branch: z.string().optional(),
  run_url: z.string().optional(),
  failed_stage: z.string().optional(),
  failure_reason: z.string().optional(),
  /** service -> image reference running after this run. */
  deployed: z.record(z.string(), z.string()).optional(),
  rolled_back: z.array(z.string()).optional(),
  /** Absent for runs of the pipeline; `rollback` and `unlock` by a person are never counted (rule V4). */
  kind: z.enum(['rollback', 'unlock']).optional(),
  /** The server, as in `deploy.target`. */
  target: z.string().optional(),
  /** Services this run builds and deploys. */
  services: z.array(z.string()).optional(),
  /** service -> commit that this run put on the target for good (rule A9). */
  deployed_commits: z.record(z.string(), z.string()).optional(),
  /** service -> bytes that were sent for its image. */
  bytes_sent: z.record(z.string(), z.number()).optional(),
  /** Nobody recorded its end: the one that stands here is a guess, and a real one takes its place. */
  presumed_over: z.literal(true).optional(),
  /** Services that could not be put back. */
  undo_failed: z.array(z.string()).optional(),
  /** Rule V4: the report written from the second failure in a row on. */
  analysis: z.string().optional(),
});
export type PipelineRun = z.infer<typeof PipelineRun>;

export const Lock = z.looseObject({
  locked: z.boolean(),
  reason: z.string(),
  locked_at: z.string(),
  pipeline_id: z.string(),
  issue: z.number().optional(),
});
export type Lock = z.infer<typeof Lock>;

/** A person may have opened the lock in the file: one that is not locked is none, so that the next one can close (rule V4). */
const withoutOpened = (lock: unknown): unknown =>
  typeof lock === 'object' && lock !== null && 'locked' in lock && lock.locked === false ? null : lock;

export const PipelineFile = z.looseObject({
  pipelines: z.array(PipelineRun),
  current: z.string().nullable(),
  stats: z.looseObject({
    total_runs: z.number().int(),
    success_count: z.number().int(),
    failure_count: z.number().int(),
    consecutive_failures: z.number().int(),
  }),
  // added by this project
  /** Ids of events already applied (`run_id.attempt.stage`), so that a lost answer never records twice. */
  applied_events: z.array(z.string()).default([]),
  lock: z.preprocess(withoutOpened, Lock.nullable().default(null)),
  /** Rule A9: target -> service -> commit last deployed with success. */
  deployed_commits: z.record(z.string(), z.record(z.string(), z.string())).default({}),
});
export type PipelineFile = z.infer<typeof PipelineFile>;

export const RegistryEntry = z.looseObject({
  tag: z.string(),
  deployed_at: z.string(),
  /** Only `success` is a rollback target; `rolled-back` and `failed` stay for people to read. */
  status: z.enum(['success', 'rolled-back', 'failed']),
  /** Full image reference, e.g. `my-webapp-backend:a1b2c3d`. */
  image: z.string().optional(),
  pipeline_id: z.string().optional(),
  commit: z.string().optional(),
  /** The server, as in `deploy.target`: several configurations may share one state branch. */
  target: z.string().optional(),
  /** When this image was first released; `deployed_at` moves when it is rolled back to. */
  first_deployed_at: z.string().optional(),
  /** When `status` last changed, if that was after the release. */
  status_at: z.string().optional(),
});
export type RegistryEntry = z.infer<typeof RegistryEntry>;

/** Rule S2: `state/rollback-registry.json`; the newer revision of cache and branch wins. */
export const RollbackRegistry = z.looseObject({
  revision: z.number().int().default(0),
  services: z.record(
    z.string(),
    z.looseObject({
      current: z.string().nullable(),
      previous: z.string().nullable(),
      history: z.array(RegistryEntry),
    }),
  ),
});
export type RollbackRegistry = z.infer<typeof RollbackRegistry>;
