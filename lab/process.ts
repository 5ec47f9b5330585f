/** Programs of the lab's own machine: run one to its end, or say what went wrong with it. */
import { spawn } from 'node:child_process';

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Uint8Array;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Milliseconds until SIGKILL; the code is then 137. */
  timeout?: number;
}

/** Never throws for an exit code; throws when the program cannot be started at all. */
export function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<Finished> {
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout, killSignal: 'SIGKILL' as const }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A program that ends without reading its input is its own affair; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const stdout = Buffer.concat(out).toString();
      const stderr = Buffer.concat(err).toString();
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), stdout, stderr });
    });
    child.stdin.end(options.input ?? '');
  });
}

/** Its standard output; an Error with the program, its code and its words for any other code than 0. */
export async function must(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** Asks again every `every` ms until the answer is true; an Error with `what` after `timeout` ms. */
export async function until(
  what: string | (() => string),
  condition: () => Promise<boolean> | boolean,
  { timeout = 30_000, every = 50 }: { timeout?: number; every?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`${typeof what === 'string' ? what : what()} (waited ${timeout / 1000} s)`);
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
