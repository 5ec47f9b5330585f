import { describe, expect, test } from '@jest/globals';
import { gate, type GateEffects, type GateInput, type Look } from '../../../src/deploy/gate.ts';
import { observe } from '../../../src/deploy/observe.ts';
import { planRelease } from '../../../src/deploy/plan.ts';
import { openRelease, planOnly } from '../../../src/deploy/index.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';

async function closed(
  change: (parts: { server: FakeServer; input: GateInput; effects: GateEffects }) => void = () => undefined,
  compose = 'services:\n  web:\n    image: shop-web:v1\n',
) {
  const server = new FakeServer();
  server.addImage('shop-web:v1');
  server.files.set(FILE, compose);
  server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running' });
  const wanted = [{ service: service('web', 'http://web:8080/'), image: server.addImage('shop-web:v2') }];
  const observed = await observe(server.target, FILE, undefined, wanted);
  const look: Look = {
    observed,
    plan: planRelease(observed, { pipelineId: 'p', prefix: 'shop', composeFile: FILE, wanted }),
  };
  const input: GateInput = {
    tests: { passed: true, detail: '12 passed' },
    wanted,
    prefix: 'shop',
    minFreeDisk: '2GB',
  };
  const effects: GateEffects = {
    target: { ...server.target },
    imageExists: () => Promise.resolve(true),
    change: (command) => server.keeper.change(command),
  };
  change({ server, input, effects });
  const checks = await gate(input, look, effects);
  return { checks, failed: checks.filter((check) => !check.passed).map((check) => check.name) };
}

describe('D1: the gate', () => {
  test('open: all five checks of the rule and the versions stand in the table', async () => {
    const { checks, failed } = await closed();
    expect(failed).toEqual([]);
    expect(checks.map((check) => check.name)).toEqual([
      'critical tests passed',
      'image exists',
      'SSH connection',
      'Docker engine',
      'Docker Compose',
      'free disk',
      'compose file',
      'environment',
      'compose file drift',
      'previous image backed up',
    ]);
  });

  test.each<[string, Parameters<typeof closed>[0], string[]]>([
    [
      'a critical test failed',
      ({ input }) => (input.tests = { passed: false, detail: '1 failed' }),
      ['critical tests passed'],
    ],
    [
      'the image is not there',
      ({ effects }) => (effects.imageExists = () => Promise.resolve(false)),
      ['image exists'],
    ],
    ['the image of what runs is gone', ({ server }) => server.images.clear(), ['previous image backed up']],
    [
      'not more than the free disk asked for',
      ({ effects }) => (effects.target.freeDisk = () => Promise.resolve(2e9)),
      ['free disk'],
    ],
    [
      'no room for what arrives besides',
      ({ effects, input }) => {
        effects.target.freeDisk = () => Promise.resolve(2.5e9);
        input.wanted = input.wanted.map((entry) => ({
          ...entry,
          image: { ...entry.image, id: 'sha256:new', size: 6e8 },
        }));
      },
      ['free disk'],
    ],
    [
      'the disk cannot be read',
      ({ effects }) => (effects.target.freeDisk = () => Promise.reject(new Error('df'))),
      ['free disk'],
    ],
    [
      'the engine does not answer',
      ({ effects, server }) =>
        Object.assign(effects.target, {
          engine: { ...server.engine, info: () => Promise.reject(new Error('denied')) },
        }),
      ['SSH connection'],
    ],
    [
      'Compose is too old',
      ({ effects, server }) =>
        Object.assign(effects.target, {
          engine: {
            ...server.engine,
            info: async () => ({ ...(await server.engine.info()), compose: '2.3.3' }),
          },
        }),
      ['Docker Compose'],
    ],
    [
      "the engine is rootless: no candidate's own address can be reached",
      ({ effects, server }) =>
        Object.assign(effects.target, {
          engine: {
            ...server.engine,
            info: async () => ({ ...(await server.engine.info()), rootless: true }),
          },
        }),
      ['Docker engine'],
    ],
    [
      'everything at once is shown at once',
      ({ input, effects, server }) => {
        input.tests = { passed: false, detail: '1 failed' };
        effects.imageExists = () => Promise.resolve(false);
        effects.target.freeDisk = () => Promise.resolve(0);
        server.images.clear();
      },
      ['critical tests passed', 'image exists', 'free disk', 'previous image backed up'],
    ],
  ])('closed: %s', async (_what, change, names) => {
    const { checks, failed } = await closed(change);
    expect(failed).toEqual(names);
    for (const check of checks) expect(check.detail).not.toBe('');
  });

  test('open: a rootless engine, where no service has a health check URL', async () => {
    const { failed } = await closed(({ server, effects, input }) => {
      Object.assign(effects.target, {
        engine: { ...server.engine, info: async () => ({ ...(await server.engine.info()), rootless: true }) },
      });
      input.wanted = input.wanted.map((entry) => ({ ...entry, service: service('web', undefined) }));
    });
    expect(failed).toEqual([]);
  });

  test('a first deployment has nothing to back up, and says so', async () => {
    const { checks } = await closed(({ server }) => server.containers.clear());
    expect(checks.at(-1)).toMatchObject({ passed: true });
  });

  const input = (server: FakeServer, extra: object = {}) => ({
    pipelineId: 'p',
    wanted: [{ service: service('web', undefined, extra), image: server.addImage('shop-web:v2') }],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    tests: { passed: true, detail: '' },
    transfer: () => Promise.reject(new Error('must not be asked')),
    imageExists: () => Promise.resolve(true),
  });
  test.each([
    ['no compose file anywhere', undefined, {}, /There is no compose file/],
    ['a broken one', 'services: {', {}, /not valid YAML/],
    ['one without the service', 'services:\n  other: {}\n', {}, /no service `web`/],
    [
      'start-first with a host port',
      'services:\n  web:\n    ports: [{ target: 1, published: "80" }]\n',
      { strategy: 'start-first' },
      /start-first is not possible/,
    ],
  ])('%s: GATE_FAILED, and nothing on the server has changed', async (_what, source, extra, why) => {
    const server = new FakeServer();
    if (source !== undefined) server.files.set(FILE, source);
    const before = server.snapshot();
    const handle = await openRelease(
      { pipelineId: 'p', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
      server,
    );
    const result = await handle.deploy(input(server, extra));
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'GATE_FAILED', why: expect.stringMatching(why) },
    });
    expect(server.snapshot()).toEqual(before);
    expect(server.commands).toEqual([]);
  });

  test('Invariant 7: a dry run runs no change at all', async () => {
    const server = new FakeServer();
    server.files.set(FILE, 'services:\n  web:\n    image: shop-web:v1\n');
    server.addImage('shop-web:v1');
    server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running' });
    const shown = await planOnly(input(server), server);
    expect(shown.gate.every((check) => check.passed)).toBe(true);
    expect(shown.services).toMatchObject([
      {
        service: 'web',
        from: 'shop-web:v1',
        to: 'shop-web:v2',
        strategy: 'start-first',
        send: 'nothing, it is there',
      },
    ]);
    expect(shown.operations.at(0)).toMatch(/^web: keep the image that runs now as shop-web:pinned-/);
    expect([server.commands, server.journal]).toEqual([[], []]);
  });

  test('a difference between the file on the server and the one in the repository is a warning', async () => {
    const server = new FakeServer();
    const text = 'services:\n  web:\n    image: shop-web:v1\n';
    server.files.set(FILE, text);
    const wanted = [{ service: service('web', undefined), image: server.addImage('shop-web:v2') }];
    const warnings = async (repository: string) =>
      (await observe(server.target, FILE, repository, wanted)).warnings;
    expect(await warnings(text.replace('v1', 'v0'))).toEqual([]);
    expect(await warnings(`${text}    tty: true\n`)).toEqual([expect.stringContaining('differs')]);
    expect(await warnings('services: {}')).toHaveLength(1);
  });
});
