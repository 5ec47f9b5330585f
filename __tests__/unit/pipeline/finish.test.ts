import { describe, expect, test } from '@jest/globals';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { finishRun } from '../../../src/pipeline/finish.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry } from '../../../src/pipeline/registry.ts';
import type { State } from '../../../src/state/files.ts';

const COMMIT = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
const OLDER = 'b1b2c3d4e5f60718293a4b5c6d7e8f9012345678';

/** A verified release of the frontend, in a project of two services. */
async function commitsAfter(before: Record<string, string>): Promise<Record<string, string> | undefined> {
  let state = {
    file: { ...emptyPipelineFile(), deployed_commits: { local: before } },
    registry: emptyRegistry(),
  } as State;
  const context = {
    event: { eventName: 'push', runId: '7', runAttempt: 1, job: 'deploy', branch: 'main' },
    config: { project: { timezone: 'UTC' }, safety: { max_consecutive_failures: 3, keep_releases: 5 } },
    services: [{ name: 'frontend' }, { name: 'backend' }],
    dryRun: false,
    targetName: 'local',
    store: {
      update: async (_message: string, reduce: (state: State) => State) => (state = reduce(state)),
    },
    registryCache: { save: async () => undefined },
    effects: { clock: { now: () => new Date('2026-11-23T12:00:00Z') }, mask: <T>(value: T) => value },
    server: {},
  } as unknown as PipelineContext;
  const run = {
    pipeline_id: '20261123-120000-a1b2c3d',
    started_at: '2026-11-23T12:00:00+00:00',
    commit: COMMIT,
    stages: [],
    recorded: false,
    analyze: { services: ['frontend'], categories: {}, decisions: [] },
    verify: {
      services: [{ service: 'frontend', image: 'shop-frontend:a1b2c3d', status: 'deployed' }],
      rolled_back: [],
    },
    end: { status: 'success', reason: 'deployed and verified' },
  } as unknown as CarriedRun;
  await finishRun(context, run);
  return state.file.deployed_commits['local'];
}

describe('A9: what the next comparison starts from', () => {
  test('A9: a service that this commit does not change is as good as deployed from it', async () => {
    expect(await commitsAfter({ frontend: OLDER, backend: OLDER })).toEqual({
      frontend: COMMIT,
      backend: COMMIT,
    });
  });

  test('A9: a service that was never deployed there is not, or it would never be', async () => {
    expect(await commitsAfter({})).toEqual({ frontend: COMMIT });
  });
});
