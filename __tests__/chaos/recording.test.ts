/** Issue 3 on real engines: a good release that nobody recorded. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChaosWorld, openChaosWorld } from '../e2e/chaos/chaos-world.ts';
import { turn } from '../e2e/chaos/cycle.ts';
import { faultAt } from '../e2e/chaos/faults.ts';
import { recordOf } from '../e2e/pilot.ts';

const LIMIT = 240_000;
let chaos: ChaosWorld;
beforeAll(async () => {
  chaos = await openChaosWorld('port');
}, LIMIT);
afterAll(() => chaos?.close());

test.each(['again', 'newer'] as const)(
  'the runner is lost after VERIFY has passed and before it is recorded: the next run (%s) records the success it was',
  async (next) => {
    const before = (await recordOf(chaos.world)).stats.success_count;
    const done = await turn(chaos, {
      ...faultAt(/RECORD: history/, (job) => job.kill()),
      next,
    });
    expect(done.violations).toEqual([]);
    expect(done.settledBy).toBe('the next run');
    expect((await recordOf(chaos.world)).stats.success_count).toBe(before + 2);
  },
  LIMIT,
);
