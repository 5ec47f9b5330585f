/** Issue 3 on real engines: a good release that nobody recorded. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Fault, FaultRule } from '../../lab/github/index.ts';
import { type ChaosWorld, openChaosWorld } from '../e2e/chaos/chaos-world.ts';
import { turn } from '../e2e/chaos/cycle.ts';
import { faultAt, WATCHING } from '../e2e/chaos/faults.ts';
import { recordOf } from '../e2e/pilot.ts';

const LIMIT = 240_000;
const WRITES_FAIL: FaultRule = {
  route: /^(POST|PATCH|PUT) \/repos\/.*\/git\//,
  effect: { kind: 'status', status: 503 },
  times: 1_000,
};
let chaos: ChaosWorld;
beforeAll(async () => {
  chaos = await openChaosWorld('port');
}, LIMIT);
afterAll(() => chaos?.close());

test.each(['again', 'newer'] as const)(
  'the runner is lost after VERIFY has passed and before it is recorded: the next run (%s) records the success it was',
  async (next) => {
    let outage: Fault | undefined;
    const before = (await recordOf(chaos.world)).stats.success_count;
    const done = await turn(chaos, {
      ...faultAt(/RECORD: history/, (job) => job.kill()),
      onLine: (line) => {
        // The branch cannot be written from here on until the runner is gone.
        if (WATCHING.test(line)) outage ??= chaos.world.github.fault(WRITES_FAIL);
      },
      heal: async () => outage?.clear(),
      next,
    });
    expect(done.violations).toEqual([]);
    expect(done.settledBy).toBe('the next run');
    expect((await recordOf(chaos.world)).stats.success_count).toBe(before + 2);
  },
  LIMIT,
);
