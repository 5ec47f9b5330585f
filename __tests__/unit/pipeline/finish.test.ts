import { describe, expect, test } from '@jest/globals';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { finishRun } from '../../../src/pipeline/finish.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry } from '../../../src/pipeline/registry.ts';
import type { State } from '../../../src/state/files.ts';
import { memoryLog } from '../../helpers/git-data-double.ts';

const COMMIT = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
const OLDEST = 'c1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
const OLDER = 'b1b2c3d4e5f60718293a4b5c6d7e8f9012345678';

/** A verified release of the frontend, in a project of two services. */
async function recordAfter(before: Record<string, string>, bases = before): Promise<State['file']> {
  let state = {
    file: { ...emptyPipelineFile(), deployed_commits: { local: before } },
    registry: emptyRegistry(),
  } as State;
  const context = {
    event: {
      eventName: 'push',
      runId: '7',
      runAttempt: 1,
      job: 'deploy',
      branch: 'main',
      ref: 'refs/heads/main',
    },
    config: { project: { timezone: 'UTC' }, safety: { max_consecutive_failures: 3, keep_releases: 5 } },
    services: [{ name: 'frontend' }, { name: 'backend' }],
    dryRun: false,
    targetName: 'local',
    store: {
      update: async (_message: string, reduce: (state: State) => State) => (state = reduce(state)),
    },
    registryCache: { save: async () => undefined },
    effects: {
      clock: { now: () => new Date('2026-11-23T12:00:00Z') },
      mask: <T>(value: T) => value,
      log: memoryLog(),
      github: { request: async () => ({ data: { id: 1 } }) },
    },
    server: {},
  } as unknown as PipelineContext;
  const run = {
    pipeline_id: '20261123-120000-a1b2c3d',
    started_at: '2026-11-23T12:00:00+00:00',
    commit: COMMIT,
    stages: [],
    recorded: false,
    analyze: { services: ['frontend'], bases, categories: {}, decisions: [] },
    deploy: {
      services: [
        { service: 'frontend', image: 'shop-frontend:a1b2c3d', status: 'deployed', bytes_sent: 16_800 },
        { service: 'backend', image: 'shop-backend:b1b2c3d', status: 'untouched' },
      ],
      rolled_back: [],
    },
    verify: {
      services: [{ service: 'frontend', image: 'shop-frontend:a1b2c3d', status: 'deployed' }],
      rolled_back: [],
    },
    end: { status: 'success', reason: 'deployed and verified' },
  } as unknown as CarriedRun;
  await finishRun(context, run);
  return state.file;
}
const commitsAfter = async (...given: Parameters<typeof recordAfter>) =>
  (await recordAfter(...given)).deployed_commits['local'];

test('S1: what was sent for each service stands in the record', async () => {
  const { pipelines } = await recordAfter({});
  expect(pipelines.at(-1)?.bytes_sent).toEqual({ frontend: 16_800 });
});

describe('A9: what the next comparison starts from', () => {
  test('A9: a service that this commit does not change is as good as deployed from it', async () => {
    expect(await commitsAfter({ frontend: OLDER, backend: OLDER })).toEqual({
      frontend: COMMIT,
      backend: COMMIT,
    });
  });

  test.each([
    ['a rollback moved it since ANALYZE', OLDER, COMMIT],
    ['the commit last deployed is gone, and it was compared with another', OLDER, OLDEST],
    ['everything counted as changed, and it was left out all the same', OLDER, ''],
  ])('A9: a service that this run leaves alone stays where it is: %s', async (_what, recorded, compared) => {
    const before = { frontend: OLDER, backend: recorded };
    expect(await commitsAfter(before, { frontend: OLDER, backend: compared })).toEqual({
      frontend: COMMIT,
      backend: recorded,
    });
  });

  test('A9: a service that was never deployed there is not, or it would never be', async () => {
    expect(await commitsAfter({})).toEqual({ frontend: COMMIT });
  });
});

describe('V3, S1: what runs after a run that deployed and whose VERIFY never gave a verdict', () => {
  const OLD = 'shop-web:old';
  const NEW = 'shop-web:new';
  const run = {
    pipeline_id: '20261123-120000-a1b2c3d',
    started_at: '2026-11-23T12:00:00+00:00',
    commit: COMMIT,
    stages: [],
    recorded: true,
    deploy: {
      status: 'passed',
      services: [{ service: 'web', image: NEW, previous: OLD, status: 'deployed' }],
      rolled_back: [],
    },
  };
  const migrate = (service: string, irreversible: boolean) => ({ service, irreversible });

  test.each([
    ['failed: the server puts it back', 'failed', undefined, false, OLD],
    ['cancelled: the server puts it back', 'cancelled', undefined, false, OLD],
    ['its journal says that it was verified (post)', 'success', undefined, false, NEW],
    ['only the server knows', 'failed', undefined, true, NEW],
    ['irreversible: nothing puts it back', 'failed', migrate('web', true), false, NEW],
    ['another service is irreversible', 'failed', migrate('api', true), false, OLD],
    ['its migration can be undone', 'failed', migrate('web', false), false, OLD],
  ])('%s', async (_what, status, migration, fateUnknown, image) => {
    const context = {
      config: { deploy: { migrate: migration } },
      effects: { mask: <T>(value: T) => value },
      server: { release: { fateUnknown } },
    } as unknown as PipelineContext;
    const carried = { ...run, end: { status, reason: 'x' } } as unknown as CarriedRun;
    const { deployed, rolledBack } = await finishRun(context, carried);
    expect({ deployed, rolledBack }).toEqual({
      deployed: { web: image },
      rolledBack: image === OLD ? ['web'] : [],
    });
  });
});
