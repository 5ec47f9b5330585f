import { describe, expect, test } from '@jest/globals';
import { readContext } from '../../../src/action/event.ts';
import { systemClock } from '../../../src/action/clock.ts';
import { systemRandom } from '../../../src/action/random.ts';
import { AutopilotError } from '../../../src/errors.ts';

const SHA = 'a'.repeat(40);
const ENV = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_EVENT_PATH: '/event.json',
  GITHUB_REPOSITORY: 'gons/shop',
  GITHUB_REF: 'refs/heads/feature/x',
  GITHUB_SHA: SHA,
  GITHUB_RUN_ID: '12',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_WORKSPACE: '/w',
  RUNNER_TEMP: '/t',
  GITHUB_ACTOR: 'ann',
};
const read = (event: unknown, env: Record<string, string | undefined> = {}) =>
  readContext({ ...ENV, ...env }, () => (typeof event === 'string' ? event : JSON.stringify(event)));

describe('the event', () => {
  test('push', () => {
    const event = {
      before: '0'.repeat(40),
      after: SHA,
      forced: true,
      deleted: false,
      repository: { default_branch: 'trunk' },
    };
    expect(read(event)).toEqual({
      eventName: 'push',
      ref: 'refs/heads/feature/x',
      branch: 'feature/x',
      sha: SHA,
      before: '0'.repeat(40),
      after: SHA,
      forced: true,
      deleted: false,
      defaultBranch: 'trunk',
      actor: 'ann',
      runId: '12',
      runAttempt: 2,
      runUrl: 'https://github.com/gons/shop/actions/runs/12',
      owner: 'gons',
      repo: 'shop',
      apiUrl: 'https://api.github.com',
      serverUrl: 'https://github.com',
      workspace: '/w',
      temp: '/t',
      job: '',
      workflow: '',
    });
  });

  const pull = (repo: unknown) => ({
    pull_request: {
      number: 7,
      head: { sha: SHA, ref: 'fix', repo },
      base: { sha: 'b'.repeat(40), ref: 'main', repo: { full_name: 'gons/shop' } },
    },
  });
  test.each([
    ['own branch', { full_name: 'Gons/Shop' }, false],
    ['fork', { full_name: 'eve/shop' }, true],
    ['deleted fork', null, true],
  ])('pull request: %s', (_, repo, fork) => {
    const context = read(pull(repo), { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' });
    expect(context.branch).toBe('');
    expect(context.pullRequest).toEqual({
      number: 7,
      headSha: SHA,
      baseSha: 'b'.repeat(40),
      headRef: 'fix',
      baseRef: 'main',
      fork,
    });
  });

  test('merge group, SHA-256 repository', () => {
    const context = read({ merge_group: { base_sha: 'c'.repeat(64), head_sha: 'd'.repeat(64) } });
    expect(context.mergeGroup).toEqual({ baseSha: 'c'.repeat(64), headSha: 'd'.repeat(64) });
  });
  test('dispatch and schedule have no before', () => {
    expect(read({})).not.toHaveProperty('before');
  });
  test('who pressed re-run is the actor', () => {
    expect(read({}, { GITHUB_TRIGGERING_ACTOR: 'bob' }).actor).toBe('bob');
  });
  test('GitHub Enterprise Server', () => {
    const context = read(
      {},
      { GITHUB_SERVER_URL: 'https://ghe.example/', GITHUB_API_URL: 'https://ghe.example/api/v3/' },
    );
    expect(context).toMatchObject({
      apiUrl: 'https://ghe.example/api/v3',
      runUrl: 'https://ghe.example/gons/shop/actions/runs/12',
    });
  });
});

describe('what cannot be read is EVENT_REFUSED', () => {
  test.each<[string, unknown]>([
    ['half-written', '{"before": "ghp_secret'],
    ['empty', ''],
    ['no object', '[]'],
    ['null', 'null'],
    ['another type', { before: 5 }],
    ['half a pull request', { pull_request: { number: 7 } }],
  ])('%s', (_, event) => {
    try {
      read(event);
      throw new Error('read it');
    } catch (error) {
      expect(error).toBeInstanceOf(AutopilotError);
      expect(error).toMatchObject({ code: 'EVENT_REFUSED' });
      expect(String(error)).not.toContain('ghp_secret');
    }
  });
  test('a file that is missing', () => {
    expect(() => readContext({ ...ENV, GITHUB_EVENT_PATH: '/no/such/file' })).toThrow(
      'The event file cannot be read',
    );
  });
  test('no runner at all: everything that is missing, at once', () => {
    expect(() => readContext({})).toThrow('GITHUB_EVENT_NAME, GITHUB_EVENT_PATH, GITHUB_REPOSITORY');
  });
});

describe('clock and random', () => {
  test('sleep ends early with the reason of the signal', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(sleeping).rejects.toThrow('cancelled');
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow('cancelled');
    await systemClock.sleep(0);
    expect(Math.abs(systemClock.now().getTime() - Date.now())).toBeLessThan(1_000);
  });
  test('random numbers are in range, nonces differ', () => {
    for (let i = 0; i < 100; i++) {
      const value = systemRandom.next();
      expect(value >= 0 && value < 1).toBe(true);
    }
    expect(systemRandom.hex(8)).toMatch(/^[0-9a-f]{16}$/);
    expect(systemRandom.hex(8)).not.toBe(systemRandom.hex(8));
  });
});
