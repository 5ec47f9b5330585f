/** VERIFY on real containers: what turns bad only under traffic is put back, every service of the release. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import type { World } from '../../lab/world.ts';
import { expectStatus, json, lastRun, plain, quickWorld, recordOf } from './pilot.ts';

const LIMIT = 120_000;
let world: World;
beforeAll(async () => {
  world = await quickWorld({
    suites: 'none',
    config: { 'safety.max_consecutive_failures': 50, 'verify.watchdog': { duration: 30, interval: 5 } },
  });
  await configure({ 'verify.watchdog.duration': 0 });
  expectStatus(await world.deploy(), 'success');
  await configure({ 'verify.watchdog.duration': 30 });
}, LIMIT);
afterAll(() => world?.close());

const versions = async () => [await world.version('frontend'), await world.version('backend')];

async function configure(changes: Record<string, unknown>, more: Record<string, string> = {}): Promise<void> {
  const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
  const document = parseDocument(text);
  for (const [path, value] of Object.entries(changes)) document.setIn(path.split('.'), value);
  await world.push({ 'gonsautopilot.yaml': document.toString(), ...more });
}

const releases = (version: string, backend = 'healthy') => ({
  'frontend/release.js': world.release('frontend', version),
  'backend/release.js': world.release('backend', version, backend),
});

describe('V2, V3: the watchdog', () => {
  test.each([
    ['answers 500 after a while', '1.1.0', 'unhealthy-later', /500/],
    ['crashes after a while', '1.2.0', 'crash-later', /restart|does not answer|500|502/],
  ])(
    'V2, V3, D3: a backend that %s: both services back, in reverse order, last words in the summary',
    async (_name, version, behaviour, reason) => {
      await world.push(releases(version, behaviour));
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs).toMatchObject({
        'deploy-status': 'passed',
        'verify-status': 'failed',
        'failed-stage': 'verify',
      });
      expect(job.pilot.outputs['failure-reason']).toMatch(reason);
      expect(json(job, 'rolled-back')).toEqual(['backend', 'frontend']);
      expect(await versions()).toEqual(['1.0.0', '1.0.0']);
      const summary = plain(job.pilot.summary);
      expect(summary).toContain('Put back:');
      expect(summary).toContain(`backend ${version} listening`);
      expect(await lastRun(world)).toMatchObject({ status: 'failed', rolled_back: ['backend', 'frontend'] });
    },
    LIMIT,
  );
});

describe('V1: the smoke test', () => {
  test(
    'V1, V3: an endpoint that answers 404 puts the release back, although every health check passed',
    async () => {
      await configure(
        { 'verify.watchdog.duration': 0, 'verify.smoke_test.endpoints': ['/', '/api/gold'] },
        releases('1.3.0'),
      );
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs['failure-reason']).toMatch(/smoke test.*\/api\/gold.*404/);
      expect(json<string[]>(job, 'rolled-back').sort()).toEqual(['backend', 'frontend']);
      expect(await versions()).toEqual(['1.0.0', '1.0.0']);
    },
    LIMIT,
  );

  test(
    'safety.auto_rollback: false: nothing is put back; the run fails and says so',
    async () => {
      await configure({ 'safety.auto_rollback': false });
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(json(job, 'rolled-back')).toEqual([]);
      expect(await versions()).toEqual(['1.3.0', '1.3.0']);
      expect(plain(job.pilot.summary)).toContain('auto_rollback');
      const { stats } = await recordOf(world);
      expect(stats.success_count).toBe(1);
    },
    LIMIT,
  );

  test(
    'R1: a person rolls back what was left running: to the last verified release, never the failing image',
    async () => {
      await configure({ 'verify.smoke_test.endpoints': ['/'] });
      const job = await world.dispatch('rollback', { reason: 'it was left running' });
      expectStatus(job, 'success');
      expect(await versions()).toEqual(['1.0.0', '1.0.0']);
    },
    LIMIT,
  );
});

describe('D3: the cascade inside DEPLOY', () => {
  /** Healthy as a candidate; unhealthy once it has the service's name, as a bug that only production shows. */
  const onlyInPlace = (version: string) => `
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
const own = Object.values(networkInterfaces()).flat().map(({ address }) => address);
const named = await lookup('backend', { all: true }).catch(() => []);
const inPlace = named.some(({ address }) => own.includes(address));
export const release = { version: '${version}', behaviour: inPlace ? 'unhealthy' : 'healthy' };
`;

  test(
    'D3: the frontend is in place, the backend fails at its cut-over: both back, in reverse order',
    async () => {
      await configure(
        { 'services.backend.strategy': 'stop-first', 'safety.auto_rollback': true },
        { ...releases('1.4.0'), 'backend/release.js': onlyInPlace('1.4.0') },
      );
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs).toMatchObject({ 'failed-stage': 'deploy', 'verify-status': 'skipped' });
      expect(json(job, 'rolled-back')).toEqual(['backend', 'frontend']);
      expect(await versions()).toEqual(['1.0.0', '1.0.0']);
      expect(plain(job.pilot.summary)).toMatch(/Put back: backend → frontend/);
      const { stdout } = await world.server.exec(['docker', 'ps', '-a', '--format', '{{.Names}} {{.Image}}']);
      expect(stdout.trim().split('\n')).toHaveLength(2);
    },
    LIMIT,
  );
});
