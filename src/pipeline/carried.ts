import * as z from 'zod';
import { Plan } from '../analyze/plan.ts';
import { BuildResult } from '../build/result.ts';
import { AutopilotError } from '../errors.ts';
import { DeployResult, Preview } from '../deploy/result.ts';
import { StageRecord } from '../state/schema.ts';
import { TestResult } from '../test/result.ts';
import { VerifyResult } from '../verify/result.ts';

/** The five stages of a run, in order. */
export const RUN_STAGES = ['analyze', 'test', 'build', 'deploy', 'verify'] as const;
export type RunStage = (typeof RUN_STAGES)[number];
/** Those that reach the server, and so have its key. */
export const reachesServer = (stage: string): boolean => ['deploy', 'verify'].includes(stage);

/** Why and how a run is over; later stages are quick no-ops that say so. */
export const RunEnd = z.object({
  status: z.enum(['success', 'failed', 'skipped', 'locked', 'cancelled']),
  stage: z.enum(RUN_STAGES).optional(),
  reason: z.string(),
  /** What a person can do about it. */
  fix: z.string().optional(),
  /** Masked last lines of what failed, for the analysis report (rule V4). */
  log_extract: z.string().optional(),
  /** What was left on the server, by this run or one before, and could not be put back: locks at once (rule V4). */
  undo_failed: z.array(z.string()).optional(),
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
  /** The commit that is tested, built and deployed. */
  commit: z.string(),
  stages: z.array(StageRecord),
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
  recorded: z.boolean(),
  /** Its job summary is written. */
  summarised: z.literal(true).optional(),
  /** A step that may change the server has begun. */
  reached_server: z.literal(true).optional(),
});
export type CarriedRun = z.infer<typeof CarriedRun>;

/**
 * What an earlier stage found out.
 * @throws AutopilotError STAGE_WITHOUT_PREDECESSOR naming the step to add.
 */
export function needed<Stage extends 'analyze' | 'test' | 'build' | 'deploy'>(
  run: CarriedRun,
  stage: Stage,
  wanted: RunStage,
): NonNullable<CarriedRun[Stage]> {
  const result = run[stage];
  if (result !== undefined) return result;
  throw new AutopilotError('STAGE_WITHOUT_PREDECESSOR', {
    what: `Stage \`${wanted}\` needs the result of \`${stage}\`, which has not run in this job`,
    why: 'The stages hand their results to each other in a file of the job.',
    fix: `Add a step with \`stage: ${stage}\` before it, with the same \`config\` and \`working-directory\`, or use one step with \`stage: all\`.`,
  });
}
