import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** The real `docker save` of the engine on this machine, as a stream. */
export function saveImages(references: readonly string[]): { archive: Readable; finished: Promise<void> } {
  const child = spawn('docker', ['save', '--', ...references], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString()).slice(-2_000);
  });
  const finished = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`docker save failed: ${complaint.trim() || code}`)),
    );
  });
  return { archive: child.stdout, finished };
}
