/** What the simulated engine (__tests__/simulation/world/engine.ts) takes for granted, asked of a real one. */
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openWorld, type World } from './deploy-world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world.close();
});

const state = (name: string) =>
  world.docker('inspect', '--format', '{{.State.Status}} {{.State.Running}}', name);

test('a container goes on stopping when the `docker stop` that asked for it is killed, and looks running until it ends', async () => {
  const deaf = 'trap "" TERM; echo ready; while :; do sleep 1; done';
  await world.docker(
    'run',
    '-d',
    '--name',
    'old',
    '--stop-timeout',
    '4',
    'gonsautopilot-lab/busybox',
    'sh',
    '-c',
    deaf,
  );
  while ((await world.docker('logs', 'old')) !== 'ready') await wait(50);
  const client = spawn('docker', ['stop', 'old'], { env: world.env, stdio: 'ignore' });
  const gone = new Promise((resolve) => client.once('exit', resolve));
  await wait(1000);
  client.kill('SIGTERM');
  await gone;
  expect(await state('old')).toBe('running true');
  // `docker start` of it changes nothing: it is still running.
  await world.docker('start', 'old');
  const deadline = Date.now() + 15_000;
  while ((await state('old')) !== 'exited false' && Date.now() < deadline) await wait(100);
  expect(await state('old')).toBe('exited false');
});
