import { describe, expect, jest, test } from '@jest/globals';
import { type DeployInput, openRelease } from '../../../src/deploy/index.ts';
import type { DeployResult } from '../../../src/deploy/result.ts';
import { previewRollback, rollback } from '../../../src/rollback/index.ts';
import type { VerifyResult } from '../../../src/verify/result.ts';
import { FakeServer } from '../deploy/fake-server.ts';
import { service } from '../deploy/service.ts';

const VERIFIED = { status: 'passed' } as VerifyResult;

function parts(status: DeployResult['status']) {
  const server = new FakeServer();
  server.addImage('shop-web:v1');
  const deploy = jest.fn(async (_input: DeployInput) => ({ status }) as DeployResult);
  const verify = jest.fn(async () => VERIFIED);
  const input = (...images: string[]) => ({
    pipelineId: 'p',
    prefix: 'shop',
    composeFile: '/srv/compose.yml',
    services: images.map((image, index) => ({
      service: service(`web${String(index)}`, undefined),
      image,
      verified: 'in run p0',
    })),
  });
  return { server, deploy, verify, input, effects: { target: server.target, release: { deploy }, verify } };
}

test('R1: the images go the way of any release, with nothing sent, and are verified', async () => {
  const { deploy, input, effects } = parts('passed');
  expect(await rollback(input('shop-web:v1'), effects)).toEqual({
    deploy: { status: 'passed' },
    verify: VERIFIED,
  });
  const [given] = deploy.mock.calls[0] ?? [];
  expect(given?.wanted).toMatchObject([{ image: { reference: 'shop-web:v1' } }]);
  expect(given?.minFreeDisk).toBe(0);
  expect(await given?.transfer([], effects.target)).toEqual({ each: {}, warnings: [] });
});

test('R1: every missing image is named, before anything changes', async () => {
  const { deploy, input, effects } = parts('passed');
  await expect(rollback(input('shop-web:v1', 'shop-web:v8', 'shop-web:v9'), effects)).rejects.toMatchObject({
    code: 'ROLLBACK_IMPOSSIBLE',
    message: expect.stringMatching(/v8 \(web1\), shop-web:v9 \(web2\)/),
  });
  await expect(rollback(input(), effects)).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' });
  expect(deploy).not.toHaveBeenCalled();
});

test.each(['failed', 'skipped'] as const)('R1: a rollback that is %s is not verified', async (status) => {
  const { verify, input, effects } = parts(status);
  expect(await rollback(input('shop-web:v1'), effects)).toEqual({ deploy: { status } });
  expect(verify).not.toHaveBeenCalled();
});

describe.each([
  ['side by side', ''],
  ['with a host port', '    ports: [{ target: 8080, published: "8080" }]\n'],
])('R1, D2: %s', (_layout, ports) => {
  const FILE = '/srv/shop/compose.yml';
  const web = service('web', 'http://web:8080/health');
  const options = { pipelineId: 'p1', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 };
  const input = (image: string) => ({
    pipelineId: 'p1',
    prefix: 'shop',
    composeFile: FILE,
    services: [{ service: web, image, verified: 'in run p0' }],
  });

  /** v1 ran and was replaced by v2, both by releases. */
  async function released(live: 'good' | 'bad') {
    const server = new FakeServer();
    server.addImage('shop-web:v1');
    server.addImage('shop-web:v2', { candidate: 'good', live: 'good' });
    server.files.set(FILE, `services:\n  web:\n    image: shop-web:v1\n${ports}`);
    for (const tag of ['v1', 'v2']) {
      const handle = await openRelease(options, server);
      const image = server.addImage(`shop-web:${tag}`);
      const { services: _services, ...rest } = input('');
      const done = await handle.deploy({
        ...rest,
        wanted: [{ service: web, image }],
        composeSource: undefined,
        minFreeDisk: 0,
        tests: { passed: true, detail: '' },
        transfer: () => Promise.resolve({ each: {}, warnings: [] }),
        imageExists: () => Promise.resolve(true),
      });
      expect(done.status).toBe('passed');
      await handle.underTest({ keepReleases: 5, protect: ['shop-web:v1'] }).confirm();
      await handle.recorded();
      await handle.close();
    }
    server.behaviours.set('shop-web:v1', { candidate: live, live });
    server.commands.length = 0;
    return server;
  }
  const starts = (server: FakeServer) =>
    server.commands.filter((title) => /^(start|stop the old and start) /.test(title));

  test('what ran here before starts once for each container, and not as a candidate', async () => {
    const server = await released('good');
    const handle = await openRelease(options, server);
    const done = await rollback(input('shop-web:v1'), {
      target: server.target,
      release: handle,
      verify: async () => VERIFIED,
    });
    expect(done).toMatchObject({
      deploy: { status: 'passed', services: [{ image: 'shop-web:v1' }], baselines: {} },
    });
    expect(starts(server)).toHaveLength(1);
    expect(server.commands.join('\n')).not.toMatch(/candidate/);
  });

  test('a dry run says what would be done, and does nothing', async () => {
    const server = await released('good');
    const before = [[...server.containers.values()], server.journal.length];
    const shown = await previewRollback(input('shop-web:v1'), server);
    expect(shown.services).toMatchObject([
      { service: 'web', from: 'shop-web:v2', to: 'shop-web:v1', send: 'nothing, it is there' },
    ]);
    expect(shown.operations.join('\n')).toContain('no candidate (it ran on this server before');
    expect(shown.gate.filter(({ passed }) => !passed)).toEqual([]);
    expect([[...server.containers.values()], server.journal.length]).toEqual(before);
    expect(server.commands).toEqual([]);
    await expect(previewRollback(input('shop-web:v0'), server)).rejects.toMatchObject({
      code: 'ROLLBACK_IMPOSSIBLE',
    });
  });

  test('what does not come up any more is undone by starting what was kept', async () => {
    const server = await released('bad');
    const [before] = [...server.containers.values()];
    const handle = await openRelease(options, server);
    const done = await rollback(input('shop-web:v1'), {
      target: server.target,
      release: handle,
      verify: async () => VERIFIED,
    });
    expect(done.deploy).toMatchObject({ status: 'failed', rolled_back: ['web'], manual_steps: [] });
    expect(done.verify).toBeUndefined();
    expect([...server.containers.values()]).toMatchObject([{ id: before?.id, state: 'running' }]);
    expect(server.armed).toBeUndefined();
  });
});
