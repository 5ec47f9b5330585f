import type { State } from '../state/files.ts';
import { headerOf, idOf } from './begin.ts';
import type { CarriedRun } from './carried.ts';
import type { PipelineContext } from './context.ts';
import { notifyLocked } from './notify.ts';
import { applyEvent } from './record.ts';

/** The run that stands in the record now, and whether it failed. */
export type Recorded = Pick<CarriedRun, 'pipeline_id' | 'started_at' | 'commit'> & { failed: boolean };

/**
 * Rule V4: people are told of a lock by the run that closed it, and of each failure while it is closed. Where that run could
 * not tell them, the next one that finds it closed opens the issue. Gives the record with the issue in it; never rejects.
 */
export async function announceLock(context: PipelineContext, run: Recorded, state: State): Promise<State> {
  const { effects, event } = context;
  const { lock, pipelines } = state.file;
  const { notify } = context.config.safety;
  if (lock === null || (lock.issue !== undefined && !run.failed)) return state;
  const late = !run.failed && lock.pipeline_id !== run.pipeline_id;
  if (late && !notify.issue) return state;
  const about = late ? lock.pipeline_id : run.pipeline_id;
  const told = pipelines.find((one) => one.pipeline_id === about);
  const { issue } = await notifyLocked(
    { github: effects.github, post: effects.post, clock: effects.clock, log: effects.log },
    notify,
    {
      pipeline_id: about,
      reason: lock.reason,
      run_url: told?.run_url ?? event.runUrl,
      late,
      ...(told?.failure_reason === undefined ? {} : { failure_reason: told.failure_reason }),
      ...(told?.failed_stage === undefined ? {} : { failed_stage: told.failed_stage }),
      ...(told?.analysis === undefined ? {} : { report: told.analysis }),
      ...(lock.issue === undefined ? {} : { issue: lock.issue }),
    },
  );
  return issue === undefined || issue === lock.issue ? state : noted(context, run, state, { ...lock, issue });
}

/** The lock is closed and the issue is open, whether or not the record can be told its number. */
async function noted(
  context: PipelineContext,
  run: Recorded,
  state: State,
  lock: NonNullable<State['file']['lock']> & { issue: number },
): Promise<State> {
  const { issue } = lock;
  try {
    return await context.store.update(`Lock announced in #${issue}`, (current) => ({
      ...current,
      file: applyEvent(current.file, {
        type: 'lock-announced',
        id: idOf(context, run.pipeline_id, 'announced'),
        run: headerOf(context, run),
        issue,
      }),
    }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.effects.log.warning(`The record could not be told that #${issue} is about the lock: ${why}`);
    return { ...state, file: { ...state.file, lock } };
  }
}
