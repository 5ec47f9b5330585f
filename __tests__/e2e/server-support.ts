import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../src/effects.ts';
import { parseJournal } from '../../src/server/keeper.ts';
import type { JournalEntry, KeeperRequest } from '../../src/server/target.ts';

export const SHELLS: [string, [string, ...string[]]][] = [
  ['dash', ['dash']],
  ['bash', ['bash']],
  ['busybox sh', ['busybox', 'sh']],
];

/** Keeps what was printed, for tests that ask. */
export function memoryLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const add = (message: string) => void lines.push(message);
  return {
    lines,
    info: add,
    debug: add,
    notice: add,
    warning: add,
    error: add,
    foreign: add,
    group: (_title, body) => body(),
  };
}

export function request(more: Partial<KeeperRequest> = {}): KeeperRequest {
  return {
    pipelineId: 'p-1',
    runUrl: 'https://github.test/run/7',
    actor: 'bob',
    wait: 0,
    heartbeat: 5,
    ...more,
  };
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keeper-'));
}

export function journalOf(folder: string): JournalEntry[] {
  const file = join(folder, '.gonsautopilot/journal');
  return existsSync(file) ? parseJournal(readFileSync(file, 'utf8')) : [];
}

export const eventsOf = (folder: string) => journalOf(folder).map((entry) => entry.event);

/** Waits for a condition of the real world; fails after `limit` milliseconds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limit = 20_000,
): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await sleep(50);
  }
}

/** Starts server-runner.ts and waits until its long command runs. */
export async function startRunner(
  folder: string,
  armed: string,
  shell: readonly string[],
  long: { text?: string; limit?: number } = {},
): Promise<ChildProcess> {
  const script = new URL('./server-runner.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder, armed, ...shell], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LONG: long.text ?? '', LIMIT: String(long.limit ?? '') },
  });
  child.stdout.resume();
  await until('the long command runs', () => existsSync(join(folder, 'running')));
  return child;
}

export async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** `pid cwd command line` of the processes that lie in the folder or name it: what a test left behind. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return `${pid} ${readlinkSync(`/proc/${pid}/cwd`)} ${command}`;
      } catch {
        return '';
      }
    })
    .filter((line) => line !== '' && line.includes(folder));
}
