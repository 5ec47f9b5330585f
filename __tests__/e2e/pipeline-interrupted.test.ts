/** A job that is cancelled, and a runner that is lost, between cut-over and verified: the old version serves again by itself. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../../lab/process.ts';
import type { World } from '../../lab/world.ts';
import { expectStatus, lastRun, quickWorld, recordOf, registryOf } from './pilot.ts';

const LIMIT = 240_000;
let world: World;
beforeAll(async () => {
  world = await quickWorld({ suites: 'none', config: { 'deploy.heartbeat': 10 } });
  expectStatus(await world.deploy(), 'success');
  const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
  await world.push({ 'gonsautopilot.yaml': text.replace('duration: 0', 'duration: 120') });
}, LIMIT);
afterAll(() => world?.close());

const versions = () =>
  Promise.all([world.version('frontend'), world.version('backend')]).catch((error: unknown) => [
    String(error),
  ]);
const served = async (version: string, timeout: number) => {
  let last: string[] = [];
  await until(
    () => `${version} does not serve, but ${last.join(', ')}`,
    async () => (last = await versions()).every((one) => one === version),
    { timeout, every: 250 },
  );
};

/** Both services are cut over and the watchdog, which would take two minutes, watches them. */
async function startRelease(version: string) {
  await world.push({
    'frontend/release.js': world.release('frontend', version),
    'backend/release.js': world.release('backend', version),
  });
  const job = await world.start();
  await job.waitFor(/VERIFY: smoke test and watchdog/);
  await served(version, 20_000);
  return job;
}

const settledOnce = async (id: string) => {
  const runs = (await recordOf(world)).pipelines.filter(({ pipeline_id: one }) => one === id);
  expect(runs).toHaveLength(1);
  return runs[0];
};

describe('a cancelled job', () => {
  test(
    'the old version serves again, `post` records the run as cancelled, nothing is counted',
    async () => {
      const { stats } = await recordOf(world);
      const { services } = await registryOf(world);
      const job = await startRelease('1.1.0');
      const cancelled = performance.now();
      job.cancel();
      const result = await job.result;
      expect(result.conclusion).toBe('cancelled');
      await served('1.0.0', 1_000);
      expect(performance.now() - cancelled).toBeLessThan(120_000);
      const { status, rolled_back: back, finished_at: at, pipeline_id: id } = await lastRun(world);
      expect({ status, back: back?.toSorted() }).toEqual({
        status: 'cancelled',
        back: ['backend', 'frontend'],
      });
      expect(at).not.toBeNull();
      await settledOnce(id);
      expect((await recordOf(world)).stats).toEqual(stats);
      expect((await registryOf(world)).services['backend']?.current).toBe(services['backend']?.current);
      await result.cleanup();
    },
    LIMIT,
  );
});

describe('a lost runner', () => {
  test(
    'the server puts the old version back by itself within two minutes',
    async () => {
      const job = await startRelease('1.2.0');
      job.kill();
      expect((await job.result).conclusion).toBe('lost');
      await served('1.0.0', 120_000);
      const { stdout } = await world.server.exec('cat /srv/shop/.gonsautopilot/journal');
      expect(stdout).toContain('auto_reverted');
      expect((await lastRun(world)).status).toBe('running');
    },
    LIMIT,
  );

  test(
    'the next run settles it, records it exactly once, and deploys its own change',
    async () => {
      const lost = await lastRun(world);
      const { stats } = await recordOf(world);
      const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
      await world.push({ 'gonsautopilot.yaml': text.replace('duration: 120', 'duration: 0') });
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(job.log).toMatch(
        new RegExp(`${lost.pipeline_id} lost its runner and was put back by the server itself`),
      );
      expect(await settledOnce(lost.pipeline_id)).toMatchObject({ status: 'cancelled' });
      const after = await recordOf(world);
      expect(after.stats.total_runs).toBe(stats.total_runs + 1);
      expect(after.stats.consecutive_failures).toBe(0);
      expect(await versions()).toEqual(['1.2.0', '1.2.0']);
      const registry = await registryOf(world);
      const images = registry.services['backend']?.history.map(({ commit }) => commit) ?? [];
      expect(images).not.toContain(lost.commit);
      expectStatus(
        await world.deploy({ event: { name: 'push', payload: { before: '0'.repeat(40) } } }),
        'skipped',
      );
      await settledOnce(lost.pipeline_id);
    },
    LIMIT,
  );
});

describe('a job that is cancelled before anything was cut over', () => {
  test.each([
    ['in the middle of a proof that ends soon', 8],
    ['in the middle of a proof that would take a minute, so that the runner kills the step', 60],
  ])(
    '%s: the server is as before, and the run is recorded as cancelled',
    async (_name, seconds) => {
      const before = await world.running();
      const { stats } = await recordOf(world);
      const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
      await world.push({
        'backend/release.js': world.release('backend', `1.3.${seconds}`, 'unhealthy'),
        'gonsautopilot.yaml': text.replace(/timeout: \d+(?=\n +retries)/, `timeout: ${seconds}`),
      });
      const job = await world.start();
      await job.waitFor(/^backend: start .* off traffic/);
      job.cancel();
      const result = await job.result;
      expect(result.conclusion).toBe('cancelled');
      expect(await world.running()).toEqual(before);
      const run = await lastRun(world);
      expect(run.status).toBe('cancelled');
      await settledOnce(run.pipeline_id);
      expect((await recordOf(world)).stats).toEqual(stats);
      const { stdout } = await world.server.exec(['docker', 'ps', '-a', '--format', '{{.Names}}']);
      expect(stdout).not.toContain('candidate');
      await result.cleanup();
    },
    LIMIT,
  );
});
