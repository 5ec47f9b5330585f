import { loadHandover, saveHandover } from '../action/handover.ts';
import type { PostState } from '../action/state-for-post.ts';
import { openRelease } from '../deploy/index.ts';
import { type CarriedRun, reachesServer, type RunEnd } from '../pipeline/carried.ts';
import { type PipelineContext, serverOf } from '../pipeline/context.ts';
import { finishRun } from '../pipeline/finish.ts';
import { asFound, couldNot, endOf, fateOf, recordFate, settleEarlier } from '../pipeline/settle.ts';
import { readStep, surroundingsOf, withPipeline, type Environment } from '../step.ts';
import { summarise } from './stages.ts';

/** Seconds for the server to put back what it does by itself; `post` has five minutes. */
const PATIENCE = 150;

/**
 * After the job: a run that was interrupted, or whose last steps never came, is brought to its end. What it left on the server
 * is put back, or has been by the server itself; the run is recorded as cancelled, which is no counted failure (rule V4).
 * Never throws: what cannot be settled here, the next run settles from the server's journal.
 */
export async function settleStep(state: PostState, env: Environment): Promise<void> {
  const around = surroundingsOf(env);
  const { log, secrets } = around;
  try {
    const run = await loadHandover(state.handover);
    if (run === undefined || run.recorded) return;
    const may = mayOf(state.stage, run);
    if (may === 'nothing') {
      log.warning(
        'What this job left on the server is settled by the next run: only steps that deploy have its key.',
      );
      return;
    }
    const step = readStep(around, new AbortController().signal);
    log.info(`Run ${run.pipeline_id} did not come to its end; settling it.`);
    await withPipeline(step, 'later', async (context) => {
      const settled = context.dryRun || may === 'record' ? run : await settle(context, run);
      const finished = await finishRun(context, settled, 'last');
      if (run.summarised !== true) await summarise(context, finished, secrets.redact);
      // What GitHub did not take now it will not take for the next step's `post` either, a moment later.
      await saveHandover(state.handover, { ...finished.run, recorded: true });
    });
  } catch (error) {
    log.warning(`What this job left could not be settled here; the next run does it: ${String(error)}`);
  } finally {
    log.close();
  }
}

/**
 * What `post` of a step of that stage may do. Only steps that deploy have the server's key, and only the server knows what such a
 * step left.
 */
export function mayOf(stage: string, run: CarriedRun): 'settle' | 'record' | 'nothing' {
  if (stage === 'all' || reachesServer(stage)) return 'settle';
  return run.reached_server === true ? 'nothing' : 'record';
}

/**
 * The run with its end. Only a run that had come as far as its images can have touched the server, and one that failed or was
 * verified has settled there what was its own.
 */
export async function settle(context: PipelineContext, run: CarriedRun): Promise<CarriedRun> {
  if (run.build === undefined || ['failed', 'success'].includes(run.end?.status ?? '')) return run;
  const { config, event, effects } = context;
  const handover = run.verify === undefined ? run.deploy?.handover : undefined;
  const release = await openRelease(
    {
      pipelineId: run.pipeline_id,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: PATIENCE,
      heartbeat: config.deploy.heartbeat,
      ...(handover === undefined ? {} : { handover }),
    },
    { target: await serverOf(context), clock: effects.clock, log: effects.log },
  );
  context.server.release = release;
  if (handover !== undefined && release.refusal === undefined) {
    const reason = 'the job ended before VERIFY';
    const judged = release.underTest({ keepReleases: config.safety.keep_releases, protect: [] });
    const undone = await judged.rollBack(reason);
    const put = {
      rolled_back: undone.rolledBack,
      services: judged.outcomes(reason, undone),
      manual_steps: undone.manualSteps,
    };
    const failed = Object.keys(undone.failed);
    const came = failed.length > 0 ? couldNot(failed) : `put back ${undone.rolledBack.join(', ')}`;
    return {
      ...run,
      end: cancelled(`${reason}: ${came}`, failed),
      ...(run.deploy === undefined ? {} : { deploy: { ...run.deploy, ...put } }),
    };
  }
  const fate = await fateOf(release);
  if (fate === undefined) return run;
  if (fate.plan.pipeline_id !== run.pipeline_id) {
    await settleEarlier(context, release);
    return run;
  }
  if (fate.kind === 'verified') {
    await recordFate(context, fate);
    await release.recorded();
    return { ...run, recorded: true, end: { status: 'success', reason: 'deployed and verified' } };
  }
  return {
    ...run,
    end: cancelled(`the job was interrupted; ${endOf(fate)}`, fate.undoFailed),
    deploy: asFound(run.deploy, fate.result),
  };
}

const cancelled = (reason: string, undoFailed: string[]): RunEnd => ({
  status: 'cancelled',
  reason,
  ...(undoFailed.length === 0 ? {} : { undo_failed: undoFailed }),
});
