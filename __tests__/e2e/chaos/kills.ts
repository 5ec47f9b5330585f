/** `kill -9` of the runner at random moments, spread over the whole life of the step; a seed repeats them. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { JobHandle } from '../../../lab/runner/index.ts';
import { type ChaosWorld, isBeginning, jobOf } from './chaos-world.ts';
import type { Fault } from './cycle.ts';

export interface Kill {
  /** Where in the life of a good release, from 0 to 1: a share of its time, or of the lines of its log. */
  by: 'time' | 'line';
  position: number;
  /** Milliseconds after that line. */
  delay: number;
  /** The whole machine, or the process of the step alone, whose runner then still runs the post step. */
  victim: 'machine' | 'step';
  next: Fault['next'];
  start: Fault['start'];
}

/** How long a good release takes and how much it says. */
export interface Life {
  milliseconds: number;
  lines: number;
}

/** As many kills, one in each stretch of the life, in a random order. */
export function killsOf(count: number, seed: number): Kill[] {
  const stretches = Array.from({ length: count }, (_, index) => index);
  const all = fc.tuple(
    fc.shuffledSubarray(stretches, { minLength: count }),
    fc.array(
      fc.record({
        by: fc.constantFrom('time' as const, 'line' as const),
        within: fc.double({ min: 0, max: 1, noNaN: true }),
        delay: fc.integer({ min: 0, max: 300 }),
        victim: fc.constantFrom('machine' as const, 'machine' as const, 'machine' as const, 'step' as const),
        next: fc.constantFrom('again' as const, 'newer' as const),
        start: fc.constantFrom('served' as const, 'at once' as const),
      }),
      { minLength: count, maxLength: count },
    ),
  );
  const [[order, kills] = [[], []]] = fc.sample(fc.noBias(all), { numRuns: 1, seed });
  return kills.map(({ within, ...kill }, index) => ({
    ...kill,
    position: ((order[index] ?? 0) + within) / count,
  }));
}

export const told = ({ by, position, delay, victim, next, start }: Kill): string =>
  `${victim} at ${(position * 100).toFixed(0)} % of its ${by}${by === 'line' ? ` + ${String(delay)} ms` : ''}, then ${next} ${start === 'served' ? 'when one serves' : start}`;

/** Deploys a good release and measures it. */
export async function lifeOf(chaos: ChaosWorld): Promise<Life> {
  const version = await chaos.next();
  const watch = lineWatch();
  const job = await chaos.world.deploy({ ...jobOf(chaos), onLine: watch.onLine });
  if (job.conclusion !== 'success') throw new Error(`a good release failed:\n${job.log}`);
  chaos.current = version;
  return { milliseconds: performance.now() - watch.began(), lines: watch.lines() };
}

export function faultOf(kill: Kill, life: Life): Fault {
  const watch = lineWatch();
  return {
    next: kill.next,
    start: kill.start,
    onLine: watch.onLine,
    async time(job) {
      await watch.beginning(job);
      const reached =
        kill.by === 'time'
          ? sleep(Math.max(0, kill.position * life.milliseconds - (performance.now() - watch.began())), true)
          : watch.line(Math.floor(kill.position * life.lines)).then(() => sleep(kill.delay, true));
      return Promise.race([reached, job.result.then(() => false)]);
    },
    strike(job: JobHandle) {
      if (kill.victim === 'machine' || job.pid === undefined) return job.kill();
      process.kill(job.pid, 'SIGKILL');
    },
  };
}

/** Counts the lines of the action's step. */
function lineWatch() {
  let lines = -1;
  let began = 0;
  let waiting: { count: number; resolve: () => void }[] = [];
  const line = (count: number) =>
    new Promise<void>((resolve) => {
      if (lines >= count) resolve();
      else waiting.push({ count, resolve });
    });
  return {
    onLine(text: string) {
      if (isBeginning(text)) began = performance.now();
      if (began === 0) return;
      lines += 1;
      const due = waiting.filter(({ count }) => count <= lines);
      waiting = waiting.filter(({ count }) => count > lines);
      for (const { resolve } of due) resolve();
    },
    beginning: (job: JobHandle) => Promise.race([line(0), job.result]),
    line,
    began: () => began,
    lines: () => lines,
  };
}
