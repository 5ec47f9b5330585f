import { expect, test } from '@jest/globals';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { unlockServer } from '../../../src/pipeline/unlock-server.ts';
import type { LockHolder } from '../../../src/server/target.ts';

const HOLDER: LockHolder = {
  pipelineId: 'p1',
  runUrl: 'https://run',
  actor: 'ann',
  since: 'noon',
  nonce: 'abc',
};

function world(holder: LockHolder | undefined, dryRun = false) {
  const done: string[] = [];
  const target = {
    name: 'deploy@server:22',
    lockHolder: async () => holder,
    unlock: async (nonce: string) => void done.push(`unlock ${nonce}`),
    close: async () => void done.push('close'),
  };
  const context = { dryRun, server: {}, effects: { openTarget: async () => target, log: {} } };
  return { context: context as unknown as PipelineContext, done };
}

test('the nonce that was shown frees the lock of the server', async () => {
  const { context, done } = world(HOLDER);
  expect(await unlockServer(context, 'abc', 'stuck')).toEqual(HOLDER);
  expect(done).toEqual(['unlock abc', 'close']);
});
test('another holder by now: refused, with its nonce and its run', async () => {
  const { context, done } = world(HOLDER);
  await expect(unlockServer(context, 'old', 'stuck')).rejects.toMatchObject({
    code: 'SERVER_LOCKED',
    why: expect.stringContaining('ann'),
    fix: expect.stringContaining('to: abc'),
  });
  expect(done).toEqual(['close']);
});
test.each([
  ['a free server', undefined, false],
  ['a dry run', HOLDER, true],
])('%s: nothing is changed', async (_what, holder, dryRun) => {
  const { context, done } = world(holder, dryRun);
  expect(await unlockServer(context, 'abc', dryRun ? '' : 'stuck')).toEqual(holder);
  expect(done).toEqual(['close']);
});
test('without a reason nobody is thrown out', async () => {
  const { context, done } = world(HOLDER);
  await expect(unlockServer(context, 'abc', '')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  expect(done).toEqual([]);
});
