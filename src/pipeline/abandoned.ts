import * as z from 'zod';
import type { Log } from '../effects.ts';
import type { GitHubApi } from '../github/api.ts';
import type { PipelineFile, PipelineRun } from '../state/schema.ts';
import type { RunFinished } from './events.ts';

/** No job lives longer than this (GitHub ends them after six hours, its own runners after five days at most). */
const LONGEST_JOB = 5 * 24 * 3600 * 1000;
/** Milliseconds that one question may take: the answer is worth no wait. */
const PATIENCE = 10_000;

export interface Here {
  at: string;
  runUrl: string;
  pipelineId: string;
  target: string;
}

const isOpen = (run: PipelineRun, here: Pick<Here, 'pipelineId' | 'target'>): boolean =>
  run.finished_at === null && run.target === here.target && run.pipeline_id !== here.pipelineId;

/**
 * Ends of runs that can no longer come: an earlier attempt of this same workflow run, runs that GitHub knows to be over
 * (`ended`, by address), and runs that started longer ago than any job lives. Their runner was lost, most likely before it
 * touched a server, so they are cancelled, which is no counted failure (rule V4); what the server's journal says about one
 * that did touch it takes the place of this end. Pure.
 */
export function abandonedRuns(
  file: PipelineFile,
  here: Here,
  maxConsecutiveFailures: number,
  ended: ReadonlySet<string> = new Set(),
): RunFinished[] {
  const over = (run: PipelineRun): boolean =>
    run.run_url === here.runUrl ||
    ended.has(run.run_url ?? '') ||
    Date.parse(here.at) - Date.parse(run.started_at) > LONGEST_JOB;
  const reason = 'its runner was lost: no end of this run was ever recorded';
  return file.pipelines
    .filter((run) => isOpen(run, here) && over(run))
    .map((run) => presumedEnd(run, 'abandoned', { at: here.at, maxConsecutiveFailures, reason }));
}

/** Cancelled is neither a failure nor a success (rule V4), and a real end takes the place of this one. */
function presumedEnd(
  run: PipelineRun,
  name: string,
  { at, maxConsecutiveFailures, reason }: { at: string; maxConsecutiveFailures: number; reason: string },
): RunFinished {
  const { pipeline_id, trigger, started_at } = run;
  return {
    type: 'run-finished',
    id: `${pipeline_id}.${name}`,
    run: { pipeline_id, kind: 'pipeline', trigger, started_at },
    status: 'cancelled',
    presumed: true,
    finished_at: at,
    max_consecutive_failures: maxConsecutiveFailures,
    failure_reason: reason,
  };
}

const WorkflowRun = z.object({ status: z.string() });

/**
 * Addresses of the workflow runs that are over by GitHub's word, of those that the record has without an end. Where the
 * token may not ask (`actions: read`) or nothing answers, none is: then only time can tell. Never rejects.
 */
export async function endedRuns(
  file: PipelineFile,
  here: Here,
  github: GitHubApi,
  log: Pick<Log, 'debug'>,
): Promise<Set<string>> {
  const open = file.pipelines.filter((run) => isOpen(run, here)).map((run) => run.run_url ?? '');
  const ended = new Set<string>();
  for (const url of new Set(open)) {
    const id = /\/actions\/runs\/(\d+)$/.exec(url)?.[1];
    if (id === undefined || url === here.runUrl) continue;
    try {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}';
      const { data } = await github.request(route, { run_id: Number(id) }, { maxWait: PATIENCE });
      if (WorkflowRun.parse(data).status === 'completed') ended.add(url);
    } catch (error) {
      log.debug(`Whether ${url} is over is not known: ${String(error)}`);
      // It would say the same about the others.
      break;
    }
  }
  return ended;
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
  const reason = `no end of this run was recorded, and ${now.pipelineId}, which began after it, was verified`;
  return overtaken.map((run) =>
    presumedEnd(run, 'overtaken', { at: now.at, maxConsecutiveFailures, reason }),
  );
}
