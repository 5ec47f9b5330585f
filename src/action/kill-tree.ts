import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between the polite signal and the last one; well inside the 7.5 s that a cancelled step has. */
const GRACE = 2_000;
const LOOK_EVERY = 50;

/** Ends the process group `pid` and every process whose environment carries `mark`: first SIGTERM, then SIGKILL. */
export async function killTree(pid: number, mark: string): Promise<void> {
  await signalTree(pid, mark, 'SIGTERM');
  const end = performance.now() + GRACE;
  while (performance.now() < end) {
    if (!groupAlive(pid) && (await marked(mark)).length === 0) return;
    await sleep(LOOK_EVERY);
  }
  await signalTree(pid, mark, 'SIGKILL');
}

async function signalTree(pid: number, mark: string, signal: NodeJS.Signals): Promise<void> {
  send(-pid, signal);
  for (const process of await marked(mark)) send(process, signal);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const groupAlive = (pid: number) => send(-pid, 0);

/** Process ids with the mark. Empty where there is no /proc: there the group alone must do. */
async function marked(mark: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const found = await Promise.all(
    entries
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        // A process that ended meanwhile, or of another user, cannot be read and is not ours.
        const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
        return environment.includes(`${mark}=`) ? [Number(name)] : [];
      }),
  );
  return found.flat();
}
