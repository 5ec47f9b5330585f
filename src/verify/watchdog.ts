import type { Sample } from '../deploy/result.ts';
import { mannWhitneyGreater, median } from './statistics.ts';

/** Rule V2's numbers, from `verify.watchdog`. */
export interface WatchSettings {
  /** Seconds of watching; a watch ends after all of it, not one look before. */
  duration: number;
  /** Seconds of one look. */
  interval: number;
  ratio: number;
}

/** Milliseconds by which a look must be slower, besides the ratio: 4 ms that become 9 ms are no failure. */
const FLOOR = 50;
const SLOW_LOOKS = 2;
const P_VALUE = 0.001;
const NULL_RATIO = 1.5;
/** Fewer answers than this say nothing about the response time. */
const VALID_SAMPLES = 50;
const CONNECTION_FAILURES = 3;
/** Milliseconds between two probes. */
export const PERIOD = 250;

export type Judgement =
  | { verdict: 'healthy'; reason: string }
  | { verdict: 'roll-back'; reason: string }
  | { verdict: 'inconclusive'; reason: string };

/** Between two probes: four a second, fewer when the service is slower than that. */
export function pause(baseline: readonly number[]): number {
  const usual = median(baseline);
  return Number.isNaN(usual) ? PERIOD : Math.max(PERIOD, usual);
}

/**
 * What one probe alone decides: any 5xx (the rule as given), or three connection failures in a row. Pure.
 * @param samples of this watch so far, the newest last; `status` 0 is no answer
 */
export function judgeProbe(samples: readonly Sample[]): string | undefined {
  const newest = samples.at(-1);
  if (!newest) return undefined;
  if (newest.status >= 500) return `it answered ${String(newest.status)}`;
  const last = samples.slice(-CONNECTION_FAILURES);
  return last.length === CONNECTION_FAILURES && last.every((sample) => sample.status === 0)
    ? `${String(CONNECTION_FAILURES)} connection failures in a row`
    : undefined;
}

/**
 * Rule V2's latency: two slow looks in a row, and a test that this is no chance. A failed probe is never a sample.
 * @param looks samples of each look, the newest last
 * @param baseline durations of the version before, or of this one's first look when there was none
 */
export function judgeLooks(
  looks: readonly (readonly Sample[])[],
  baseline: readonly number[],
  ratio: number,
): string | undefined {
  const usual = median(baseline);
  if (Number.isNaN(usual) || looks.length < SLOW_LOOKS) return undefined;
  const recent = looks.slice(-SLOW_LOOKS).map(durations);
  const slow = recent.every((look) => {
    const now = median(look);
    return now > ratio * usual && now - usual > FLOOR;
  });
  if (!slow) return undefined;
  const p = mannWhitneyGreater(
    recent.flat(),
    baseline.map((duration) => duration * NULL_RATIO),
  );
  if (p >= P_VALUE) return undefined;
  const now = median(recent.flat());
  return `response time ${Math.round(now)} ms, ${(now / usual).toFixed(1)} times the ${Math.round(usual)} ms before (p ${p < 1e-6 ? '< 0.000001' : `= ${p.toPrecision(2)}`})`;
}

/** At the end of the watch: were there enough answers to say that it is healthy? */
export function judgeEnd(samples: readonly Sample[], settings: WatchSettings): Judgement {
  const valid = durations(samples).length;
  // A short watch cannot reach the number; it is held to the part of it that its length allows.
  const needed = Math.min(VALID_SAMPLES, Math.floor(((settings.duration * 1000) / PERIOD) * 0.5));
  if (valid >= needed) {
    return { verdict: 'healthy', reason: `${String(valid)} answers, median ${formatMedian(samples)}` };
  }
  return valid === 0
    ? { verdict: 'roll-back', reason: 'nothing answered' }
    : { verdict: 'inconclusive', reason: `only ${String(valid)} answers of ${String(needed)}` };
}

/** Response times of the answers; what did not answer, or answered an error, is no measurement. */
export function durations(samples: readonly Sample[]): number[] {
  return samples
    .filter((sample) => sample.status > 0 && sample.status < 500)
    .map((sample) => sample.duration);
}

const formatMedian = (samples: readonly Sample[]) => `${String(Math.round(median(durations(samples))))} ms`;
