import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { build, history } from './helpers/history.ts';
import { labApi } from './helpers/lab-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, push, statuses } from './helpers/world.ts';

// Against the lab's GitHub, with the real client. HISTORIES=2000 for a long run.
const HISTORIES = Number(process.env['HISTORIES'] ?? 120);
/** The same histories each time, or the count of what they cover would be luck. */
const SEED = Number(process.env['SEED'] ?? 2);
const LETTERS: Record<string, string> = { A: 'added', M: 'modified', D: 'removed', T: 'changed' };

/** GitHub says `changed` of a new mode and `modified` of a link that became a file: of these two it means either. */
const inWordsOfCompare = (all: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(all).map(([path, status]) => [path, status === 'changed' ? 'modified' : status]),
  );

/** Of a recursive listing; the lower one cuts it, but never the listing of one directory alone. */
const TREE_LIMITS = [80, 100_000];

/** What a history must have had once at least: a property that never met it would prove nothing about it. */
const FEATURES = [
  ...['renamed', 'removed', 'merged', 'forced push', 'odd name', 'more than 300 files', 'changed kind'],
  ...['by compare', 'by git', 'by same-commit', 'by tree-walk'],
];
const ODD = /[^\x20-\x7e]|[ "\\[\](){}!#]|(?:^|\/)-|__proto__/;

test(
  `for ${HISTORIES} random histories the answer equals git diff --name-status -z, from every source`,
  async () => {
    const seen = new Map<string, number>();
    const count = (feature: string) => seen.set(feature, (seen.get(feature) ?? 0) + 1);
    const repository = new Repository();
    const github = await labApi(repository, { rateLimit: 1e9 });
    /** The scan is not what is tested here, and without comparisons the trees must be walked. */
    const asking = (compares: boolean) => {
      github.intercept = (route) => {
        if (/\/blobs\/|\/graphql$/.test(route)) return { size: 0, content: '' };
        return route.includes('/compare/') && !compares ? {} : undefined;
      };
      return github;
    };
    const property = fc.asyncProperty(
      history,
      fc.nat(),
      fc.nat(),
      fc.constantFrom(...TREE_LIMITS),
      async (steps, from, to, treeLimit) => {
        const commits = build(repository, steps);
        const base = commits[from % commits.length] ?? '';
        const head = commits[to % commits.length] ?? '';
        const expected = Object.fromEntries(
          [...repository.nameStatus(base, head)].map(([path, letter]) => [path, LETTERS[letter] ?? letter]),
        );
        github.treeLimit = treeLimit;
        const event = push(head, { before: base });
        for (const ask of [
          () => analyzed({ github: asking(true), event }),
          () => analyzed({ github: asking(false), event }),
          () => analyzed({ github: asking(true), event, workspace: repository.directory }),
        ]) {
          const plan = await ask();
          expect(plan.source).not.toBe('everything');
          const told = plan.source === 'compare' ? inWordsOfCompare : (all: typeof expected) => all;
          expect(told(statuses(plan))).toEqual(told(expected));
          const listed = Object.values(plan.categories).flat();
          expect(listed.slice().sort()).toEqual(Object.keys(expected).sort());
          count(`by ${plan.source}`);
          if (plan.files.some(({ status }) => status === 'renamed')) count('renamed');
        }
        const paths = Object.keys(expected);
        if (Object.values(expected).includes('removed')) count('removed');
        if (Object.values(expected).includes('changed')) count('changed kind');
        if (paths.length > 300) count('more than 300 files');
        if (paths.some((path) => ODD.test(path))) count('odd name');
        const range = (...args: string[]) => Number(repository.git('rev-list', '--count', ...args));
        if (range('--min-parents=2', `${base}..${head}`) > 0) count('merged');
        if (range(`${head}..${base}`) > 0) count('forced push');
      },
    );
    try {
      await fc.assert(property, { numRuns: HISTORIES, seed: SEED });
    } finally {
      await github.stop?.();
      repository.remove();
    }
    expect([...seen.keys()].sort()).toEqual(FEATURES.toSorted());
  },
  30_000 + HISTORIES * 2000,
);
