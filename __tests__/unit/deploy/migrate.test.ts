import { describe, expect, test } from '@jest/globals';
import { openRelease } from '../../../src/deploy/index.ts';
import { AutopilotError } from '../../../src/errors.ts';
import { type Behaviour, FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';
const GOOD: Behaviour = { candidate: 'good', live: 'good' };

async function deploy(options: {
  irreversible?: boolean;
  code?: number;
  behaviour?: Behaviour;
  server?: FakeServer;
}) {
  const server = options.server ?? new FakeServer();
  server.addImage('shop-web:v1');
  server.files.set(FILE, 'services:\n  web:\n    image: shop-web:v1\n');
  const old = server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running' });
  old.networks = { shop_default: { address: '10.0.0.1', aliases: ['web'] } };
  const ran: string[][] = [];
  server.migration = (words) => {
    ran.push(words);
    return { code: options.code ?? 0, stdout: 'applied 3', stderr: 'last words' };
  };
  const before = server.snapshot();
  const handle = await openRelease(
    { pipelineId: 'p', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
    server,
  );
  const result = await handle.deploy({
    pipelineId: 'p',
    wanted: [
      {
        service: service('web', 'http://web:8080/'),
        image: server.addImage('shop-web:v2', options.behaviour ?? GOOD),
      },
    ],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    migrate: {
      service: 'web',
      command: 'npx  migrate $(reboot)',
      timeout: 300,
      irreversible: options.irreversible ?? false,
    },
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });
  return { server, handle, result, ran, before };
}

const BAD_CANDIDATE: Behaviour = { candidate: 'bad', live: 'good' };
const BAD_LIVE: Behaviour = { candidate: 'good', live: 'bad' };
const next = (server: FakeServer) =>
  openRelease({ pipelineId: 'q', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 }, server);
const running = (server: FakeServer) =>
  [...server.containers.values()].filter((one) => one.state === 'running').map((one) => one.image);

describe('deploy.migrate', () => {
  test('it runs once, by words and not by a shell, before the candidate', async () => {
    const { server, result, ran } = await deploy({});
    expect(result.status).toBe('passed');
    expect(ran).toEqual([['web', 'npx', 'migrate', '$(reboot)']]);
    const at = (title: string) => server.commands.findIndex((command) => command.includes(title));
    expect(at('migrate with')).toBeGreaterThan(at('check the new file'));
    expect(at('migrate with')).toBeLessThan(at('start the candidate'));
  });
  test.each([
    [1, /failed with exit code 1/],
    [124, /took longer than 300 s/],
  ])('ended with %d: nothing else happens, and its last words are shown', async (code, what) => {
    const { server, result, before } = await deploy({ code });
    expect(result).toMatchObject({
      status: 'failed',
      error: { what: expect.stringMatching(what), why: expect.stringContaining('last words') },
    });
    expect(server.snapshot()).toMatchObject({ containers: (before as { containers: unknown }).containers });
    expect(server.commands.join()).not.toContain('start the candidate');
  });
  test('a release that is not marked goes back by itself', async () => {
    const { server, result } = await deploy({ behaviour: BAD_LIVE });
    expect(result).toMatchObject({
      status: 'failed',
      services: [{ status: expect.not.stringMatching(/^undo-failed$/) }],
    });
    expect(running(server)).toEqual(['shop-web:v1']);
  });

  test('irreversible: broken before it is live: the old one serves on, and a person is asked (V4: it locks)', async () => {
    const { server, result } = await deploy({ irreversible: true, behaviour: BAD_CANDIDATE });
    expect(running(server)).toEqual(['shop-web:v1']);
    expect(result).toMatchObject({
      status: 'failed',
      services: [{ status: 'undo-failed', reason: expect.stringContaining('irreversible') }],
      manual_steps: [expect.stringContaining('unlock')],
    });
  });
  test('irreversible: broken once it is live: nothing rolls back by itself, not even the server', async () => {
    const { server, result, handle } = await deploy({ irreversible: true });
    expect(result.status).toBe('passed');
    expect(server.armed).toBeUndefined();
    const under = handle.underTest({ keepReleases: 5, protect: [] });
    const outcome = await under.rollBack('watchdog: 500');
    expect(outcome).toMatchObject({ rolledBack: [], leftRunning: true, failed: { web: expect.any(String) } });
    expect(outcome.manualSteps.join('\n')).toContain('docker start');
    expect(running(server)).toEqual(['shop-web:v2']);
    expect(under.outcomes('watchdog: 500', outcome)).toMatchObject([
      { image: 'shop-web:v2', status: 'undo-failed' },
    ]);
    // The next run finds it settled: the person's decision is not undone.
    await handle.recorded();
    expect((await next(server)).settled).toEqual({ state: 'nothing' });
  });
  test('irreversible and the connection is lost once it is live: never said to be put back, for nothing is armed', async () => {
    const { server, handle } = await deploy({ irreversible: true });
    const lost = () => Promise.reject(new AutopilotError('SSH_CONNECT', { what: 'The connection is lost.' }));
    Object.assign(server.keeper, { journal: lost, record: lost, disarm: lost });
    const under = handle.underTest({ keepReleases: 5, protect: [] });
    const outcome = await under.rollBack('watchdog: 500');
    expect(outcome).toMatchObject({
      rolledBack: [],
      leftToServer: false,
      failed: { web: expect.any(String) },
    });
    expect(under.outcomes('watchdog: 500', outcome)).toMatchObject([
      { image: 'shop-web:v2', status: 'undo-failed' },
    ]);
  });
  test('V4: irreversible and the runner is lost: every run after it refuses until one has recorded it', async () => {
    const { server } = await deploy({ irreversible: true });
    const refusal = {
      undoFailed: ['web'],
      error: { code: 'ROLLBACK_FAILED', fix: expect.stringContaining('docker start') },
    };
    expect((await next(server)).refusal).toMatchObject(refusal);
    const again = await next(server);
    expect(again.refusal).toMatchObject(refusal);
    expect(again.settled).toMatchObject({ outcome: { leftRunning: true, rolledBack: [] } });
    await expect(again.deploy(undefined as never)).rejects.toMatchObject({ code: 'ROLLBACK_FAILED' });
    expect(running(server)).toEqual(['shop-web:v2']);
    await again.recorded();
    expect((await next(server)).refusal).toBeUndefined();
  });
  test('V4: what broke before it was live, unrecorded, is put before a person by the next run too', async () => {
    const { server } = await deploy({ irreversible: true, behaviour: BAD_CANDIDATE });
    const found = await next(server);
    expect(found.refusal).toMatchObject({ undoFailed: ['web'] });
    expect(found.settled).toMatchObject({ outcome: { leftRunning: false } });
    await found.recorded();
    expect((await next(server)).refusal).toBeUndefined();
  });
});
