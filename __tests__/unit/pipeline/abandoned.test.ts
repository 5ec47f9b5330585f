import { describe, expect, test } from '@jest/globals';
import { abandonedRuns, overtakenRuns } from '../../../src/pipeline/abandoned.ts';
import { applyEvent, emptyPipelineFile } from '../../../src/pipeline/record.ts';
import type { PipelineFile } from '../../../src/state/schema.ts';

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
