import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gitBackedApi } from './helpers/git-backed-api.ts';
import { build, history } from './helpers/history.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, push, statuses } from './helpers/world.ts';

// HISTORIES=2000 for a long run.
const HISTORIES = Number(process.env['HISTORIES'] ?? 100);
const LETTERS: Record<string, string> = { A: 'added', M: 'modified', D: 'removed', T: 'changed' };

test(
  `for ${HISTORIES} random histories the answer equals git diff --name-status -z, from every source`,
  async () => {
    const sources = new Map<string, number>();
    const repository = new Repository();
    await fc
      .assert(
        fc.asyncProperty(
          history,
          fc.nat(),
          fc.nat(),
          fc.constantFrom(5, 100_000),
          async (steps, from, to, treeLimit) => {
            const commits = build(repository, steps);
            const base = commits[from % commits.length] ?? '';
            const head = commits[to % commits.length] ?? '';
            const expected = Object.fromEntries(
              [...repository.nameStatus(base, head)].map(([path, letter]) => [
                path,
                LETTERS[letter] ?? letter,
              ]),
            );
            const event = push(head, { before: base });
            const api = gitBackedApi(repository);
            api.treeLimit = treeLimit;
            const walking = gitBackedApi(repository);
            walking.treeLimit = treeLimit;
            walking.intercept = (route) => (route.includes('/compare/') ? {} : undefined);
            // The scan is not what is tested here.
            for (const github of [api, walking]) {
              const others = github.intercept;
              github.intercept = (route, parameters) =>
                route.includes('/blobs/') ? { size: 0, content: '' } : others?.(route, parameters);
            }
            for (const plan of [
              await analyzed({ github: api, event }),
              await analyzed({ github: walking, event }),
              await analyzed({ github: api, event, workspace: repository.directory }),
            ]) {
              sources.set(plan.source, (sources.get(plan.source) ?? 0) + 1);
              expect(statuses(plan)).toEqual(expected);
              const listed = Object.values(plan.categories).flat();
              expect(listed.slice().sort()).toEqual(Object.keys(expected).sort());
            }
          },
        ),
        { numRuns: HISTORIES },
      )
      .finally(() => repository.remove());
    // A property that met one source only would prove little.
    expect([...sources.keys()].sort()).toEqual(['compare', 'git', 'same-commit', 'tree-walk']);
  },
  30_000 + HISTORIES * 2000,
);
