import { describe, expect, test } from '@jest/globals';
import { abandonedRuns } from '../../../src/pipeline/abandoned.ts';
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
