import { describe, expect, test } from '@jest/globals';
import { proveHealthy, STAY_UP } from '../../../src/deploy/health.ts';
import type { Probe } from '../../../src/deploy/release.ts';
import type { Container, HttpAnswer, Target } from '../../../src/server/target.ts';

const URL = 'http://shop.example:80/health';
const probe: Probe = {
  url: URL,
  own: { port: 3000, path: '/health', scheme: 'http' },
  timeout: 60,
  retries: 3,
};

interface Life {
  answer?: (second: number, look: number) => HttpAnswer;
  container?: (second: number, starts: number) => Partial<Container> | undefined;
}

/** One container in virtual time; a start by the prover is counted. */
function live({ answer = () => ({ status: 200, duration: 1 }), container = () => ({}) }: Life) {
  let time = 0;
  let looks = 0;
  let starts = 0;
  const asked: { url: string; address?: string }[] = [];
  const effects = {
    clock: {
      now: () => new Date(time),
      sleep: async (milliseconds: number) => {
        time += milliseconds;
      },
    },
    keeper: {
      change: async () => {
        starts += 1;
        return { code: 0, stdout: '', stderr: '' };
      },
    },
    target: {
      http: async (url: string, options: { address?: string }) => {
        asked.push(options.address === undefined ? { url } : { url, address: options.address });
        const given = answer(time / 1000, looks++);
        time += given.duration;
        return given;
      },
      engine: {
        container: async (id: string) => {
          const now = container(time / 1000, starts);
          return (
            now &&
            ({
              id,
              name: 'web',
              state: 'running',
              restartCount: 0,
              exitCode: 0,
              oomKilled: false,
              health: 'none',
              healthLog: '',
              networks: { net: { address: '172.18.0.9', aliases: [] } },
              ...now,
            } as Container)
          );
        },
        logs: async () => Array.from({ length: 50 }, (_, line) => `line ${String(line)}`).join('\n'),
      },
    } as unknown as Target,
  };
  const prove = (extra: Partial<Probe> = {}, from: 'own' | 'public' = 'own') =>
    proveHealthy({ service: 'web', container: 'c1', probe: { ...probe, ...extra }, from }, effects);
  return { prove, asked, seconds: () => time / 1000, starts: () => starts };
}

describe('D2: healthy', () => {
  test('200 three times in a row, on the own address with the host name of the URL', async () => {
    const it = live({ answer: (_second, look) => ({ status: look === 2 ? 503 : 200, duration: 1 }) });
    expect(await it.prove()).toBeUndefined();
    expect(it.asked).toHaveLength(6);
    expect(it.asked[0]).toEqual({ url: 'http://shop.example:3000/health', address: '172.18.0.9' });
  });
  test('public: at the URL itself', async () => {
    const it = live({});
    expect(await it.prove({}, 'public')).toBeUndefined();
    expect(it.asked[0]).toEqual({ url: URL });
  });
  test('wrong answers do not matter until the time is over', async () => {
    const it = live({ answer: (second) => ({ status: second < 58 ? 500 : 200, duration: 1 }) });
    expect(await it.prove()).toBeUndefined();
  });
  test('a crash within the retries is started again', async () => {
    const it = live({ container: (_second, starts) => (starts < 2 ? { state: 'exited', exitCode: 1 } : {}) });
    expect(await it.prove()).toBeUndefined();
    expect(it.starts()).toBe(2);
  });
  test('without a URL: the HEALTHCHECK of the image, else staying up', async () => {
    const checked = live({ container: (second) => ({ health: second < 4 ? 'starting' : 'healthy' }) });
    expect(await checked.prove({ url: '', own: null })).toBeUndefined();
    expect(checked.seconds()).toBeLessThan(4.5);
    const quiet = live({});
    expect(await quiet.prove({ url: '', own: null })).toBeUndefined();
    expect(quiet.seconds()).toBeGreaterThanOrEqual(STAY_UP / 1000);
  });
});

describe('D2: not healthy', () => {
  test.each<[string, Life, Partial<Probe>, RegExp, number]>([
    [
      '500 to the end',
      { answer: () => ({ status: 500, duration: 1 }) },
      {},
      /within 60 s: http:\S+ answers 500/,
      61,
    ],
    [
      'no answer',
      { answer: () => ({ status: 0, duration: 1, error: 'refused' }) },
      {},
      /does not answer \(refused\)/,
      61,
    ],
    [
      'a redirect is not 200',
      { answer: () => ({ status: 302, duration: 1 }) },
      { timeout: 2 },
      /answers 302/,
      3,
    ],
    [
      'exits each time',
      { container: () => ({ state: 'exited', exitCode: 3 }) },
      {},
      /crashed 4 times \(exit code 3\)/,
      2,
    ],
    [
      'exits at once, without retries',
      { container: () => ({ state: 'exited', exitCode: 3 }) },
      { retries: 0 },
      /crashed 1 times/,
      1,
    ],
    [
      'a crash loop of its restart policy',
      { container: (second) => ({ restartCount: Math.floor(second * 5) }) },
      {},
      /crashed 4 times/,
      3,
    ],
    [
      'killed for memory',
      { container: () => ({ state: 'exited', oomKilled: true }) },
      { retries: 0 },
      /use of memory/,
      1,
    ],
    ['no address', { container: () => ({ networks: {} }) }, { timeout: 1 }, /no address of its own/, 2],
    ['gone', { container: () => undefined }, {}, /does not exist/, 1],
    [
      'removed meanwhile',
      { container: (second) => (second < 0.1 ? {} : undefined) },
      { url: '', own: null },
      /was removed/,
      1,
    ],
    [
      'HEALTHCHECK fails',
      { container: () => ({ health: 'unhealthy', healthLog: 'wget: 500' }) },
      { url: '', own: null, timeout: 2 },
      /HEALTHCHECK says unhealthy/,
      3,
    ],
    ['never started', { container: () => ({ state: 'created' }) }, { timeout: 2 }, /has not answered yet/, 3],
  ])('%s', async (_what, life, extra, reason, before) => {
    const it = live(life);
    const failed = await it.prove(extra);
    expect(failed?.reason).toMatch(reason);
    expect(it.seconds()).toBeLessThan(before);
  });
  test('for people: exit code, health log, the last 30 lines', async () => {
    const it = live({ container: () => ({ state: 'exited', exitCode: 9, healthLog: 'curl: refused' }) });
    const failed = await it.prove({ retries: 0 });
    expect(failed).toMatchObject({ service: 'web', exit_code: 9, health_log: 'curl: refused' });
    expect(failed?.log_tail.split('\n')).toHaveLength(30);
    expect(failed?.log_tail).toContain('line 49');
  });
});
