import { describe, expect, test } from '@jest/globals';
import { openRelease } from '../../../src/deploy/index.ts';
import { manualSteps } from '../../../src/deploy/undo.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';
const RETIRE = { keepReleases: 5, protect: [] };

/** A live release whose version before answers `status` (0: nothing at all) wherever the new version is asked. */
async function live(ports: boolean, status: number) {
  const server = new FakeServer();
  const published = ports ? '    ports: [{ target: 8080, published: "8000" }]\n' : '';
  server.addImage('shop-backend:v1');
  server.files.set(FILE, `services:\n  backend:\n    image: shop-backend:v1\n${published}`);
  const old = server.addContainer('backend', 'shop-backend:v1', 'shop-backend-1', { state: 'running' });
  old.networks = { shop_default: { address: '10.0.0.1', aliases: ['backend'] } };
  const warnings: string[] = [];
  const log = { ...server.log, warning: (text: string) => warnings.push(text) };
  const { http } = server.target;
  server.target.http = async (url, options) => {
    const answer = await http(url, options);
    const fresh = [...server.containers.values()].some(
      ({ image, networks }) =>
        image === 'shop-backend:v2' &&
        (options.address === undefined || networks['shop_default']?.address === options.address),
    );
    return fresh ? answer : { ...answer, status };
  };
  const handle = await openRelease(
    { pipelineId: 'p1', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
    { target: server.target, clock: server.clock, log },
  );
  const port = ports ? '8000' : '8080';
  const result = await handle.deploy({
    pipelineId: 'p1',
    wanted: [
      {
        service: service('backend', `http://backend:${port}/healthz`),
        image: server.addImage('shop-backend:v2'),
      },
    ],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });
  expect(result).toMatchObject({ services: [{ status: 'deployed' }] });
  return {
    server,
    old,
    warnings,
    async rollBack() {
      const begun = server.clock.now().getTime();
      const outcome = await handle.underTest(RETIRE).rollBack('watchdog: it answered 500');
      return { outcome, seconds: (server.clock.now().getTime() - begun) / 1000 };
    },
  };
}

describe('V3: the release moved its health check, so that the version before does not answer there', () => {
  test.each([
    ['side by side, and says so', false, 404, 8],
    ['side by side, and nothing listens there', false, 0, 16],
    ['one after the other, and says so', true, 404, 8],
    ['one after the other, and nothing listens there', true, 0, 16],
  ])('%s: it served before, so it goes back all the same', async (_what, ports, status, within) => {
    const { server, warnings, rollBack } = await live(ports, status);
    const { outcome, seconds } = await rollBack();
    expect(outcome).toEqual({ rolledBack: ['backend'], failed: {}, manualSteps: [], leftToServer: false });
    expect(seconds).toBeLessThan(within);
    expect(warnings).toEqual([expect.stringContaining('does not answer where the new version would')]);
    expect([...server.containers.values()]).toMatchObject([
      { image: 'shop-backend:v1', state: 'running', networks: { shop_default: { aliases: ['backend'] } } },
    ]);
  });

  test.each([
    ['crashes', 'none'],
    ['is unhealthy by its own HEALTHCHECK', 'unhealthy'],
  ] as const)('one that %s is not put back unproven', async (_what, health) => {
    const { server, old, rollBack } = await live(false, 404);
    if (health === 'unhealthy') Object.assign(old, { health });
    else server.behaviours.set('shop-backend:v1', { candidate: 'good', live: 'crash' });
    const { outcome } = await rollBack();
    expect(outcome.failed).toMatchObject({ backend: expect.stringContaining('is not healthy') });
  });
});

describe('V3: the commands for a person', () => {
  const kept = {
    id: 'a'.repeat(64),
    name: 'shop-backend-1',
    image: 'shop-backend:v1',
    running: true,
    restart: '',
    networks: { shop_default: ['backend', "it's"], other: [] },
  };

  async function steps(extra: object) {
    const { server } = await live(false, 200);
    const plan = server.journal.find(({ event }) => event === 'plan')?.data;
    const shown = plan as unknown as Parameters<typeof manualSteps>[0];
    const [first] = shown.services;
    if (!first) throw new Error('no service');
    return manualSteps(shown, { ...first, kept: [kept], ...extra });
  }

  test('side by side, the old one gets its names back', async () => {
    expect((await steps({ strategy: 'start-first' })).slice(-2)).toEqual([
      'docker start aaaaaaaaaaaa',
      "docker network disconnect 'shop_default' aaaaaaaaaaaa; docker network connect --alias 'backend' --alias 'it'\\''s' 'shop_default' aaaaaaaaaaaa",
    ]);
    expect((await steps({ strategy: 'stop-first' })).at(-1)).toBe('docker start aaaaaaaaaaaa');
  });

  test('what was kept is not removed, although old and new one may be of one image', async () => {
    expect((await steps({}))[1]).toMatch(/^docker rm -f \$\(docker ps -aq .* \| grep -v -e aaaaaaaaaaaa\)$/);
    expect((await steps({ kept: [] }))[1]).not.toContain('grep');
  });
});
