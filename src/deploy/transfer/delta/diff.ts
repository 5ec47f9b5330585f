import type { Unit } from './units.ts';

/**
 * One step of rebuilding a layer from an older one, both read from front to back: bytes of the old one are copied or
 * skipped, copied with another time in every header, or new bytes follow.
 */
export type Step =
  | { kind: 'copy'; length: number }
  | { kind: 'stamp'; length: number; stamp: number }
  | { kind: 'skip'; length: number }
  | { kind: 'literal'; length: number };

/** The steps from the old layer to the new one. Never backwards in the old one, so that nobody has to keep it. Pure. */
export function diff(old: readonly Unit[], wanted: readonly Unit[]): Step[] {
  const steps: Step[] = [];
  let run: Run | undefined;
  const flush = () => {
    if (run) steps.push(stepOf(run));
    run = undefined;
  };
  let position = 0;
  let copied = 0;
  const found = matches(old, wanted);
  for (const [index, unit] of wanted.entries()) {
    const match = found[index];
    const source = match === undefined ? undefined : old[match];
    if (match === undefined || source === undefined) {
      flush();
      const last = steps.at(-1);
      if (last?.kind === 'literal') last.length += unit.length;
      else steps.push({ kind: 'literal', length: unit.length });
      continue;
    }
    let skipped = 0;
    for (; position < match; position += 1) skipped += old[position]?.length ?? 0;
    position = match + 1;
    if (skipped > 0) {
      flush();
      steps.push({ kind: 'skip', length: skipped });
    }
    copied += unit.length;
    if (run && extend(run, unit, source)) continue;
    flush();
    run = begin(unit, source);
  }
  flush();
  return copied === 0 ? [{ kind: 'literal', length: totalLength(wanted) }] : steps;
}

export const totalLength = (units: readonly Unit[]): number =>
  units.reduce((sum, unit) => sum + unit.length, 0);

/** Copied units that follow each other in both layers. */
interface Run {
  length: number;
  /** Times can only be set from a header on. */
  entry: boolean;
  /** Set in every header; undefined: they stay. */
  stamp: number | undefined;
  /** The times that its headers shall have: undefined for none yet, `mixed` for several. */
  times: number | 'mixed' | undefined;
}

const stays = (unit: Unit, source: Unit) => unit.stamp === source.stamp;

function begin(unit: Unit, source: Unit): Run {
  return {
    length: unit.length,
    entry: unit.entry,
    stamp: stays(unit, source) ? undefined : unit.stamp,
    times: unit.stamp,
  };
}

function extend(run: Run, unit: Unit, source: Unit): boolean {
  const sameTime = unit.stamp === undefined || run.times === undefined || run.times === unit.stamp;
  const asItIs = run.stamp === undefined && stays(unit, source);
  if (!asItIs && !(sameTime && run.entry)) return false;
  if (!asItIs) run.stamp ??= unit.stamp;
  run.length += unit.length;
  if (unit.stamp !== undefined) run.times = sameTime ? unit.stamp : 'mixed';
  return true;
}

const stepOf = ({ length, stamp }: Run): Step =>
  stamp === undefined ? { kind: 'copy', length } : { kind: 'stamp', length, stamp };

/** For each wanted unit the old one that gives it: as many as can be, in the order of both. */
function matches(old: readonly Unit[], wanted: readonly Unit[]): (number | undefined)[] {
  const places = new Map<string, number[]>();
  for (const [index, unit] of old.entries()) {
    const key = keyOf(unit);
    const list = places.get(key);
    if (list) list.push(index);
    else places.set(key, [index]);
  }
  // The same unit several times: the first for the first, and so on.
  const used = new Map<string, number>();
  const candidates = wanted.map((unit) => {
    const key = keyOf(unit);
    const turn = used.get(key) ?? 0;
    used.set(key, turn + 1);
    return places.get(key)?.[turn];
  });
  return longestRising(candidates);
}

const keyOf = (unit: Unit) =>
  `${unit.hash} ${unit.length} ${unit.entry ? 'e' : ''}${unit.stamp === undefined ? '' : 't'}`;

/** Leaves the longest strictly rising subsequence and makes the rest undefined (patience sorting). */
function longestRising(values: readonly (number | undefined)[]): (number | undefined)[] {
  /** Index of the smallest value that ends a rising sequence of each length. */
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? undefined : ends[low - 1];
    ends[low] = index;
  }
  const kept: (number | undefined)[] = values.map(() => undefined);
  for (let index = ends.at(-1); index !== undefined; index = before[index]) kept[index] = values[index];
  return kept;
}
