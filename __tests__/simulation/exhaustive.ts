/** A release of two services, hit at every effect; and the run after it, hit at every effect again. */
import type { Layout } from './world/jobs.ts';
import type { Fault } from './world/runner.ts';
import { good, quietStep, type Step, World } from './world/world.ts';

/** A runner killed before, in the middle of and after an effect; and an effect whose answer is lost. */
export const HITS: readonly Fault[] = ['kill-before', 'kill-during', 'kill-after', 'fail-after'];

export interface Hit {
  layout: Layout;
  faults: readonly (readonly [number, Fault])[];
  violations: string[];
}

const RELEASE: Step = { ...quietStep, changes: { api: good(), web: good() } };

/** The first release, then one for each list of faults; the last one's world. */
async function played(layout: Layout, lists: Step['faults'][]): Promise<World> {
  const world = new World({ seed: 1, layout, autoRollback: true });
  for (const faults of [[], ...lists]) {
    world.start({ ...RELEASE, faults });
    await world.quiet();
  }
  return world;
}

const effectsOf = (world: World): string[] => world.jobs.at(-1)?.runner.effects ?? [];

export interface Counted {
  hits: number;
  failed: Hit[];
  /** One way to come to each state of the world that a hit leads to. */
  states: Map<string, readonly [number, Fault]>;
}

/** The release hit once, at each of its effects; then a run that nothing disturbs. */
export async function hitOnce(layout: Layout, hits: readonly Fault[] = HITS): Promise<Counted> {
  const counted: Counted = { hits: 0, failed: [], states: new Map() };
  const effects = effectsOf(await played(layout, [[]]));
  for (const number of effects.keys()) {
    for (const fault of hits) {
      const at = [number, fault] as const;
      const world = await played(layout, [[at]]);
      counted.states.set(world.fingerprint(), at);
      await judged(world, layout, [at], counted);
    }
  }
  return counted;
}

/**
 * From each state that a hit can lead to: a run that is hit too, at each of its effects (`every`: at each so manyth), and then one
 * that nothing disturbs.
 */
export async function hitTwice(
  layout: Layout,
  states: Counted['states'],
  { hits = HITS, every = 1 }: { hits?: readonly Fault[]; every?: number } = {},
  progress: (states: number, hits: number) => void = () => undefined,
): Promise<Counted> {
  const counted: Counted = { hits: 0, failed: [], states: new Map() };
  let turn = 0;
  for (const [index, first] of [...states.values()].entries()) {
    const effects = effectsOf(await played(layout, [[first], []]));
    for (const number of effects.keys()) {
      for (const fault of hits) {
        turn += 1;
        if (turn % every !== 0) continue;
        const second = [number, fault] as const;
        await judged(await played(layout, [[first], [second]]), layout, [first, second], counted);
      }
    }
    progress(index + 1, counted.hits);
  }
  return counted;
}

async function judged(world: World, layout: Layout, faults: Hit['faults'], counted: Counted): Promise<void> {
  await world.mend();
  counted.hits += 1;
  const { violations } = world.truth;
  if (violations.length > 0) counted.failed.push({ layout, faults, violations: [...new Set(violations)] });
}
