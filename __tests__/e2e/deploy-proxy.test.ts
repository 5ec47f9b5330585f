import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type LoadReport, startLoad } from '../../lab/load.ts';
import { until } from '../../lab/process.ts';
import { revertScript } from '../../src/deploy/script.ts';
import type { Wanted } from '../../src/deploy/index.ts';
import { inputOf, openWorld, service, type World } from './deploy-world.ts';
import { appImage, putProxy, release, untilUp, URL } from './proxy-app.ts';
import { SETUPS } from './proxy-setups.ts';

jest.setTimeout(240_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.clean();
});
afterAll(async () => {
  await world.close();
});

const NOTHING_FAILED = { failed: 0, failures: {} };

async function under<T>(body: () => Promise<T>): Promise<T & { load: LoadReport }> {
  const stop = startLoad(`http://${world.machine.address}:18080/health`, 100);
  const done = await body();
  return { ...done, load: await stop() };
}

/** A release that nobody has confirmed yet. */
async function live(id: string, image: Wanted['image']) {
  const handle = await world.open(id);
  const wanted = [{ service: service('backend', URL), image }];
  expect((await handle.deploy(inputOf(id, wanted))).status).toBe('passed');
  return handle;
}

test('V3, D3: a live release that is put back costs no request either; what the server does by itself can be done twice', async () => {
  const setup = SETUPS[0] as (typeof SETUPS)[number];
  await putProxy(world, setup);
  expect((await release(world, await appImage(world, 'v1'))).error).toBeUndefined();
  await untilUp(world);
  const aliases = () =>
    world.docker(
      'inspect',
      '--format',
      '{{json (index .NetworkSettings.Networks "shop_default").Aliases}}',
      'shop-backend-1',
    );
  const v2 = await appImage(world, 'v2');

  const handle = await live('20260103-000001-undoing', v2);
  const undone = await under(async () => ({
    outcome: await handle.underTest({ keepReleases: 5, protect: [] }).rollBack('slow'),
  }));
  await handle.close();
  expect(undone.outcome).toMatchObject({ rolledBack: ['backend'], failed: {} });
  expect(undone.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
  expect(undone.load.fresh.answers).toMatchObject({ v1: expect.any(Number), v2: expect.any(Number) });
  expect(await aliases()).toContain('"backend"');

  const lost = await live('20260103-000002-runlost', v2);
  // Killed while it was putting things back: the old one had left traffic.
  await world.docker('network', 'disconnect', 'shop_default', 'shop-backend-1');
  await world.docker('network', 'connect', 'shop_default', 'shop-backend-1');
  const script = revertScript(lost.plan as NonNullable<typeof lost.plan>);
  expect(await world.machine.exec(['sh', '-c', script])).toMatchObject({ code: 0 });
  await untilUp(world);
  expect(await aliases()).toContain('"backend"');
  expect(await world.docker('ps', '--format', '{{.Image}}', '--filter', 'name=backend')).toBe(
    'shop-backend:v1',
  );
  await lost.keeper.disarm();
  await lost.close();
  expect(world.lines.filter((line) => line.includes('warning'))).toEqual([]);
});

test('deploy.migrate on a real engine: once, with the networks of its service; a failing and an endless one stop the release', async () => {
  await world.putCompose(
    'services:\n  backend:\n    image: placeholder\n    volumes: ["data:/data"]\nvolumes:\n  data:\n',
  );
  const run = async (tag: string, script: string, timeout = 30) => {
    const id = `20260104-000000-${tag}`;
    const handle = await world.open(id);
    const image = await world.image('backend', tag);
    const result = await handle.deploy(
      inputOf(id, [{ service: service('backend', undefined), image }], {
        migrate: { service: 'backend', command: ['sh', '-c', script], timeout, irreversible: false },
      }),
    );
    if (result.status !== 'failed') await handle.underTest({ keepReleases: 5, protect: [] }).confirm();
    await handle.close();
    return result;
  };
  expect((await run('v1', 'echo "$APP_VERSION" >>/data/log')).error).toBeUndefined();
  expect((await run('v2', 'echo no such column; exit 7')).error).toMatchObject({
    what: expect.stringContaining('exit code 7'),
    why: expect.stringContaining('no such column'),
  });
  expect((await run('v3', 'sleep 600', 3)).error?.what).toContain('longer than 3 s');
  expect(await world.docker('ps', '-a', '--format', '{{.Image}}')).toBe('shop-backend:v1');
  expect(await world.docker('exec', 'shop-backend-1', 'cat', '/data/log')).toBe('v1');
});

test('a cancel does not wait for the proof of a container that never becomes healthy', async () => {
  await world.putCompose('services:\n  backend:\n    image: placeholder\n    expose: ["8080"]\n');
  const image = await world.image('backend', 'v1', { status: '500 Broken' });
  const cancel = new AbortController();
  const id = '20260105-000000-cancels';
  const handle = await world.open(id);
  const wanted = [
    { service: service('backend', URL, { healthCheck: { url: URL, timeout: 90, retries: 3 } }), image },
  ];
  const running = handle.deploy(inputOf(id, wanted, { signal: cancel.signal }));
  await until(
    'the candidate is up',
    async () => (await world.docker('ps', '--format', '{{.Names}}')) === 'shop-backend-candidate',
  );
  const began = performance.now();
  cancel.abort();
  expect(await running).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(await world.docker('ps', '-aq')).toBe('');
  await handle.close();
});

describe.each(SETUPS)('Invariant 3: behind $name', (setup) => {
  test('a good release, a broken one, a rollback and what the server does by itself cost no request, on new and on kept connections', async () => {
    const v1 = await appImage(world, 'v1');
    const v2 = await appImage(world, 'v2');
    const bad = await appImage(world, 'bad', 'unhealthy');
    await putProxy(world, setup);
    expect((await release(world, v1)).error).toBeUndefined();
    await untilUp(world);

    const good = await under(() => release(world, v2));
    expect(good.services).toMatchObject([{ strategy: 'start-first', status: 'deployed' }]);
    expect(good.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(good.load.fresh.answers).sort()).toEqual(['v1', 'v2']);

    const broken = await under(() => release(world, bad));
    expect(broken.status).toBe('failed');
    expect(broken.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(broken.load.fresh.answers)).toEqual(['v2']);

    const back = await under(() => release(world, v1));
    expect(back.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(back.load.fresh.answers).sort()).toEqual(['v1', 'v2']);
    // What was put into the proxy's /etc/hosts is gone again.
    const hosts = () => world.machine.exec('docker exec shop-proxy-1 cat /etc/hosts');
    expect((await hosts()).stdout).not.toContain('autopilot');

    const lost = await live('20260102-000100-runlost', v2);
    const script = revertScript(lost.plan as NonNullable<typeof lost.plan>);
    const alone = await under(() => world.machine.exec(['sh', '-c', script]));
    expect(alone).toMatchObject({ code: 0 });
    expect(alone.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(alone.load.fresh.answers).sort()).toEqual(['v1', 'v2']);
    expect((await hosts()).stdout).not.toContain('autopilot');
    await lost.keeper.disarm();
    await lost.close();
    expect(world.lines.filter((line) => line.includes('warning'))).toEqual([]);
  });
});
