/** BUILD through dist: tags by strategy, tags that are taken, Dockerfiles that are missing or do not build; and the dry run. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { World } from '../../lab/world.ts';
import { everything, expectStatus, json, plain, quickWorld, recordOf } from './pilot.ts';

const LIMIT = 120_000;
let world: World;
beforeAll(async () => {
  world = await quickWorld({ suites: 'none', config: { 'safety.max_consecutive_failures': 50 } });
}, 60_000);
afterAll(() => world?.close());

async function pushStrategy(strategy: string): Promise<string> {
  const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
  return world.push({ 'gonsautopilot.yaml': text.replace(/tag_strategy: \S+/, `tag_strategy: ${strategy}`) });
}

const running = async () => {
  const { stdout } = await world.server.exec(['docker', 'ps', '--format', '{{.Image}}']);
  return stdout.trim().split('\n').sort();
};

describe('rule of the dry run', () => {
  test(
    'nothing changes anywhere before the first deployment; plan and operations are printed',
    async () => {
      const before = await everything(world);
      const job = await world.deploy({ with: { 'dry-run': 'true' } });
      expectStatus(job, 'success');
      expect(await everything(world)).toEqual(before);
      expect(job.log).toMatch(
        /\| frontend \| \(nothing\) \| shop-frontend:[0-9a-f]{7} \| stop-first \| .* \| the whole image, compressed \|/,
      );
      expect(job.log).toMatch(/\| free disk \| ok \|/);
      expect(plain(job.pilot.summary)).toContain('What it would do on the server');
      expect(plain(job.pilot.summary)).toContain('Dry run: would build and deploy frontend and backend');
      expect(json(job, 'deployed')).toEqual({});
    },
    LIMIT,
  );

  test(
    'nor before a further one',
    async () => {
      expectStatus(await world.deploy(), 'success');
      await world.push({ 'backend/release.js': world.release('backend', '1.1.0') });
      const before = await everything(world);
      const job = await world.deploy({ with: { 'dry-run': 'true' } });
      expectStatus(job, 'success');
      expect(job.pilot.outputs).toMatchObject({ services: '["backend"]', 'deploy-status': 'skipped' });
      expect(job.log).toMatch(
        /\| backend \| shop-backend:[0-9a-f]{7} \| shop-backend:[0-9a-f]{7} \| start-first \| .* \| what differs; last time [\d.]+ [kM]B \|/,
      );
      expect(await everything(world)).toEqual(before);
    },
    LIMIT,
  );

  test.each(['rollback', 'unlock'])(
    'nor by `stage: %s`',
    async (stage) => {
      const before = await everything(world);
      const job = await world.dispatch(stage, { 'dry-run': 'true', to: '', reason: 'only looking' });
      if (stage === 'rollback') expect(job.log).toContain('There is no release to roll back to');
      else expectStatus(job, 'success');
      expect(await everything(world)).toEqual(before);
    },
    LIMIT,
  );
});

describe('B2: tags', () => {
  test(
    'git-sha: the first seven characters of the commit',
    async () => {
      const sha = await pushStrategy('git-sha');
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(json(job, 'images')).toMatchObject({ backend: sha.slice(0, 7) });
      expect(await running()).toContain(`shop-backend:${sha.slice(0, 7)}`);
    },
    LIMIT,
  );

  test(
    'timestamp: the time of the pipeline id',
    async () => {
      await pushStrategy('timestamp');
      const job = await world.deploy();
      expectStatus(job, 'success');
      const time = (job.pilot.outputs['pipeline-id'] ?? '').slice(0, 15);
      expect(json(job, 'images')).toEqual({ frontend: time, backend: time });
      expect(await running()).toEqual([`shop-backend:${time}`, `shop-frontend:${time}`]);
    },
    LIMIT,
  );

  test(
    'semver: without a version tag the commit is used, with a warning',
    async () => {
      const sha = await pushStrategy('semver');
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(job.pilot.outputs['build-status']).toBe('warning');
      expect(json(job, 'images')).toMatchObject({ backend: sha.slice(0, 7) });
      expect(plain(job.pilot.summary)).toContain('no tag such as v1.2.3');
    },
    LIMIT,
  );

  test(
    'semver: the newest version tag; the next commit under the same tag does not take it away from its image',
    async () => {
      const sha = await world.push({ 'backend/release.js': world.release('backend', '1.2.0') });
      for (const tag of ['v1.2.0', 'v1.10.0', 'v2.0.0-rc.1', 'nightly'])
        await world.repository.git(['tag', tag, sha]);
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(json(job, 'images')).toEqual({ backend: 'v1.10.0' });
      const next = await world.push({ 'backend/release.js': world.release('backend', '1.3.0') });
      const second = await world.deploy();
      expectStatus(second, 'success');
      expect(json(second, 'images')).toEqual({ backend: `v1.10.0-${next.slice(0, 7)}` });
      expect(await world.version('backend')).toBe('1.3.0');
      expectStatus(
        await world.dispatch('rollback', { to: 'v1.10.0', reason: 'the tag is what it was' }),
        'success',
      );
      expect(await world.version('backend')).toBe('1.2.0');
    },
    LIMIT,
  );
});

describe('B2: what cannot be built', () => {
  test(
    'a missing Dockerfile is named before anything is built',
    async () => {
      const text = (await world.repository.read('main', 'Dockerfile.backend')) ?? '';
      await world.push({
        'Dockerfile.backend': null,
        'backend/release.js': world.release('backend', '1.4.0'),
      });
      const before = await running();
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs).toMatchObject({ 'failed-stage': 'build', 'build-status': 'failed' });
      expect(job.log).toMatch(/No Dockerfile for backend: .*Dockerfile\.backend/);
      expect(job.log).not.toContain('Building frontend');
      expect(await running()).toEqual(before);
      await world.push({ 'Dockerfile.backend': text });
    },
    LIMIT,
  );

  test(
    'a build that fails shows the step and its last lines',
    async () => {
      const text = (await world.repository.read('main', 'Dockerfile.backend')) ?? '';
      await world.push({ 'Dockerfile.backend': `${text}\nRUN echo the compiler says no && exit 3\n` });
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs['failure-reason']).toMatch(
        /image of backend could not be built: .*RUN echo the compiler/,
      );
      expect(job.pilot.summary).toContain('the compiler says no');
      expect((await recordOf(world)).pipelines.at(-1)).toMatchObject({
        status: 'failed',
        failed_stage: 'build',
      });
      expect(await world.version('backend')).toBe('1.2.0');
    },
    LIMIT,
  );
});
