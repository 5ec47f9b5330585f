import { describe, expect, test } from '@jest/globals';
import { settle } from '../../../src/commands/post.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import { finishRun } from '../../../src/pipeline/finish.ts';
import { manualRollback } from '../../../src/pipeline/manual-rollback.ts';
import { runStages } from '../../../src/pipeline/run.ts';
import { verifyStage } from '../../../src/pipeline/stages/verify.ts';
import { unlock } from '../../../src/pipeline/unlock.ts';
import {
  carried,
  contextOf,
  deploy,
  issuesOpened,
  loseRunner,
  LOST,
  type PipelineWorld,
  pipelineWorld,
  RUN,
  serving,
} from './pipeline-world.ts';

const broken = () => ({ code: 1, stdout: '', stderr: 'no space left' });

/** The runner of a release is lost, and what comes after it can not put it back. */
async function worldAfter(kind: 'half-way' | 'irreversible', pipelineId = LOST): Promise<PipelineWorld> {
  const world = pipelineWorld();
  await loseRunner(world, { irreversible: kind === 'irreversible', pipelineId });
  world.server.before = kind === 'half-way' ? broken : () => undefined;
  return world;
}

const runOf = ({ state }: PipelineWorld, id: string) =>
  state.file.pipelines.find(({ pipeline_id }) => pipeline_id === id);

async function deployed(world: PipelineWorld, runId: string) {
  const context = contextOf(world, { runId });
  const id = `20261128-13000${runId}-2222222`;
  const run = await deploy(context, carried({ pipeline_id: id }));
  return finishRun(context, run);
}

describe.each(['half-way', 'irreversible'] as const)(
  'V4: an earlier release, %s, cannot be put back',
  (kind) => {
    test('V4: the next run fails, locks once, and opens the issue', async () => {
      const world = await worldAfter(kind);
      const { run, locked } = await deployed(world, '2');
      expect(run.end).toMatchObject({ status: 'failed', reason: expect.stringContaining('ROLLBACK_FAILED') });
      expect(locked).toBe(true);
      expect(world.state.file.lock).toMatchObject({ locked: true, pipeline_id: LOST, issue: 7 });
      expect(world.state.file.lock?.reason).toMatch(/rollback of .*web failed/);
      expect(issuesOpened(world)).toBe(1);
      expect(world.state.file.stats.total_runs).toBe(1);
      expect(runOf(world, LOST)).toMatchObject({
        status: 'cancelled',
        failure_reason: expect.stringMatching(/web could not be put back/),
        undo_failed: expect.arrayContaining(['web']),
      });
      expect(run.end.fix).toContain('docker start');
    });

    test('V4: GitHub is down then: the run after it still does not deploy over it, and locks', async () => {
      const world = await worldAfter(kind);
      world.down = () => true;
      expect((await deployed(world, '2')).unrecorded).toBeDefined();
      world.down = () => false;
      const { run, locked } = await deployed(world, '3');
      expect([run.end.status, locked]).toEqual(['failed', true]);
      expect(serving(world)).not.toContain('shop-web:2222222');
    });

    test('V4: a rollback by hand is refused, recorded, and locks', async () => {
      const world = await worldAfter(kind);
      const done = await manualRollback(contextOf(world), { services: [], to: '', reason: 'bad' });
      expect(done).toMatchObject({
        status: 'failed',
        locked: true,
        fix: expect.stringContaining('docker start'),
      });
      expect(world.state.file.lock).toMatchObject({ issue: 7 });
      expect(issuesOpened(world)).toBe(1);
      expect(world.state.file.pipelines.map((run) => [run.kind, run.status])).toEqual([
        [undefined, 'cancelled'],
        ['rollback', 'failed'],
      ]);
      expect(world.state.file.stats.total_runs).toBe(0);
    });

    test('V4: found by `post` of the run itself: recorded with what could not be put back, and it locks', async () => {
      const world = await worldAfter(kind, RUN);
      const context = contextOf(world);
      const { run, locked } = await finishRun(context, await settle(context, carried()), 'last');
      expect(run.end).toMatchObject({ status: 'cancelled', undo_failed: expect.arrayContaining(['web']) });
      expect(run.deploy?.manual_steps.join('\n')).toContain('docker start');
      expect([locked, issuesOpened(world)]).toEqual([true, 1]);
      expect(runOf(world, RUN)).toMatchObject({ undo_failed: expect.arrayContaining(['web']) });
    });
  },
);

describe('V4: VERIFY comes too late in a step of its own, and its release can not be put back', () => {
  async function late() {
    const world = await worldAfter('half-way', RUN);
    Object.assign(world.server.keeper, { claimed: false });
    const [entry] = world.server.journal.filter(({ event }) => event === 'plan');
    const services = [{ service: 'web', image: 'shop-web:v2', previous: 'shop-web:v1', status: 'deployed' }];
    const deploy = { services, rolled_back: [], handover: { nonce: '1', plan: entry?.data } };
    return { world, context: contextOf(world), run: carried({ deploy } as unknown as CarriedRun) };
  }
  const found = { services: [{ service: 'web', status: 'undo-failed' }] };

  test('V4: it fails, says so of its own services, and locks', async () => {
    const { world, context, run } = await late();
    const stages = { verify: (given: CarriedRun) => verifyStage(context, given) };
    const ended = await runStages(run, ['verify'], stages as never, context.effects);
    expect(await finishRun(context, ended)).toMatchObject({ locked: true, run: { deploy: found } });
    expect(runOf(world, RUN)).toMatchObject({ status: 'failed', rolled_back: [] });
    expect([issuesOpened(world), world.state.file.stats.total_runs]).toEqual([1, 1]);
  });

  test('V4: `post` finds the same', async () => {
    const { world, context, run } = await late();
    const ended = await settle(context, run);
    expect(await finishRun(context, ended, 'last')).toMatchObject({ locked: true, run: { deploy: found } });
    expect(runOf(world, RUN)).toMatchObject({ status: 'cancelled' });
  });
});

test('V4: half-way: unlocked and still broken, it locks again; mended, it is put back and the next one is deployed', async () => {
  const world = await worldAfter('half-way');
  await deployed(world, '2');
  await unlock(contextOf(world, { runId: '3' }), 'looked at it');
  expect(world.state.file.lock).toBeNull();
  expect((await deployed(world, '4')).locked).toBe(true);
  expect(world.state.file.lock).toMatchObject({ pipeline_id: '20261128-130004-2222222' });
  await unlock(contextOf(world, { runId: '5' }), 'made space');
  world.server.before = () => undefined;
  expect((await deployed(world, '6')).run.deploy).toMatchObject({
    status: 'passed',
    services: [{ previous: 'shop-web:v1' }],
  });
});

test('V4: irreversible: unlocked by a person, what stays is their decision and the next one is deployed', async () => {
  const world = await worldAfter('irreversible');
  await deployed(world, '2');
  expect(runOf(world, LOST)).toMatchObject({ deployed: { web: 'shop-web:v2' } });
  await unlock(contextOf(world, { runId: '3' }), 'the new one is good');
  const { run } = await deployed(world, '4');
  expect(run.deploy).toMatchObject({ status: 'passed', services: [{ previous: 'shop-web:v2' }] });
});

test('V3: the runner is lost inside DEPLOY: the record of `post` says what was put back', async () => {
  const world = pipelineWorld();
  await loseRunner(world, { pipelineId: RUN });
  const context = contextOf(world);
  const finished = await finishRun(context, await settle(context, carried()), 'last');
  expect(finished).toMatchObject({ rolledBack: ['web'], deployed: { web: 'shop-web:v1' } });
  expect(runOf(world, RUN)).toMatchObject({ status: 'cancelled', rolled_back: ['web'] });
});

test('S1: what another run left, `post` records as well', async () => {
  const world = pipelineWorld();
  await loseRunner(world);
  const context = contextOf(world);
  await finishRun(context, await settle(context, carried()), 'last');
  expect(runOf(world, LOST)).toMatchObject({ status: 'cancelled', rolled_back: ['web'] });
  expect(runOf(world, RUN)).toMatchObject({ status: 'cancelled' });
});
