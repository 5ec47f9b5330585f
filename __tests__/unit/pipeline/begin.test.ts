import { describe, expect, test } from '@jest/globals';
import type { RunContext } from '../../../src/action/event.ts';
import { idOf, isRecorded } from '../../../src/pipeline/begin.ts';
import { isTrial } from '../../../src/pipeline/trial.ts';

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

describe('what is tested only', () => {
  const pullRequest = { number: 7 } as NonNullable<RunContext['pullRequest']>;
  const merge = 'refs/pull/7/merge';

  test.each([
    ['pull_request', merge, pullRequest, true],
    ['pull_request_review', merge, pullRequest, true],
    ['pull_request_review_comment', merge, pullRequest, true],
    ['an event that nobody knows yet, on the ref of a pull request', merge, undefined, true],
    ['one that carries a pull request, whatever its ref', 'refs/heads/main', pullRequest, true],
    ['merge_group', 'refs/heads/gh-readonly-queue/main/pr-7', undefined, true],
    ['push', 'refs/heads/main', undefined, false],
    ['push', 'refs/tags/v1', undefined, false],
    ['issue_comment', 'refs/heads/main', undefined, false],
    ['workflow_run', 'refs/heads/main', undefined, false],
    ['workflow_dispatch', 'refs/heads/pull/7', undefined, false],
  ])('flow: %s on %s (%#)', (eventName, ref, pull, trial) => {
    const about = { ...event, eventName, ref, ...(pull === undefined ? {} : { pullRequest: pull }) };
    expect(isTrial(about)).toBe(trial);
    expect(isRecorded({ event: about, dryRun: false })).toBe(!trial);
  });
});
