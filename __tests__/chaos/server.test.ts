/** Issue 3 on real engines: the line, the SSH server and the engine fail in the middle of a deployment. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../../lab/process.ts';
import { type ChaosWorld, openChaosWorld } from '../e2e/chaos/chaos-world.ts';
import { turn } from '../e2e/chaos/cycle.ts';
import { bigger, CUTTING_OVER, faultAt, PROVING, SENDING } from '../e2e/chaos/faults.ts';

const LIMIT = 240_000;
let chaos: ChaosWorld;
let dockerfile: string;
beforeAll(async () => {
  // Each fault here is a counted failure; the lock after three of them is another test's.
  chaos = await openChaosWorld('port', { 'safety.max_consecutive_failures': 10 });
  dockerfile = (await chaos.world.repository.read('main', 'Dockerfile.backend')) ?? '';
}, LIMIT);
afterAll(() => chaos?.close());

/** Asked on the server itself, because nobody outside can, and by bash: the static busybox dies there without a line. */
const inside = async () => {
  const backend = '$(docker ps --quiet --filter label=com.docker.compose.service=backend | head -n 1)';
  const address = `$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${backend})`;
  const ask = `for at in 127.0.0.1/3000 ${address}/3001; do
    exec 3<>"/dev/tcp/$at" && printf 'GET /version HTTP/1.0\\r\\nHost: shop\\r\\n\\r\\n' >&3 && timeout 5 cat <&3
  done`;
  const { stdout, stderr } = await chaos.world.server.exec(['bash', '-c', ask]);
  return [...stdout.matchAll(/"version":"([^"]*)"/g)].map(([, version]) => version).join(' and ') || stderr;
};
const untilInside = async (version: string) => {
  let last = '';
  await until(
    () => `${version} does not serve, but ${last}`,
    async () => (last = await inside()) === `${version} and ${version}`,
    { timeout: 120_000, every: 250 },
  );
};

describe('the connection is cut in silence', () => {
  test(
    'in the middle of a transfer: nothing has changed, and the next run deploys',
    async () => {
      const { server } = chaos.world;
      const before = await chaos.world.running();
      const { current } = chaos;
      const done = await turn(
        chaos,
        faultAt(SENDING, () => server.cutNetwork(), {
          changes: bigger(dockerfile, 60),
          heal: async () => {
            try {
              await untilInside(current);
              expect(await chaos.world.running()).toEqual(before);
            } finally {
              await server.restoreNetwork();
            }
          },
        }),
      );
      expect(done.violations).toEqual([]);
      expect(done.job.log).toMatch(/TRANSFER_FAILED|SSH_CONNECT/);
    },
    LIMIT,
  );

  test(
    'in the middle of the cut-over: the server puts the old version back while nobody can reach it',
    async () => {
      const { server } = chaos.world;
      const { current } = chaos;
      const done = await turn(
        chaos,
        faultAt(CUTTING_OVER, () => server.cutNetwork(), {
          heal: async () => {
            try {
              await untilInside(current);
            } finally {
              await server.restoreNetwork();
            }
          },
        }),
      );
      expect(done.violations).toEqual([]);
      expect(done.settledBy).toBe('the server itself');
    },
    LIMIT,
  );
});

describe('sshd and all its sessions are killed', () => {
  test.each([
    ['while the candidate is proven', PROVING, 'nobody had to'],
    ['in the middle of the cut-over', CUTTING_OVER, 'the server itself'],
  ])(
    '%s',
    async (_name, line, settledBy) => {
      const { server } = chaos.world;
      const done = await turn(
        chaos,
        faultAt(line, async () => {
          await server.killSshd();
          await server.startSshd();
        }),
      );
      expect(done.violations).toEqual([]);
      expect([settledBy, 'the next run']).toContain(done.settledBy);
    },
    LIMIT,
  );
});

describe('the engine is restarted', () => {
  test.each([
    ['while the candidate is proven', PROVING],
    ['in the middle of the cut-over', CUTTING_OVER],
  ])(
    '%s',
    async (_name, line) => {
      const done = await turn(
        chaos,
        faultAt(line, () => chaos.world.server.restartEngine()),
      );
      expect(done.violations).toEqual([]);
    },
    LIMIT,
  );
});
