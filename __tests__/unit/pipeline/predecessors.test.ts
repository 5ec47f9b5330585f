import { expect, test } from '@jest/globals';
import { type CarriedRun, RUN_STAGES, type RunStage } from '../../../src/pipeline/carried.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { stagesOf } from '../../../src/pipeline/stages/index.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';

const services = [{ name: 'web' }];
const FOUND = {
  analyze: { services: ['web'], suites: ['unit'] },
  test: { status: 'passed', suites: [], checks: [] },
  build: { status: 'passed', images: [{ service: 'web', reference: 'shop-web:1', id: '', size: 1 }] },
  deploy: { services: [], baselines: {} },
};

const context = {
  services,
  dryRun: false,
  config: { project: { name: 'shop' }, build: {}, deploy: { path: '/srv', compose_file: 'compose.yml' } },
  store: { read: async () => ({ file: emptyPipelineFile(), registry: { services: {} } }) },
  effects: { readText: async () => undefined },
  event: {},
  server: {},
} as unknown as PipelineContext;

/** Stage -> the results without which it must not begin. */
const NEEDS: [RunStage, (keyof typeof FOUND)[]][] = [
  ['test', ['analyze']],
  ['build', ['analyze', 'test']],
  ['deploy', ['analyze', 'build', 'test']],
  ['verify', ['deploy']],
];

// D1: a job without a step for the tests, or whose tests were killed, has no tests that passed.
test.each(NEEDS.flatMap(([stage, needs]) => needs.map((missing) => [stage, missing] as const)))(
  'interface.md: %s without the result of %s says which step to add, and does nothing',
  async (stage, missing) => {
    const earlier = RUN_STAGES.slice(0, RUN_STAGES.indexOf(stage)) as (keyof typeof FOUND)[];
    const results = Object.fromEntries(
      earlier.filter((name) => name !== missing).map((name) => [name, FOUND[name]]),
    );
    const run = { commit: 'a1b2c3d4', ...results } as unknown as CarriedRun;
    await expect(stagesOf(context)[stage](run)).rejects.toMatchObject({
      code: 'STAGE_WITHOUT_PREDECESSOR',
      fix: expect.stringContaining(`stage: ${missing}`),
    });
  },
);
