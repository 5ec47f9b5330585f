import type { Plan } from '../analyze/plan.ts';
import type { BuildResult } from '../build/result.ts';
import type { DeployResult, Preview, ServiceOutcome } from '../deploy/result.ts';
import type { StageStatus } from '../state/schema.ts';
import type { TestResult } from '../test/result.ts';
import type { VerifyResult } from '../verify/result.ts';

export type FinalStatus = 'success' | 'failed' | 'skipped' | 'locked' | 'cancelled';

/** One line of the table. */
export interface StageLine {
  name: string;
  status: StageStatus;
  /** Milliseconds. */
  duration?: number;
  /** Why it has this verdict, in a few words. Without it the stage's own result is summed up. */
  reason?: string;
}

/** One service as it runs after this run. */
export interface RunningService {
  service: string;
  /** Image reference; empty when nothing runs. */
  image: string;
  /** ISO 8601; empty when not known. */
  since: string;
}

/** Everything that the summary of a run shows. Foreign text is escaped there, secrets are taken out after. */
export interface RunReport {
  pipelineId: string;
  /** What was asked for: a run of the pipeline, or one by hand. */
  kind: 'pipeline' | 'rollback' | 'unlock';
  dryRun: boolean;
  status: FinalStatus;
  /** Why it ended so: the reason of a skip, a failure, a lock. Empty for a success. */
  reason: string;
  /** What a person can do about a failure. */
  fix?: string;
  failedStage?: string;
  trigger: string;
  actor: string;
  branch: string;
  commit: string;
  /** `deploy@203.0.113.5:22` or `local`. */
  target: string;
  /** Milliseconds. */
  duration?: number;
  stages: StageLine[];
  plan?: Plan;
  test?: TestResult;
  build?: BuildResult;
  deploy?: DeployResult;
  verify?: VerifyResult;
  /** Of a dry run: what it would do on the server. */
  preview?: Preview;
  /** Of a rollback by hand. */
  rollback?: { services: ServiceOutcome[]; reason: string };
  running: RunningService[];
  /** Set while the pipeline is locked. */
  lock?: { reason: string; lockedAt: string; issueUrl?: string };
  failures?: { consecutive: number; allowed: number };
  /** Rule V4: the report written at the second failure in a row, Markdown of this project. */
  analysis?: string;
  /** What a person should know besides, e.g. that the history could not be written. */
  warnings: string[];
  links: { run?: string; commit?: string; history?: string };
}
