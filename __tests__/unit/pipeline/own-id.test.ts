import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { beginRun } from '../../../src/pipeline/begin.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { finishRun } from '../../../src/pipeline/finish.ts';
import { ownId } from '../../../src/pipeline/id.ts';
import { unlock } from '../../../src/pipeline/unlock.ts';
import { createStateStore } from '../../../src/state/branch.ts';
import { PipelineFile, type PipelineRun } from '../../../src/state/schema.ts';
import { fixedRandom, GitDataDouble, memoryLog, virtualClock } from '../../helpers/git-data-double.ts';

const BRANCH = 'autopilot-state';
const SHA = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';

/** A run of one commit that begins at the same moment as all the others. */
function contextOf(double: GitDataDouble, targetName: string, runId = '7'): PipelineContext {
  const clock = virtualClock();
  const log = memoryLog();
  const event = {
    eventName: 'push',
    sha: SHA,
    branch: 'main',
    ref: 'refs/heads/main',
    runId,
    runAttempt: 1,
    job: 'deploy',
    actor: 'gons',
    workspace: '/nonexistent',
    runUrl: `https://github.invalid/runs/${runId}`,
  };
  return {
    event,
    directory: '/nonexistent',
    config: {
      project: { timezone: 'UTC' },
      trigger: { branches: ['main'] },
      safety: { max_consecutive_failures: 3, keep_releases: 5, notify: { issue: false, webhook: '' } },
    },
    services: [],
    dryRun: false,
    targetName,
    store: createStateStore({
      github: double.api(targetName),
      branch: BRANCH,
      clock: { ...clock, now: () => new Date() },
      random: fixedRandom,
      log,
      renderReadme: () => '',
    }),
    registryCache: { save: async () => undefined },
    effects: {
      github: double.api(targetName),
      clock: { ...clock, now: () => new Date('2026-12-31T23:59:59.400Z') },
      log,
      run: async () => ({ code: 128, stdout: '', stderr: '' }),
      mask: <T>(value: T) => value,
    },
    server: {},
  } as unknown as PipelineContext;
}

const fileOf = (double: GitDataDouble) =>
  PipelineFile.parse(JSON.parse(double.text(BRANCH, 'state/pipeline.json') ?? '{}'));
const TARGETS = ['deploy@staging:22', 'deploy@production:22', 'local'];
const IDS = ['20261231-235959-a1b2c3d', '20270101-000000-a1b2c3d', '20270101-000001-a1b2c3d'];

describe('S1: runs of one commit that begin in one second', () => {
  test('S1: each has an id and an entry of its own, however their writes fall', async () => {
    const double = new GitDataDouble();
    const contexts = TARGETS.map((target) => contextOf(double, target));
    const runs = await Promise.all(contexts.map((context) => beginRun(context)));
    expect(runs.map((run) => run.pipeline_id).sort()).toEqual(IDS);
    // When it began is not moved.
    expect(new Set(runs.map((run) => run.started_at))).toEqual(new Set(['2026-12-31T23:59:59+00:00']));
    await Promise.all(
      contexts.map((context, index) =>
        finishRun(context, {
          ...(runs[index] as CarriedRun),
          end: { status: 'failed', stage: 'test', reason: `red on ${context.targetName}` },
        }),
      ),
    );
    const { pipelines, stats } = fileOf(double);
    expect(pipelines.map((run) => run.pipeline_id).sort()).toEqual(IDS);
    for (const run of pipelines) expect(run.failure_reason).toBe(`red on ${run.target ?? ''}`);
    expect(stats.failure_count).toBe(3);
  });

  test('S1: an answer that is lost does not make a second one of it', async () => {
    const double = new GitDataDouble();
    await beginRun(contextOf(double, 'local'));
    double.failNext(/PATCH .*git\/refs/, 'lost');
    const run = await beginRun(contextOf(double, 'deploy@staging:22'));
    expect(run.pipeline_id).toBe(IDS[1]);
    expect(fileOf(double).pipelines.map((one) => one.pipeline_id)).toEqual(IDS.slice(0, 2));
  });

  test('S1: those that never began have one too: found locked, and unlocked by a person', async () => {
    const double = new GitDataDouble();
    const first = contextOf(double, 'local');
    const begun = await beginRun(first);
    await first.store.update('lock', (state) => ({
      ...state,
      file: { ...state.file, lock: { locked: true, reason: 'three', locked_at: '', pipeline_id: '' } },
    }));
    const second = contextOf(double, 'local', '8');
    const refused = await finishRun(second, await beginRun(second));
    expect([begun.pipeline_id, refused.run.pipeline_id]).toEqual(IDS.slice(0, 2));
    const mended = await unlock(contextOf(double, 'local', '9'), 'mended');
    expect(mended.pipelineId).toBe(IDS[2]);
    expect(fileOf(double).pipelines.map(({ status, kind }) => kind ?? status)).toEqual([
      'running',
      'locked',
      'unlock',
    ]);
  });

  test('S1: the format holds, nobody has the id, and asking again gives the same', () => {
    const at = fc
      .date({
        min: new Date('1980-01-01T00:00:00Z'),
        max: new Date('2090-01-01T00:00:00Z'),
        noInvalidDate: true,
      })
      .map((date) => `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-a1b2c3d`);
    const owners = fc.uniqueArray(
      fc.record({ target: fc.constantFrom(...TARGETS), runUrl: fc.constantFrom('a', 'b', 'c') }),
      { selector: ({ target, runUrl }) => `${target} ${runUrl}`, minLength: 2 },
    );
    fc.assert(
      fc.property(at, owners, (id, all) => {
        const pipelines: PipelineRun[] = [];
        const add = (owner: (typeof all)[number]) => {
          const own = ownId({ pipelines }, id, owner);
          expect(own).toMatch(/^\d{8}-\d{6}-[0-9a-f]{7}$/);
          expect(pipelines.map((run) => run.pipeline_id)).not.toContain(own);
          pipelines.push({ pipeline_id: own, target: owner.target, run_url: owner.runUrl } as PipelineRun);
          return own;
        };
        const ids = all.map(add);
        expect(ids[0]).toBe(id);
        expect(all.map((owner) => ownId({ pipelines }, id, owner))).toEqual(ids);
      }),
    );
  });
});
