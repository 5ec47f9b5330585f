/**
 * One transfer in a process of its own, as the action does it, so that its time and its peak memory are its own.
 * Usage: send.ts JSON     prints {"bytes": ..., "warnings": [...], "maxRss": bytes}
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '../src/action/clock.ts';
import { favourMemory } from '../src/action/memory.ts';
import { systemRandom } from '../src/action/random.ts';
import { transfer } from '../src/deploy/transfer/index.ts';
import { saveImages } from '../src/deploy/transfer/save.ts';
import type { Log } from '../src/effects.ts';
import { openSshTarget } from '../src/server/target-ssh.ts';

export interface SendRequest {
  host: string;
  port: number;
  user: string;
  keyFile: string;
  /** Public key of the host, or lines of a known_hosts file. */
  knownHosts: string;
  images: { reference: string; id: string }[];
  dockerHost: string;
  /** See TransferEffects. */
  signatures?: string;
}
export interface SendReport {
  bytes: number;
  warnings: string[];
  /** Bytes; the highest while it was sent, and before. */
  maxRss: number;
  rssBefore: number;
}

favourMemory();
const request = JSON.parse(process.argv[2] ?? '') as SendRequest;
const say = (message: string) => void process.stderr.write(`${message}\n`);
const log: Log = {
  info: say,
  debug: say,
  notice: say,
  warning: say,
  error: say,
  foreign: say,
  group: (_title, body) => body(),
};
const { host, port, user, knownHosts } = request;
const target = await openSshTarget({
  host,
  port,
  user,
  knownHosts,
  privateKey: readFileSync(request.keyFile, 'utf8'),
  path: '/tmp',
  log,
});
// Not the process's own maximum: that is what stripping the types of these sources takes, which the bundle does not do.
const rssBefore = process.memoryUsage.rss();
let maxRss = rssBefore;
setInterval(() => (maxRss = Math.max(maxRss, process.memoryUsage.rss())), 20).unref();
const env = { ...process.env, DOCKER_HOST: request.dockerHost };
const { bytes, warnings } = await transfer(
  request.images.map((image) => ({ ...image, service: '' })),
  target,
  {
    saveImages: (references) => saveImages(references, env),
    clock: systemClock,
    random: systemRandom,
    log,
    ...(request.signatures === undefined ? {} : { signatures: request.signatures }),
  },
);
await target.close();
const report: SendReport = { bytes, warnings, maxRss, rssBefore };
process.stdout.write(JSON.stringify(report));
