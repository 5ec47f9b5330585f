import { describe, expect, test } from '@jest/globals';
import type { GitHubApi } from '../../../src/github/api.ts';
import { abandonedRuns, endedRuns, overtakenRuns } from '../../../src/pipeline/abandoned.ts';
import type { RunFinished } from '../../../src/pipeline/events.ts';
import { applyEvent, emptyPipelineFile } from '../../../src/pipeline/record.ts';
import type { PipelineFile } from '../../../src/state/schema.ts';
import { finished } from '../../helpers/record-events.ts';

const NOW = { at: '2026-11-23T12:00:00Z', runUrl: 'https://x/runs/7', pipelineId: 'now', target: 'local' };

function fileWith(run: { started_at: string; run_url: string; target?: string }): PipelineFile {
  return applyEvent(emptyPipelineFile(), {
    type: 'run-started',
    id: 'one',
    run: { pipeline_id: 'earlier', kind: 'pipeline', trigger: 'push', target: 'local', ...run },
  });
}

describe('runs whose end can no longer come', () => {
  test.each([
    [
      'an earlier attempt of the same workflow run',
      { started_at: '2026-11-23T11:00:00Z', run_url: 'https://x/runs/7' },
      1,
    ],
    [
      'another run an hour ago may still be under way',
      { started_at: '2026-11-23T11:00:00Z', run_url: 'https://x/runs/6' },
      0,
    ],
    ['a run older than any job', { started_at: '2026-11-17T11:00:00Z', run_url: 'https://x/runs/5' }, 1],
    [
      'a run on another target',
      { started_at: '2026-11-17T11:00:00Z', run_url: 'https://x/runs/5', target: 'b' },
      0,
    ],
  ])('%s', (_, run, count) => {
    expect(abandonedRuns(fileWith(run), NOW, 3)).toHaveLength(count);
  });

  test('V4: they are cancelled: neither a failure nor a success, and ended once', () => {
    const before = fileWith({ started_at: '2026-11-17T11:00:00Z', run_url: 'https://x/runs/5' });
    const after = abandonedRuns(before, NOW, 3).reduce(applyEvent, before);
    expect(after.pipelines[0]).toMatchObject({ status: 'cancelled', finished_at: NOW.at });
    expect(after.stats).toEqual(before.stats);
    expect(abandonedRuns(after, NOW, 3)).toEqual([]);
  });

  test('a run that GitHub knows to be over, however short ago', () => {
    const before = fileWith({ started_at: '2026-11-23T11:59:00Z', run_url: 'https://x/runs/6' });
    expect(abandonedRuns(before, NOW, 3, new Set(['https://x/runs/6']))).toHaveLength(1);
  });
});

test("V4: what the server's journal knows takes the place of a guess, and locks if it must", () => {
  const guess = finished(1, 'cancelled', { id: 'guess', presumed: true });
  const known = finished(1, 'cancelled', {
    id: 'settled',
    presumed: true,
    rolled_back: ['api'],
    undo_failed: ['web'],
  });
  const file = [guess, known, { ...guess, id: 'another guess' }].reduce(applyEvent, emptyPipelineFile());
  expect(file.pipelines).toMatchObject([{ rolled_back: ['api'], undo_failed: ['web'], presumed_over: true }]);
  expect(file.lock).toMatchObject({ reason: 'the rollback of web failed' });
  expect(file.stats.total_runs).toBe(0);
});

describe('an end that was only presumed', () => {
  const before = fileWith({ started_at: '2026-11-23T11:00:00Z', run_url: 'https://x/runs/7' });
  const presumed = abandonedRuns(before, NOW, 3).reduce(applyEvent, before);
  const real: RunFinished = {
    type: 'run-finished',
    id: 'earlier.settled',
    run: { pipeline_id: 'earlier', kind: 'pipeline', trigger: 'push', started_at: '2026-11-23T11:00:00Z' },
    status: 'success',
    finished_at: '2026-11-23T12:00:09Z',
    max_consecutive_failures: 3,
  };

  test('gives way to what the server says became of the release, which is counted once', () => {
    const after = applyEvent(presumed, real);
    expect(after.pipelines).toMatchObject([{ status: 'success', finished_at: real.finished_at }]);
    expect(after.pipelines[0]).not.toHaveProperty('failure_reason');
    expect(after.stats).toMatchObject({ total_runs: 1, success_count: 1 });
    expect(applyEvent(after, { ...real, id: 'again', status: 'failed' }).pipelines).toEqual(after.pipelines);
  });

  test('never takes the place of a real one', () => {
    const after = applyEvent(presumed, real);
    const [late] = abandonedRuns(before, NOW, 3);
    expect(applyEvent(after, { ...(late as RunFinished), id: 'late' }).pipelines).toEqual(after.pipelines);
  });
});

describe('which runs GitHub knows to be over', () => {
  const log = { debug: () => undefined };
  const github = (status: unknown, asked: unknown[] = []): GitHubApi => ({
    owner: 'gons',
    repo: 'shop',
    request: async <T>(route: string, parameters: unknown) => {
      asked.push([route, parameters]);
      if (status instanceof Error) throw status;
      return { status: 200, headers: {}, data: { status } as T };
    },
  });
  const URL = 'https://github.example/gons/shop/actions/runs/6';
  const file = fileWith({ started_at: '2026-11-23T11:00:00Z', run_url: URL });

  test.each([
    ['completed', [URL]],
    ['in_progress', []],
    ['queued', []],
    // A token without `actions: read`, a GitHub that is down: nothing is known, and nothing is presumed.
    [Object.assign(new Error('Resource not accessible by integration'), { status: 403 }), []],
  ])('%s', async (status, expected) => {
    const asked: unknown[] = [];
    expect([...(await endedRuns(file, NOW, github(status, asked), log))]).toEqual(expected);
    expect(asked).toEqual([['GET /repos/{owner}/{repo}/actions/runs/{run_id}', { run_id: 6 }]]);
  });

  test('nobody is asked about runs that have an end, that are this one, or of another target', async () => {
    const asked: unknown[] = [];
    const own = fileWith({ started_at: '2026-11-23T11:00:00Z', run_url: NOW.runUrl });
    const elsewhere = fileWith({ started_at: '2026-11-23T11:00:00Z', run_url: URL, target: 'b' });
    const ended = abandonedRuns(file, NOW, 3, new Set([URL])).reduce(applyEvent, file);
    for (const one of [own, elsewhere, ended]) await endedRuns(one, NOW, github('completed', asked), log);
    expect(asked).toEqual([]);
  });
});

describe('runs without an end when a newer one was verified', () => {
  const VERIFIED = { ...NOW, startedAt: '2026-11-23T11:30:00Z' };
  const earlier = { started_at: '2026-11-23T11:00:00Z', run_url: 'https://x/runs/6' };
  const end = (status: 'success' | 'failed', id: string) =>
    ({
      type: 'run-finished',
      id,
      run: { pipeline_id: 'earlier', kind: 'pipeline', trigger: 'push', started_at: earlier.started_at },
      status,
      finished_at: '2026-11-23T12:10:00Z',
      max_consecutive_failures: 3,
    }) as const;

  test.each([
    ['one that began before it', earlier, 1],
    ['one that began after it', { ...earlier, started_at: '2026-11-23T11:45:00Z' }, 0],
    ['one that began with it', { ...earlier, started_at: VERIFIED.startedAt }, 0],
    ['one on another target', { ...earlier, target: 'b' }, 0],
  ])('%s', (_name, run, count) => {
    expect(overtakenRuns(fileWith(run), VERIFIED, 3)).toHaveLength(count);
  });

  test('V4, S1: cancelled, not counted; its own end, should it come, stands instead and counts once', () => {
    const before = fileWith(earlier);
    const guessed = overtakenRuns(before, VERIFIED, 3).reduce(applyEvent, before);
    expect(guessed.pipelines[0]).toMatchObject({
      status: 'cancelled',
      presumed_over: true,
      failure_reason: expect.stringContaining('no end of this run was recorded'),
    });
    expect(guessed.stats).toEqual(before.stats);
    expect(overtakenRuns(guessed, VERIFIED, 3)).toEqual([]);
    const ended = applyEvent(guessed, end('success', '6.finished'));
    expect(ended.pipelines).toHaveLength(1);
    expect(ended.pipelines[0]).toMatchObject({ status: 'success', finished_at: '2026-11-23T12:10:00Z' });
    expect(ended.pipelines[0]).not.toHaveProperty('presumed_over');
    expect(ended.pipelines[0]).not.toHaveProperty('failure_reason');
    expect(ended.stats).toMatchObject({ total_runs: 1, success_count: 1 });
    // From now on it is an end like any other.
    expect(applyEvent(ended, end('failed', '6.post')).pipelines[0]?.status).toBe('success');
  });
});
