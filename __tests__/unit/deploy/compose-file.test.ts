import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { dropStaged, restoreCompose, stageCompose, writeCompose } from '../../../src/deploy/commands.ts';
import type { ReleasePlan } from '../../../src/deploy/release.ts';
import type { Command } from '../../../src/server/target.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'compose-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']] as const;
type Step = 'stage' | 'write' | 'restore' | 'drop' | { person: string };

/** What lies in the folder after these steps: the compose file, and whatever is staged beside it. */
function after(shell: readonly [string, ...string[]], before: string | undefined, steps: readonly Step[]) {
  const file = join(directory, 'compose.yml');
  const plan: ReleasePlan = {
    pipeline_id: 'p',
    project: 'shop',
    prefix: 'shop',
    compose: {
      directory,
      file,
      next: join(directory, '.next'),
      before: join(directory, '.before'),
      override: join(directory, '.override'),
      existed: before !== undefined,
    },
    services: [],
    warnings: [],
  };
  if (before !== undefined) writeFileSync(file, before);
  const commands: Record<Extract<Step, string>, Command> = {
    stage: stageCompose(plan, 'new'),
    write: writeCompose(plan),
    restore: restoreCompose(plan),
    drop: dropStaged(plan),
  };
  for (const step of steps) {
    if (typeof step === 'object') writeFileSync(file, step.person);
    else {
      const { argv, input } = commands[step];
      const [program, ...first] = shell;
      const done = spawnSync(program, [...first, ...argv.slice(1)], { input: input ?? '', encoding: 'utf8' });
      expect([done.stderr, done.status]).toEqual(['', 0]);
    }
  }
  const staged = readdirSync(directory).filter((name) => name !== 'compose.yml');
  return { file: existsSync(file) ? readFileSync(file, 'utf8') : undefined, staged: staged.sort() };
}

const STAGED = ['.before', '.next'];
const CASES: [string, string | undefined, Step[], { file: string | undefined; staged: string[] }][] = [
  ['staged only', 'old', ['stage', 'restore'], { file: 'old', staged: STAGED }],
  ['written', 'old', ['stage', 'write', 'restore'], { file: 'old', staged: [] }],
  ['nothing at all', 'old', ['restore'], { file: 'old', staged: [] }],
  [
    'edited by a person while it was staged',
    'old',
    ['stage', { person: 'theirs' }, 'restore', 'drop', 'restore'],
    { file: 'theirs', staged: [] },
  ],
  [
    'edited by a person after it was put back',
    'old',
    ['stage', 'write', 'restore', { person: 'theirs' }, 'restore', 'drop', 'restore'],
    { file: 'theirs', staged: [] },
  ],
  ['first: staged only', undefined, ['stage', 'restore'], { file: undefined, staged: STAGED }],
  ['first: written', undefined, ['stage', 'write', 'restore'], { file: undefined, staged: [] }],
  [
    'first: brought by a person while it was staged',
    undefined,
    ['stage', { person: 'theirs' }, 'restore', 'drop', 'restore'],
    { file: 'theirs', staged: [] },
  ],
  [
    'first: brought by a person after it was put back',
    undefined,
    ['stage', 'write', 'restore', { person: 'theirs' }, 'restore', 'drop', 'restore'],
    { file: 'theirs', staged: [] },
  ],
];

test.each(SHELLS.flatMap((shell) => CASES.map((one) => [shell[0], ...one, shell] as const)))(
  "D3: under %s only what the release wrote is put back, never a person's file: %s",
  (_shell, _what, before, steps, expected, shell) => {
    expect(after(shell, before, steps)).toEqual(expected);
  },
);
