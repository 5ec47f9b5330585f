import type { Category, Decision } from '../analyze/plan.ts';
import type { RunStatus, StageName, StageRecord } from '../state/schema.ts';

/** What every event says about its run, so that a run is recorded even when its first event was lost. */
export interface RunHeader {
  pipeline_id: string;
  /** `dry` runs leave no trace; only `pipeline` runs are counted (rule V4). */
  kind: 'pipeline' | 'rollback' | 'unlock' | 'dry';
  trigger: string;
  /** ISO 8601 with offset. */
  started_at: string;
  actor?: string;
  reason?: string;
  commit?: string;
  branch?: string;
  run_url?: string;
  /** The server, as in `deploy.target` (rule A9). */
  target?: string;
}

/** What ANALYZE found out; may come with any event, the last one wins. */
export interface PlanRecord {
  changes?: { categories: Partial<Record<Category, string[]>> };
  decisions?: Decision[];
  /** Services this run builds and deploys. */
  services?: string[];
}

interface EventBase {
  /** `run_id.attempt.stage`, see {@link eventId}; the same event sent again is recorded once. */
  id: string;
  run: RunHeader;
}

export interface RunStarted extends EventBase, PlanRecord {
  type: 'run-started';
}

export interface StageFinished extends EventBase, PlanRecord {
  type: 'stage-finished';
  stage: StageRecord;
}

/** The end of a run. Carries all stages, so that one write is enough for a whole run. */
export interface RunFinished extends EventBase, PlanRecord {
  type: 'run-finished';
  status: Exclude<RunStatus, 'running'>;
  finished_at: string;
  /** A guess about a run that somebody else may yet end: it stands until that end comes. */
  presumed?: true;
  /** `safety.max_consecutive_failures`. */
  max_consecutive_failures: number;
  stages?: StageRecord[];
  failed_stage?: StageName;
  /** Masked already. */
  failure_reason?: string;
  /** Last lines of what failed, masked already; goes into the analysis report (rule V4). */
  log_extract?: string;
  /** service -> image reference running after this run. */
  deployed?: Record<string, string>;
  rolled_back?: string[];
  /** service -> bytes that were sent for its image. */
  bytes_sent?: Record<string, number>;
  /** service -> commit that the target runs now because this run put it there; only for what was verified (rule A9). */
  deployed_commits?: Record<string, string>;
  /** Names of services that could not be put back: locks at once (rule V4). */
  undo_failed?: string[];
}

export interface LockSet extends EventBase {
  type: 'lock-set';
  at: string;
  reason: string;
}

/** Only a person unlocks; who and why stand in `run.actor` and `run.reason`. */
export interface LockCleared extends EventBase {
  type: 'lock-cleared';
  at: string;
}

/** The issue that tells people about the lock. */
export interface LockAnnounced extends EventBase {
  type: 'lock-announced';
  issue: number;
}

export type RecordEvent = RunStarted | StageFinished | RunFinished | LockSet | LockCleared | LockAnnounced;

/** The id of an event: GitHub's run id and attempt, and what happened in it, e.g. `17.1.deploy` or `17.1.finished`. */
export function eventId(run: { run_id: string; attempt: string | number }, what: string): string {
  return `${run.run_id}.${run.attempt}.${what}`;
}
