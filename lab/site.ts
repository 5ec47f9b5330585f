/**
 * The ground a lab stands on: a folder, a /24 network with a bridge (the runner's side is `.1`) and the reaper, a process
 * that outlives the lab and takes all of it away however the lab ends (rule: nothing is left behind, even after SIGKILL).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { serveNames } from './names.ts';
import { must } from './process.ts';

export const reapScript = fileURLToPath(new URL('./reap.sh', import.meta.url));

export interface Site {
  /** Number of the lab on this machine: labs beside each other have different ones. */
  readonly number: number;
  readonly directory: string;
  /** Name of the bridge; its address is the runner's own in the lab's network. */
  readonly bridge: string;
  readonly runnerAddress: string;
  /** A free host number of the network and the address that belongs to it. */
  nextAddress(): { host: number; address: string };
  /** Removes everything; resolves when it is gone. Doing it twice is doing it once. */
  close(): Promise<void>;
}

const PROGRAMS = ['ip', 'unshare', 'nsenter', 'tini', 'setsid', 'ssh-keygen'];

/** What the ground itself cannot do without, said before anything is made. */
async function checkMachine(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('the lab needs root: it makes network namespaces and mounts');
  const lookUp = 'for program; do command -v "$program" >/dev/null || echo "$program"; done';
  const missing = (await must(['sh', '-c', lookUp, 'sh', ...PROGRAMS])).trim().replaceAll('\n', ', ');
  if (missing !== '') throw new Error(`the lab misses ${missing}: run lab/install.sh engine`);
}

/** @param parent folder for the lab's own folder (default: the system's temporary one) */
export async function openSite(parent = tmpdir()): Promise<Site> {
  await checkMachine();
  const reaper = spawn('sh', [reapScript, 'watch', parent], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(reaper, 'exit');
  let words = '';
  reaper.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const lines = createInterface({ input: reaper.stdout });
  const claimed = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    ended.then(() => ''),
  ]);
  const [number, directory] = claimed.split(' ');
  if (!number || !directory) throw new Error(`no ground for a lab: ${words.trim() || 'the reaper ended'}`);
  // The lab must not stay alive because its reaper is.
  reaper.unref();
  for (const pipe of [reaper.stdin, reaper.stdout, reaper.stderr])
    (pipe as unknown as { unref(): void }).unref();
  const network = `198.18.${number}`;
  const names = await serveNames(`${network}.1`).catch(async (error: unknown) => {
    reaper.ref();
    reaper.stdin.end();
    await ended;
    throw error;
  });
  let open = true;
  let host = 10;
  return {
    number: Number(number),
    directory,
    bridge: `gaplab${number}`,
    runnerAddress: `${network}.1`,
    nextAddress() {
      if (host > 250) throw new Error('no free address: this lab had 240 machines');
      return { host, address: `${network}.${host++}` };
    },
    async close() {
      if (open) names.close();
      open = false;
      reaper.ref();
      reaper.stdin.end();
      await ended;
    },
  };
}
