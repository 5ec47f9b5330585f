/** A step's process: its output line by line, the runner's way to cancel it, and pulling the plug. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Grace {
  /** Milliseconds from SIGINT to SIGTERM; the official runner waits 7500. */
  interrupt: number;
  /** Milliseconds from SIGTERM to SIGKILL; the official runner waits 2500. */
  terminate: number;
}

export interface Running {
  readonly pid: number | undefined;
  /** Resolves with the exit code, 128 + n after signal n, when the process has ended and its output is read. */
  readonly ended: Promise<number>;
  /** SIGINT, SIGTERM, SIGKILL to this process only, never to its children. */
  cancel(grace: Grace): Promise<void>;
  /** The machine is gone: SIGKILL to the process and to all it started. */
  kill(): void;
}

const SIGNALS: Record<string, number> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11, SIGABRT: 6 };
/** A child that lives on may hold the pipes: the runner stops reading this long after the process has ended. */
const OUTPUT_GRACE = 5000;

export function start(
  file: string,
  args: readonly string[],
  { cwd, env, line }: { cwd: string; env: Record<string, string>; line: (text: string) => void },
): Running {
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let over = false;
  const read = (stream: NodeJS.ReadableStream): Promise<void> =>
    new Promise((resolve) => {
      const decoder = new StringDecoder('utf8');
      let rest = '';
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + decoder.write(chunk)).split(/\r\n|\n|\r(?=.)/s);
        rest = lines.pop() ?? '';
        for (const text of lines) if (!over) line(text);
      });
      const finish = (): void => {
        rest += decoder.end();
        if (rest !== '' && !over) line(rest);
        rest = '';
        resolve();
      };
      stream.on('end', finish);
      stream.on('error', finish);
    });
  const output = Promise.all([read(child.stdout), read(child.stderr)]);
  let exited = false;
  const exit = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      line(`##[error]${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      exited = true;
      resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0));
    });
  });
  const ended = (async () => {
    const code = await exit;
    const late = new AbortController();
    await Promise.race([
      output,
      sleep(OUTPUT_GRACE, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    over = true;
    child.stdout.destroy();
    child.stderr.destroy();
    return code;
  })();
  const within = async (milliseconds: number): Promise<boolean> => {
    const timer = new AbortController();
    await Promise.race([
      exit,
      sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    return exited;
  };
  return {
    pid: child.pid,
    ended,
    async cancel(grace) {
      child.kill('SIGINT');
      if (await within(grace.interrupt)) return;
      child.kill('SIGTERM');
      if (await within(grace.terminate)) return;
      child.kill('SIGKILL');
    },
    kill() {
      over = true;
      if (child.pid !== undefined && !exited) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It ended in between.
        }
      }
    },
  };
}

const ORPHAN_PATIENCE = 2000;

async function isGone(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
  // A zombie only waits for somebody to read its exit status.
  return status === undefined || /^State:\s+[ZX]/m.test(status);
}

/** Ends what a job left running: the runner knows it by RUNNER_TRACKING_ID in its environment. Returns the ids it ended. */
export async function endOrphans(trackingId: string): Promise<number[]> {
  const mark = `RUNNER_TRACKING_ID=${trackingId}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const ended: number[] = [];
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (pid === process.pid || !environment.split('\0').includes(mark)) continue;
    try {
      process.kill(pid, 'SIGKILL');
      ended.push(pid);
    } catch {
      // It ended in between.
    }
  }
  const deadline = Date.now() + ORPHAN_PATIENCE;
  for (const pid of ended) while (!(await isGone(pid)) && Date.now() < deadline) await sleep(10);
  return ended;
}
