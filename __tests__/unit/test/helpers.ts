import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import { type Config, ConfigSchema } from '../../../src/config/schema.ts';
import type { Clock, Log, RunProgram } from '../../../src/effects.ts';
import { type TestEffects, realFiles, realProbe } from '../../../src/test/effects.ts';

export const repository = dirname(dirname(dirname(import.meta.dirname)));

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal ? { signal } : {}),
};

/** The environment without what Jest puts into it: Playwright refuses to run below Jest. */
function inherited(): NodeJS.ProcessEnv {
  const { JEST_WORKER_ID: _worker, NODE_ENV: _environment, ...rest } = process.env;
  return rest;
}

/** Real processes, each in a group of its own, killed as a group. */
export const runProgram: RunProgram = (argv, options = {}) =>
  new Promise((done) => {
    const started = Date.now();
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...inherited(), ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    const kill = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended in this moment.
      }
    };
    const timer = setTimeout(
      () => {
        timedOut = true;
        kill();
      },
      options.timeout ?? 2 ** 31 - 1,
    );
    options.signal?.addEventListener('abort', kill);
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) options.onLine?.(line, stream);
      });
      child[stream].on('end', () => void (rest !== '' && options.onLine?.(rest, stream)));
    }
    const finish = (code: number) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      done({ code, ...output, timedOut, duration: Date.now() - started });
    };
    child.on('error', () => finish(127));
    child.on('close', (code) => finish(code ?? 137));
  });

export interface Said {
  kind: 'info' | 'debug' | 'notice' | 'warning' | 'error' | 'foreign' | 'group' | 'end';
  text: string;
  place?: { file: string; line?: number } | undefined;
}

/** Remembers what was said, in order. */
export function memoryLog(): Log & { said: Said[] } {
  const said: Said[] = [];
  const say =
    (kind: Said['kind']) =>
    (text: string, place?: Said['place']): void =>
      void said.push(place ? { kind, text, place } : { kind, text });
  return {
    said,
    info: say('info'),
    debug: say('debug'),
    notice: say('notice'),
    warning: say('warning'),
    error: say('error'),
    foreign: say('foreign'),
    async group(title, body) {
      say('group')(title);
      const value = await body();
      say('end')(title);
      return value;
    },
  };
}

export function realEffects(): TestEffects & { log: ReturnType<typeof memoryLog> } {
  return { run: runProgram, clock: realClock, log: memoryLog(), files: realFiles, probe: realProbe };
}

/** A configuration as written by a user, with every default in place. */
export function configOf(test: Record<string, unknown> = {}): Config {
  return ConfigSchema.parse({ project: { name: 'shop' }, test });
}

/** Folders that are gone after each test. */
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A project with these files and an empty folder for reports beside it. */
export async function project(files: Record<string, string>): Promise<{ workspace: string; temp: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'autopilot-test-'));
  folders.push(folder);
  const workspace = join(folder, 'work');
  const temp = join(folder, 'temp');
  await mkdir(temp);
  for (const [path, text] of Object.entries({ '.keep': '', ...files })) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  return { workspace, temp };
}
