/** Cases that a review found and the random scenarios had not; those that name a file failed before it was changed. */
import { describe, expect, jest, test } from '@jest/globals';
import { good, quietStep, type Step, World } from './world/world.ts';

jest.setTimeout(120_000);

const LATE: Step['changes'] = { web: { kind: 'late', stop: 300 } };
const release = (more: Partial<Step> = {}): Step => ({
  ...quietStep,
  changes: { api: good(), web: good() },
  ...more,
});
const newWorld = () => new World({ seed: 1, layout: 'side-by-side', autoRollback: true });
async function played(world: World, ...steps: Step[]): Promise<World> {
  for (const step of steps) {
    world.start(step);
    await world.quiet();
  }
  return world;
}

test('V4: a run that waits for the server while the third failure locks the pipeline does not deploy (stages/deploy.ts)', async () => {
  const late = release({ changes: LATE });
  const world = await played(newWorld(), release(), late, late);
  const third = world.start(late);
  await world.scheduler.run(() => third.runner.effects.includes('open keeper'));
  const fourth = world.start(release());
  await world.quiet();
  expect(fourth.runner.effects).toContain('open keeper');
  expect(world.jobs.map(({ ended }) => ended?.status)).toEqual([
    'success',
    'failed',
    'failed',
    'failed',
    'locked',
  ]);
  expect(world.truth.violations).toEqual([]);
});

test('deploy.drift: the tag of a service that a release leaves alone is no drift (stages/deploy.ts)', async () => {
  const world = await played(newWorld(), release(), release({ changes: { web: good() } }));
  expect(world.truth.state()?.pipelines.at(-1)).toMatchObject({
    status: 'success',
    stages: expect.arrayContaining([expect.objectContaining({ name: 'deploy', status: 'passed' })]),
  });
  expect(world.truth.violations).toEqual([]);
});

/** What runs for each service, as the engine says. */
const running = ({ server }: World) =>
  Object.fromEntries(
    [...server.engine.containers.values()]
      .filter(({ state }) => state === 'running')
      .map(({ labels, image }) => [labels['com.docker.compose.service'], image])
      .sort(),
  );

describe('V3, S1: VERIFY cannot look, because something fails while it does', () => {
  test.each(['all', 'steps'] as const)(
    '%s: the release goes back, and the record says what really runs (verify/index.ts, finish.ts)',
    async (kind) => {
      const undisturbed = await played(newWorld(), release(), release({ kind }));
      const effects = undisturbed.jobs.at(-1)?.runner.effects ?? [];
      const begin = effects.lastIndexOf('keeper record cut_over') + 1;
      const end = effects.indexOf('keeper record verified');
      expect(end - begin).toBeGreaterThan(8);
      for (let at = begin; at < end; at += 1) {
        const world = await played(newWorld(), release(), release({ kind, faults: [[at, 'fail-before']] }));
        const recorded = world.truth.state()?.pipelines.at(-1);
        const { status, rolled_back, deployed } = recorded ?? {};
        const back = status === 'success' ? [] : ['web', 'api'];
        expect({ at: effects[at], rolled_back, deployed }).toEqual({
          at: effects[at],
          rolled_back: back,
          deployed: running(world),
        });
        expect(world.truth.violations).toEqual([]);
      }
    },
  );
});

test('invariant 2: the server went down in the cut-over, and whatever fails in the next run while it puts that back', async () => {
  const down = release({ faults: [['keeper record cut_over', 'reboot']] });
  const undisturbed = await played(newWorld(), release(), down, release());
  const effects = undisturbed.jobs.at(-1)?.runner.effects ?? [];
  const begin = effects.indexOf('open keeper');
  const end = effects.indexOf('keeper record settled');
  expect(end - begin).toBeGreaterThan(8);
  for (let at = begin; at <= end; at += 1) {
    const world = await played(newWorld(), release(), down, release({ faults: [[at, 'fail-before']] }));
    await world.mend();
    expect({ at: effects[at], violations: world.truth.violations }).toEqual({
      at: effects[at],
      violations: [],
    });
  }
});
