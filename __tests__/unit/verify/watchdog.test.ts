import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Sample } from '../../../src/deploy/result.ts';
import { mannWhitneyGreater, median } from '../../../src/verify/statistics.ts';
import { judgeEnd, judgeLooks, judgeProbe, pause } from '../../../src/verify/watchdog.ts';

const sample = (duration: number, status = 200): Sample => ({ at: 0, duration, status });

/** A small seeded generator (mulberry32), so that every run draws the same. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  sigma: number;
  /** Factor of the new version at a second of the watch. */
  factor?: (second: number) => number;
}

/** facts/watchdog.md's model: healthy median 80 ms, lognormal noise, 2% outliers times 8. One watch; rolled back? */
function watchOnce(random: () => number, { sigma, factor = () => 1 }: World): boolean {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = (times: number) =>
    Math.exp(Math.log(80) + sigma * normal()) * (random() < 0.02 ? 8 : 1) * times;
  const baseline = Array.from({ length: 60 }, () => draw(1));
  const looks: Sample[][] = [];
  for (let look = 0; look < 6; look += 1) {
    looks.push(Array.from({ length: 20 }, (_, probe) => sample(draw(factor(look * 5 + probe / 4)))));
    if (judgeLooks(looks, baseline, 2) !== undefined) return true;
  }
  return false;
}

const RUNS = 600;
const percent = (world: World) => {
  const random = seeded(7);
  let fired = 0;
  for (let run = 0; run < RUNS; run += 1) if (watchOnce(random, world)) fired += 1;
  return (fired / RUNS) * 100;
};

describe('V2: latency against the version before', () => {
  test.each([0.2, 0.5, 0.8])('a healthy release is let through (sigma %d)', (sigma) => {
    expect(percent({ sigma })).toBeLessThanOrEqual(0.2);
    expect(percent({ sigma, factor: () => 1.6 })).toBeLessThanOrEqual(3);
  });
  test.each([
    [0.2, 100],
    [0.5, 99],
    [0.8, 92],
  ])('a release three times slower is caught (sigma %d: at least %d%%)', (sigma, least) => {
    expect(percent({ sigma, factor: () => 3 })).toBeGreaterThanOrEqual(least);
  });
  test('slower from second 15 on is caught', () => {
    expect(percent({ sigma: 0.5, factor: (second) => (second < 15 ? 1 : 3) })).toBeGreaterThanOrEqual(95);
  });
  test.each([
    ['one slow look', [[300], [80]], 80, false],
    ['one slow look after a good one', [[80], [300]], 80, false],
    ['two slow looks', [[300], [300]], 80, true],
    ['4 ms that become 12 ms: below the floor', [[12], [12]], 4, false],
    ['just under the ratio', [[159], [159]], 80, false],
  ])('%s', (_what, looks, usual, fires) => {
    const baseline = Array.from({ length: 60 }, (_, index) => usual + (index % 3));
    const spread = looks.map((values) =>
      Array.from({ length: 20 }, (_, i) => sample((values[0] ?? 0) + (i % 2))),
    );
    expect(judgeLooks(spread, baseline, 2) !== undefined).toBe(fires);
  });
  test('without a baseline, or without answers, latency decides nothing', () => {
    const slow = [
      Array.from({ length: 20 }, () => sample(900)),
      Array.from({ length: 20 }, () => sample(900)),
    ];
    expect(judgeLooks(slow, [], 2)).toBeUndefined();
    expect(judgeLooks([[], []], [80, 80], 2)).toBeUndefined();
    const failed = [
      Array.from({ length: 20 }, () => sample(9000, 0)),
      Array.from({ length: 20 }, () => sample(9000, 0)),
    ];
    expect(judgeLooks(failed, [80, 81], 2)).toBeUndefined();
  });
});

describe('V2: one probe', () => {
  test.each([
    [[200, 500], true],
    [[503], true],
    [[200, 404], false],
    [[0, 0], false],
    [[0, 200, 0, 0], false],
    [[200, 0, 0, 0], true],
    [[], false],
  ])('%j fails: %s', (statuses, fails) => {
    expect(judgeProbe(statuses.map((status) => sample(10, status))) !== undefined).toBe(fails);
  });
});

test('V2: too few answers are inconclusive, none at all rolls back, a short watch is held to what it can reach', () => {
  const settings = { duration: 30, interval: 5, ratio: 2 };
  const times = (count: number) => Array.from({ length: count }, () => sample(10));
  expect(judgeEnd(times(120), settings).verdict).toBe('healthy');
  expect(judgeEnd(times(49), settings).verdict).toBe('inconclusive');
  expect(judgeEnd([sample(10, 0)], settings).verdict).toBe('roll-back');
  expect(judgeEnd(times(6), { ...settings, duration: 3 }).verdict).toBe('healthy');
});

test('probes come four a second, fewer when the service is slower', () => {
  expect([pause([]), pause([80]), pause([400])]).toEqual([250, 250, 400]);
});

describe('Mann-Whitney', () => {
  // By hand: U = 17 of 20 pairs, mean 10, variance 16.67, z = (17 - 10 - 0.5) / 4.082 = 1.592.
  test('a known value', () => {
    expect(mannWhitneyGreater([19, 22, 16, 29, 24], [20, 11, 17, 12])).toBeCloseTo(0.0557, 4);
  });
  test('both directions add up, and nothing or all the same says nothing', () => {
    expect(mannWhitneyGreater([], [1])).toBe(1);
    expect(mannWhitneyGreater([5, 5], [5, 5])).toBe(1);
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 8 }),
        fc.array(fc.integer(), { minLength: 8 }),
        (a, b) => {
          const p = mannWhitneyGreater(a, b);
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(1);
          expect(
            mannWhitneyGreater(
              a.map((value) => value + 1e10),
              b,
            ),
          ).toBeLessThan(0.01);
        },
      ),
    );
  });
  test('the median', () => {
    expect([median([]), median([3]), median([4, 1, 3, 2])]).toEqual([Number.NaN, 3, 2.5]);
  });
});
