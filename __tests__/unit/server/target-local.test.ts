import { expect, test } from '@jest/globals';
import { tmpdir } from 'node:os';
import { openLocalTarget } from '../../../src/server/target-local.ts';
import { memoryLog } from '../../e2e/server-support.ts';

test.each([
  ['none: the default socket, whatever the current context of the docker program is', {}, ''],
  ['none, and another one in the environment', { DOCKER_HOST: 'unix:///elsewhere.sock' }, ''],
  ['a socket of its own', {}, 'unix:///run/user/1000/docker.sock'],
])('Invariant 2: reads and commands use one engine: DOCKER_HOST is %s', async (_what, extra, dockerHost) => {
  const target = openLocalTarget({
    path: tmpdir(),
    log: memoryLog(),
    env: { PATH: process.env['PATH'] ?? '', DOCKER_CONTEXT: 'other', ...extra },
    dockerHost,
  });
  const said = await target.query({ title: 'say it', argv: ['sh', '-c', 'echo "$DOCKER_HOST"'] });
  await target.close();
  expect(said.stdout).toBe(`${dockerHost || 'unix:///var/run/docker.sock'}\n`);
});
