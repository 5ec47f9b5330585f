/**
 * What ANALYZE costs, beside `git diff --name-status` and a popular changed-files action on the same repository, in one
 * run: `npm run bench:analyze`. Prints one markdown table. PATHS_FILTER names the `dist/index.js` of dorny/paths-filter;
 * without it those rows are left out. Everything runs on loopback, so requests say more than seconds.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { createClassifier, DEFAULT_TABLE } from '../src/analyze/categories.ts';
import { finished, pathsFilter } from './analyze/rivals.ts';
import { paths, startWorld, type BenchWorld } from './analyze/world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const FILTER = process.env['PATHS_FILTER'];

interface Contender {
  name: string;
  /** Not measured. */
  prepare?: () => string;
  /** Answers how many files it saw. */
  run: (prepared: string) => Promise<number> | number;
}
interface Measured {
  name: string;
  milliseconds: number;
  requests: number;
  files: number;
}

/** Contenders take turns, so that a busy machine is busy for all of them; the median of the rounds counts. */
async function measured(contenders: readonly Contender[], world?: BenchWorld): Promise<Measured[]> {
  const rounds = contenders.map(() => [] as Measured[]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { name, prepare, run }] of contenders.entries()) {
      const prepared = prepare?.() ?? '';
      if (world) world.lab.requests.length = 0;
      const started = performance.now();
      const files = await run(prepared);
      const milliseconds = performance.now() - started;
      rounds[index]?.push({ name, milliseconds, requests: world?.lab.requests.length ?? 0, files });
    }
  }
  return rounds.map((all) => {
    const sorted = all.toSorted((a, b) => a.milliseconds - b.milliseconds);
    const median = sorted[Math.floor(sorted.length / 2)];
    if (!median || all.some(({ files }) => files !== median.files)) throw new Error('the rounds differ');
    return median;
  });
}

function classifying(): Contender[] {
  const files = paths();
  return [
    {
      name: 'this action',
      run() {
        const { classify } = createClassifier({});
        return files.filter((path) => classify(path).category !== undefined).length;
      },
    },
    {
      name: 'picomatch, a matcher for each category (as paths-filter)',
      run() {
        const matchers = DEFAULT_TABLE.map(({ patterns }) => picomatch([...patterns], { dot: true }));
        return files.filter((path) => matchers.map((matches) => matches(path)).length > 0).length;
      },
    },
  ];
}

function comparing(world: BenchWorld, head: string, checkout: string): Contender[] {
  const once = join(import.meta.dirname, 'analyze/once.ts');
  const { base, bare, lab, token } = world;
  const analyzed = async (workspace: string) => {
    const argv = [process.execPath, once, lab.url, token, base, head, workspace] as const;
    const { files, warnings } = JSON.parse(await finished(argv, '/')) as {
      files: number;
      warnings: string[];
    };
    if (warnings.some((warning) => !warning.includes('not scanned'))) throw new Error(warnings.join('\n'));
    return files;
  };
  const entry = FILTER;
  return [
    { name: 'this action, checkout of depth 1', run: () => analyzed(checkout) },
    { name: 'this action, no checkout', run: () => analyzed('/nonexistent') },
    {
      name: '`git diff --name-status`, whole history cloned',
      run: async () => {
        const out = await finished(['git', 'diff', '--name-status', '--no-renames', '-z', base, head], bare);
        return (out.split('\0').length - 1) / 2;
      },
    },
    ...(entry === undefined
      ? []
      : [
          {
            name: 'dorny/paths-filter, checkout of depth 1',
            prepare: () => world.shallow(head, 'without files'),
            run: (clone: string) => pathsFilter(entry, clone, base, head),
          },
        ]),
  ];
}

const world = await startWorld();
try {
  const task = (name: string, rows: readonly Measured[]) =>
    rows.map((row, index) => [
      index === 0 ? name : '',
      row.name,
      row.files.toLocaleString('en'),
      row.requests === 0 ? '0' : row.requests.toLocaleString('en'),
      `${Math.round(row.milliseconds).toLocaleString('en')} ms`,
    ]);
  const ten = comparing(world, world.ten, world.shallow(world.ten, 'with files'));
  const many = comparing(world, world.many, world.shallow(world.many, 'with files'));
  const rows = [
    ['Task', 'By', 'Files', 'Requests', 'Time'],
    ['---', '---', '---:', '---:', '---:'],
    ...task('classify 100,000 changed files', await measured(classifying())),
    ...task('a push of 10 files to a repository of 100,000', await measured(ten, world)),
    ...task(
      `5,000 changed files in ${world.changedDirectories} of 542 directories`,
      await measured(many, world),
    ),
  ];
  console.log(rows.map((row) => `| ${row.join(' | ')} |`).join('\n'));
  console.log(
    `\nMedian of ${ROUNDS} rounds on ${availableParallelism()} cores, GitHub on loopback. Requests: to the API, or of \`git fetch\`.`,
  );
} finally {
  await world.close();
}
