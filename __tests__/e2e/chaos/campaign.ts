/** Kill after kill in one world; a world in which something went wrong is left, and the next kill gets a new one. */
import { type ChaosWorld, type Front, openChaosWorld } from './chaos-world.ts';
import { type Turn, turn } from './cycle.ts';
import { faultOf, type Kill, killsOf, type Life, lifeOf, told } from './kills.ts';

export interface Campaign {
  kills: number;
  seed: number;
  /** Of the plan's kills only these, from 0; all by default. */
  from?: number;
  to?: number;
  /** Which world kill number `index` happens in. */
  front: (index: number) => Front;
}

export interface Struck {
  index: number;
  kill: Kill;
  front: Front;
  turn: Turn;
}

/** Resolves with every kill's outcome; `seen` is told of each as it comes. */
export async function campaign(
  { kills, seed, from = 0, to = kills, front }: Campaign,
  seen: (struck: Struck) => void,
): Promise<Struck[]> {
  const all: Struck[] = [];
  let open: { chaos: ChaosWorld; life: Life; front: Front } | undefined;
  try {
    for (const [index, kill] of killsOf(kills, seed).entries()) {
      if (index < from || index >= to) continue;
      const wanted = front(index);
      if (open !== undefined && open.front !== wanted) {
        await open.chaos.close();
        open = undefined;
      }
      open ??= await measured(wanted);
      const done = await struckAtLast(open.chaos, kill, open.life);
      const struck = { index, kill, front: wanted, turn: done };
      all.push(struck);
      seen(struck);
      if (done.violations.length === 0) continue;
      await open.chaos.close();
      open = undefined;
    }
  } finally {
    await open?.chaos.close();
  }
  return all;
}

async function measured(front: Front) {
  const chaos = await openChaosWorld(front);
  try {
    return { chaos, life: await lifeOf(chaos), front };
  } catch (error) {
    await chaos.close();
    throw error;
  }
}

/** A release that was over before its moment came is no kill: an earlier moment, until one is struck. */
async function struckAtLast(chaos: ChaosWorld, kill: Kill, life: Life): Promise<Turn> {
  for (let position = kill.position; ; position *= 0.9) {
    const done = await turn(chaos, faultOf({ ...kill, position }, life));
    if (done.struck || done.violations.length > 0) return done;
  }
}

/** What went wrong, and how to see it again. */
export function complaint(
  { index, kill, front, turn: { last, violations } }: Struck,
  plan: Campaign,
): string {
  return [
    `kill ${String(index)} (${told(kill)}; ${front}; after "${last}"):`,
    ...violations.map((violation) => `  ${violation}`),
    `Again: npm run chaos -- --kills ${String(plan.kills)} --seed ${String(plan.seed)} --from ${String(index)} --to ${String(index + 1)}`,
  ].join('\n');
}
