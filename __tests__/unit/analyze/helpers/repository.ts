import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real git repository in a temporary directory, written to in one line a commit. */
export class Repository {
  readonly directory = mkdtempSync(join(tmpdir(), 'analyze-'));
  /** How often git ran, so that others see when something may have changed. */
  runs = 0;

  constructor(format: 'sha1' | 'sha256' = 'sha1') {
    this.git('init', '-q', '-b', 'main', `--object-format=${format}`);
  }

  git(...args: string[]): string {
    this.runs += 1;
    return execFileSync('git', args, {
      cwd: this.directory,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: {
        PATH: process.env['PATH'],
        HOME: this.directory,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@example.org',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Writes (string), removes (null) or links (`{link}`) files and commits; answers the new commit. */
  commit(files: Record<string, string | Buffer | null | { link: string } | { executable: string }>): string {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.directory, path);
      rmSync(file, { force: true, recursive: true });
      if (content === null) continue;
      mkdirSync(dirname(file), { recursive: true });
      if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(file, content);
      else if ('link' in content) symlinkSync(content.link, file);
      else {
        writeFileSync(file, content.executable);
        chmodSync(file, 0o755);
      }
    }
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', 'change');
    return this.head();
  }

  head(): string {
    return this.git('rev-parse', 'HEAD').trim();
  }

  /** `git diff --name-status` of two commits without renames: path -> letter. */
  nameStatus(base: string, head: string): Map<string, string> {
    const fields = this.git('diff', '--name-status', '--no-renames', '-z', base, head)
      .split('\0')
      .slice(0, -1);
    const found = new Map<string, string>();
    for (let at = 0; at < fields.length; at += 2) found.set(fields[at + 1] ?? '', fields[at] ?? '');
    return found;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
