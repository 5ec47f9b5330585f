import { describe, expect, test } from '@jest/globals';
import { mayOf } from '../../../src/commands/post.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import { finishRun } from '../../../src/pipeline/finish.ts';
import { recordManualRollback } from '../../../src/pipeline/manual-rollback-record.ts';
import {
  carried,
  contextOf,
  issuesOpened,
  type PipelineWorld,
  pipelineWorld,
  RUN,
} from './pipeline-world.ts';

const FAILED = { end: { status: 'failed', stage: 'test', reason: 'unit: 1 test failed' } } as const;
const LOCKED = { end: { status: 'locked', reason: 'the pipeline is locked' } } as const;
const services = (status: string) => ({
  status: 'failed',
  services: [{ service: 'web', image: 'shop-web:2222222', previous: 'shop-web:v1', status, reason: '' }],
  rolled_back: [],
  manual_steps: [],
  baselines: {},
});
const withServices = (status: string, end: CarriedRun['end'], verified = false) =>
  carried({
    end,
    deploy: services(status),
    ...(verified ? { verify: services(status) } : {}),
  } as unknown as CarriedRun);
const counting = (world: PipelineWorld, failures: number) => {
  world.state.file.stats = {
    total_runs: failures,
    success_count: 0,
    failure_count: failures,
    consecutive_failures: failures,
  };
};

describe('invariants 5, 9: a run is recorded when its record says so, and not before', () => {
  test('V4: what GitHub did not take, `post` records and counts once', async () => {
    const world = pipelineWorld();
    world.down = () => true;
    const first = await finishRun(contextOf(world), carried(FAILED));
    expect(first.run.recorded).toBe(false);
    expect(first.unrecorded).toMatch(/tried again when the job ends/);
    world.down = () => false;
    const second = await finishRun(contextOf(world), first.run, 'last');
    expect(second.run.recorded).toBe(true);
    // Neither a third time, nor for an answer that was lost.
    await finishRun(contextOf(world), second.run, 'last');
    await finishRun(contextOf(world), first.run, 'last');
    const { pipelines, stats } = world.state.file;
    expect(pipelines).toMatchObject([{ status: 'failed', failure_reason: 'unit: 1 test failed' }]);
    expect(stats).toMatchObject({ failure_count: 1, consecutive_failures: 1 });
  });

  const SUCCESS = { status: 'success', reason: 'deployed and verified' } as const;
  test.each([
    ['a failed run', carried(FAILED), 'first', /tried again when the job ends/],
    ['a failed run, by `post`', carried(FAILED), 'last', /does not say how it ended/],
    ['a verified release', withServices('deployed', SUCCESS, true), 'first', /from the server's journal/],
    [
      'a release that the server will put back',
      withServices('deployed', { status: 'cancelled', reason: 'x' }),
      'last',
      /from the server's journal/,
    ],
    ['one that is put back', withServices('rolled-back', FAILED.end), 'last', /does not say how it ended/],
  ] as const)('%s that cannot be recorded: who may yet do it is said', async (_what, run, attempt, said) => {
    const world = pipelineWorld();
    world.down = () => true;
    const { unrecorded } = await finishRun(contextOf(world), run, attempt);
    expect(unrecorded).toMatch(said);
    expect(world.log.warnings.join('\n')).toMatch(said);
  });

  test('a dry run has nothing to record', async () => {
    const context = { ...contextOf(pipelineWorld()), dryRun: true };
    expect((await finishRun(context, carried(FAILED))).run.recorded).toBe(true);
  });

  test.each([
    ['all', undefined, 'settle'],
    ['deploy', true, 'settle'],
    ['verify', true, 'settle'],
    ['build', undefined, 'record'],
    ['test', undefined, 'record'],
    ['build', true, 'nothing'],
  ] as const)('`post` of stage %s (a step that deploys has begun: %s): %s', (stage, reached, may) => {
    expect(mayOf(stage, carried(reached ? { reached_server: true } : {}))).toBe(may);
  });
});

describe('V4: no lock closes without anybody being told', () => {
  test('V4: cancelled, and a service could not be put back', async () => {
    const world = pipelineWorld();
    const run = withServices('undo-failed', { status: 'cancelled', reason: 'the job was cancelled' });
    expect((await finishRun(contextOf(world), run)).locked).toBe(true);
    expect(issuesOpened(world)).toBe(1);
    expect(world.state.file.lock?.issue).toBe(7);
  });

  test("V4: the issue's number cannot be written: locked all the same, and the run is recorded", async () => {
    const world = pipelineWorld();
    counting(world, 2);
    world.down = (write) => write.startsWith('Lock announced');
    const finished = await finishRun(contextOf(world), carried(FAILED));
    expect(finished).toMatchObject({
      locked: true,
      run: { recorded: true },
      state: { file: { lock: { issue: 7 } } },
    });
    expect(finished.unrecorded).toBeUndefined();
    expect(world.log.warnings).toEqual([expect.stringContaining('#7')]);
  });

  test('V4: GitHub opens no issue: the next run that finds it locked does, once', async () => {
    const world = pipelineWorld();
    counting(world, 2);
    world.refuses = (route) => (route.endsWith('/issues') ? 502 : undefined);
    expect((await finishRun(contextOf(world), carried(FAILED))).locked).toBe(true);
    expect(issuesOpened(world)).toBe(0);
    world.refuses = () => undefined;
    for (const number of [3, 4]) {
      const run = carried({ ...LOCKED, pipeline_id: `20261128-13000${number}-2222222` });
      await finishRun(contextOf(world, { runId: String(number) }), run);
    }
    expect(issuesOpened(world)).toBe(1);
    expect(world.state.file.lock?.issue).toBe(7);
    // It is about the run that closed the lock.
    const { parameters } =
      world.requests.find(({ route }) => route.endsWith('/issues') && route.startsWith('POST')) ?? {};
    expect(parameters?.['body']).toContain(RUN);
    expect(world.requests.filter(({ route }) => route.endsWith('/comments'))).toEqual([]);
  });
});

describe("interface: a release stands among GitHub's deployments, where that is granted", () => {
  const made = ({ requests }: PipelineWorld) =>
    requests.filter(({ route }) => route.includes('/deployments')).map(({ parameters }) => parameters);
  const ended = (status: 'success' | 'failed' | 'cancelled', stage?: 'test' | 'deploy' | 'verify') => ({
    status,
    reason: 'x',
    ...(stage === undefined ? {} : { stage }),
  });

  test.each([
    ['verified', withServices('deployed', ended('success'), true), 'success'],
    ['put back by VERIFY', withServices('rolled-back', ended('failed', 'verify'), true), 'failure'],
    ['stopped by the gate', withServices('untouched', ended('failed', 'deploy')), 'failure'],
    ['cancelled and put back', withServices('rolled-back', ended('cancelled')), 'inactive'],
    ['failed in TEST', carried({ end: ended('failed', 'test') }), undefined],
    ['nothing changed on the server', withServices('untouched', ended('success'), true), undefined],
  ])('%s', async (_what, run, state) => {
    const world = pipelineWorld();
    const context = contextOf(world);
    await finishRun(context, run);
    if (state === undefined) return expect(made(world)).toEqual([]);
    expect(made(world)).toMatchObject([
      {
        ref: run.commit,
        auto_merge: false,
        required_contexts: [],
        environment: 'production',
        task: 'deploy',
      },
      { deployment_id: 9, state, log_url: context.event.runUrl },
    ]);
  });

  test.each([
    [403, 0],
    [404, 0],
    [500, 1],
  ])('answered with %d: %d warnings, and the run is as good as it was', async (status, warnings) => {
    const world = pipelineWorld();
    world.refuses = (route) => (route.includes('/deployments') ? status : undefined);
    const finished = await finishRun(contextOf(world), withServices('deployed', ended('success'), true));
    expect(finished.run).toMatchObject({ recorded: true, end: { status: 'success' } });
    expect(world.log.warnings).toHaveLength(warnings);
  });

  test.each([
    ['success', 'success'],
    ['failed', 'failure'],
  ] as const)('R1: a rollback by hand that is a %s, with the commit that runs now', async (status, state) => {
    const world = pipelineWorld();
    const [image, commit] = ['shop-web:v1', '1'.repeat(40)];
    const entry = {
      tag: 'v1',
      deployed_at: '2026-11-01T00:00:00Z',
      status: 'success' as const,
      image,
      commit,
    };
    const known = { revision: 1, services: { web: { current: image, previous: null, history: [entry] } } };
    const done = {
      status,
      reason: 'x',
      asked: 'x',
      targets: { web: image },
      services: [],
      running: {},
      known,
    };
    await recordManualRollback(contextOf(world), carried(), done);
    expect(made(world)).toMatchObject([{ ref: commit, task: 'rollback' }, { state }]);
  });

  test('a dry run shows nothing', async () => {
    const world = pipelineWorld();
    await finishRun({ ...contextOf(world), dryRun: true }, withServices('deployed', ended('success'), true));
    expect(world.requests).toEqual([]);
  });
});
