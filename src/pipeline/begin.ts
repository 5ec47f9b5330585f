import { minimatch } from 'minimatch';
import type { RunContext } from '../action/event.ts';
import { AutopilotError } from '../errors.ts';
import type { Lock, PipelineFile } from '../state/schema.ts';
import { abandonedRuns, endedRuns } from './abandoned.ts';
import type { CarriedRun, RunEnd } from './carried.ts';
import { commitOfRun } from './commit.ts';
import type { PipelineContext } from './context.ts';
import { eventId, type RunHeader, type RunStarted } from './events.ts';
import { isoWithOffset, ownId, pipelineId } from './id.ts';
import { applyEvent } from './record.ts';
import { isTrial } from './trial.ts';

/** Whether this run leaves a trace in the record (a dry run and a trial do not). */
export function isRecorded(context: Pick<PipelineContext, 'dryRun' | 'event'>): boolean {
  return !context.dryRun && !isTrial(context.event);
}

/**
 * One workflow run may hold several runs of ours: the legs of a matrix, a step for staging and one for production, two
 * rollbacks. So the id of an event names the target and the pipeline too.
 */
export function idOf(
  { event, targetName }: Pick<PipelineContext, 'event' | 'targetName'>,
  pipelineId: string,
  what: string,
): string {
  return eventId(
    { run_id: event.runId, attempt: event.runAttempt },
    `${event.job}.${targetName}.${pipelineId}.${what}`,
  );
}

/** What every event of this run says about it. */
export function headerOf(
  context: PipelineContext,
  run: Pick<CarriedRun, 'pipeline_id' | 'started_at' | 'commit'>,
): RunHeader {
  const { event } = context;
  return {
    pipeline_id: run.pipeline_id,
    kind: isRecorded(context) ? 'pipeline' : 'dry',
    trigger: event.eventName,
    started_at: run.started_at,
    actor: event.actor,
    commit: run.commit,
    branch: event.branch || event.ref,
    run_url: event.runUrl,
    target: context.targetName,
  };
}

/**
 * The beginning of a run: its id, the lock (rule V4) and the trigger's branches; recorded as running. A run that must not
 * go on comes back with its end set. Throws when the state cannot be read: deploying without knowing the lock is refused.
 */
export async function beginRun(context: PipelineContext): Promise<CarriedRun> {
  const { event, config, effects, store } = context;
  const now = effects.clock.now();
  const { timezone } = config.project;
  refuseEvent(event);
  const elsewhere = outsideTrigger(event, config.trigger.branches);
  const commit = elsewhere === undefined ? await commitOfRun(context) : event.sha;
  const run: CarriedRun = {
    pipeline_id: pipelineId(now, commit, timezone),
    started_at: isoWithOffset(now, timezone),
    commit,
    stages: [],
    recorded: false,
  };
  // Rule A7 in spirit: what does not concern the pipeline leaves no trace and asks nothing of anybody.
  if (elsewhere !== undefined)
    return { ...run, recorded: true, end: { status: 'skipped', reason: elsewhere } };
  const { file } = await store.read();
  if (isTrial(event)) return run;
  if (file.lock?.locked) return { ...run, end: lockedEnd(file.lock) };
  if (context.dryRun) return run;
  const hereAs = (pipelineId: string) => ({
    at: run.started_at,
    runUrl: event.runUrl,
    target: context.targetName,
    pipelineId,
  });
  const ended = await endedRuns(file, hereAs(run.pipeline_id), effects.github, effects.log);
  let own = run;
  await store.update(`Start ${run.pipeline_id}`, (state) => {
    own = { ...run, pipeline_id: idIn(state.file, context, run) };
    const ends = abandonedRuns(
      state.file,
      hereAs(own.pipeline_id),
      config.safety.max_consecutive_failures,
      ended,
    );
    const start: RunStarted = {
      type: 'run-started',
      id: idOf(context, own.pipeline_id, 'started'),
      run: headerOf(context, own),
    };
    return { ...state, file: [...ends, start].reduce(applyEvent, state.file) };
  });
  return own;
}

/** The id under which this run stands, or will stand, in that record. */
export function idIn(
  file: PipelineFile,
  { event, targetName }: Pick<PipelineContext, 'event' | 'targetName'>,
  run: Pick<CarriedRun, 'pipeline_id'>,
): string {
  return ownId(file, run.pipeline_id, { target: targetName, runUrl: event.runUrl });
}

/**
 * Before a run that deploys begins: what is wrong with its key or the server's stands in its inputs. Like a mistake of the
 * configuration that ends it before anything is tested, built or recorded, and is no failure that counts (rule V4).
 */
export async function refuseUnusable({
  event,
  config,
  effects,
}: Pick<PipelineContext, 'event' | 'config' | 'effects'>): Promise<void> {
  if (isTrial(event) || outsideTrigger(event, config.trigger.branches) !== undefined) return;
  await effects.checkAccess();
}

function refuseEvent(event: RunContext): void {
  if (event.eventName !== 'pull_request_target') return;
  throw new AutopilotError('EVENT_REFUSED', {
    what: 'The event pull_request_target is refused',
    why: 'It runs with the secrets of this repository on code that anybody may have written.',
    fix: 'Use `on: pull_request` for checks and `on: push` for deployments.',
  });
}

function outsideTrigger(event: RunContext, branches: readonly string[]): string | undefined {
  if (isTrial(event) || event.branch === '') return undefined;
  if (branches.some((pattern) => pattern === event.branch || minimatch(event.branch, pattern, { dot: true })))
    return undefined;
  return `${event.branch} is not among trigger.branches (${branches.join(', ')})`;
}

/** Rule V4: a run says why the pipeline is locked, and how to unlock. */
export function lockedEnd(lock: Lock): RunEnd {
  return {
    status: 'locked',
    reason: `the pipeline is locked since ${lock.locked_at} (run ${lock.pipeline_id}): ${lock.reason}. Nothing deploys until a person runs this action with \`stage: unlock\` and a reason`,
  };
}
