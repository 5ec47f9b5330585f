import { handoverPath, loadHandover, saveHandover } from '../action/handover.ts';
import { NO_OUTPUTS, type Outputs, outputsOfPlan } from '../action/outputs.ts';
import { savePostState } from '../action/state-for-post.ts';
import { AutopilotError } from '../errors.ts';
import type { Step } from '../step.ts';
import { beginRun, refuseUnusable } from '../pipeline/begin.ts';
import { type CarriedRun, reachesServer, RUN_STAGES, type RunStage } from '../pipeline/carried.ts';
import { type PipelineContext, tagOf } from '../pipeline/context.ts';
import { type FinishedRun, finishRun } from '../pipeline/finish.ts';
import { runStages } from '../pipeline/run.ts';
import { stagesOf } from '../pipeline/stages/index.ts';
import { reportOfRun } from '../pipeline/report-of.ts';
import { planText } from '../report/plan-table.ts';
import { writeSummary } from '../report/write-summary.ts';

/**
 * `all`, or one stage in a step of its own: the same run either way, carried through the hand-over file. The file is written
 * after every stage, so that `post` knows where an interrupted run stood.
 */
export async function stagesCommand(step: Step, context: PipelineContext): Promise<Outputs> {
  const { inputs, event, log, secrets } = step;
  const stages = inputs.stage === 'all' ? RUN_STAGES : ([inputs.stage] as RunStage[]);
  const path = pathOf(step);
  let run = await beginOrGoOn(context, stages, path);
  const save = async () => {
    await saveHandover(path, run);
    savePostState({
      settled: false,
      stage: inputs.stage,
      pipeline_id: run.pipeline_id,
      started_at: run.started_at,
      handover: path,
    });
  };
  if (run.end === undefined && stages.some(reachesServer)) run = { ...run, reached_server: true };
  await save();
  log.info(
    `Pipeline ${run.pipeline_id}, commit ${run.commit.slice(0, 7)}, target ${context.targetName}${inputs.dryRun ? ', dry run' : ''}`,
  );

  const functions = stagesOf(context);
  for (const stage of stages) {
    run = await runStages(run, [stage], functions, {
      clock: context.effects.clock,
      log,
      signal: step.signal,
    });
    await save();
    if (stage === 'analyze' && inputs.dryRun && run.analyze !== undefined) log.info(planText(run.analyze));
  }
  const isLast = stages.at(-1) === 'verify' || run.end !== undefined;
  if (!isLast) return outputsOf(run, undefined);

  const ended = run;
  const finished = await log.group('RECORD: history, rollback registry, lock', () =>
    finishRun(context, ended),
  );
  if (!run.recorded && run.summarised !== true) await summarise(context, finished, secrets.redact);
  run = { ...finished.run, summarised: true };
  await save();
  if (finished.locked && finished.run.end.status !== 'locked')
    log.error(`The pipeline is locked now: ${finished.state?.file.lock?.reason ?? ''}`);
  const verdict = `${finished.run.end.status.toUpperCase()}: ${finished.run.end.reason}`;
  if (finished.run.end.status === 'locked') log.error(verdict);
  else log.info(verdict);
  log.debug(`run ${event.runId}, attempt ${event.runAttempt}`);
  return outputsOf(run, finished);
}

/** The run at the beginning of this step. Throws what is wrong with the request before it does anything. */
async function beginOrGoOn(
  context: PipelineContext,
  stages: readonly RunStage[],
  path: string,
): Promise<CarriedRun> {
  const [first = 'test'] = stages;
  const deploys = stages.some(reachesServer);
  if (first === 'analyze') {
    if (deploys) await refuseUnusable(context);
    return beginRun(context);
  }
  const run = await previous(path, first);
  if (!deploys || run.end !== undefined || run.analyze?.services.length === 0) return run;
  try {
    await refuseUnusable(context);
    return run;
  } catch (error) {
    // It began in an earlier step, and no step after this one will end it.
    const reason = error instanceof Error ? error.message : String(error);
    const { run: ended } = await finishRun(context, {
      ...run,
      end: { status: 'cancelled', stage: first, reason },
    });
    await saveHandover(path, ended);
    throw error;
  }
}

export function pathOf({ inputs, event }: Pick<Step, 'inputs' | 'event'>): string {
  const { temp, runId, runAttempt } = event;
  return handoverPath({ temp, runId, runAttempt, directory: inputs.directory, config: inputs.config });
}

async function previous(path: string, stage: RunStage): Promise<CarriedRun> {
  const run = await loadHandover(path);
  if (run !== undefined) return run;
  throw new AutopilotError('STAGE_WITHOUT_PREDECESSOR', {
    what: `Stage \`${stage}\` needs the result of \`analyze\`, which has not run in this job`,
    why: 'The stages hand their results to each other in a file of the job.',
    fix: 'Add a step with `stage: analyze` before it, with the same `config` and `working-directory`, or use one step with `stage: all`.',
  });
}

export async function summarise(
  context: PipelineContext,
  finished: FinishedRun,
  redact: (text: string) => string,
): Promise<void> {
  const duration = context.effects.clock.now().getTime() - Date.parse(finished.run.started_at);
  const state = finished.state ?? (await context.store.read().catch(() => undefined));
  const report = reportOfRun(context, { ...finished, ...(state === undefined ? {} : { state }) }, duration);
  if (!(await writeSummary(report, redact)))
    context.effects.log.warning('The job summary could not be written.');
}

function outputsOf(run: CarriedRun, finished: FinishedRun | undefined): Outputs {
  const end = run.end;
  const statusOf = (stage: RunStage) => {
    const status = run.stages.find(({ name }) => name === stage)?.status;
    return status === undefined || status === 'running' ? ('skipped' as const) : status;
  };
  return {
    ...NO_OUTPUTS,
    ...(run.analyze === undefined ? {} : outputsOfPlan(run.analyze)),
    'pipeline-id': run.pipeline_id,
    status: end?.status ?? 'success',
    images: Object.fromEntries((run.build?.images ?? []).map(({ service, tag }) => [service, tag])),
    deployed: Object.fromEntries(
      Object.entries(finished?.deployed ?? {}).map(([service, image]) => [service, tagOf(image)]),
    ),
    'rolled-back': finished?.rolledBack ?? [],
    ...(end?.status === 'failed' ? { 'failed-stage': end.stage ?? '', 'failure-reason': end.reason } : {}),
    locked: finished?.locked ?? end?.status === 'locked',
    'analyze-status': statusOf('analyze'),
    'test-status': statusOf('test'),
    'build-status': statusOf('build'),
    'deploy-status': statusOf('deploy'),
    'verify-status': statusOf('verify'),
  };
}
