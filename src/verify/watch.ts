import type { Clock } from '../effects.ts';
import type { Sample } from '../deploy/result.ts';
import type { Container, Target } from '../server/target.ts';
import type { WatchVerdict } from './result.ts';
import {
  durations,
  type Judgement,
  judgeEnd,
  judgeLooks,
  judgeProbe,
  pause,
  PERIOD,
  type WatchSettings,
} from './watchdog.ts';

export interface WatchRequest {
  service: string;
  /** Empty: only the containers are watched. */
  url: string;
  /** Containers that run the release. */
  containers: readonly string[];
  /** Of the version before, through the same path. */
  baseline: readonly Sample[];
  settings: WatchSettings;
  /** Rule V2's 5xx: `at-once` as given; `confirm`: a first one is followed by ten probes at once. */
  errors: 'at-once' | 'confirm';
}

export interface WatchEffects {
  target: Pick<Target, 'http' | 'engine'>;
  clock: Clock;
}

const WARM_UP = { successes: 3, least: 3_000, most: 30_000 };
const FEWEST_BASELINE = 10;
const CONFIRMATIONS = 10;
const PROBE_TIMEOUT = 10_000;

/**
 * Rule V2: watches one service for the whole duration, then once more when too little answered to tell. Ends early only
 * to roll back, or when `signal` says that another service already failed.
 */
export async function watch(
  request: WatchRequest,
  effects: WatchEffects,
  signal?: AbortSignal,
): Promise<WatchVerdict> {
  const samples: Sample[] = [];
  const verdict = (judgement: Judgement): WatchVerdict => ({
    service: request.service,
    ...judgement,
    samples,
  });
  const restarts = await startingCounts(request, effects);
  if (typeof restarts === 'string') return verdict({ verdict: 'roll-back', reason: restarts });

  const cold = request.url === '' ? undefined : await warmUp(request, effects, signal);
  if (cold !== undefined) return verdict({ verdict: 'roll-back', reason: cold });

  let baseline = request.baseline.map((sample) => sample.duration);
  for (let round = 0; round < 2; round += 1) {
    const looks: Sample[][] = [];
    const begin = effects.clock.now().getTime();
    const end = begin + request.settings.duration * 1000;
    for (let number = 1; effects.clock.now().getTime() < end && !signal?.aborted; number += 1) {
      // Counted from the beginning, so that what a look takes longer does not add up and the last one is not lost.
      const until = Math.min(end, begin + number * request.settings.interval * 1000);
      const own: Sample[] = [];
      looks.push(own);
      const failed =
        (await oneLook(request, effects, until, own, samples, baseline, signal)) ??
        (await containersFailed(restarts, effects));
      if (failed !== undefined) return verdict({ verdict: 'roll-back', reason: failed });
      if (baseline.length < FEWEST_BASELINE) {
        // First deployment, or the old one did not answer: this version's first look is what it is compared with.
        baseline = [...baseline, ...durations(own)];
        continue;
      }
      const slow = judgeLooks(looks, baseline, request.settings.ratio);
      if (slow !== undefined) return verdict({ verdict: 'roll-back', reason: slow });
    }
    if (request.url === '') {
      return verdict({ verdict: 'healthy', reason: 'its containers kept running without a restart' });
    }
    if (signal?.aborted) return verdict({ verdict: 'inconclusive', reason: 'another service failed first' });
    const judgement = judgeEnd(samples, request.settings);
    if (judgement.verdict === 'healthy' || round === 1) return verdict(judgement);
  }
  return verdict(judgeEnd(samples, request.settings));
}

async function oneLook(
  request: WatchRequest,
  effects: WatchEffects,
  until: number,
  own: Sample[],
  samples: Sample[],
  baseline: readonly number[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { clock } = effects;
  while (clock.now().getTime() < until && !signal?.aborted) {
    const begin = clock.now().getTime();
    if (request.url !== '') {
      const sample = await probe(request, effects);
      own.push(sample);
      samples.push(sample);
      const failed = judgeProbe(samples);
      if (failed !== undefined && (await confirmed(request, effects, sample))) return failed;
    }
    const period = request.url === '' ? 1_000 : pause(baseline.length > 0 ? baseline : durations(own));
    const left = Math.min(period - (clock.now().getTime() - begin), until - clock.now().getTime());
    if (left > 0) await clock.sleep(left);
  }
  return undefined;
}

/** Ten probes at once: an error that does not come again was one request's own. */
async function confirmed(request: WatchRequest, effects: WatchEffects, sample: Sample): Promise<boolean> {
  if (request.errors === 'at-once' || sample.status < 500) return true;
  const again = await Promise.all(Array.from({ length: CONFIRMATIONS }, () => probe(request, effects)));
  return again.some((answer) => answer.status >= 500 || answer.status === 0);
}

async function probe(request: WatchRequest, { target, clock }: WatchEffects): Promise<Sample> {
  const at = clock.now().getTime();
  const answer = await target.http(request.url, { timeout: PROBE_TIMEOUT });
  return { at, duration: answer.duration, status: answer.status };
}

/** Cold caches are no regression: these samples do not count. Gives why it never became warm. */
async function warmUp(
  request: WatchRequest,
  effects: WatchEffects,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { clock } = effects;
  const begin = clock.now().getTime();
  let streak = 0;
  while (!signal?.aborted) {
    const sample = await probe(request, effects);
    streak = sample.status > 0 && sample.status < 500 ? streak + 1 : 0;
    const last = sample.status === 0 ? 'no connection' : String(sample.status);
    const passed = clock.now().getTime() - begin;
    if (streak >= WARM_UP.successes && passed >= WARM_UP.least) return undefined;
    if (passed >= WARM_UP.most) {
      return `it did not answer ${String(WARM_UP.successes)} times in a row within ${String(WARM_UP.most / 1000)} s (last: ${last})`;
    }
    await clock.sleep(Math.max(0, PERIOD - sample.duration));
  }
  return undefined;
}

/** Compared by container, since a recreated one counts from 0 again. */
async function startingCounts(
  request: WatchRequest,
  { target }: WatchEffects,
): Promise<ReadonlyMap<string, number> | string> {
  const counts = new Map<string, number>();
  for (const id of request.containers) {
    const container = await target.engine.container(id);
    const problem = troubleOf(container, container?.restartCount ?? 0);
    if (problem !== undefined || !container) return problem ?? 'its container is gone';
    counts.set(id, container.restartCount);
  }
  return counts.size === 0 ? 'it has no container' : counts;
}

async function containersFailed(
  counts: ReadonlyMap<string, number>,
  { target }: WatchEffects,
): Promise<string | undefined> {
  for (const [id, count] of counts) {
    const problem = troubleOf(await target.engine.container(id), count);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function troubleOf(container: Container | undefined, restarts: number): string | undefined {
  if (!container) return 'its container was removed or replaced';
  if (container.oomKilled) return 'its container was killed for its use of memory';
  if (container.restartCount > restarts) {
    return `its container restarted (${String(container.restartCount)} times, ${String(restarts)} before)`;
  }
  if (container.state !== 'running') {
    return `its container is ${container.state} (exit code ${String(container.exitCode)})`;
  }
  return container.health === 'unhealthy' ? 'its HEALTHCHECK says unhealthy' : undefined;
}
