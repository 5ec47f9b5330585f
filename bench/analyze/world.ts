import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHub, type LabGitHub } from '../../lab/github/index.ts';

export const PACKAGES = 20;
export const DIRECTORIES = 25;
export const FILES = 200;

/** A repository of 100,000 files on the lab's GitHub, two pushes on top of it, and checkouts as a workflow has them. */
export interface BenchWorld {
  lab: LabGitHub;
  token: string;
  /** The bare repository behind the lab's GitHub, with its whole history. */
  bare: string;
  base: string;
  /** Ten files changed. */
  ten: string;
  /** 5,000 files changed, in 25 of 500 directories. */
  many: string;
  /** How many directories the large push changed, the parents included. */
  changedDirectories: number;
  /** A new clone of depth 1 of a commit, without files; answers its directory. */
  shallow(commit: string, files: 'with files' | 'without files'): string;
  close(): Promise<void>;
}

export async function startWorld(): Promise<BenchWorld> {
  const root = mkdtempSync(join(tmpdir(), 'bench-analyze-'));
  const lab = await startGitHub();
  const { dir: bare } = await lab.createRepository('gons/shop', { rateLimit: 1_000_000 });
  const git = (args: readonly string[], input?: string) =>
    execFileSync('git', ['-C', bare, ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      ...(input && { input }),
    }).trim();
  const all = paths();
  const ten = Array.from({ length: 10 }, (_, index) => all[index * 9001] ?? '');
  const many = all.filter((path) => /\/p\d+\/src\/d0\/|\/p[0-4]\/src\/d1\//.test(path));
  const commits = [
    { mark: 1, from: undefined, files: all, content: 'one' },
    { mark: 2, from: 1, files: ten, content: 'two' },
    { mark: 3, from: 1, files: many, content: 'three' },
  ];
  const stream = commits.flatMap(({ mark, from, files, content }) => [
    `commit refs/heads/c${mark}\nmark :${mark}\ncommitter a <a@example.org> ${mark} +0000\ndata 0\n`,
    from === undefined ? '' : `from :${from}\n`,
    ...files.map((path) => {
      const text = `export const name = '${content} ${path}';\n`;
      return `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
    }),
  ]);
  git(['fast-import', '--quiet', '--done'], `${stream.join('')}done\n`);
  git(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
  const [base = '', tenSha = '', manySha = ''] = ['c1', 'c2', 'c3'].map((name) => git(['rev-parse', name]));
  const token = lab.token({ contents: 'read' });
  let clones = 0;
  return {
    lab,
    token,
    bare,
    base,
    ten: tenSha,
    many: manySha,
    changedDirectories: new Set(many.flatMap(parents)).size,
    shallow(commit, files) {
      const directory = join(root, `clone-${(clones += 1)}`);
      const run = (...args: string[]) => execFileSync('git', ['-C', directory, ...args], { stdio: 'pipe' });
      execFileSync('git', ['init', '-q', '-b', 'main', directory]);
      // By the file system: how the checkout step fetches is not what is measured.
      run('fetch', '-q', '--depth', '1', `file://${bare}`, commit);
      run('update-ref', 'refs/heads/main', commit);
      if (files === 'with files') run('checkout', '-q', '-f', 'main');
      const origin = new URL(`${lab.serverUrl}/gons/shop.git`);
      [origin.username, origin.password] = ['x-access-token', token];
      run('remote', 'add', 'origin', origin.href);
      return directory;
    },
    async close() {
      await lab.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** 100,000 paths, some of each category. */
export function paths(): string[] {
  const extensions = ['ts', 'tsx', 'go', 'md', 'json', 'css', 'test.ts', 'sql', 'yaml', 'py'];
  return Array.from({ length: PACKAGES * DIRECTORIES * FILES }, (_, index) => {
    const directory = Math.floor(index / FILES);
    return `packages/p${directory % PACKAGES}/src/d${Math.floor(directory / PACKAGES)}/f${index}.${extensions[index % 10]}`;
  });
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}
