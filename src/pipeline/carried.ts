import * as z from 'zod';
import { Plan } from '../analyze/plan.ts';
import { BuildResult } from '../build/result.ts';
import { DeployResult } from '../deploy/result.ts';
import { StageRecord } from '../state/schema.ts';
import { TestResult } from '../test/result.ts';
import { VerifyResult } from '../verify/result.ts';

/** The five stages of a run, in order. */
export const RUN_STAGES = ['analyze', 'test', 'build', 'deploy', 'verify'] as const;
export type RunStage = (typeof RUN_STAGES)[number];

/** Why and how a run is over; later stages are quick no-ops that say so. */
export const RunEnd = z.object({
  status: z.enum(['success', 'failed', 'skipped', 'locked', 'cancelled']),
  stage: z.enum(RUN_STAGES).optional(),
  reason: z.string(),
  /** Masked last lines of what failed, for the analysis report (rule V4). */
  log_extract: z.string().optional(),
});
export type RunEnd = z.infer<typeof RunEnd>;

/**
 * What a run knows so far: carried from stage to stage in one step, and through the hand-over file from step to step.
 * Every part is what a stage returned; nothing in it is secret.
 */
export const CarriedRun = z.object({
  pipeline_id: z.string(),
  /** ISO 8601 with offset. */
  started_at: z.string(),
  stages: z.array(StageRecord),
  plan: Plan.optional(),
  test: TestResult.optional(),
  build: BuildResult.optional(),
  deploy: DeployResult.optional(),
  verify: VerifyResult.optional(),
  end: RunEnd.optional(),
  /** The end of the run stands in the pipeline record (or it was a dry run, which leaves no trace). */
  recorded: z.boolean(),
});
export type CarriedRun = z.infer<typeof CarriedRun>;
