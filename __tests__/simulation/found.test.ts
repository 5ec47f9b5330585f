/** Cases that the simulation found, each failing before the change that it names. */
import { describe, expect, test } from '@jest/globals';
import type { Layout } from './world/jobs.ts';
import type { Fault } from './world/runner.ts';
import { good, quietStep, simulate, type Step, World } from './world/world.ts';

const release = (faults: readonly (readonly [string, Fault])[] = [], more: Partial<Step> = {}): Step => ({
  ...quietStep,
  changes: { api: good(), web: good() },
  faults,
  ...more,
});
const WEB: Partial<Step> = { changes: { web: good() } };
const late: Step['changes'] = { web: { kind: 'late', stop: 300 } };

const CASES: { name: string; layout?: Layout; autoRollback?: boolean; steps: Step[] }[] = [
  {
    name: 'the runner is lost while the old container is being stopped: what is armed waits for it to end (keeper: finish_command)',
    steps: [release(), release([['keeper change: stop shop-api-1', 'kill-during']])],
  },
  {
    name: 'lost after VERIFY: the next run removes the old containers, whose fixed name stood in its way (recover.ts)',
    layout: 'fixed-name',
    steps: [release(), release([['keeper change: remove shop-api-1', 'kill-before']])],
  },
  {
    name: 'lost between cut-over and verified: the next run removes the copy of the compose file (recover.ts)',
    steps: [release(), release([['keeper change: start shop-api-2', 'kill-after']])],
  },
  {
    name: 'a lost answer while the old containers are removed does not make a failure of a verified release (retire.ts)',
    steps: [release(), release([['keeper change: remove shop-api-1', 'fail-after']])],
  },
  {
    name: 'a release left to a person leaves no staged files (under-test.ts)',
    autoRollback: false,
    steps: [release(), release([], { changes: late })],
  },
  {
    name: 'two releases left to a person do not wait under one fixed name (cut-over.ts)',
    layout: 'fixed-name',
    autoRollback: false,
    steps: [release(), release([], { changes: late }), release([], { changes: late })],
  },
  {
    name: 'cancelled between DEPLOY and VERIFY, and recorded so: what is armed is not over, and its files go too (deploy/index.ts)',
    steps: [release(), release([['keeper record cut_over', 'cancel']], WEB)],
  },
  {
    name: 'the same, and the server goes down before it could put the release back: the next run does (deploy/index.ts)',
    steps: [
      release(),
      release(
        [
          ['keeper record cut_over', 'cancel'],
          ['keeper close', 'reboot'],
        ],
        WEB,
      ),
    ],
  },
];

test.each(CASES)('$name', async ({ layout = 'side-by-side', autoRollback = true, steps }) => {
  const { violations, world } = await simulate({ seed: 1, layout, autoRollback, steps });
  expect(violations).toEqual([]);
  // The faults are where they are meant to be.
  for (const { step, runner } of world.jobs)
    for (const [at] of step.faults) expect(runner.effects).toContain(at);
});

describe('GitHub is down when a release is verified and when a person rolls it back', () => {
  test.each<{ name: string; faults: Step['faults']; recorded: string[] }>([
    {
      name: 'both are recorded in the end (manual-rollback.ts)',
      faults: [],
      recorded: ['pipeline success', 'pipeline success', 'pipeline success', 'rollback success'],
    },
    {
      name: 'and the rollback loses its runner: the release before the last in the journal is recorded too (settle.ts)',
      faults: [['keeper change: pin the image of web', 'kill-before']],
      recorded: ['pipeline success', 'pipeline success', 'pipeline success', 'rollback cancelled'],
    },
  ])('$name', async ({ faults, recorded }) => {
    const world = new World({ seed: 1, layout: 'side-by-side', autoRollback: true });
    world.start(release());
    await world.quiet();
    const verified = world.start(release([], WEB));
    await world.scheduler.run(() => verified.runner.effects.includes('keeper record verified'));
    // Longer than either of them tries.
    world.github.outageUntil = world.scheduler.now + 900_000;
    await world.scheduler.run(() => verified.ended !== undefined);
    const rollback = world.start({ ...quietStep, action: 'rollback', faults });
    await world.quiet();
    for (const [at] of faults) expect(rollback.runner.effects).toContain(at);
    await world.mend();
    expect(world.truth.violations).toEqual([]);
    const runs = world.truth.state()?.pipelines ?? [];
    expect(runs.map(({ kind, status }) => `${kind ?? 'pipeline'} ${status}`).sort()).toEqual(recorded);
  });
});

test('put back by the next run after the server went down, while its own runner lives: the end that this one sees stands (settle.ts)', async () => {
  const killed = [0, 'kill-before'] as const;
  const { violations } = await simulate({
    seed: 0,
    layout: 'side-by-side',
    autoRollback: true,
    steps: [
      { ...quietStep, action: 'dry-run', kind: 'steps', faults: [killed] },
      quietStep,
      { ...quietStep, kind: 'steps', faults: [[9, 'reboot']], overlap: 5_401 },
    ],
  });
  expect(violations).toEqual([]);
});

test('a rollback that waits for a deployment undoes that one, and not the release before it too (manual-rollback.ts)', async () => {
  const world = new World({ seed: 1, layout: 'side-by-side', autoRollback: true });
  const released = async () => {
    world.start(release());
    await world.quiet();
    return { ...world.truth.expected };
  };
  await released();
  const second = await released();
  const third = world.start(release());
  await world.scheduler.run(() => third.runner.effects.includes('keeper arm'));
  world.start({ ...quietStep, action: 'rollback' });
  await world.quiet();
  expect(world.jobs.map(({ ended }) => ended?.status)).toEqual(['success', 'success', 'success', 'success']);
  expect(world.truth.expected).toEqual(second);
  expect(world.truth.violations).toEqual([]);
});

test('an older image that does not come up any more costs no request side by side, and what ran runs on (plan.ts)', async () => {
  const world = new World({ seed: 1, layout: 'side-by-side', autoRollback: true });
  for (let time = 0; time < 2; time += 1) {
    world.start(release());
    await world.quiet();
  }
  const before = { ...world.truth.expected };
  const asked = world.start({ ...quietStep, action: 'rollback', spoiled: true });
  await world.quiet();
  expect(asked.ended?.status).toBe('failed');
  const started = asked.runner.effects.filter((name) => /^keeper change: start /.test(name));
  expect(started).toEqual(['keeper change: start shop-api-1']);
  expect(world.truth.expected).toEqual(before);
  expect(world.truth.violations).toEqual([]);
});

test('a push and a rollback that begin in the same second are two runs in the record (id.ts: ownId)', async () => {
  const world = new World({ seed: 1, layout: 'side-by-side', autoRollback: true });
  for (let time = 0; time < 2; time += 1) {
    world.start(release());
    await world.quiet();
  }
  world.start(release());
  world.start({ ...quietStep, action: 'rollback' });
  await world.quiet();
  expect(world.truth.violations).toEqual([]);
  const runs = world.truth.state()?.pipelines.slice(-2) ?? [];
  expect(runs.map(({ kind, status }) => `${kind ?? 'pipeline'} ${status}`).sort()).toEqual([
    'pipeline success',
    'rollback success',
  ]);
  expect(new Set(runs.map((run) => run.pipeline_id)).size).toBe(2);
});
