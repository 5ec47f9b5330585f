import { expect, test } from '@jest/globals';
import { openRelease } from '../../../src/deploy/index.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';
const RETIRE = { keepReleases: 5, protect: [] };

/** A live release of one service whose old container has this restart policy. */
async function live(restartPolicy: string, irreversible: boolean) {
  const server = new FakeServer();
  server.addImage('shop-web:v1');
  server.files.set(FILE, 'services:\n  web:\n    image: shop-web:v1\n');
  const old = server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running', restartPolicy });
  old.networks = { shop_default: { address: '10.0.0.1', aliases: ['web'] } };
  const handle = await openRelease(
    { pipelineId: 'p', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
    server,
  );
  const result = await handle.deploy({
    pipelineId: 'p',
    wanted: [{ service: service('web', 'http://web:8080/'), image: server.addImage('shop-web:v2') }],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    ...(irreversible ? { migrate: { service: 'web', command: 'migrate', timeout: 300, irreversible } } : {}),
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });
  expect(result).toMatchObject({ services: [{ status: 'deployed' }] });
  return { server, old, under: handle.underTest(RETIRE) };
}

const policies = (server: FakeServer) =>
  [...server.containers.values()].map(({ image, restartPolicy }) => [image, restartPolicy]);

test.each([
  ['always', 'no'],
  ['unless-stopped', 'unless-stopped'],
])(
  'invariant 2: left running, what was stopped stays so when the engine starts again: %s becomes %s',
  async (before, after) => {
    const { server, under } = await live(before, false);
    expect(policies(server)[0]).toEqual(['shop-web:v1', before]);
    await under.leaveRunning('a person decides');
    expect(policies(server)[0]).toEqual(['shop-web:v1', after]);
  },
);

test('invariant 2: so it is with an irreversible release, and the commands for a person set it back', async () => {
  const { server, old, under } = await live('always', true);
  const outcome = await under.rollBack('watchdog: it answered 500');
  expect(policies(server)[0]).toEqual(['shop-web:v1', 'no']);
  expect(outcome.manualSteps.at(-1)).toBe(`docker update --restart always ${old.id.slice(0, 12)}`);
});

test('invariant 2: a policy that cannot be set is no reason to fail', async () => {
  const { server, under } = await live('always', false);
  server.before = () => ({ code: 1, stdout: '', stderr: 'injected' });
  await under.leaveRunning('a person decides');
  expect(server.journal.map(({ event }) => event)).toContain('left_running');
});

test('V3: what is put back keeps its policy', async () => {
  const { server, under } = await live('always', false);
  await under.rollBack('watchdog: it answered 500');
  expect(policies(server)).toEqual([['shop-web:v1', 'always']]);
});
