/** The real git program on one bare repository: everything the server knows about objects and refs comes from here. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export class GitError extends Error {
  readonly code: number | null;
  readonly stderr: string;
  constructor(args: readonly string[], code: number | null, stderr: string) {
    super(`git ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
    this.code = code;
    this.stderr = stderr;
  }
}

export interface GitObject {
  sha: string;
  type: 'commit' | 'tree' | 'blob' | 'tag';
  content: Buffer;
}

/** The lab's git must not depend on who runs it: no user or system configuration, no prompts. */
export function gitEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C.UTF-8',
    ...extra,
  };
}

export interface GitOptions {
  input?: string | Buffer;
  env?: Record<string, string>;
  cwd?: string;
}

/** Runs git, resolves with its stdout; rejects with GitError on a non-zero exit. */
export function git(args: readonly string[], { input, env, cwd }: GitOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { env: gitEnvironment(env), ...(cwd === undefined ? {} : { cwd }) });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out));
      else reject(new GitError(args, code, Buffer.concat(err).toString()));
    });
    // git may end before it has read its input (it refused the arguments): that is told by the exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** One `git cat-file --batch` process, so that reading thousands of objects costs no process each. */
export class ObjectReader {
  readonly #dir: string;
  #child: ChildProcessWithoutNullStreams | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #waiting: ((object: GitObject | undefined) => void)[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** `rev` as git understands it; undefined when there is no such object. */
  read(rev: string): Promise<GitObject | undefined> {
    if (/[\n\0]/.test(rev) || rev === '') return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process().stdin.write(`${rev}\n`);
    });
  }

  stop(): void {
    this.#child?.stdin.end();
    this.#child = undefined;
  }

  #process(): ChildProcessWithoutNullStreams {
    if (this.#child) return this.#child;
    const child = spawn('git', ['--git-dir', this.#dir, 'cat-file', '--batch'], { env: gitEnvironment() });
    child.stdout.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#drain();
    });
    const ended = (): void => {
      if (this.#child === child) this.#child = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    };
    child.on('error', ended);
    child.on('close', ended);
    child.stdin.on('error', () => undefined);
    this.#child = child;
    return child;
  }

  #drain(): void {
    for (;;) {
      const end = this.#buffer.indexOf(10);
      if (end < 0) return;
      const header = this.#buffer.subarray(0, end).toString();
      const match = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(header);
      let object: GitObject | undefined;
      let next = end + 1;
      if (match) {
        const size = Number(match[3]);
        if (this.#buffer.length < next + size + 1) return;
        const content = Buffer.from(this.#buffer.subarray(next, next + size));
        object = { sha: match[1] ?? '', type: match[2] as GitObject['type'], content };
        next += size + 1;
      }
      this.#buffer = this.#buffer.subarray(next);
      this.#waiting.shift()?.(object);
    }
  }
}
