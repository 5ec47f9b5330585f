import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type LoadReport, startLoad } from '../../lab/load.ts';
import { openWorld, type World } from './deploy-world.ts';
import { appImage, putProxy, release, untilUp } from './proxy-app.ts';
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

async function under<T>(body: () => Promise<T>): Promise<T & { load: LoadReport }> {
  const stop = startLoad(`http://${world.machine.address}:18080/health`, 100);
  const done = await body();
  return { ...done, load: await stop() };
}

const NOTHING_FAILED = { failed: 0, failures: {} };

describe.each(SETUPS)('Invariant 3: behind $name', (setup) => {
  test('a good release, a broken one and a rollback cost no request, on new and on kept connections', async () => {
    const v1 = await appImage(world, 'v1');
    const v2 = await appImage(world, 'v2');
    const bad = await appImage(world, 'bad', 'unhealthy');
    await putProxy(world, setup);
    expect((await release(world, v1)).error).toBeUndefined();
    await untilUp(world);

    const good = await under(() => release(world, v2));
    if (process.env['SHOW']) console.log(setup.name, JSON.stringify(good.load), world.lines.join('\n'));
    expect(good.services).toMatchObject([{ strategy: 'start-first', status: 'deployed' }]);
    expect(good.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(good.load.fresh.answers).sort()).toEqual(['v1', 'v2']);

    const broken = await under(() => release(world, bad));
    expect(broken.status).toBe('failed');
    expect(broken.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(broken.load.fresh.answers)).toEqual(['v2']);

    const back = await under(() => release(world, v1));
    if (process.env['SHOW']) console.log(setup.name, JSON.stringify(back.load));
    expect(back.load).toMatchObject({ fresh: NOTHING_FAILED, kept: NOTHING_FAILED });
    expect(Object.keys(back.load.fresh.answers).sort()).toEqual(['v1', 'v2']);
    // What was put into the proxy's /etc/hosts is gone again.
    expect((await world.machine.exec('docker exec shop-proxy-1 cat /etc/hosts')).stdout).not.toContain(
      'autopilot',
    );
    expect(world.lines.filter((line) => line.includes('warning'))).toEqual([]);
  });
});
