import type { RunReport, RunningService } from '../report/run-report.ts';
import type { State } from '../state/files.ts';
import type { PipelineContext } from './context.ts';
import type { FinishedRun } from './finish.ts';
import type { ManualRollback } from './manual-rollback.ts';

type About = Pick<RunReport, 'dryRun' | 'trigger' | 'actor' | 'branch' | 'target' | 'links'>;

function aboutOf({ event, dryRun, targetName }: PipelineContext, commit: string): About {
  const repository = `${event.serverUrl}/${event.owner}/${event.repo}`;
  return {
    dryRun,
    trigger: event.eventName,
    actor: event.actor,
    branch: event.branch || event.ref,
    target: targetName,
    links: { run: event.runUrl, commit: `${repository}/commit/${commit}` },
  };
}

/** What is running now, from the record; what this run put there wins. */
function runningOf(
  context: PipelineContext,
  state: State | undefined,
  deployed: Readonly<Record<string, string>>,
): RunningService[] {
  return context.services.map(({ name }) => {
    const known = state?.registry.services[name];
    const image = deployed[name] ?? known?.current ?? '';
    return {
      service: name,
      image,
      since: known?.history.findLast((entry) => entry.image === image)?.deployed_at ?? '',
    };
  });
}

function lockOf({ event }: PipelineContext, lock: State['file']['lock']): Pick<RunReport, 'lock'> {
  if (lock === null) return {};
  const issueUrl =
    lock.issue === undefined
      ? {}
      : { issueUrl: `${event.serverUrl}/${event.owner}/${event.repo}/issues/${lock.issue}` };
  return { lock: { reason: lock.reason, lockedAt: lock.locked_at, ...issueUrl } };
}

/** A run of the pipeline as its summary shows it. */
export function reportOfRun(context: PipelineContext, finished: FinishedRun, duration: number): RunReport {
  const { run, state } = finished;
  const { stats, lock } = state?.file ?? { stats: undefined, lock: null };
  return {
    ...aboutOf(context, run.commit),
    pipelineId: run.pipeline_id,
    kind: 'pipeline',
    status: run.end.status,
    reason: run.end.status === 'success' && run.verify !== undefined ? '' : run.end.reason,
    ...(run.end.status === 'failed' && run.end.stage !== undefined ? { failedStage: run.end.stage } : {}),
    ...(run.end.fix === undefined ? {} : { fix: run.end.fix }),
    commit: run.commit,
    duration,
    stages: run.stages.map(({ name, status, duration: took, reason }) => ({
      name,
      status,
      ...(took === undefined ? {} : { duration: took }),
      ...(reason === undefined ? {} : { reason }),
    })),
    ...(run.analyze === undefined ? {} : { plan: run.analyze }),
    ...(run.test === undefined ? {} : { test: run.test }),
    ...(run.build === undefined ? {} : { build: run.build }),
    ...(run.deploy === undefined ? {} : { deploy: run.deploy }),
    ...(run.verify === undefined ? {} : { verify: run.verify }),
    ...(run.preview === undefined ? {} : { preview: run.preview }),
    running: runningOf(context, state, finished.deployed),
    ...lockOf(context, lock),
    ...(stats === undefined
      ? {}
      : {
          failures: {
            consecutive: stats.consecutive_failures,
            allowed: context.config.safety.max_consecutive_failures,
          },
        }),
    ...(finished.analysis === undefined ? {} : { analysis: finished.analysis }),
    warnings:
      finished.unrecorded === undefined ? [] : [`This run could not be recorded: ${finished.unrecorded}`],
  };
}

/** A rollback by hand as its summary shows it (rule R1). */
export function reportOfRollback(
  context: PipelineContext,
  done: ManualRollback,
  reason: string,
  duration: number,
): RunReport {
  const status = done.status === 'success' ? 'passed' : 'failed';
  return {
    ...aboutOf(context, context.event.sha),
    pipelineId: done.pipelineId,
    kind: 'rollback',
    status: done.status,
    reason: done.status === 'success' ? '' : done.reason,
    ...(done.status === 'failed' ? { failedStage: 'rollback' } : {}),
    ...(done.fix === undefined ? {} : { fix: done.fix }),
    commit: context.event.sha,
    duration,
    stages: [{ name: 'rollback', status, duration, reason: done.reason }],
    ...(done.deploy === undefined ? {} : { deploy: done.deploy }),
    ...(done.verify === undefined ? {} : { verify: done.verify }),
    ...(done.preview === undefined ? {} : { preview: done.preview }),
    rollback: { services: done.services, reason },
    running: runningOf(
      context,
      done.state,
      Object.fromEntries(done.services.map(({ service, image }) => [service, image])),
    ),
    ...lockOf(context, done.lock),
    warnings: done.warnings,
  };
}

/** An unlock as its summary shows it (rule V4). */
export function reportOfUnlock(
  context: PipelineContext,
  done: { pipelineId: string; lock: NonNullable<State['file']['lock']>; reason: string },
): RunReport {
  return {
    ...aboutOf(context, context.event.sha),
    pipelineId: done.pipelineId,
    kind: 'unlock',
    status: 'success',
    reason: '',
    commit: context.event.sha,
    stages: [
      { name: 'unlock', status: 'passed', reason: `${done.reason} (it was locked: ${done.lock.reason})` },
    ],
    running: [],
    warnings: [],
  };
}
