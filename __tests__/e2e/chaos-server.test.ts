/** Issue 3 on real engines: the line, the SSH server and the engine fail in the middle of a deployment. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../../lab/process.ts';
import { type ChaosWorld, openChaosWorld } from './chaos/chaos-world.ts';
import { turn } from './chaos/cycle.ts';
import { bigger, CUTTING_OVER, faultAt, PROVING, SENDING } from './chaos/faults.ts';

const LIMIT = 240_000;
let chaos: ChaosWorld;
let dockerfile: string;
beforeAll(async () => {
  chaos = await openChaosWorld('port');
  dockerfile = (await chaos.world.repository.read('main', 'Dockerfile.backend')) ?? '';
}, LIMIT);
afterAll(() => chaos?.close());

/** Asked on the server itself: nobody outside can. */
const servesInside = async (version: string) => {
  const ask =
    'for path in version api/version; do busybox wget -q -T 2 -O - http://localhost:3000/$path; done';
  const { stdout } = await chaos.world.server.exec(ask);
  return stdout.split(`"version":"${version}"`).length === 3;
};

describe('the connection is cut in silence', () => {
  test(
    'in the middle of a transfer: nothing has changed, and the next run deploys',
    async () => {
      const { server } = chaos.world;
      const before = await chaos.world.running();
      const { current } = chaos;
      const done = await turn(
        chaos,
        faultAt(SENDING, () => server.cutNetwork(), {
          changes: bigger(dockerfile, 60),
          heal: async () => {
            expect(await servesInside(current)).toBe(true);
            expect(await chaos.world.running()).toEqual(before);
            await server.restoreNetwork();
          },
        }),
      );
      expect(done.violations).toEqual([]);
      expect(done.job.log).toMatch(/TRANSFER_FAILED|SSH_CONNECT/);
    },
    LIMIT,
  );

  test(
    'in the middle of the cut-over: the server puts the old version back while nobody can reach it',
    async () => {
      const { server } = chaos.world;
      const { current } = chaos;
      const done = await turn(
        chaos,
        faultAt(CUTTING_OVER, () => server.cutNetwork(), {
          heal: async () => {
            await until(`${current} serves`, () => servesInside(current), { timeout: 120_000, every: 250 });
            await server.restoreNetwork();
          },
        }),
      );
      expect(done.violations).toEqual([]);
      expect(done.settledBy).toBe('the server itself');
    },
    LIMIT,
  );
});

describe('sshd and all its sessions are killed', () => {
  test.each([
    ['while the candidate is proven', PROVING, 'nobody had to'],
    ['in the middle of the cut-over', CUTTING_OVER, 'the server itself'],
  ])(
    '%s',
    async (_name, line, settledBy) => {
      const { server } = chaos.world;
      const done = await turn(
        chaos,
        faultAt(line, async () => {
          await server.killSshd();
          await server.startSshd();
        }),
      );
      expect(done.violations).toEqual([]);
      expect([settledBy, 'the next run']).toContain(done.settledBy);
    },
    LIMIT,
  );
});

describe('the engine is restarted', () => {
  test.each([
    ['while the candidate is proven', PROVING],
    ['in the middle of the cut-over', CUTTING_OVER],
  ])(
    '%s',
    async (_name, line) => {
      const done = await turn(
        chaos,
        faultAt(line, () => chaos.world.server.restartEngine()),
      );
      expect(done.violations).toEqual([]);
    },
    LIMIT,
  );
});
