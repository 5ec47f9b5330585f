/** What the process that sends a big image holds in memory: a part of it, whatever its size. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SendReport, SendRequest } from '../../bench/send.ts';
import { must } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import { startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(120_000);

const SIZE = 300_000_000;
const LIMIT = 200_000_000;

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test('issue 4: sending an image takes less than 200 MB of memory, less than the image', async () => {
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
  const script = fileURLToPath(new URL('../../bench/send.ts', import.meta.url));
  const report = JSON.parse(await must([process.execPath, script, JSON.stringify(request)])) as SendReport;
  expect(report.bytes).toBeGreaterThan(SIZE);
  expect(report.maxRss).toBeLessThan(LIMIT);
});
