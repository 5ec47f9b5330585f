import { Minimatch } from 'minimatch';
import { AutopilotError } from '../errors.ts';

const OPTIONS = { dot: true, nocomment: true, nonegate: true } as const;

/** A list of globs, compiled once: which of its patterns decides for a path? */
export interface PatternList {
  /** The first positive pattern that matches, as the user wrote it, unless a negative one matches too. */
  match(path: string): string | undefined;
  /** The positive patterns, as written, that match none of the paths. */
  unmatched(paths: readonly string[]): string[];
}

/** The patterns of one list, and where they stand in the configuration. */
export interface Patterns {
  patterns: readonly string[];
  where: string;
}

/**
 * Compiles globs. `./x` and `/x` mean `x`, `x/` means `x/**`; `!x` takes files away; a list of negatives only starts
 * from every file. A path equal to a pattern matches it whatever brackets it holds (`app/[id]/page.tsx`), and so does
 * a path below the literal directory of `dir/**`; `dir/**` matches `dir` itself as well (a submodule).
 * Errors: CONFIG_INVALID for a backslash or an empty pattern; `where` names the place in the configuration.
 */
export function compilePatterns(patterns: readonly string[], where: string): PatternList {
  const { positives } = split({ patterns, where });
  const lists = compileInOrder([{ patterns, where }]);
  return {
    match: (path) => lists(path)?.pattern,
    unmatched: (paths) =>
      positives
        .filter((entry) => {
          const alone = new Index([entry]);
          return !paths.some((path) => alone.first(path) !== undefined);
        })
        .map((entry) => entry.pattern),
  };
}

/** Compiles several lists into one question: the first list that matches a path, and its pattern that does. */
export function compileInOrder(
  lists: readonly Patterns[],
): (path: string) => { list: number; pattern: string } | undefined {
  const parts = lists.map(split);
  const owners = parts.flatMap(({ starts }, list) => starts.map(() => list));
  const ends = parts.map((_, list) => owners.lastIndexOf(list) + 1);
  const negatives = parts.map(({ negatives: entries }) =>
    entries.length > 0 ? new Index(entries) : undefined,
  );
  const positive = new Index(parts.flatMap(({ starts }) => starts));
  return (path) => {
    let found = positive.first(path);
    while (found !== undefined) {
      const list = owners[found.rank] ?? 0;
      if (negatives[list]?.first(path) === undefined) return { list, pattern: found.pattern };
      found = positive.first(path, ends[list]);
    }
    return undefined;
  };
}

function split({ patterns, where }: Patterns): Record<'positives' | 'negatives' | 'starts', Entry[]> {
  const written = patterns.map((pattern) => ({ pattern, ...parse(pattern, where) }));
  const negatives = written.filter((entry) => entry.negated);
  const positives = written.filter((entry) => !entry.negated);
  const onlyNegative = positives.length === 0 && negatives.length > 0;
  return { positives, negatives, starts: onlyNegative ? [{ pattern: '**', glob: '**' }] : positives };
}

function parse(pattern: string, where: string): { glob: string; negated: boolean } {
  if (pattern.includes('\\')) {
    throw new AutopilotError('CONFIG_INVALID', {
      what: `${where}: the pattern ${JSON.stringify(pattern)} holds a backslash.`,
      why: 'Paths in git are separated by "/" on every system, and brackets need no escaping here.',
      fix: `Write ${JSON.stringify(pattern.replaceAll('\\', '/'))}.`,
    });
  }
  // `!(a|b)` is an extended glob, not a negation.
  const negated = pattern.startsWith('!') && !pattern.startsWith('!(');
  let glob = negated ? pattern.slice(1) : pattern;
  glob = glob.replace(/^(?:\.?\/+)+/, '');
  if (glob.endsWith('/')) glob = `${glob.replace(/\/+$/, '')}/**`;
  if (glob === '' || glob === '.') {
    throw new AutopilotError('CONFIG_INVALID', {
      what: `${where}: the pattern ${JSON.stringify(pattern)} names no file.`,
      fix: 'Write "**" for every file, or take the pattern out.',
    });
  }
  return { glob, negated };
}

interface Entry {
  pattern: string;
  glob: string;
}
interface Ranked {
  rank: number;
  pattern: string;
}
type Test = (path: string, parts: readonly string[]) => boolean;
type Lookup = Map<string, Ranked[]>;

const LITERAL = /^[^*?[\]{}()!+@|]+$/;

/**
 * Patterns by what can be looked up instead of tried: 100,000 paths against some 150 patterns must take a fraction of
 * a second, and nearly every pattern people write is a path, a directory, a name or an extension.
 */
class Index {
  readonly #paths: Lookup = new Map();
  readonly #segments: Lookup = new Map();
  /** `src/api` of the pattern `**\/src/api/**`, below `src`. */
  readonly #pairs = new Map<string, Lookup>();
  readonly #names: Lookup = new Map();
  readonly #extensions: Lookup = new Map();
  readonly #tests: (Ranked & { test: Test })[] = [];

  constructor(entries: readonly Entry[]) {
    entries.forEach(({ pattern, glob }, rank) => {
      const ranked = { rank, pattern };
      put(this.#paths, glob, ranked);
      if (LITERAL.test(glob)) return;
      if (glob.endsWith('/**') && !/[*?]/.test(glob.slice(0, -3))) {
        this.#tests.push({ ...ranked, test: below(glob.slice(0, -3)) });
      }
      for (const simple of new Minimatch(glob, OPTIONS).globSet) this.#add(simple, ranked);
    });
    this.#tests.sort((a, b) => a.rank - b.rank);
  }

  #add(glob: string, ranked: Ranked): void {
    const anywhere = /^\*\*\/(.+)$/.exec(glob)?.[1] ?? '';
    const directory = anywhere.endsWith('/**') ? anywhere.slice(0, -3) : '';
    const [first = '', second = '', ...more] = directory.split('/');
    if (LITERAL.test(anywhere) && !anywhere.includes('/')) {
      put(this.#names, anywhere, ranked);
    } else if (/^\*\.[^/]+$/.test(anywhere) && LITERAL.test(anywhere.slice(1))) {
      put(this.#extensions, anywhere.slice(1), ranked);
    } else if (LITERAL.test(directory) && second === '') {
      put(this.#segments, directory, ranked);
    } else if (LITERAL.test(directory) && more.length === 0) {
      const seconds = this.#pairs.get(first) ?? new Map<string, Ranked[]>();
      this.#pairs.set(first, seconds);
      put(seconds, second, ranked);
    } else {
      this.#tests.push({ ...ranked, test: testOf(glob, anywhere) });
    }
  }

  /** The first pattern of the list, from that rank on, that matches. */
  first(path: string, from = 0): Ranked | undefined {
    const parts = path.split('/');
    const name = parts[parts.length - 1] ?? '';
    let best = better(undefined, this.#paths.get(path), from);
    best = better(best, this.#names.get(name), from);
    for (let at = 0; at < parts.length; at += 1) {
      const part = parts[at] ?? '';
      best = better(best, this.#segments.get(part), from);
      const seconds = this.#pairs.get(part);
      if (seconds !== undefined) best = better(best, seconds.get(parts[at + 1] ?? ''), from);
    }
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      best = better(best, this.#extensions.get(name.slice(dot)), from);
    }
    for (const entry of this.#tests) {
      if (best !== undefined && best.rank <= entry.rank) break;
      if (entry.rank >= from && entry.test(path, parts)) return entry;
    }
    return best;
  }
}

function testOf(glob: string, anywhere: string): Test {
  if (glob === '**' || glob === '**/*') return () => true;
  const directory = glob.endsWith('/**') ? glob.slice(0, -3) : undefined;
  if (directory !== undefined && LITERAL.test(directory)) return below(directory);
  if (directory?.split('/').every((part) => part === '*' || LITERAL.test(part))) {
    return wayDown(directory.split('/'));
  }
  // `**/Dockerfile*` and `**/*.test.*` hold only stars and text in one name.
  if (!anywhere.includes('/') && LITERAL.test(anywhere.replaceAll('*', 'x')) && anywhere !== '*') {
    const [first = '', ...rest] = anywhere.split('*');
    const last = rest.pop() ?? '';
    if (!rest.includes('')) return (_path, parts) => inOrder(parts.at(-1) ?? '', first, rest, last);
  }
  const whole = new Minimatch(glob, OPTIONS);
  const itself = directory === undefined ? undefined : new Minimatch(directory, OPTIONS);
  return (path) => whole.match(path) || itself?.match(path) === true;
}

/** A directory whose name is text, and `*` for any one part, with all that is below it. */
function wayDown(wanted: readonly string[]): Test {
  return (_path, parts) =>
    parts.length >= wanted.length && wanted.every((part, at) => part === '*' || part === parts[at]);
}

function below(directory: string): Test {
  return (path) =>
    path.startsWith(directory) && (path.length === directory.length || path[directory.length] === '/');
}

function inOrder(name: string, first: string, middle: readonly string[], last: string): boolean {
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const text of middle) {
    const found = name.indexOf(text, at);
    if (found === -1) return false;
    at = found + text.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function put(lookup: Lookup, key: string, ranked: Ranked): void {
  const there = lookup.get(key);
  if (there) there.push(ranked);
  else lookup.set(key, [ranked]);
}

/** The lists are in the order of rank. */
function better(best: Ranked | undefined, found: Ranked[] | undefined, from: number): Ranked | undefined {
  if (found === undefined) return best;
  const first = found.find((ranked) => ranked.rank >= from);
  if (first === undefined) return best;
  return best === undefined || first.rank < best.rank ? first : best;
}
