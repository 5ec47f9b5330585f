/** One shop from its first deployment over three failures, the lock and a good release to a rollback by hand, through dist. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PilotJob, World } from '../../lab/world.ts';
import { expectStatus, json, lastRun, plain, quickWorld, recordOf, registryOf, traffic } from './pilot.ts';

let world: World;
beforeAll(async () => {
  world = await quickWorld();
}, 60_000);
afterAll(() => world?.close());

const LIMIT = 120_000;
const versions = async () => [await world.version('frontend'), await world.version('backend')];
const actions = (job: PilotJob) =>
  json<{ decisions: { action: string }[] }>(job, 'plan').decisions.map(({ action }) => action);
/** Both change; the backend's new version never becomes healthy. */
const pushBroken = (version: string) =>
  world.push({
    'frontend/release.js': world.release('frontend', version),
    'backend/release.js': world.release('backend', version, 'unhealthy'),
  });
let firstId = '';

describe('a first deployment', () => {
  test(
    'A9, D1: everything counts as changed, nothing is there to back up, both services serve',
    async () => {
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(await versions()).toEqual(['1.0.0', '1.0.0']);
      const sha = (await world.repository.ref('refs/heads/main')) ?? '';
      const tags = { frontend: sha.slice(0, 7), backend: sha.slice(0, 7) };
      expect(json(job, 'images')).toEqual(tags);
      expect(json(job, 'deployed')).toEqual(tags);
      firstId = job.pilot.outputs['pipeline-id'] ?? '';
      expect(firstId).toMatch(/^\d{8}-\d{6}-[0-9a-f]{7}$/);
      expect(actions(job)).toContain('run_everything');
      expect(job.log).toMatch(/previous image backed up.*first deployment/);
    },
    LIMIT,
  );

  test('S1: it is recorded as the original shows it, with the status page beside it', async () => {
    const run = await lastRun(world);
    expect(run).toMatchObject({ pipeline_id: firstId, status: 'success', trigger: 'push', actor: 'gons' });
    expect(run.stages.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'analyze passed',
      'test passed',
      'build passed',
      'deploy passed',
      'verify passed',
    ]);
    expect(run.started_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    const { stats, current } = await recordOf(world);
    expect(stats).toEqual({ total_runs: 1, success_count: 1, failure_count: 0, consecutive_failures: 0 });
    expect(current).toBe(firstId);
    const page = plain((await world.repository.read('autopilot-state', 'README.md')) ?? '');
    expect(page).toContain('The last release is healthy');
    expect(page).toContain(firstId);
  });

  test('the state branch is an orphan that holds nothing else', async () => {
    const files = await world.repository.git(['ls-tree', '-r', '--name-only', 'autopilot-state']);
    expect(files.trim().split('\n').sort()).toEqual([
      'README.md',
      'state/pipeline.json',
      'state/rollback-registry.json',
    ]);
    await expect(world.repository.git(['merge-base', 'main', 'autopilot-state'])).rejects.toThrow();
  });
});

describe('changes that concern less than everything', () => {
  test(
    'A3, B1: only the frontend changed: backend tests are skipped, its container stays the same',
    async () => {
      const before = await world.running();
      await world.push({ 'frontend/release.js': world.release('frontend', '1.1.0') }, 'Frontend 1.1.0');
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(actions(job)).toContain('skip_backend_test');
      expect(json(job, 'services')).toEqual(['frontend']);
      expect(job.pilot.outputs).toMatchObject({ frontend: 'true', backend: 'false', changed: 'true' });
      expect(job.log).not.toContain('unit:backend started');
      const after = await world.running();
      expect(after['backend']).toEqual(before['backend']);
      expect(after['frontend']).not.toEqual(before['frontend']);
      expect(await versions()).toEqual(['1.1.0', '1.0.0']);
      expect((await lastRun(world)).decisions.map(({ action }) => action)).toContain('skip_backend_test');
      expect(job.pilot.outputs['deploy-status']).toBe('passed');
    },
    LIMIT,
  );

  test(
    'A7: only documentation changed: skipped as a whole, says why, exit 0',
    async () => {
      const before = await world.running();
      await world.push({ 'README.md': 'How to run the shop' });
      const job = await world.deploy();
      expectStatus(job, 'skipped');
      expect(job.pilot.outputs['changed']).toBe('false');
      expect(plain(job.pilot.summary)).toMatch(/Nothing to do: .*README\.md/);
      expect(await world.running()).toEqual(before);
      expect((await recordOf(world)).stats.total_runs).toBe(2);
    },
    LIMIT,
  );
});

describe('a backend that does not become healthy', () => {
  test(
    'D2, D3: the old version of both serves on without one failed request; the summary shows its last words',
    async () => {
      const before = await world.running();
      await pushBroken('1.2.0');
      const shop = [traffic(world, '/version'), traffic(world, '/api/version')];
      const job = await world.deploy();
      const failed = (await Promise.all(shop.map((one) => one.stop()))).flat();
      expect(failed).toEqual([]);
      expect(shop.map(({ sent }) => sent > 50)).toEqual([true, true]);
      expectStatus(job, 'failed');
      expect(await world.running()).toEqual(before);
      expect(await versions()).toEqual(['1.1.0', '1.0.0']);
      expect(job.pilot.outputs).toMatchObject({ 'failed-stage': 'deploy', 'deploy-status': 'failed' });
      expect(job.pilot.outputs['failure-reason']).toMatch(/backend.*500/);
      const summary = plain(job.pilot.summary);
      expect(summary).toContain('DEPLOY failed; what was running still runs');
      expect(summary).toContain('backend 1.2.0 listening on http://localhost:3001');
      const left = await world.server.exec(['docker', 'ps', '-a', '--format', '{{.Names}}']);
      expect(left.stdout).not.toContain('candidate');
    },
    LIMIT,
  );

  test(
    'V4: the second failure in a row has an analysis, the third locks and opens an issue',
    async () => {
      await pushBroken('1.2.1');
      const second = await world.deploy();
      expectStatus(second, 'failed');
      expect(second.pilot.summary).toContain('Compared with the failure before');
      expect(second.pilot.outputs['locked']).toBe('false');
      await pushBroken('1.2.2');
      const third = await world.deploy();
      expectStatus(third, 'failed');
      expect(third.pilot.outputs['locked']).toBe('true');
      const open = world.repository.issues.filter(({ state }) => state === 'open');
      expect(open).toHaveLength(1);
      expect(open[0]?.title).toContain('Deployments are locked');
      expect(open[0]?.body).toContain(third.pilot.outputs['pipeline-id']);
      expect(third.pilot.summary).toContain(`/issues/${open[0]?.number}`);
      const { lock, stats } = await recordOf(world);
      expect(lock).toMatchObject({ locked: true, issue: open[0]?.number });
      expect(stats).toEqual({ total_runs: 5, success_count: 2, failure_count: 3, consecutive_failures: 3 });
    },
    LIMIT,
  );
});

describe('a locked pipeline', () => {
  test(
    'V4: a good release does not deploy while it is locked; the run says why and how to unlock',
    async () => {
      await world.push({ 'backend/release.js': world.release('backend', '1.3.0') }, 'A good backend again');
      const before = await world.running();
      const job = await world.deploy();
      expectStatus(job, 'locked');
      expect(await world.running()).toEqual(before);
      expect(job.log).toMatch(/3 failures in a row/);
      expect(job.log).toMatch(/stage: unlock/);
      expect(plain(job.pilot.summary)).toContain('How to unlock');
      expect((await recordOf(world)).stats.total_runs).toBe(5);
    },
    LIMIT,
  );

  test(
    'V4: unlocking needs a reason',
    async () => {
      const job = await world.dispatch('unlock');
      expectStatus(job, 'failed');
      expect(job.log).toContain('The input `reason` is empty');
      expect((await recordOf(world)).lock?.locked).toBe(true);
    },
    LIMIT,
  );

  test(
    'V4: a person unlocks by dispatch; reason and actor are recorded, the issue is closed, the counter is 0',
    async () => {
      const job = await world.dispatch('unlock', { reason: 'the backend is repaired' });
      expectStatus(job, 'success');
      const { lock, stats, pipelines } = await recordOf(world);
      expect(lock).toBeNull();
      expect(stats.consecutive_failures).toBe(0);
      expect(pipelines.at(-1)).toMatchObject({
        kind: 'unlock',
        actor: 'gons',
        reason: 'the backend is repaired',
      });
      expect(world.repository.issues.map(({ state }) => state)).toEqual(['closed']);
      expect(plain(job.pilot.summary)).toContain('the backend is repaired');
    },
    LIMIT,
  );

  test(
    'A9: the next good release picks up everything that failed before it',
    async () => {
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(json(job, 'services')).toEqual(['frontend', 'backend']);
      expect(await versions()).toEqual(['1.2.2', '1.3.0']);
      expect((await recordOf(world)).stats).toMatchObject({ success_count: 3, consecutive_failures: 0 });
    },
    LIMIT,
  );
});

describe('R1: a rollback by hand', () => {
  test(
    'R1: without more words, the newest release is undone, proven and recorded with reason and actor',
    async () => {
      const since = (await world.server.exec(['date', '+%s.%N'])).stdout.trim();
      const job = await world.dispatch('rollback', { reason: 'prices are wrong' });
      expectStatus(job, 'success');
      // Both ran here before: no candidate, so each app starts once.
      expect(
        job.log.match(/no candidate \(it ran on this server before, and passed VERIFY in run /g),
      ).toHaveLength(4);
      const { stdout } = await world.server.exec(
        `docker events --since ${since} --until "$(date +%s.%N)" --filter event=start --format '{{.Actor.Attributes.image}}'`,
      );
      expect(
        stdout
          .trim()
          .split('\n')
          .map((image) => image.split(':')[0])
          .sort(),
      ).toEqual(['shop-backend', 'shop-frontend']);
      expect(await versions()).toEqual(['1.1.0', '1.0.0']);
      expect(json<string[]>(job, 'rolled-back').sort()).toEqual(['backend', 'frontend']);
      const { pipelines, stats } = await recordOf(world);
      expect(pipelines.at(-1)).toMatchObject({
        kind: 'rollback',
        status: 'success',
        actor: 'gons',
        reason: 'prices are wrong',
        trigger: 'workflow_dispatch',
      });
      // Rule V4: by a person, so neither a success nor a failure.
      expect(stats).toMatchObject({ total_runs: 6, success_count: 3 });
      const { services } = await registryOf(world);
      expect(services['frontend']?.history.map(({ status }) => status).sort()).toEqual([
        'rolled-back',
        'success',
        'success',
      ]);
      const summary = plain(job.pilot.summary);
      expect(summary).toContain('Rolled back frontend and backend');
      expect(summary).toContain('prices are wrong');
    },
    LIMIT,
  );

  test(
    "S2: the registry in the Actions cache is the branch's, and serves when the branch cannot be read",
    async () => {
      const refused = {
        kind: 'status',
        status: 403,
        body: { message: 'Resource not accessible by integration' },
      } as const;
      world.github.fault({ route: 'GET /repos/*/*/git/ref/**', effect: refused, times: 50 });
      try {
        const job = await world.dispatch('rollback', {
          services: 'frontend',
          reason: 'the branch is gone',
          'dry-run': 'true',
        });
        expect(job.log).toContain('the copy in the Actions cache is used');
        expectStatus(job, 'success');
        expect(job.log).toMatch(/frontend: shop-frontend:[0-9a-f]{7} -> shop-frontend:[0-9a-f]{7}/);
        const summary = plain(job.pilot.summary);
        expect(summary).toContain('Dry run: would roll back frontend');
        expect(summary).toContain('nothing, it is there');
      } finally {
        world.github.clearFaults();
      }
    },
    LIMIT,
  );

  test(
    'R1: to a named release, of one service only; the other container is not touched',
    async () => {
      const before = await world.running();
      const job = await world.dispatch('rollback', {
        services: 'frontend',
        to: firstId,
        reason: 'back to the start',
      });
      expectStatus(job, 'success');
      expect(await versions()).toEqual(['1.0.0', '1.0.0']);
      expect((await world.running())['backend']).toEqual(before['backend']);
      expect(json(job, 'rolled-back')).toEqual(['frontend']);
      expect(await lastRun(world)).toMatchObject({ kind: 'rollback', reason: 'back to the start' });
    },
    LIMIT,
  );

  test.each([
    ['a release that never was', { to: '20200101-000000-abcdefa' }, /is no verified release/],
    ['an image that failed', { to: 'TAG' }, /is no verified release/],
    ['a service that is not there', { services: 'database' }, /database/],
  ])(
    'R1: %s is refused, with what there is; nothing changes',
    async (_name, inputs, message) => {
      const failed = (await recordOf(world)).pipelines.find(({ status }) => status === 'failed');
      const to = 'to' in inputs ? inputs.to.replace('TAG', failed?.pipeline_id ?? '') : '';
      const before = await world.running();
      const job = await world.dispatch('rollback', { ...inputs, to, reason: 'try' });
      expectStatus(job, 'failed');
      expect(job.log).toMatch(message);
      expect(job.log).toContain('There are: frontend');
      expect(await world.running()).toEqual(before);
    },
    LIMIT,
  );

  test(
    'A9, A7: after a rollback the same commit deploys again, since it is not what runs',
    async () => {
      const job = await world.deploy();
      expectStatus(job, 'success');
      expect(await versions()).toEqual(['1.2.2', '1.3.0']);
    },
    LIMIT,
  );
});

describe('looking only', () => {
  test(
    'status and validate show what runs and what would happen, and change nothing',
    async () => {
      const refs = await world.repository.git(['for-each-ref']);
      const status = await world.dispatch('status');
      expectStatus(status, 'success');
      expect(status.log).toMatch(/frontend: shop-frontend:[0-9a-f]{7}-\d{8}-\d{6} since /);
      expect(status.log).toContain('rollback: success, workflow_dispatch by gons, back to the start');
      const validate = await world.dispatch('validate');
      expectStatus(validate, 'success');
      expect(validate.log).toMatch(/Docker [\d.]+.*Compose/);
      expect(await world.repository.git(['for-each-ref'])).toBe(refs);
    },
    LIMIT,
  );
});
