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

/**
 * Compiles globs. `./x` and `/x` mean `x`, `x/` means `x/**`; `!x` takes files away; a list of negatives only starts
 * from every file. A path equal to a pattern matches it whatever brackets it holds (`app/[id]/page.tsx`), and so does
 * a path below the literal directory of `dir/**`; `dir/**` matches `dir` itself as well (a submodule).
 * Errors: CONFIG_INVALID for a backslash or an empty pattern; `where` names the place in the configuration.
 */
export function compilePatterns(patterns: readonly string[], where: string): PatternList {
  const written = patterns.map((pattern) => ({ pattern, ...parse(pattern, where) }));
  const negative = new Index(written.filter((entry) => entry.negated));
  const positives = written.filter((entry) => !entry.negated);
  const positive = new Index(
    positives.length === 0 && written.length > 0 ? [{ pattern: '**', glob: '**' }] : positives,
  );
  return {
    match(path) {
      const found = positive.first(path);
      return found !== undefined && negative.first(path) === undefined ? found : undefined;
    },
    unmatched(paths) {
      return positives
        .filter((entry) => {
          const alone = new Index([entry]);
          return !paths.some((path) => alone.first(path) !== undefined);
        })
        .map((entry) => entry.pattern);
    },
  };
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
type Test = (path: string, name: string) => boolean;

const LITERAL = /^[^*?[\]{}()!+@|]+$/;

/**
 * Patterns by what can be looked up instead of tried: 100,000 paths against some 150 patterns must take a fraction of
 * a second, and nearly every pattern people write is a path, a directory, a name or an extension.
 */
class Index {
  readonly #paths = new Map<string, Ranked>();
  readonly #segments = new Map<string, Ranked>();
  readonly #names = new Map<string, Ranked>();
  readonly #extensions = new Map<string, Ranked>();
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
    const anywhere = /^\*\*\/(.+)$/.exec(glob)?.[1];
    if (anywhere !== undefined && LITERAL.test(anywhere) && !anywhere.includes('/')) {
      put(this.#names, anywhere, ranked);
    } else if (anywhere !== undefined && /^\*\.[^/]+$/.test(anywhere) && LITERAL.test(anywhere.slice(1))) {
      put(this.#extensions, anywhere.slice(1), ranked);
    } else if (anywhere?.endsWith('/**') === true && LITERAL.test(anywhere.slice(0, -3))) {
      const directory = anywhere.slice(0, -3);
      if (!directory.includes('/')) put(this.#segments, directory, ranked);
      else this.#tests.push({ ...ranked, test: (path) => `/${path}/`.includes(`/${directory}/`) });
    } else {
      this.#tests.push({ ...ranked, test: testOf(glob, anywhere) });
    }
  }

  /** The first pattern of the list that matches. */
  first(path: string): string | undefined {
    const parts = path.split('/');
    const name = parts[parts.length - 1] ?? '';
    let best = better(this.#paths.get(path), this.#names.get(name));
    for (const part of parts) best = better(best, this.#segments.get(part));
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      best = better(best, this.#extensions.get(name.slice(dot)));
    }
    for (const entry of this.#tests) {
      if (best !== undefined && best.rank <= entry.rank) break;
      if (entry.test(path, name)) return entry.pattern;
    }
    return best?.pattern;
  }
}

function testOf(glob: string, anywhere: string | undefined): Test {
  if (glob === '**' || glob === '**/*') return () => true;
  if (glob.endsWith('/**') && LITERAL.test(glob.slice(0, -3))) return below(glob.slice(0, -3));
  // `**/Dockerfile*` and `**/*.test.*` hold only stars and text in one name.
  if (anywhere !== undefined && !anywhere.includes('/') && LITERAL.test(anywhere.replaceAll('*', 'x'))) {
    const [first = '', ...rest] = anywhere.split('*');
    const last = rest.pop() ?? '';
    if (rest.every((text) => text !== '') && anywhere !== '*') {
      return (_path, name) => inOrder(name, first, rest, last);
    }
  }
  const compiled = new Minimatch(glob, OPTIONS);
  const directory = glob.endsWith('/**') ? new Minimatch(glob.slice(0, -3), OPTIONS) : undefined;
  return (path) => compiled.match(path) || directory?.match(path) === true;
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

function put(map: Map<string, Ranked>, key: string, ranked: Ranked): void {
  if (!map.has(key)) map.set(key, ranked);
}

function better(a: Ranked | undefined, b: Ranked | undefined): Ranked | undefined {
  if (a === undefined) return b;
  return b !== undefined && b.rank < a.rank ? b : a;
}
