import { expect, jest, test } from '@jest/globals';
import type { DeployInput } from '../../../src/deploy/index.ts';
import type { DeployResult } from '../../../src/deploy/result.ts';
import { rollback } from '../../../src/rollback/index.ts';
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
    services: images.map((image, index) => ({ service: service(`web${String(index)}`, undefined), image })),
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
  expect(await given?.transfer([], effects.target)).toEqual({ bytes: 0, warnings: [] });
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
