import { AutopilotError } from '../errors.ts';
import { PatternIndex, type Entry } from './pattern-index.ts';

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
          const alone = new PatternIndex([entry]);
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
    entries.length > 0 ? new PatternIndex(entries) : undefined,
  );
  const positive = new PatternIndex(parts.flatMap(({ starts }) => starts));
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
