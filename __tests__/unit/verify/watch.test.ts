import { describe, expect, jest, test } from '@jest/globals';
import type { Sample } from '../../../src/deploy/result.ts';
import type { Clock, Log } from '../../../src/effects.ts';
import type { Container, HttpAnswer, Target } from '../../../src/server/target.ts';
import { type ReleaseUnderTest, verify, type VerifyInput } from '../../../src/verify/index.ts';
import { smokeUrls } from '../../../src/verify/smoke.ts';
import { watch, type WatchRequest } from '../../../src/verify/watch.ts';

const URL = 'http://localhost:3000/health';

/** A service in virtual time: what it answers, and what its container looks like, at a second of its life. */
function world(
  answer: (second: number, probe: number) => HttpAnswer,
  container: (second: number) => Partial<Container> | undefined = () => ({}),
) {
  let time = 0;
  let probes = 0;
  const clock: Clock = {
    now: () => new Date(time),
    sleep: async (milliseconds) => {
      time += milliseconds;
    },
  };
  const target = {
    http: async () => {
      const given = answer(time / 1000, probes++);
      time += given.duration;
      return given;
    },
    engine: {
      container: async (id: string) => {
        const now = container(time / 1000);
        return (
          now &&
          ({
            id,
            state: 'running',
            restartCount: 0,
            exitCode: 0,
            oomKilled: false,
            health: 'none',
            ...now,
          } as Container)
        );
      },
    },
  } as unknown as Target;
  return { clock, target, seconds: () => time / 1000, probes: () => probes };
}
const ok = (duration = 20): HttpAnswer => ({ status: 200, duration });
const baseline: Sample[] = Array.from({ length: 60 }, (_, index) => ({
  at: 0,
  duration: 18 + (index % 5),
  status: 200,
}));
const request = (extra: Partial<WatchRequest> = {}): WatchRequest => ({
  service: 'web',
  url: URL,
  containers: ['c1'],
  baseline,
  settings: { duration: 30, interval: 5, ratio: 2 },
  errors: 'at-once',
  ...extra,
});

describe('V2: the watch', () => {
  test('a healthy service is watched for the whole duration, after its warm-up', async () => {
    const it = world(() => ok());
    const verdict = await watch(request(), it);
    expect(verdict).toMatchObject({ verdict: 'healthy' });
    expect(it.seconds()).toBeGreaterThanOrEqual(33);
    expect(it.seconds()).toBeLessThan(34.5);
    expect(verdict.samples.length).toBeGreaterThanOrEqual(119);
  });
  test.each<[string, (second: number) => HttpAnswer, RegExp, number]>([
    [
      'one 5xx',
      (second) => (second >= 20 && second < 20.3 ? { status: 503, duration: 5 } : ok()),
      /answered 503/,
      21,
    ],
    [
      'in the very last look',
      (second) => (second >= 32.5 ? { status: 500, duration: 5 } : ok()),
      /answered 500/,
      33.5,
    ],
    [
      'three connection failures',
      (second) => (second >= 10 ? { status: 0, duration: 1 } : ok()),
      /connection failures/,
      11.5,
    ],
    ['five times slower', () => ok(150), /times the 20 ms before/, 14],
    ['slower from second 15', (second) => ok(second < 15 ? 20 : 300), /times the 20 ms/, 30],
    ['never warm', () => ({ status: 502, duration: 5 }), /did not answer 3 times in a row/, 31],
  ])('%s rolls back', async (_what, answer, reason, before) => {
    const it = world(answer);
    expect(await watch(request(), it)).toMatchObject({
      verdict: 'roll-back',
      reason: expect.stringMatching(reason),
    });
    expect(it.seconds()).toBeLessThan(before);
  });
  test.each<[string, (second: number) => HttpAnswer]>([
    ['a cold start that fades', (second) => ok(second < 3 ? 400 : 20)],
    ['one slow look', (second) => ok(second > 9 && second < 12 ? 300 : 20)],
    [
      'two connection failures in a row',
      (second) => (second > 10 && second < 10.5 ? { status: 0, duration: 1 } : ok()),
    ],
    ['4 ms that become 12 ms', () => ok(12)],
  ])('%s is let through', async (_what, answer) => {
    expect((await watch(request(), world(answer))).verdict).toBe('healthy');
  });
  test('`confirm`: a single 5xx is asked again at once; two are not one', async () => {
    const single = world((_second, probe) => (probe === 40 ? { status: 500, duration: 5 } : ok()));
    expect((await watch(request({ errors: 'confirm' }), single)).verdict).toBe('healthy');
    const several = world((_second, probe) => (probe >= 40 ? { status: 500, duration: 5 } : ok()));
    expect((await watch(request({ errors: 'confirm' }), several)).verdict).toBe('roll-back');
  });
  test('a first deployment is compared with its own first look', async () => {
    expect(
      (
        await watch(
          request({ baseline: [] }),
          world(() => ok(300)),
        )
      ).verdict,
    ).toBe('healthy');
    const slower = world((second) => ok(second < 12 ? 20 : 300));
    expect((await watch(request({ baseline: [] }), slower)).verdict).toBe('roll-back');
  });
  test.each<[string, (second: number) => Partial<Container> | undefined, RegExp]>([
    ['restarted', (second) => ({ restartCount: second > 10 ? 1 : 0 }), /restarted \(1 times, 0 before\)/],
    [
      'exited',
      (second) => (second > 10 ? { state: 'exited', exitCode: 137 } : {}),
      /exited \(exit code 137\)/,
    ],
    ['killed for memory', (second) => ({ oomKilled: second > 10 }), /memory/],
    ['replaced', (second) => (second > 10 ? undefined : {}), /removed or replaced/],
    ['unhealthy', (second) => ({ health: second > 10 ? 'unhealthy' : 'healthy' }), /HEALTHCHECK/],
  ])('the container %s: rolls back, with and without a URL', async (_what, container, reason) => {
    for (const url of [URL, '']) {
      const verdict = await watch(
        request({ url }),
        world(() => ok(), container),
      );
      expect(verdict).toMatchObject({ verdict: 'roll-back', reason: expect.stringMatching(reason) });
    }
  });
  test('without a URL it is the containers that count, for the whole duration', async () => {
    const it = world(() => ok());
    expect(await watch(request({ url: '' }), it)).toMatchObject({ verdict: 'healthy', samples: [] });
    expect([it.seconds(), it.probes()]).toEqual([30, 0]);
  });
  test('too few answers: once more, then a warning; a restart count that was there before is none', async () => {
    const it = world(() => ok(2_000));
    const slowBefore = baseline.map((sample) => ({ ...sample, duration: 2_000 }));
    expect((await watch(request({ baseline: slowBefore }), it)).verdict).toBe('inconclusive');
    expect(it.seconds()).toBeGreaterThan(60);
    expect(
      (
        await watch(
          request(),
          world(
            () => ok(),
            () => ({ restartCount: 7 }),
          ),
        )
      ).verdict,
    ).toBe('healthy');
  });
});

describe('V1, V3: verify', () => {
  const log = { info: jest.fn(), error: jest.fn(), foreign: jest.fn() } as unknown as Log;
  function release() {
    const calls: string[] = [];
    const call = (name: string) => calls.push(name);
    const under: ReleaseUnderTest = {
      containers: async () => ({ web: ['c1'] }),
      describeFailure: async (service, reason) => ({ service, reason, log_tail: 'last words' }),
      rollBack: async () => (
        call('rollBack'),
        { rolledBack: ['web'], failed: {}, manualSteps: [], leftToServer: false }
      ),
      confirm: async () => (call('confirm'), []),
      leaveRunning: async () => void call('leaveRunning'),
      outcomes: () => [],
    };
    return { calls, under };
  }
  const input = (extra: Partial<VerifyInput> = {}): VerifyInput => ({
    smoke: { urls: { web: URL }, endpoints: ['/api', 'about'], origin: URL, responseTimeMax: 3000 },
    watch: { duration: 30, interval: 5, ratio: 2 },
    baselines: { web: baseline },
    autoRollback: true,
    ...extra,
  });
  test.each([
    ['good', () => ok(), true, 'passed', ['confirm']],
    ['smoke: slow', () => ok(3_001), true, 'failed', ['rollBack']],
    ['smoke: not 200', () => ({ status: 204, duration: 5 }), true, 'failed', ['rollBack']],
    [
      'watchdog',
      (second: number) => (second > 12 ? { status: 500, duration: 5 } : ok()),
      true,
      'failed',
      ['rollBack'],
    ],
    [
      'auto_rollback: false',
      () => ({ status: 0, duration: 5, error: 'refused' }),
      false,
      'failed',
      ['leaveRunning'],
    ],
  ])('%s', async (_what, answer, autoRollback, status, calls) => {
    const it = world(answer);
    const { calls: seen, under } = release();
    const result = await verify(input({ autoRollback }), { ...it, log, release: under });
    expect(result.status).toBe(status);
    expect(seen).toEqual(calls);
    expect(result.failure?.log_tail).toBe(status === 'failed' ? 'last words' : undefined);
  });
  test('endpoints are relative to the origin of the health check, whole URLs stay, no URL at all is no crash', () => {
    const urls = (endpoints: string[], origin: string, health: Record<string, string> = { web: URL }) =>
      smokeUrls({ urls: health, endpoints, origin, responseTimeMax: 1 }).map((entry) => entry.url);
    expect(urls(['/api?x=1', 'http://other/y'], '')).toEqual([
      URL,
      'http://localhost:3000/api?x=1',
      'http://other/y',
    ]);
    expect(urls(['/api'], 'https://shop.example/health')).toEqual([URL, 'https://shop.example/api']);
    expect(urls(['/api'], '', {})).toEqual(['/api']);
  });
  test('a duration of 0 switches the watchdog off', async () => {
    const { under } = release();
    const result = await verify(input({ watch: { duration: 0, interval: 5, ratio: 2 } }), {
      ...world(() => ok()),
      log,
      release: under,
    });
    expect(result).toMatchObject({ status: 'passed', watch: [] });
  });
});
