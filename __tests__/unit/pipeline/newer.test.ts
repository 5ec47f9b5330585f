import { expect, test } from '@jest/globals';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import { newerDeployed } from '../../../src/pipeline/stages/newer.ts';

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);

const asked = (answer: () => unknown, deployed: Record<string, string> = { backend: NEW }) => {
  const context = {
    targetName: 'server',
    store: { read: async () => ({ file: { deployed_commits: { server: deployed } } }) },
    effects: {
      log: { info: () => undefined },
      github: { request: async () => ({ data: answer() }) },
    },
  } as unknown as PipelineContext;
  return newerDeployed(context, { commit: OLD } as CarriedRun, ['backend', 'frontend']);
};
const never = () => {
  throw new Error('must not be asked');
};

test.each([
  [
    'behind: what runs contains it',
    () => ({ status: 'behind' }),
    /bbbbbbb contains it.*stage: rollback.*allow_older/,
  ],
])('a run of an older commit is refused: %s', async (_what, answer, why) => {
  expect(await asked(answer)).toMatch(why);
});
test.each<[string, () => unknown, Record<string, string>]>([
  ['ahead', () => ({ status: 'ahead' }), { backend: NEW }],
  ['rewritten history', () => ({ status: 'diverged' }), { backend: NEW }],
  ['an answer that says nothing', () => ({}), { backend: NEW }],
  [
    'GitHub is down',
    () => {
      throw new Error('503');
    },
    { backend: NEW },
  ],
  ['the same commit again', never, { backend: OLD }],
  ['another service only', never, { other: NEW }],
  ['nothing deployed yet', never, {}],
])('it may deploy: %s', async (_what, answer, deployed) => {
  expect(await asked(answer, deployed)).toBeUndefined();
});
