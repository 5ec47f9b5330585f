import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TABLE } from '../../src/analyze/categories.ts';

/** Runs a program to its end; answers what it printed. */
export function finished(
  argv: readonly [string, ...string[]],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`${program} ended with ${code}: ${errors}${out}`)),
    );
  });
}

/**
 * dorny/paths-filter as a runner starts it on a push, with our categories as its filters. `entry` is its `dist/index.js`,
 * which is not part of this repository. Answers how many changed files it saw.
 */
export async function pathsFilter(entry: string, clone: string, base: string, head: string): Promise<number> {
  const temporary = mkdtempSync(join(tmpdir(), 'paths-filter-'));
  const [event, output] = [join(temporary, 'event.json'), join(temporary, 'output')];
  const filters = DEFAULT_TABLE.map(({ category, patterns }) => {
    const positive = patterns.filter((pattern) => !pattern.startsWith('!'));
    return `${category}: ${JSON.stringify(positive)}\n`;
  });
  const repository = { default_branch: 'main', name: 'shop', owner: { login: 'gons' } };
  writeFileSync(event, JSON.stringify({ ref: 'refs/heads/main', before: base, after: head, repository }));
  writeFileSync(output, '');
  try {
    const said = await finished([process.execPath, entry], clone, {
      INPUT_FILTERS: filters.join(''),
      'INPUT_LIST-FILES': 'none',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_EVENT_PATH: event,
      GITHUB_OUTPUT: output,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REPOSITORY: 'gons/shop',
      GITHUB_SHA: head,
      GITHUB_WORKSPACE: clone,
      RUNNER_TEMP: temporary,
    });
    if (!readFileSync(output, 'utf8').includes('changes'))
      throw new Error(`paths-filter set no output: ${said}`);
    return Number(/Detected (\d+) changed files/.exec(said)?.[1]);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
