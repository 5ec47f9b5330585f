import fc from 'fast-check';
import type { Behaviour } from './world/engine.ts';
import { LAYOUTS } from './world/jobs.ts';
import { type Fault, FAULTS } from './world/runner.ts';
import type { Scenario, Step } from './world/world.ts';

/** Effects of a deployment of two services; a fault beyond the last one does not happen. */
const EFFECTS = 280;

const weighted = <T>(...choices: readonly (readonly [number, T])[]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
const rarely = (chance: number): fc.Arbitrary<boolean> => weighted([chance, false], [1, true]);

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  kind: weighted<Behaviour['kind']>(
    [8, 'good'],
    [1, 'slow'],
    [1, 'sick'],
    [1, 'crash'],
    [1, 'live-sick'],
    [1, 'late'],
  ),
  stop: weighted([3, 300], [1, 6_000]),
});

const fault: fc.Arbitrary<readonly [number, Fault]> = fc.tuple(
  // Small numbers are no simpler than others.
  fc.noBias(fc.nat({ max: EFFECTS })),
  fc.constantFrom(...FAULTS),
);

const step: fc.Arbitrary<Step> = fc.record({
  action: weighted<Step['action']>([10, 'push'], [2, 'rollback'], [1, 'unlock'], [1, 'dry-run']),
  changes: fc.record({ api: behaviour, web: behaviour }, { requiredKeys: [] }),
  kind: weighted<Step['kind']>([3, 'all'], [1, 'steps']),
  testsFail: rarely(15),
  faults: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(fault, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(fault, { minLength: 2, maxLength: 2 }) },
  ),
  overlap: fc.option(fc.noBias(fc.nat({ max: 60_000 })), { freq: 3, nil: undefined }),
  outage: fc.option(fc.tuple(fc.noBias(fc.nat({ max: 60_000 })), fc.integer({ min: 1_000, max: 300_000 })), {
    freq: 8,
    nil: undefined,
  }),
  stale: rarely(8),
  evict: rarely(5),
  diskFull: rarely(20),
  spoiled: rarely(4),
});

// `freq: n` of fast-check means "one in n + 1 is nothing"; most steps have neither.
const calm = (one: Step, keep: number): Step => ({
  ...one,
  overlap: keep % 4 === 0 ? one.overlap : undefined,
  outage: keep % 9 === 0 ? one.outage : undefined,
});

/** Pushes of every kind, rollbacks and unlocks by people, one after the other or at once, with faults at random effects. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  layout: fc.constantFrom(...LAYOUTS),
  autoRollback: weighted([6, true], [1, false]),
  steps: fc.array(
    fc.tuple(step, fc.nat({ max: 35 })).map(([one, keep]) => calm(one, keep)),
    { minLength: 3, maxLength: 8 },
  ),
});
