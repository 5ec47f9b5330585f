import { expect, test } from '@jest/globals';
import { openRelease } from '../../../src/deploy/index.ts';
import type { RetireRequest } from '../../../src/deploy/retire.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

/** Confirms v3 in the place of v2. Of images of one age the first counts as the newest, here v0; gives what was pruned. */
async function confirmed(protect: RetireRequest['protect']) {
  const server = new FakeServer();
  for (const tag of ['v0', 'v1', 'v2']) server.addImage(`shop-web:${tag}`);
  server.files.set('/srv/compose.yml', 'services:\n  web:\n    image: shop-web:v2\n');
  server.addContainer('web', 'shop-web:v2', 'shop-web-1', { state: 'running' });
  const handle = await openRelease(
    { pipelineId: 'p', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
    server,
  );
  const done = await handle.deploy({
    pipelineId: 'p',
    wanted: [{ service: service('web', undefined), image: server.addImage('shop-web:v3') }],
    prefix: 'shop',
    composeFile: '/srv/compose.yml',
    composeSource: undefined,
    minFreeDisk: 0,
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });
  expect(done.status).toBe('passed');
  const warnings = await handle.underTest({ keepReleases: 1, protect }).confirm();
  return { warnings, pruned: server.commands.filter((title) => title.startsWith('remove image')) };
}

test.each<[string, () => RetireRequest['protect'], string[], unknown[]]>([
  ['beyond keep_releases', () => [], ['remove image shop-web:v1'], []],
  ['but no rollback target', () => Promise.resolve(['shop-web:v1']), [], []],
  [
    'and nothing as long as nobody knows which those are',
    () => Promise.reject(new Error('GitHub is down')),
    [],
    [expect.stringContaining('older images could not be tidied up: GitHub is down')],
  ],
])('retention: what is pruned: %s', async (_what, protect, pruned, warnings) => {
  const given = protect();
  if (given instanceof Promise) given.catch(() => undefined);
  expect(await confirmed(given)).toEqual({ pruned, warnings });
});
