import type { Clock, Log } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import type { StageStatus } from '../state/schema.ts';
import type { CarriedRun, RunEnd, RunStage } from './carried.ts';

/** What one stage did to the run. */
export interface StageOutcome {
  status: Exclude<StageStatus, 'running'>;
  reason?: string;
  /** What the stage found out, for the stages after it. */
  found?: Partial<Pick<CarriedRun, 'analyze' | 'test' | 'build' | 'deploy' | 'preview' | 'verify'>>;
  /** Set when the run is over with this stage. */
  end?: Omit<RunEnd, 'stage'>;
}

export type StageFunction = (run: CarriedRun) => Promise<StageOutcome>;

const TITLES: Record<RunStage, string> = {
  analyze: 'ANALYZE: what changed, and what that means',
  test: 'TEST: suites side by side, one verdict',
  build: 'BUILD: images and tags',
  deploy: 'DEPLOY: gate, candidate, cut-over',
  verify: 'VERIFY: smoke test and watchdog',
};

/**
 * Runs the named stages in their order, each in a log group of its own. A stage that throws fails the run; after the
 * end of the run the remaining stages are skipped with the reason. Never throws: the run that comes back says it all.
 */
export async function runStages(
  run: CarriedRun,
  names: readonly RunStage[],
  stages: Readonly<Record<RunStage, StageFunction>>,
  effects: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<CarriedRun> {
  let current = run;
  for (const name of names) {
    if (current.end !== undefined) {
      const reason = skippedBecause(current.end);
      effects.log.info(`${name.toUpperCase()} skipped: ${reason}`);
      current = withStage(current, name, { status: 'skipped', reason }, 0);
      continue;
    }
    const started = effects.clock.now().getTime();
    const outcome = await effects.log.group(TITLES[name], () => attempt(stages[name], current, effects));
    const duration = effects.clock.now().getTime() - started;
    current = withStage(current, name, outcome, duration);
    if (outcome.status === 'failed') {
      const { fix } = outcome.end ?? {};
      effects.log.error(
        `${name.toUpperCase()} failed: ${outcome.reason ?? 'no reason given'}${fix ? `\nWhat to do: ${fix}` : ''}`,
      );
    }
  }
  return current;
}

const CANCELLED = {
  status: 'skipped',
  reason: 'the job was cancelled',
  end: { status: 'cancelled', reason: 'the job was cancelled' },
} as const satisfies StageOutcome;

async function attempt(
  stage: StageFunction,
  run: CarriedRun,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<StageOutcome> {
  try {
    signal.throwIfAborted();
    const outcome = await stage(run);
    if (!signal.aborted || outcome.end?.status !== 'failed') return outcome;
    // What was killed half-way did not fail by itself; what could not be put back locks all the same.
    const { undo_failed } = outcome.end;
    const end = { ...CANCELLED.end, ...(undo_failed === undefined ? {} : { undo_failed }) };
    return { ...outcome, ...CANCELLED, end };
  } catch (error) {
    if (signal.aborted || (error instanceof AutopilotError && error.code === 'CANCELLED')) return CANCELLED;
    if (error instanceof AutopilotError) return failedWith(error);
    const reason = `unexpected error: ${error instanceof Error ? error.message : String(error)}`;
    log.info(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return { status: 'failed', reason, end: { status: 'failed', reason, log_extract: reason } };
  }
}

/** A failed stage that says what, why and what to do. */
export function failedWith(
  error: AutopilotError,
): StageOutcome & { status: 'failed'; end: Omit<RunEnd, 'stage'> } {
  const what = `${error.message} [${error.code}]`;
  const reason = error.why === '' ? what : `${what} ${error.why}`;
  return {
    status: 'failed',
    reason,
    end: {
      status: 'failed',
      reason,
      log_extract: error.toString(),
      ...(error.fix === '' ? {} : { fix: error.fix }),
    },
  };
}

function withStage(run: CarriedRun, name: RunStage, outcome: StageOutcome, duration: number): CarriedRun {
  const record = {
    name,
    status: outcome.status,
    duration,
    ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
  };
  return {
    ...run,
    ...outcome.found,
    stages: [...run.stages.filter((stage) => stage.name !== name), record],
    ...(outcome.end === undefined ? {} : { end: { ...outcome.end, stage: name } }),
  };
}

function skippedBecause(end: RunEnd): string {
  switch (end.status) {
    case 'failed':
      return `${end.stage ?? 'an earlier stage'} failed`;
    case 'success':
      return 'the run is complete';
    case 'locked':
      return 'the pipeline is locked';
    default:
      return end.reason;
  }
}
