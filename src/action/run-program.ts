import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import type { RunOptions, RunProgram, RunResult } from '../effects.ts';
import { Capture, LineSplitter } from './captured-output.ts';
import { killTree } from './kill-tree.ts';

type Environment = Record<string, string | undefined>;

/**
 * What the runner gives to this action alone: its inputs (the deploy key among them), the tokens of the job's services,
 * and the files by which outputs, state and summary are set. A `run:` step has none of them, so the project's programs
 * get none either; who needs one passes it in `env`.
 */
const WITHHELD =
  /^(?:INPUT_.*|STATE_.*|ACTIONS_RUNTIME_TOKEN|ACTIONS_ID_TOKEN_REQUEST_TOKEN|GITHUB_OUTPUT|GITHUB_STATE|GITHUB_STEP_SUMMARY)$/;

/** After this many milliseconds without the end of a killed or ended program its pipes are let go. */
const PIPE_GRACE = 2_000;

/**
 * Programs of this machine, never through a shell, each in a process group of its own. Time-out and abort end everything
 * that the program started, detached children too. Memory is bounded: of a stream, head and tail of 5 MB each are kept.
 *
 * Resolves for every exit: 127 for a program or directory that does not exist, 126 for one that cannot be started, 128 + n
 * after signal n. Rejects only with the signal's reason when aborted (after the tree is dead), or what `onLine` threw.
 */
export function createRunProgram(inherited: Environment = process.env): RunProgram {
  const base = Object.fromEntries(Object.entries(inherited).filter(([name]) => !WITHHELD.test(name)));
  return async (argv, options = {}) => {
    options.signal?.throwIfAborted();
    // Every process that descends from this one carries the mark in its environment, whatever group it moved to.
    const mark = `AUTOPILOT_PROCESS_${randomBytes(8).toString('hex')}`;
    const started = performance.now();
    const run = new Run(argv, { ...base, ...options.env, [mark]: '1' }, options, mark);
    return { ...(await run.finished), duration: performance.now() - started };
  };
}

class Run {
  readonly finished: Promise<Omit<RunResult, 'duration'>>;
  private readonly output = { stdout: new Capture(), stderr: new Capture() };
  private readonly lines: Record<'stdout' | 'stderr', LineSplitter>;
  private child: ChildProcess | undefined;
  private timedOut = false;
  private thrown: { error: unknown } | undefined;
  private killing: Promise<void> | undefined;
  private readonly options: RunOptions;
  private readonly mark: string;

  constructor(argv: readonly [string, ...string[]], env: Environment, options: RunOptions, mark: string) {
    this.options = options;
    this.mark = mark;
    this.lines = { stdout: this.splitter('stdout'), stderr: this.splitter('stderr') };
    this.finished = this.start(argv, env);
  }

  private splitter(stream: 'stdout' | 'stderr'): LineSplitter {
    return new LineSplitter((line, goesOn) => {
      try {
        if (!this.thrown) this.options.onLine?.(line, stream, goesOn);
      } catch (error) {
        this.thrown = { error };
        this.kill();
      }
    });
  }

  private kill(): void {
    const pid = this.child?.pid;
    if (pid !== undefined) this.killing ??= killTree(pid, this.mark);
  }

  private async start(argv: readonly [string, ...string[]], env: Environment) {
    const { options } = this;
    const [program, ...args] = argv;
    const abort = () => this.kill();
    let timer: NodeJS.Timeout | undefined;
    try {
      this.child = spawn(program, args, {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: env as NodeJS.ProcessEnv,
        detached: true,
        shell: false,
        stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      options.signal?.addEventListener('abort', abort, { once: true });
      if (options.timeout !== undefined)
        timer = setTimeout(() => {
          this.timedOut = true;
          this.kill();
        }, options.timeout);
      const code = await this.exitOf(this.child);
      await this.killing;
      return this.result(code);
    } catch (error) {
      if (this.thrown?.error === error || this.options.signal?.aborted) throw error;
      return this.notStarted(program, error as NodeJS.ErrnoException);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /** Settles when the program has ended and its output is read; rejects when it could not be started. */
  private exitOf(child: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      child.on('error', reject);
      for (const name of ['stdout', 'stderr'] as const)
        child[name]?.on('data', (chunk: Buffer) => {
          this.output[name].add(chunk);
          this.lines[name].add(chunk);
        });
      // A program that reads only part of its input closes the pipe; that is its right.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(this.options.input);
      child.on('exit', () => {
        // What it left running in the background may hold the pipes open for ever.
        grace = setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, PIPE_GRACE);
      });
      child.on('close', (code, signal) => {
        clearTimeout(grace);
        this.lines.stdout.end();
        this.lines.stderr.end();
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
      });
    });
  }

  private result(code: number): Omit<RunResult, 'duration'> {
    if (this.thrown) throw this.thrown.error;
    if (this.killing && !this.timedOut) this.options.signal?.throwIfAborted();
    return {
      code,
      stdout: this.output.stdout.text(),
      stderr: this.output.stderr.text(),
      timedOut: this.timedOut,
    };
  }

  private notStarted(program: string, error: NodeJS.ErrnoException): Omit<RunResult, 'duration'> {
    const missing = error.code === 'ENOENT';
    const where = this.options.cwd === undefined ? '' : ` (in ${this.options.cwd})`;
    return {
      code: missing ? 127 : 126,
      stdout: '',
      stderr: `${program}${where}: ${missing ? 'program or directory not found' : error.message}`,
      timedOut: false,
    };
  }
}
