import { AutopilotError } from '../errors.ts';
import type { State } from '../state/files.ts';
import { headerOf, idIn, idOf } from './begin.ts';
import type { PipelineContext } from './context.ts';
import { isoWithOffset, pipelineId } from './id.ts';
import { notifyUnlocked } from './notify.ts';
import { applyEvent } from './record.ts';

export interface Unlocked {
  pipelineId: string;
  /** What the lock was; null when there was none. */
  lock: State['file']['lock'];
}

/**
 * Rule V4: only a person unlocks, and says why; actor and reason stand in the record, the counter starts again at 0.
 * Without a lock nothing is written. Throws INPUT_INVALID without a reason.
 */
export async function unlock(context: PipelineContext, said: string): Promise<Unlocked> {
  const { config, event, effects, store } = context;
  const reason = effects.mask(said);
  const now = effects.clock.now();
  const { timezone } = config.project;
  const { file } = await store.read();
  const { lock } = file;
  const asked = { pipeline_id: pipelineId(now, event.sha, timezone) };
  let run = {
    pipeline_id: idIn(file, context, asked),
    started_at: isoWithOffset(now, timezone),
    commit: event.sha,
  };
  if (lock === null || context.dryRun) return { pipelineId: run.pipeline_id, lock };
  if (reason === '') {
    throw new AutopilotError('INPUT_INVALID', {
      what: 'The input `reason` is empty',
      why: `The pipeline is locked: ${lock.reason}. Who reads the history later wants to know why it was unlocked.`,
      fix: 'Say in `reason` what was found and mended.',
    });
  }
  await store.update(`Unlock: ${run.pipeline_id}`, (state) => {
    run = { ...run, pipeline_id: idIn(state.file, context, asked) };
    const file = applyEvent(state.file, {
      type: 'lock-cleared',
      id: idOf(context, run.pipeline_id, 'unlocked'),
      run: { ...headerOf(context, run), kind: 'unlock', reason },
      at: run.started_at,
    });
    return { ...state, file };
  });
  await notifyUnlocked(
    { github: effects.github, post: effects.post, clock: effects.clock, log: effects.log },
    config.safety.notify,
    {
      pipeline_id: run.pipeline_id,
      actor: event.actor,
      reason,
      run_url: event.runUrl,
      ...(lock.issue === undefined ? {} : { issue: lock.issue }),
    },
  );
  return { pipelineId: run.pipeline_id, lock };
}
