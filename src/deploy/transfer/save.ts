import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** The real `docker save` of the engine on this machine (or of the one that `env` names), as a stream. */
export function saveImages(
  references: readonly string[],
  env?: NodeJS.ProcessEnv,
): { archive: Readable; finished: Promise<void> } {
  const child = spawn('docker', ['save', '--', ...references], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env === undefined ? {} : { env }),
  });
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
  // Whoever reads the archive fails with it and reports it; this one may be looked at later or not at all.
  finished.catch(() => undefined);
  return { archive: child.stdout, finished };
}
