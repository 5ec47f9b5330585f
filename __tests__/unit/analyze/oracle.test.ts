import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { minimatch } from 'minimatch';
import { createClassifier, DEFAULT_TABLE } from '../../../src/analyze/categories.ts';
import { compileInOrder, compilePatterns } from '../../../src/analyze/patterns.ts';

// Looking patterns up must find what trying them one by one finds, with plain minimatch and the two rules of the house:
// equality first, and `dir/**` is `dir` as well (below a directory without stars whatever brackets it holds).

const plain = (path: string, glob: string) =>
  minimatch(path, glob, { dot: true, nocomment: true, nonegate: true });

function matches(path: string, glob: string): boolean {
  if (path === glob || plain(path, glob)) return true;
  if (!glob.endsWith('/**')) return false;
  const directory = glob.slice(0, -3);
  if (plain(path, directory)) return true;
  return !/[*?]/.test(directory) && (path === directory || path.startsWith(`${directory}/`));
}

/** The first list with a positive pattern that matches and no negative one that does. */
function first(path: string, lists: readonly (readonly string[])[]) {
  for (const [list, patterns] of lists.entries()) {
    const negated = (one: string) => one.startsWith('!') && !one.startsWith('!(');
    if (patterns.some((one) => negated(one) && matches(path, one.slice(1)))) continue;
    const positives = patterns.filter((one) => !negated(one));
    const all = positives.length === 0 && patterns.length > 0 ? ['**'] : positives;
    const pattern = all.find((one) => matches(path, one));
    if (pattern !== undefined) return { list, pattern };
  }
  return undefined;
}

const SEGMENTS = [
  ...['a', 'b', 'src', 'x.ts', 'x.test.ts', 'b.d.ts', '.ts', 'ts', '.env', 'Dockerfile.web', 'new\nline'],
  ...['Makefile', 'a.Tests', 'core.', '[id]', '(group)', '{a,b}', 'caf\u00e9.ts', '🚀.go', '-x', '#x', '!x'],
];
const path = fc
  .array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 5 })
  .map((all) => all.join('/'));
const PIECES = [
  ...['a', 'b', 'src', '*', '**', '*.ts', '*.test.*', 'Dockerfile*', '.env', '{a,b}', 'x.*', '[ab]', '*.d.*'],
  ...['@(a|src)', '!(a|src)', '*.{ts,go}', 'x*', '*x', '*.Tests', '?', 'M?kefile', '[id]', '(group)'],
  ...['+(a)', '*(x).ts', '**.ts', '.*', '*.', '🚀*', '#x', 'a*b*.ts'],
];
const pattern = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.join('/'));
const negative = pattern.filter((glob) => !glob.startsWith('!')).map((glob) => `!${glob}`);
const list = fc.array(fc.oneof({ weight: 4, arbitrary: pattern }, { weight: 1, arbitrary: negative }), {
  minLength: 1,
  maxLength: 7,
});

test('a list matches what its first matching pattern matches by minimatch (10,000 lists)', () => {
  fc.assert(
    fc.property(list, path, (patterns, candidate) => {
      expect(compilePatterns(patterns, 'here').match(candidate)).toBe(first(candidate, [patterns])?.pattern);
    }),
    { numRuns: 10_000 },
  );
});

test('lists in order: the first that matches, and by which pattern (5,000 tables)', () => {
  fc.assert(
    fc.property(fc.array(list, { minLength: 1, maxLength: 4 }), path, (lists, candidate) => {
      const found = compileInOrder(lists.map((patterns) => ({ patterns, where: 'here' })))(candidate);
      expect(found).toEqual(first(candidate, lists));
    }),
    { numRuns: 5000 },
  );
});

// Directories and names of the table of defaults and of what people have.
const WORDS = [
  ...new Set(
    DEFAULT_TABLE.flatMap(({ patterns }) => patterns)
      .flatMap((glob) => glob.split(/[/,{}()|!]/))
      .map((word) => word.replaceAll('*', 'x'))
      .filter((word) => word !== '' && word !== '.'),
  ),
];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom('shop', 'apps', 'packages', 'src', 'lib'));
const extension = fc.constantFrom(
  '',
  '.ts',
  '.tsx',
  '.go',
  '.py',
  '.json',
  '.test.ts',
  '.png',
  '.rb',
  '.svelte',
);
const real = fc
  .tuple(fc.array(word, { maxLength: 5 }), word, extension)
  .map(([directories, name, end]) => [...directories, name + end].join('/'));

test('the table of defaults decides as plain minimatch would (20,000 paths)', () => {
  const { classify } = createClassifier({});
  const lists = DEFAULT_TABLE.map(({ patterns }) => patterns);
  fc.assert(
    fc.property(real, (candidate) => {
      const expected = first(candidate, lists);
      expect(classify(candidate)).toEqual(
        expected
          ? { category: DEFAULT_TABLE[expected.list]?.category, because: expected.pattern }
          : { category: 'other', because: 'no pattern matches' },
      );
    }),
    { numRuns: 20_000 },
  );
});
