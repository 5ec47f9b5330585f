/** One step for each stage, in one job: the same run as `stage: all`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StepInput } from '../../lab/runner/index.ts';
import type { PilotJob, World } from '../../lab/world.ts';
import { everything, expectStatus, lastRun, quickWorld, recordOf, registryOf } from './pilot.ts';

const LIMIT = 120_000;
const STAGES = ['analyze', 'test', 'build', 'deploy', 'verify'];
let world: World;
beforeAll(async () => {
  world = await quickWorld({
    suites: 'none',
    config: { 'test.unit': { enabled: true, command: 'npm run test:backend' } },
  });
}, 60_000);
afterAll(() => world?.close());

/** The last one has the id `pilot`, like the one step of the other jobs. */
function apart(stages: readonly string[]): StepInput[] {
  return stages.map((stage, index) => ({
    uses: 'gons/autopilot@v1',
    id: index === stages.length - 1 ? 'pilot' : stage,
    with: { ...world.credentials, stage },
  }));
}

/** Outputs without what two runs cannot have in common. */
function comparable(job: PilotJob): Record<string, unknown> {
  const { plan = '{}', ...outputs } = job.pilot.outputs;
  const { base, head, ...rest } = JSON.parse(plan) as Record<string, unknown>;
  const same = JSON.stringify({ ...outputs, plan: rest });
  return JSON.parse(
    same
      .replaceAll(String(head).slice(0, 7), 'HEAD')
      .replaceAll(String(base).slice(0, 7), 'BASE')
      .replace(/\d{8}-\d{6}-/g, 'TIME-'),
  ) as Record<string, unknown>;
}

describe('all stages in one step, and one step for each', () => {
  const seen: { outputs: Record<string, unknown>; run: Record<string, unknown> }[] = [];

  test.each([
    ['one step', '1.1.0', undefined],
    ['five steps', '1.2.0', STAGES],
  ])(
    '%s: deployed, verified and recorded once',
    async (_name, version, stages) => {
      if (seen.length === 0) expectStatus(await world.deploy(), 'success');
      const total = (await recordOf(world)).stats.total_runs;
      await world.push({ 'backend/release.js': world.release('backend', version) });
      const job = await world.deploy(stages === undefined ? {} : { steps: apart(stages) });
      expectStatus(job, 'success');
      expect(await world.version('backend')).toBe(version);
      expect((await recordOf(world)).stats.total_runs).toBe(total + 1);
      const run = await lastRun(world);
      expect(run.pipeline_id).toBe(job.pilot.outputs['pipeline-id']);
      seen.push({
        outputs: comparable(job),
        run: {
          status: run.status,
          stages: run.stages.map(({ name, status }) => `${name} ${status}`),
          changes: run.changes,
          decisions: run.decisions,
          services: run.services,
          rolled_back: run.rolled_back,
        },
      });
    },
    LIMIT,
  );

  test('outputs and record are the same', () => {
    expect(seen).toHaveLength(2);
    expect(seen[1]).toEqual(seen[0]);
  });

  test(
    'the summary is written once, by the last step',
    async () => {
      await world.push({ 'backend/release.js': world.release('backend', '1.3.0') });
      const job = await world.deploy({ steps: apart(STAGES) });
      expectStatus(job, 'success');
      const written = job.executions.filter(({ summary }) => summary !== '');
      expect(written.map(({ id }) => id)).toEqual(['pilot']);
      expect(job.steps['build']?.outputs['images']).toBe(job.pilot.outputs['images']);
      expect(job.steps['deploy']?.outputs['deploy-status']).toBe('passed');
    },
    LIMIT,
  );
});

describe('steps that are not as they should be', () => {
  test(
    'a stage whose predecessor is missing says which step to add, and nothing is recorded',
    async () => {
      await world.push({ 'backend/release.js': world.release('backend', '1.4.0') });
      const before = await everything(world);
      const job = await world.deploy({ steps: apart(['deploy']) });
      expectStatus(job, 'failed');
      expect(job.log).toMatch(/Add a step with `stage: analyze` before it/);
      expect(await everything(world)).toEqual(before);
    },
    LIMIT,
  );

  test(
    'V4: a key that cannot be used in the step that deploys: no failure that counts, and the run is over',
    async () => {
      await world.push({ 'backend/release.js': world.release('backend', '1.4.1') });
      const before = { running: await world.running(), stats: (await recordOf(world)).stats };
      const steps = apart(STAGES.slice(0, 4)).map((step) =>
        step.with?.['stage'] === 'deploy' ? { ...step, with: { ...step.with, 'ssh-private-key': '' } } : step,
      );
      const job = await world.deploy({ steps });
      expectStatus(job, 'failed');
      expect(job.log).toMatch(/`ssh-private-key` is empty.*\[SSH_KEY\]/);
      expect(await world.running()).toEqual(before.running);
      expect(await lastRun(world)).toMatchObject({
        status: 'cancelled',
        failure_reason: expect.stringContaining('`ssh-private-key` is empty'),
      });
      expect((await recordOf(world)).stats).toEqual(before.stats);
    },
    LIMIT,
  );

  test(
    'a stage in between that is missing: says which, the run fails, the server is as before',
    async () => {
      const before = await world.running();
      const job = await world.deploy({ steps: apart(['analyze', 'test', 'deploy']) });
      expectStatus(job, 'failed');
      expect(job.log).toMatch(/Stage `deploy` needs the result of `build`.*Add a step with `stage: build`/s);
      expect(await world.running()).toEqual(before);
    },
    LIMIT,
  );

  test(
    'A7: a skipped pipeline turns the later stages into quick no-ops that say why',
    async () => {
      await world.dispatch('unlock', { reason: 'a new start' });
      await world.deploy();
      await world.push({ 'README.md': 'words' });
      const job = await world.deploy({ steps: apart(STAGES) });
      expectStatus(job, 'skipped');
      for (const step of Object.values(job.steps)) {
        expect(step).toMatchObject({ exitCode: 0, outcome: 'success' });
        expect(step.outputs['status']).toBe('skipped');
        expect(step.log).toContain('README.md');
      }
      expect((await lastRun(world)).status).toBe('skipped');
    },
    LIMIT,
  );

  test(
    'a failing stage: the job stops there, and the run is recorded as failed once',
    async () => {
      const { total_runs: total } = (await recordOf(world)).stats;
      const text = (await world.repository.read('main', 'backend/quote.js')) ?? '';
      await world.push({ 'backend/quote.js': text.replace('const DELIVERY = 490', 'const DELIVERY = 1') });
      const job = await world.deploy({ steps: apart(STAGES) });
      expect(job.conclusion).toBe('failure');
      expect(job.steps['test']?.outputs).toMatchObject({ status: 'failed', 'failed-stage': 'test' });
      expect(job.steps['test']?.exitCode).toBe(1);
      expect(job.steps['build']?.outcome).toBe('skipped');
      const { stats, pipelines } = await recordOf(world);
      expect(stats.total_runs).toBe(total + 1);
      expect(pipelines.at(-1)).toMatchObject({ status: 'failed', failed_stage: 'test' });
      await world.push({ 'backend/quote.js': text });
    },
    LIMIT,
  );
});

describe('a job that ends after DEPLOY', () => {
  test(
    'no step verifies: `post` puts the release back and records it as cancelled, uncounted',
    async () => {
      const stable = await world.version('backend');
      const { stats } = await recordOf(world);
      const registry = await registryOf(world);
      await world.push({ 'backend/release.js': world.release('backend', '1.5.0') });
      const job = await world.deploy({ steps: apart(['analyze', 'test', 'build', 'deploy']) });
      expect(job.pilot.outputs['deploy-status']).toBe('passed');
      const posts = job.executions.filter(
        ({ isPost, log }) => isPost && log.includes('did not come to its end'),
      );
      expect(posts).toHaveLength(1);
      expect(await world.version('backend')).toBe(stable);
      const run = await lastRun(world);
      expect(run).toMatchObject({ status: 'cancelled', rolled_back: ['backend'] });
      expect((await recordOf(world)).stats).toEqual(stats);
      expect((await registryOf(world)).services['backend']?.current).toBe(
        registry.services['backend']?.current,
      );
      expect(posts[0]?.summary).toContain('Cancelled');
    },
    LIMIT,
  );

  test(
    'A9: the next run deploys it after all',
    async () => {
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(await world.version('backend')).toBe('1.5.0');
    },
    LIMIT,
  );
});
