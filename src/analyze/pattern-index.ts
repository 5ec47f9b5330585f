import { posix } from 'node:path';
import { braceExpand, Minimatch } from 'minimatch';

const OPTIONS = { dot: true, nocomment: true, nonegate: true } as const;

/** A glob as the user wrote it, and as it is meant. */
export interface Entry {
  pattern: string;
  glob: string;
}
export interface Ranked {
  /** Place in the list that the index was made of. */
  rank: number;
  pattern: string;
}
type Test = (path: string, parts: readonly string[]) => boolean;
type Tested = Ranked & { test: Test };
type Lookup<T extends Ranked> = Map<string, T[]>;

const MAGIC = '*?[\\]{}()!+@|';
const LITERAL = new RegExp(`^[^${MAGIC}]+$`);
const LITERAL_START = new RegExp(`^[^${MAGIC}]+`);
const LITERAL_END = new RegExp(`\\.[^.${MAGIC}]*$`);

/**
 * Patterns by what can be looked up instead of tried: 100,000 paths against some hundreds of patterns must take a fraction of
 * a second, and nearly every pattern people write is a path, a directory, a name or an extension. What has to be tried is
 * tried only on paths that share the pattern's first directory, its ending or its initial.
 */
export class PatternIndex {
  readonly #paths: Lookup<Ranked> = new Map();
  readonly #segments: Lookup<Ranked> = new Map();
  /** `src/api` of the pattern `**\/src/api/**`, below `src`. */
  readonly #pairs = new Map<string, Lookup<Ranked>>();
  readonly #names: Lookup<Ranked> = new Map();
  readonly #extensions: Lookup<Ranked> = new Map();
  /** By the first directory of the path. */
  readonly #roots: Lookup<Tested> = new Map();
  /** By the name from its last dot on. */
  readonly #endings: Lookup<Tested> = new Map();
  /** By the first character of the name. */
  readonly #initials: Lookup<Tested> = new Map();
  readonly #others: Tested[] = [];

  constructor(entries: readonly Entry[]) {
    entries.forEach(({ pattern, glob }, rank) => {
      const ranked = { rank, pattern };
      put(this.#paths, glob, ranked);
      if (LITERAL.test(glob)) {
        put(this.#paths, posix.normalize(glob), ranked);
        return;
      }
      if (glob.endsWith('/**') && !/[*?]/.test(glob.slice(0, -3))) {
        const directory = glob.slice(0, -3);
        put(this.#roots, directory.split('/')[0] ?? '', { ...ranked, test: below(directory) });
      }
      for (const simple of braceExpand(glob, OPTIONS)) this.#add(posix.normalize(simple), ranked);
    });
  }

  #add(glob: string, ranked: Ranked): void {
    const anywhere = /^\*\*\/(.+)$/s.exec(glob)?.[1] ?? '';
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
      this.#try(glob, { ...ranked, test: testOf(glob, anywhere) });
    }
  }

  #try(glob: string, tested: Tested): void {
    const parts = glob.split('/');
    const first = parts[0] ?? '';
    const name = parts.at(-1) ?? '';
    const [ending] = LITERAL_END.exec(name) ?? [];
    const [start] = LITERAL_START.exec(name) ?? [];
    if (parts.length > 1 && LITERAL.test(first)) put(this.#roots, first, tested);
    else if (ending !== undefined) put(this.#endings, ending, tested);
    else if (start !== undefined) put(this.#initials, start.charAt(0), tested);
    else this.#others.push(tested);
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
    const ending = name.slice(name.lastIndexOf('.'));
    for (const tested of [
      this.#roots.get(parts[0] ?? ''),
      this.#endings.get(ending),
      this.#initials.get(name.charAt(0)),
      this.#others,
    ]) {
      for (const entry of tested ?? []) {
        if (best !== undefined && best.rank <= entry.rank) break;
        if (entry.rank >= from && entry.test(path, parts)) best = entry;
      }
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
  // `**/Dockerfile*` and `**/*.test.*` hold only stars and text in one name, and so does `**/*.Tests/**`.
  const starred = starsAndText(anywhere);
  if (starred) return (_path, parts) => starred(parts.at(-1) ?? '');
  const within = anywhere.endsWith('/**') ? starsAndText(anywhere.slice(0, -3)) : undefined;
  if (within) return (_path, parts) => parts.some(within);
  // What costs most is tried last, and made when it is needed.
  const needed = glob.split('/').filter((part) => LITERAL.test(part));
  let matchers: readonly Minimatch[] | undefined;
  return (path, parts) => {
    if (!needed.every((part) => parts.includes(part))) return false;
    matchers ??= [glob, ...(directory === undefined ? [] : [directory])].map(
      (one) => new Minimatch(one, OPTIONS),
    );
    return matchers.some((matcher) => matcher.match(path));
  };
}

function starsAndText(pattern: string): ((name: string) => boolean) | undefined {
  if (pattern.includes('/') || pattern === '*' || !LITERAL.test(pattern.replaceAll('*', 'x')))
    return undefined;
  const [first = '', ...middle] = pattern.split('*');
  const last = middle.pop();
  if (last === undefined || middle.includes('')) return undefined;
  return (name) => inOrder(name, first, middle, last);
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

function put<T>(lookup: Map<string, T[]>, key: string, ranked: T): void {
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
