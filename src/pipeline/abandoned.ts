import type { PipelineFile, PipelineRun } from '../state/schema.ts';
import type { RunFinished } from './events.ts';

/** No job lives longer than this (GitHub ends them after six hours, its own runners after five days at most). */
const LONGEST_JOB = 5 * 24 * 3600 * 1000;

/**
 * Ends of runs that can no longer come: an earlier attempt of this same workflow run, and runs that started longer ago than any
 * job lives. Their runner was lost before it touched a server (what touched one is settled from its journal), so they are
 * cancelled, which is no counted failure (rule V4). Pure.
 */
export function abandonedRuns(
  file: PipelineFile,
  now: { at: string; runUrl: string; pipelineId: string; target: string },
  maxConsecutiveFailures: number,
): RunFinished[] {
  const over = (run: PipelineRun): boolean => {
    if (run.finished_at !== null || run.target !== now.target || run.pipeline_id === now.pipelineId)
      return false;
    return run.run_url === now.runUrl || Date.parse(now.at) - Date.parse(run.started_at) > LONGEST_JOB;
  };
  return file.pipelines.filter(over).map((run) => ({
    type: 'run-finished',
    id: `${run.pipeline_id}.abandoned`,
    run: { pipeline_id: run.pipeline_id, kind: 'pipeline', trigger: run.trigger, started_at: run.started_at },
    status: 'cancelled',
    finished_at: now.at,
    max_consecutive_failures: maxConsecutiveFailures,
    failure_reason: 'its runner was lost: no end of this run was ever recorded',
  }));
}

/**
 * Earlier runs without an end, when a newer one has just been verified on their target: their runner was lost, or GitHub was down when
 * they ended and the server's journal knew nothing of them. One that is under way all the same (nothing forbids it without
 * a `concurrency` group) is too old to deploy now, and its own end takes the place of this one. Cancelled, so not counted
 * (rule V4). Pure.
 */
export function overtakenRuns(
  file: PipelineFile,
  now: { at: string; startedAt: string; pipelineId: string; target: string },
  maxConsecutiveFailures: number,
): RunFinished[] {
  const overtaken = file.pipelines.filter(
    (run) =>
      run.finished_at === null &&
      run.target === now.target &&
      Date.parse(run.started_at) < Date.parse(now.startedAt),
  );
  return overtaken.map((run) => ({
    type: 'run-finished',
    id: `${run.pipeline_id}.overtaken`,
    run: { pipeline_id: run.pipeline_id, kind: 'pipeline', trigger: run.trigger, started_at: run.started_at },
    status: 'cancelled',
    finished_at: now.at,
    presumed: true,
    max_consecutive_failures: maxConsecutiveFailures,
    failure_reason: `no end of this run was recorded, and ${now.pipelineId}, which began after it, was verified`,
  }));
}
