/** What the process that sends a big image holds in memory: a part of it, whatever its size. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SendReport, SendRequest } from '../../bench/send.ts';
import { must } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import { startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(120_000);

/** With what the process has before, more than the limit: who keeps all of it is found out. */
const SIZE = 160_000_000;
const LIMIT = 200_000_000;

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let site: Site;
let folder: string;
beforeAll(async () => {
  site = await openSite();
  folder = await mkdtemp(join(tmpdir(), 'transfer-memory-'));
});
afterAll(async () => {
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

/** As the action is: stripping the types of the sources takes more memory than sending. */
async function bundle(): Promise<string> {
  const outfile = join(folder, 'send.mjs');
  await build({
    entryPoints: [file('bench/send.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['cpu-features', '*.node'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname; const __filename = import.meta.filename;",
    },
    logLevel: 'error',
  });
  await copyFile(file('src/server/keeper.sh'), join(folder, 'keeper.sh'));
  return outfile;
}

test('issue 4: sending an image takes less than 200 MB of memory', async () => {
  const source = (await startTestEngine(site, { name: 'runner' })) as TestEngine;
  const { server } = (await startTestEngine(site, { name: 'server' })) as TestEngine;
  const image = await source.build('shop-big:v1', [{ 'big.bin': randomBytes(SIZE) }]);
  const request: SendRequest = {
    host: server.address,
    port: server.port,
    user: server.user,
    keyFile: server.privateKeyPath,
    knownHosts: server.knownHosts,
    images: [image],
    dockerHost: `unix://${join(source.server.directory, 'disk/run/docker.sock')}`,
  };
  const sent = await must([process.execPath, await bundle(), JSON.stringify(request)]);
  const report = JSON.parse(sent) as SendReport;
  expect(report.bytes).toBeGreaterThan(SIZE);
  expect(report.maxRss).toBeLessThan(LIMIT);
});
