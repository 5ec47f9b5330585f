/** Issue 3 on real engines: two runs at once, images pruned, a clock that is wrong. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PilotJob } from '../../lab/world.ts';
import { type ChaosWorld, cleanRun, KEEP_RELEASES, openChaosWorld } from '../e2e/chaos/chaos-world.ts';
import { turn } from '../e2e/chaos/cycle.ts';
import { CUTTING_OVER, faultAt, WATCHING } from '../e2e/chaos/faults.ts';
import { judge } from '../e2e/chaos/judge.ts';
import { expectStatus, lastRun, recordOf, registryOf } from '../e2e/pilot.ts';

const LIMIT = 240_000;
let chaos: ChaosWorld;
beforeAll(async () => {
  chaos = await openChaosWorld('port');
}, LIMIT);
afterAll(() => chaos?.close());

/** What a release is called here, and the judge about it: it serves alone, all is recorded, nothing is left over. */
const judged = async (version: string, jobs: readonly PilotJob[]) => {
  chaos.current = version;
  const begun = (await recordOf(chaos.world)).pipelines.map((one) => one.pipeline_id);
  const workspaces = jobs.map(({ workspace }) => workspace);
  const suspects = { keepReleases: KEEP_RELEASES, keepers: [], workspaces };
  return judge(chaos.world, { versions: [version], begun, suspects });
};
const runsOf = async (job: PilotJob) =>
  (await recordOf(chaos.world)).pipelines.filter(
    (one) => one.pipeline_id === job.pilot.outputs['pipeline-id'],
  );

describe('invariant 1: two runs at once', () => {
  test(
    'started together: the newer commit serves, whoever had the lock first, and both are recorded once',
    async () => {
      const { world } = chaos;
      await chaos.next();
      const older = await world.start();
      const version = await chaos.next();
      const newer = await world.deploy();
      const result = await older.result;
      const first: PilotJob = { ...result, pilot: result.steps['pilot'] as PilotJob['pilot'] };
      expectStatus(newer, 'success');
      // It deployed and was overtaken, or it found the newer one there.
      expect(['success', 'cancelled']).toContain(first.pilot.outputs['status']);
      expect(await judged(version, [first, newer])).toEqual([]);
      expect(await runsOf(first)).toHaveLength(1);
      expect(await runsOf(newer)).toHaveLength(1);
      await result.cleanup();
    },
    LIMIT,
  );

  test(
    'one that does not want to wait fails with who holds the lock, since when and in which run; later it deploys',
    async () => {
      const { world } = chaos;
      const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
      const impatient = text.replace('deploy:\n', 'deploy:\n  lock_wait: 1\n');
      await chaos.next({ 'gonsautopilot.yaml': text.replace(/duration: \d+/, 'duration: 20') });
      const holder = await world.start({ runId: 6_100_000_001, actor: 'alice' });
      await holder.waitFor(WATCHING);
      const { pipeline_id: holds } = await lastRun(world);
      const version = await chaos.next({ 'gonsautopilot.yaml': impatient });
      const refused = await world.deploy({ runId: 6_100_000_002 });
      expectStatus(refused, 'failed');
      const reason = refused.pilot.outputs['failure-reason'] ?? '';
      expect(reason).toContain('SERVER_LOCKED');
      for (const part of [holds, 'alice', 'actions/runs/6100000001', /since \d{4}-\d\d-\d\dT/])
        expect(reason).toMatch(part);
      const result = await holder.result;
      expect(result.conclusion).toBe('success');
      const later = await cleanRun(chaos, { runId: 6_100_000_002, runAttempt: 2 });
      expect(later.found).toEqual([]);
      expect(await judged(version, [refused, later.job])).toEqual([]);
      await world.push({ 'gonsautopilot.yaml': text });
      await result.cleanup();
    },
    LIMIT,
  );
});

test(
  'images pruned: what runs can start again, a rollback that has lost its target says so, and the next releases are as ever',
  async () => {
    const { world } = chaos;
    const images = async () =>
      (await world.server.exec("docker image ls --format '{{.Repository}}:{{.Tag}}' | grep ^shop-")).stdout;
    const before = await chaos.world.running();
    const serving = chaos.current;
    const { services } = await registryOf(world);
    const target = services['backend']?.previous ?? 'none';
    expect(await images()).toContain(target);
    expect(await world.server.exec('docker image prune --all --force')).toMatchObject({ code: 0 });
    expect(await images()).not.toContain(target);

    const back = await world.dispatch('rollback', { reason: 'the colours' });
    expect(back.pilot.exitCode).toBe(1);
    expect(back.log).toContain('ROLLBACK_IMPOSSIBLE');
    expect(back.log).toContain(target);
    expect(await world.running()).toEqual(before);
    // The judge creates a container from every image that is there.
    expect(await judged(serving, [back])).toEqual([]);

    const version = await chaos.next();
    const next = await cleanRun(chaos, {});
    expect(next.found).toEqual([]);
    expect(await judged(version, [next.job])).toEqual([]);
    const undone = await world.dispatch('rollback', { reason: 'the colours' });
    expectStatus(undone, 'success');
    expect(await judged(serving, [undone])).toEqual([]);
  },
  LIMIT,
);

/**
 * Over the server's own `date`, which is where a shell there has its time from: the keeper and everything that a
 * deployment runs by sh. The engine keeps the right time (Go asks the kernel, and the kernel has one clock), and nothing
 * that decides reads the times it says.
 */
const wrongBy = (seconds: number) => `umount /usr/bin/date 2>/dev/null
printf '#!/bin/sh\\nexec busybox date -d "@$(($(busybox date +%%s) + ${String(seconds)}))" "$@"\\n' >/run/lab/date
chmod 755 /run/lab/date && mount --bind /run/lab/date /usr/bin/date`;

describe("the server's clock is wrong by an hour, and the runner is lost", () => {
  test.each([
    ['ahead, in the middle of the cut-over', 3_600, CUTTING_OVER],
    ['behind, while it is watched', -3_600, WATCHING],
  ])(
    '%s',
    async (_name, seconds, line) => {
      const { server } = chaos.world;
      expect(await server.exec(wrongBy(seconds))).toMatchObject({ code: 0 });
      const done = await turn(
        chaos,
        faultAt(line, (job) => job.kill()),
      );
      expect(done.violations).toEqual([]);
      const { stdout } = await server.exec('grep auto_reverted /srv/shop/.gonsautopilot/journal | tail -n 1');
      const { at } = JSON.parse(stdout) as { at: string };
      const off = (Date.parse(at) - Date.now()) / 1000;
      expect(Math.abs(off - seconds)).toBeLessThan(300);
    },
    LIMIT,
  );
});
