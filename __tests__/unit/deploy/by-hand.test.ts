import { describe, expect, test } from '@jest/globals';
import { type DeployInput, openRelease } from '../../../src/deploy/index.ts';
import { type Behaviour, FakeServer, Killed } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';
const SOURCE = 'services:\n  backend:\n    image: shop-backend:v1\n';
const THEIRS = `${SOURCE}    environment: { FIX: "by hand" }\n`;
const GOOD: Behaviour = { candidate: 'good', live: 'good' };

function world(existing = true): FakeServer {
  const server = new FakeServer();
  server.addImage('shop-backend:v1');
  if (!existing) return server;
  server.files.set(FILE, SOURCE);
  serving(server);
  return server;
}

function serving(server: FakeServer): string {
  const old = server.addContainer('backend', 'shop-backend:v1', 'shop-backend-1', { state: 'running' });
  old.networks = { shop_default: { address: `10.0.0.${String(Number(old.id))}`, aliases: ['backend'] } };
  return old.id;
}

const open = (server: FakeServer) =>
  openRelease({ pipelineId: 'p1', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 }, server);

/** A release during whose transfer a person does something. */
async function deploy(server: FakeServer, meanwhile: () => void, behaviour = GOOD) {
  const input: DeployInput = {
    pipelineId: 'p1',
    wanted: [
      {
        service: service('backend', 'http://backend:8080/health'),
        image: server.addImage('shop-backend:v2', behaviour),
      },
    ],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: SOURCE,
    minFreeDisk: 0,
    tests: { passed: true, detail: '' },
    transfer: () => {
      meanwhile();
      return Promise.resolve({ each: {}, warnings: [] });
    },
    imageExists: () => Promise.resolve(true),
  };
  return (await open(server)).deploy(input);
}

describe("D3: a compose file that the release has not replaced is a person's", () => {
  test.each([
    ['edited', true],
    ['brought, where there was none', false],
  ])('%s after the runner was lost in the transfer: the next run leaves it', async (_what, existing) => {
    const server = world(existing);
    const killed = () => {
      throw new Killed('killed');
    };
    await deploy(server, () => {
      server.before = killed;
      killed();
    });
    server.before = () => undefined;
    server.files.set(FILE, THEIRS);
    expect((await open(server)).settled.state).toBe('rolled-back');
    expect(Object.fromEntries(server.files)).toEqual({ [FILE]: THEIRS });
  });

  test('edited before the candidate failed: the undoing of the run itself leaves it', async () => {
    const server = world();
    const result = await deploy(server, () => server.files.set(FILE, THEIRS), {
      candidate: 'bad',
      live: 'good',
    });
    expect(result).toMatchObject({ status: 'failed', manual_steps: [] });
    expect(Object.fromEntries(server.files)).toEqual({ [FILE]: THEIRS });
  });
});

describe('invariant 2: a container that a person recreated while the release was prepared', () => {
  const recreated = (server: FakeServer) => () => {
    for (const id of [...server.containers.keys()]) server.containers.delete(id);
    serving(server);
  };

  test('the release does not begin beside it', async () => {
    const server = world();
    const result = await deploy(server, recreated(server));
    expect(result).toMatchObject({
      status: 'failed',
      services: [{ status: 'untouched' }],
      manual_steps: [],
      error: {
        code: 'DEPLOY_FAILED',
        why: expect.stringMatching(
          /shop-backend-1 of backend was created.*shop-backend-1 of backend was removed/,
        ),
      },
    });
    expect([...server.containers.values()].map(({ image, state }) => [image, state])).toEqual([
      ['shop-backend:v1', 'running'],
    ]);
    expect([...server.files.keys()]).toEqual([FILE]);
    expect(server.armed).toBeUndefined();
  });

  test('a candidate that fails is no failed undo: nothing of the release was live', async () => {
    const server = world();
    const result = await deploy(server, recreated(server), { candidate: 'bad', live: 'good' });
    expect(result).toMatchObject({ services: [{ status: 'untouched' }], manual_steps: [] });
    expect(server.containers.size).toBe(1);
  });

  test('the runner was lost with its candidate running: the next run removes the candidate', async () => {
    const server = world();
    server.after = () => {
      if (!server.commands.at(-1)?.startsWith('start the candidate')) return;
      server.before = () => {
        throw new Killed('killed');
      };
    };
    await deploy(server, recreated(server));
    server.before = () => undefined;
    expect(server.containers.size).toBe(2);
    expect((await open(server)).settled).toMatchObject({ state: 'rolled-back', warnings: [] });
    expect([...server.containers.values()].map(({ name }) => name)).toEqual(['shop-backend-1']);
    expect([...server.files.keys()]).toEqual([FILE]);
  });

  test('a compose file that a person changed meanwhile is not written over', async () => {
    const server = world();
    const result = await deploy(server, () => server.files.set(FILE, THEIRS));
    expect(result).toMatchObject({ status: 'failed', error: { why: expect.stringContaining(FILE) } });
    expect(Object.fromEntries(server.files)).toEqual({ [FILE]: THEIRS });
  });
});

test('D3: a compose file that an undoing has put back already is not promised to a person who repairs the rest', async () => {
  const server = world();
  await deploy(server, () => undefined);
  const failing = (title: string) =>
    title.startsWith('start shop-backend-1') ? { code: 1, stdout: '', stderr: 'injected' } : undefined;
  const { change } = server.keeper;
  server.keeper.change = async (command) => failing(command.title) ?? change(command);
  expect((await open(server)).refusal?.error).toMatchObject({ code: 'ROLLBACK_FAILED' });
  server.keeper.change = change;
  expect(server.files.get(FILE)).toBe(SOURCE);
  for (const id of [...server.containers.keys()]) server.containers.delete(id);
  serving(server);
  server.files.set(FILE, THEIRS);
  expect((await open(server)).settled).toMatchObject({ warnings: [expect.stringContaining('by hand')] });
  expect(server.files.get(FILE)).toBe(THEIRS);
});
