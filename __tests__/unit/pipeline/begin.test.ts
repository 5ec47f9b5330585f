import { describe, expect, test } from '@jest/globals';
import type { RunContext } from '../../../src/action/event.ts';
import { idOf } from '../../../src/pipeline/begin.ts';

const event = { runId: '7', runAttempt: 1, job: 'deploy' } as unknown as RunContext;

describe('ids of events', () => {
  test('the same event of the same run has the same id, so that a lost answer never records it twice', () => {
    const context = { event, targetName: 'local' };
    expect(idOf(context, '20261123-120000-a1b2c3d', 'finished')).toBe(
      idOf(context, '20261123-120000-a1b2c3d', 'finished'),
    );
  });

  test('every leg of a matrix and every step of a job records its own run', () => {
    const ids = ['deploy@staging:22', 'deploy@production:22'].flatMap((targetName) =>
      ['20261123-120000-a1b2c3d', '20261123-120500-a1b2c3d'].flatMap((pipeline) =>
        ['started', 'rollback'].map((what) => idOf({ event, targetName }, pipeline, what)),
      ),
    );
    expect(new Set(ids).size).toBe(8);
  });
});
