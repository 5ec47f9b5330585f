/** Issue 3 on a real engine: the disk of the server is full, before a deployment and in the middle of one. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChaosWorld, cleanRun, KEEP_RELEASES, openChaosWorld } from './chaos/chaos-world.ts';
import { turn } from './chaos/cycle.ts';
import { bigger, faultAt, SENDING } from './chaos/faults.ts';
import { judge } from './chaos/judge.ts';
import { everything, expectStatus, recordOf } from './pilot.ts';

const LIMIT = 240_000;
let chaos: ChaosWorld;
let dockerfile: string;
beforeAll(async () => {
  chaos = await openChaosWorld('port', { 'deploy.min_free_disk': '50MB' });
  dockerfile = (await chaos.world.repository.read('main', 'Dockerfile.backend')) ?? '';
  await must(MOVE);
}, LIMIT);
afterAll(() => chaos?.close());

/** Images, containers and the project's folder with the journal in it lie on one small disk from here on. */
const MOVE = `sh /run/lab/machine.sh stop-engine
mkdir /root/small && mount -t tmpfs -o size=1500m tmpfs /root/small
cp -a /var/lib/docker /root/small/docker && cp -a /srv /root/small/srv
mount --bind /root/small/docker /var/lib/docker && mount --bind /root/small/srv /srv
sh /run/lab/machine.sh start-engine
until docker version >/dev/null 2>&1; do sleep 0.2; done
until busybox wget -q -O /dev/null http://localhost:3000/api/products; do sleep 0.2; done`;
const free = (megabytes: number) =>
  `rm -f /root/small/filler; left=$(df -Pk /root/small | awk 'END { print $4 }'); fallocate -l $(((left - ${String(megabytes * 1000)}) * 1024)) /root/small/filler`;
/** At once what is left now, then whatever became free meanwhile. */
const FULL = `left=$(df -Pk /root/small | awk 'END { print $4 }'); fallocate -l $((left * 1024)) /root/small/filler-rest || true
cat /dev/zero >/root/small/filler-last 2>/dev/null || true`;
const ROOM = 'rm /root/small/filler*';

async function must(script: string): Promise<void> {
  const { code, stderr } = await chaos.world.server.exec(`set -e\n${script}`);
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}: ${stderr}`);
}

describe('no room', () => {
  test.each([
    ['less than `deploy.min_free_disk`', 30],
    ['more than that, but not enough for the images', 80],
  ])(
    'D1: %s: the gate refuses, nothing has changed, and the run again deploys once there is room',
    async (_name, megabytes) => {
      const { world } = chaos;
      const version = await chaos.next(bigger(dockerfile, 60));
      await must(free(megabytes));
      const before = await everything(world);
      const refused = await world.deploy({ runId: 6_000_000_000 + megabytes });
      expectStatus(refused, 'failed');
      expect(refused.log).toMatch(/The gate stopped the deployment: free disk/);
      const { containers, images, files, volumes } = await everything(world);
      expect({ containers, images, files, volumes }).toEqual({
        containers: before['containers'],
        images: before['images'],
        files: before['files'],
        volumes: before['volumes'],
      });
      await must(ROOM);
      const begun = (await recordOf(world)).pipelines.map((one) => one.pipeline_id);
      const next = await cleanRun(chaos, { runId: 6_000_000_000 + megabytes, runAttempt: 2 });
      expect(next.found).toEqual([]);
      chaos.current = version;
      const suspects = { keepReleases: KEEP_RELEASES, keepers: [], workspaces: [refused.workspace] };
      expect(await judge(world, { versions: [version], begun, suspects })).toEqual([]);
    },
    LIMIT,
  );
});

test(
  'it fills up in the middle of a transfer: nothing that serves has changed, and the run again deploys once there is room',
  async () => {
    const before = await chaos.world.running();
    // Room for the images, but so little that it is gone before they have arrived.
    await must(free(600));
    const done = await turn(
      chaos,
      faultAt(SENDING, () => must(FULL), {
        changes: bigger(dockerfile, 60),
        heal: async () => {
          expect(await chaos.world.running()).toEqual(before);
          await must(ROOM);
        },
      }),
    );
    expect(done.violations).toEqual([]);
    expect(done.job.log).toMatch(/TRANSFER_FAILED/);
    expect(done.job.log).toMatch(/no space left on device/);
  },
  LIMIT,
);
