import { expect, test } from '@jest/globals';
import type { ReleaseHandle } from '../../../src/deploy/index.ts';
import type { DeployResult } from '../../../src/deploy/result.ts';
import type { RetireRequest } from '../../../src/deploy/retire.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry, recordRelease } from '../../../src/pipeline/registry.ts';
import { verifyRelease } from '../../../src/pipeline/stages/verify.ts';
import type { State } from '../../../src/state/files.ts';
import { silent } from '../analyze/helpers/world.ts';

/** VERIFY of a release whose health check answers `status`; gives what it did, in order. */
async function verified(status: number, read: () => Promise<State>) {
  const done: string[] = [];
  const context = {
    config: {
      project: { name: 'shop' },
      deploy: { health_check: {} },
      verify: { smoke_test: { endpoints: [], response_time_max: 3000 }, watchdog: { duration: 0 } },
      safety: { auto_rollback: true, keep_releases: 5 },
    },
    services: [{ name: 'web', healthCheck: { url: 'http://localhost/health' } }],
    targetName: 'local',
    store: { read },
    effects: { log: silent },
    server: { target: { http: async () => ({ status, duration: 5 }) } },
  } as unknown as PipelineContext;
  const release = {
    underTest: ({ protect }: RetireRequest) => ({
      confirm: async () => {
        done.push('confirmed', ...(await Promise.resolve(protect).catch(() => ['nothing may be pruned'])));
        return [];
      },
      describeFailure: async () => ({ log_tail: '' }),
      rollBack: async () => {
        done.push('put back');
        return { rolledBack: ['web'], manualSteps: [] };
      },
      outcomes: () => [],
    }),
  } as unknown as ReleaseHandle;
  await verifyRelease(context, release, { baselines: {} } as DeployResult, ['web']);
  return done;
}

const releases = [
  ['shop-web:v1', 'local'],
  ['blog-web:v1', 'local'],
  ['shop-web:v2', 'deploy@other:22'],
] as const;
const registry = releases.reduce((before, [image, target], index) => {
  const at = `2026-01-0${index + 1}T00:00:00Z`;
  const web = { image, tag: image.slice(-2) };
  return recordRelease(before, { services: { web }, pipeline_id: `run-${index}`, target, at }, 5);
}, emptyRegistry());

test('V3: a bad release goes back at once, although GitHub does not answer', async () => {
  expect(await verified(500, () => new Promise(() => undefined))).toEqual(['put back']);
});

test('R1: no image is pruned that a rollback may need, also of another target, whose engine may be the same', async () => {
  const read = async () => ({ file: emptyPipelineFile(), registry });
  expect(await verified(200, read)).toEqual(['confirmed', 'shop-web:v1', 'blog-web:v1', 'shop-web:v2']);
});

test('V3, R1: a good release is confirmed although the state cannot be read, and nothing is pruned then', async () => {
  const down = () => Promise.reject(new Error('GitHub is down'));
  expect(await verified(200, down)).toEqual(['confirmed', 'nothing may be pruned']);
  expect(await verified(500, down)).toEqual(['put back']);
});
