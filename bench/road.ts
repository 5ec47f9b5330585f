/** The lines that the benches send over. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Site } from '../lab/site.ts';
import type { TestEngine } from '../__tests__/e2e/transfer-support.ts';

/** Mbit/s and milliseconds there and back; 0 for what the machine gives. */
export const LINES = {
  fast: { name: 'fast line', rate: 0, delay: 0 },
  slow: { name: '20 Mbit/s, 40 ms', rate: 20, delay: 40 },
};
export type LineName = keyof typeof LINES;

/** The lines that the command line names, all without any. */
export const wantedLines = (): LineName[] => {
  const named = (['fast', 'slow'] as const).filter((line) => process.argv.includes(line));
  return named.length > 0 ? named : ['fast', 'slow'];
};

/** Where the line to the server's sshd begins. */
export async function lineTo(site: Site, server: TestEngine, line: LineName) {
  const { rate, delay } = LINES[line];
  const program = fileURLToPath(new URL('line.ts', import.meta.url));
  const words = [site.runnerAddress, server.server.address, '22', String(rate), String(delay)];
  const child = spawn(process.execPath, [program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { host: site.runnerAddress, port: Number(port.toString()), close: () => child.stdin.end() };
}

export const amount = (bytes: number) =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
