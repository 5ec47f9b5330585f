import type { PipelineFile, PipelineRun, StageRecord } from '../state/schema.ts';
import { analysisReport } from './escalation.ts';
import type { LockSet, PlanRecord, RecordEvent, RunFinished, RunHeader } from './events.ts';
import { clip } from './markdown.ts';

/** Runs kept in the record; `stats` go on counting. */
export const KEPT_RUNS = 200;
/** Runs kept even when their texts are huge. */
const KEPT_ALWAYS = 20;
/** Events remembered: about ten for each kept run, so that a late retry of any of them is recognised. */
export const KEPT_EVENTS = 2000;
/** Characters of all runs together, well below the 1 MB that GitHub shows and serves in one piece. */
const KEPT_CHARACTERS = 500_000;
/** Paths kept of one category of one run, and characters of one reason: the record is for people. */
const KEPT_PATHS = 100;
const KEPT_REASON = 2000;

/** The record before the first run. */
export function emptyPipelineFile(): PipelineFile {
  return {
    pipelines: [],
    current: null,
    stats: { total_runs: 0, success_count: 0, failure_count: 0, consecutive_failures: 0 },
    applied_events: [],
    lock: null,
    deployed_commits: {},
  };
}

/**
 * The record after an event; pure. An event already applied (same id) and a dry run change nothing and give back the
 * same object. Rule S1 for the shape; rule V4 for counting: only finished `pipeline` runs that succeeded or failed are
 * counted, `stats.total_runs` is their number, and the lock closes when `consecutive_failures` reaches the maximum.
 */
export function applyEvent(file: PipelineFile, event: RecordEvent): PipelineFile {
  if (event.run.kind === 'dry' || file.applied_events.includes(event.id)) return file;
  const before = file.pipelines.find((run) => run.pipeline_id === event.run.pipeline_id);
  const run = { ...(before ?? newRun(event.run)) };
  const next: PipelineFile = {
    ...file,
    stats: { ...file.stats },
    applied_events: [...file.applied_events, event.id].slice(-KEPT_EVENTS),
  };
  switch (event.type) {
    case 'run-started':
      notePlan(run, event);
      break;
    case 'stage-finished':
      notePlan(run, event);
      run.stages = withStage(run.stages, event.stage);
      break;
    case 'run-finished':
      // The first end of a run stands: a post step that also reports must not count it twice. A guess is no end, and
      // one that knows what was put back is better than one that does not.
      if (
        run.finished_at === null ||
        (run.presumed_over === true && (event.presumed !== true || event.rolled_back !== undefined))
      )
        finish(next, run, event);
      break;
    case 'lock-set':
      next.lock ??= lockOf(event);
      break;
    case 'lock-cleared':
      next.lock = null;
      next.stats.consecutive_failures = 0;
      run.status = 'success';
      run.finished_at = event.at;
      run.stages = withStage(run.stages, { name: 'unlock', status: 'passed' });
      break;
    case 'lock-announced':
      if (next.lock) next.lock = { ...next.lock, issue: event.issue };
      break;
  }
  next.pipelines = trimmed(placed(file.pipelines, run));
  next.current = next.pipelines.at(-1)?.pipeline_id ?? null;
  return next;
}

function finish(next: PipelineFile, run: PipelineRun, event: RunFinished): void {
  notePlan(run, event);
  for (const stage of event.stages ?? []) run.stages = withStage(run.stages, stage);
  run.status = event.status;
  run.finished_at = event.finished_at;
  delete run.presumed_over;
  delete run.failure_reason;
  if (event.presumed === true) run.presumed_over = true;
  if (event.failed_stage !== undefined) run.failed_stage = event.failed_stage;
  if (event.failure_reason !== undefined) run.failure_reason = clipped(event.failure_reason);
  if (event.deployed) run.deployed = event.deployed;
  if (event.rolled_back) run.rolled_back = event.rolled_back;
  if (event.bytes_sent) run.bytes_sent = event.bytes_sent;
  if (event.undo_failed?.length) run.undo_failed = event.undo_failed;
  noteCommits(next, run, event);

  const { stats } = next;
  const counted = event.run.kind === 'pipeline' && (event.status === 'success' || event.status === 'failed');
  if (counted) {
    stats.total_runs += 1;
    if (event.status === 'success') {
      stats.success_count += 1;
      stats.consecutive_failures = 0;
    } else {
      stats.failure_count += 1;
      stats.consecutive_failures += 1;
      if (stats.consecutive_failures >= 2) {
        run.analysis = analysisReport(run, failureBefore(next.pipelines, run), event.log_extract ?? '');
      }
      if (stats.consecutive_failures >= event.max_consecutive_failures) {
        const times = stats.consecutive_failures;
        next.lock ??= lockOf({
          ...event,
          at: event.finished_at,
          reason: `${times} ${times === 1 ? 'failure' : 'failures in a row'}, the last in ${event.failed_stage ?? 'an unknown stage'}`,
        });
      }
    }
  }
  if (event.undo_failed?.length) {
    next.lock ??= lockOf({
      ...event,
      at: event.finished_at,
      reason: `the rollback of ${event.undo_failed.join(', ')} failed`,
    });
  }
}

/** Rule A9. A run recorded late (from the server's journal) never hides what a newer run deployed. */
function noteCommits(next: PipelineFile, run: PipelineRun, event: RunFinished): void {
  const { target } = event.run;
  const commits = Object.entries(event.deployed_commits ?? {});
  if (target === undefined || commits.length === 0) return;
  run.deployed_commits = Object.fromEntries(commits);
  const newer = next.pipelines.filter((other) => other.target === target && time(other) > time(run));
  const current = commits.filter(
    ([service]) => !newer.some((other) => other.deployed_commits?.[service] !== undefined),
  );
  next.deployed_commits = {
    ...next.deployed_commits,
    [target]: { ...next.deployed_commits[target], ...Object.fromEntries(current) },
  };
}

/** The newest counted failure that started before this one. */
function failureBefore(pipelines: readonly PipelineRun[], run: PipelineRun): PipelineRun | undefined {
  return pipelines.findLast(
    (other) =>
      other.pipeline_id !== run.pipeline_id &&
      other.status === 'failed' &&
      (other.kind ?? 'pipeline') === 'pipeline' &&
      time(other) <= time(run),
  );
}

function newRun(header: RunHeader): PipelineRun {
  const { pipeline_id, trigger, started_at, reason, kind, ...rest } = header;
  return {
    pipeline_id,
    status: 'running',
    trigger,
    started_at,
    finished_at: null,
    stages: [],
    changes: { categories: {} },
    decisions: [],
    ...(kind === 'rollback' || kind === 'unlock' ? { kind } : {}),
    ...(reason === undefined ? {} : { reason: clipped(reason) }),
    ...rest,
  };
}

function notePlan(run: PipelineRun, plan: PlanRecord): void {
  if (plan.changes) {
    const categories = Object.entries(plan.changes.categories);
    run.changes = {
      ...run.changes,
      categories: Object.fromEntries(categories.map(([name, paths]) => [name, paths.slice(0, KEPT_PATHS)])),
    };
    const total = categories.reduce((sum, [, paths]) => sum + paths.length, 0);
    // Whoever reads a shortened list must be able to see that it is one.
    if (categories.some(([, paths]) => paths.length > KEPT_PATHS)) run.changes.total_files = total;
  }
  if (plan.decisions) run.decisions = plan.decisions;
  if (plan.services) run.services = plan.services;
}

function withStage(stages: readonly StageRecord[], stage: StageRecord): StageRecord[] {
  const kept = stage.reason === undefined ? stage : { ...stage, reason: clipped(stage.reason) };
  const index = stages.findIndex(({ name }) => name === stage.name);
  return index < 0 ? [...stages, kept] : stages.with(index, kept);
}

function lockOf(event: Pick<LockSet, 'at' | 'reason' | 'run'>): NonNullable<PipelineFile['lock']> {
  return {
    locked: true,
    reason: clipped(event.reason),
    locked_at: event.at,
    pipeline_id: event.run.pipeline_id,
  };
}

/** Oldest first by start, whatever the order of the events; `current` is the last. */
function placed(pipelines: readonly PipelineRun[], run: PipelineRun): PipelineRun[] {
  const index = pipelines.findIndex(({ pipeline_id }) => pipeline_id === run.pipeline_id);
  if (index >= 0) return pipelines.with(index, run);
  return pipelines.toSpliced(pipelines.findLastIndex((other) => time(other) <= time(run)) + 1, 0, run);
}

function trimmed(pipelines: PipelineRun[]): PipelineRun[] {
  const kept = pipelines.slice(-KEPT_RUNS);
  let size = kept.reduce((sum, run) => sum + JSON.stringify(run).length, 0);
  while (size > KEPT_CHARACTERS && kept.length > KEPT_ALWAYS) {
    size -= JSON.stringify(kept.shift()).length;
  }
  return kept;
}

function time(run: PipelineRun): number {
  const parsed = Date.parse(run.started_at);
  return Number.isNaN(parsed) ? 0 : parsed;
}

function clipped(text: string): string {
  return clip(text, KEPT_REASON);
}
