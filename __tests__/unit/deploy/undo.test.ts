import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openRelease, type ReleaseHandle, type Wanted } from '../../../src/deploy/index.ts';
import type { DeployResult } from '../../../src/deploy/result.ts';
import { AutopilotError, type ErrorCode } from '../../../src/errors.ts';
import { service } from './service.ts';
import { type Behaviour, FakeServer, Killed } from './fake-server.ts';

const FILE = '/srv/shop/compose.yml';
const RETIRE = { keepReleases: 5, protect: [] };

interface Shape {
  existing: 'none' | 'running' | 'exited';
  named: boolean;
  ports: boolean;
  behaviour: Behaviour;
}

const NAMES = ['backend', 'frontend'];
const GOOD: Behaviour = { candidate: 'good', live: 'good' };

function build(shapes: readonly Shape[]): { server: FakeServer; wanted: Wanted[] } {
  const server = new FakeServer();
  const lines = ['services:'];
  const wanted = shapes.map((shape, index): Wanted => {
    const name = NAMES[index] ?? '';
    lines.push(`  ${name}:`, `    image: shop-${name}:v1 # kept`);
    if (shape.named) lines.push(`    container_name: the-${name}`);
    if (shape.ports) lines.push(`    ports: [{ target: 8080, published: "${String(8000 + index)}" }]`);
    server.addImage(`shop-${name}:v1`);
    if (shape.existing !== 'none') {
      const old = server.addContainer(
        name,
        `shop-${name}:v1`,
        shape.named ? `the-${name}` : `shop-${name}-1`,
        {
          state: shape.existing,
        },
      );
      if (shape.existing === 'running')
        old.networks = { shop_default: { address: `10.0.0.${String(Number(old.id))}`, aliases: [name] } };
    }
    const port = shape.ports ? String(8000 + index) : '8080';
    return {
      service: service(name, `http://${name}:${port}/health`),
      image: server.addImage(`shop-${name}:v2`, shape.behaviour),
    };
  });
  server.files.set(FILE, `${lines.join('\n')}\n`);
  return { server, wanted };
}

const open = (server: FakeServer) =>
  openRelease({ pipelineId: 'p1', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 }, server);

const run = (handle: ReleaseHandle, wanted: Wanted[]): Promise<DeployResult> =>
  handle.deploy({
    pipelineId: 'p1',
    wanted,
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });

const behaviour = fc.record({
  candidate: fc.constantFrom('good' as const, 'bad' as const, 'crash' as const),
  live: fc.constantFrom('good' as const, 'bad' as const, 'crash' as const),
});
const shape = fc.record({
  existing: fc.constantFrom('none' as const, 'running' as const, 'running' as const, 'exited' as const),
  named: fc.boolean(),
  ports: fc.boolean(),
  behaviour: fc.oneof(fc.constant(GOOD), behaviour),
});
const shapes = fc.array(shape, { minLength: 1, maxLength: 2 });

describe('D2, D3: whatever happens, it is the new release as a whole or the state before', () => {
  test('every service good, or everything as before', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (world) => {
        const { server, wanted } = build(world);
        const before = server.snapshot();
        const handle = await open(server);
        const result = await run(handle, wanted);
        const allGood = world.every(
          (entry) => entry.behaviour.candidate === 'good' && entry.behaviour.live === 'good',
        );
        if (!allGood) {
          expect(result.status).toBe('failed');
          expect(result.manual_steps).toEqual([]);
          expect(server.snapshot()).toEqual(before);
          return;
        }
        expect(result.error).toBeUndefined();
        expect(await handle.underTest(RETIRE).confirm()).toEqual([]);
        const left = [...server.containers.values()].map((entry) => [
          entry.name.startsWith('the-'),
          entry.image,
          entry.state,
        ]);
        expect(left).toEqual(
          world.map((entry, index) => [entry.named, `shop-${NAMES[index] ?? ''}:v2`, 'running']),
        );
        expect([...server.files.keys()]).toEqual([FILE, '/srv/shop/.gonsautopilot.json']);
        expect(server.files.get(FILE)).not.toContain(':v1');
      }),
      { numRuns: 300 },
    );
  });

  test('a command that fails, anywhere: put back at once, or by the next run', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(40), async (world, at) => {
        const { server, wanted } = build(world);
        const before = server.snapshot();
        const handle = await open(server);
        server.before = (index) => (index === at ? { code: 1, stdout: '', stderr: 'injected' } : undefined);
        const result = await run(handle, wanted);
        server.before = () => undefined;
        if (result.status !== 'failed') return;
        if (result.error?.code === 'GATE_FAILED' || result.manual_steps.length === 0) {
          // A copy of the compose file that could not be removed harms nobody.
          for (const file of server.files.keys()) if (file !== FILE) server.files.delete(file);
          expect(server.snapshot()).toEqual(before);
          return;
        }
        // What could not be undone is said, and the next run does it.
        expect(result.manual_steps.join('\n')).toMatch(/docker|mv/);
        const next = await open(server);
        expect(next.settled.state).toBe('rolled-back');
        expect(server.snapshot()).toEqual(before);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['before it takes effect', 'before'],
    ['after it took effect, the answer lost', 'after'],
  ] as const)(
    'the runner is killed at every single change, %s: the next run settles it',
    async (_what, when) => {
      const world: Shape[] = [
        { existing: 'running', named: false, ports: false, behaviour: GOOD },
        { existing: 'running', named: true, ports: true, behaviour: GOOD },
      ];
      let settled = 0;
      for (let at = 0; ; at += 1) {
        const { server, wanted } = build(world);
        const before = server.snapshot();
        const handle = await open(server);
        let killed = false;
        const kill = (index: number) => {
          if (index < at) return undefined;
          killed = true;
          throw new Killed('killed');
        };
        if (when === 'before') server.before = kill;
        else {
          server.after = (index) => void kill(index);
          server.before = (index) => kill(index - 1);
        }
        await run(handle, wanted).catch(() => undefined);
        server.before = () => undefined;
        server.after = () => undefined;
        if (!killed) break;
        await open(server);
        expect({ at, ...(server.snapshot() as object) }).toEqual({ at, ...(before as object) });
        settled += 1;
      }
      expect(settled).toBeGreaterThan(15);
    },
  );

  test('V3: rolling back a live release, and killed while rolling back', async () => {
    const world: Shape[] = [
      { existing: 'running', named: false, ports: false, behaviour: GOOD },
      { existing: 'running', named: true, ports: true, behaviour: GOOD },
    ];
    for (let at = 0; at < 40; at += 1) {
      const { server, wanted } = build(world);
      const before = server.snapshot();
      const handle = await open(server);
      expect((await run(handle, wanted)).status).toBe('passed');
      const begin = server.commands.length;
      server.before = (index) => {
        if (index >= begin + at) throw new Killed('killed');
        return undefined;
      };
      await handle
        .underTest(RETIRE)
        .rollBack('slow')
        .catch(() => undefined);
      server.before = () => undefined;
      await open(server);
      expect({ at, ...(server.snapshot() as object) }).toEqual({ at, ...(before as object) });
    }
  });
});

test('DESIGN: a release that a person has repaired by hand is left alone', async () => {
  const { server, wanted } = build([{ existing: 'running', named: false, ports: true, behaviour: GOOD }]);
  await run(await open(server), wanted);
  for (const container of [...server.containers.values()]) server.containers.delete(container.id);
  server.addContainer('backend', 'shop-backend:v2', 'shop-backend-9', { state: 'running' });
  const theirs = 'services: {backend: {image: hotfix}}\n';
  server.files.set(FILE, theirs);
  const { settled } = await open(server);
  expect(settled).toMatchObject({
    state: 'rolled-back',
    warnings: [
      expect.stringContaining('by hand'),
      expect.stringContaining('/srv/shop/.compose.yml.before-p1'),
    ],
  });
  expect([...server.containers.values()].map((entry) => entry.name)).toEqual(['shop-backend-9']);
  expect(server.files.get(FILE)).toBe(theirs);
  expect([...server.files.keys()]).toContain('/srv/shop/.compose.yml.before-p1');
});

test('DESIGN keeper: a connection that is lost after the cut-over: said, and left to the server', async () => {
  const { server, wanted } = build([{ existing: 'running', named: false, ports: true, behaviour: GOOD }]);
  const handle = await open(server);
  expect((await run(handle, wanted)).status).toBe('passed');
  server.before = () => {
    throw new AutopilotError('SSH_CONNECT', { what: 'The keeper on the server was lost.' });
  };
  const release = handle.underTest(RETIRE);
  const undone = await release.rollBack('slow');
  expect(undone).toMatchObject({ leftToServer: true, failed: {}, manualSteps: [] });
  expect(release.outcomes('slow', undone)).toMatchObject([
    { status: 'rolled-back', image: 'shop-backend:v1', reason: expect.stringContaining('by itself') },
  ]);
  expect(server.armed).toContain('docker start');
});

test('invariant 2: a connection that is lost while an earlier release is put back: it stays armed, and nothing new begins', async () => {
  const { server, wanted } = build([{ existing: 'running', named: false, ports: true, behaviour: GOOD }]);
  await run(await open(server), wanted);
  const { change } = server.keeper;
  server.keeper.change = () =>
    Promise.reject(new AutopilotError('SSH_CONNECT', { what: 'No channel could be opened.' }));
  await expect(open(server)).rejects.toMatchObject({ code: 'SSH_CONNECT' });
  expect(server.armed).toContain('docker start');
  server.keeper.change = change;
  expect((await open(server)).settled.state).toBe('rolled-back');
  expect(server.armed).toBeUndefined();
});

test('V1: what runs already is verified in a step of its own; a container that a person left stopped is not its own', async () => {
  const { server, wanted } = build([{ existing: 'running', named: false, ports: true, behaviour: GOOD }]);
  const first = await open(server);
  await run(first, wanted);
  await first.underTest(RETIRE).leaveRunning('a person decides');
  const again = await open(server);
  expect((await run(again, wanted)).status).toBe('skipped');
  const handover = await again.handOver(60);
  const next = await openRelease(
    { pipelineId: 'p1', runUrl: '', actor: '', lockWait: 0, heartbeat: 30, handover },
    server,
  );
  const running = [...server.containers.values()].filter(({ state }) => state === 'running');
  expect(server.containers.size).toBe(2);
  expect(await next.underTest(RETIRE).containers()).toEqual({ backend: running.map(({ id }) => id) });
  expect(await next.underTest(RETIRE).confirm()).toEqual([]);
});

test('D2: a Compose that creates nothing never stops the old one', async () => {
  const { server, wanted } = build([{ existing: 'running', named: false, ports: true, behaviour: GOOD }]);
  const before = server.snapshot();
  server.before = (index) =>
    server.commands[index - 1]?.startsWith('write /srv/shop/compose.yml')
      ? { code: 0, stdout: '', stderr: '' }
      : undefined;
  const result = await run(await open(server), wanted);
  expect(result).toMatchObject({ status: 'failed', rolled_back: [], error: { code: 'DEPLOY_FAILED' } });
  expect(server.commands.join()).not.toContain('stop the old');
  expect(server.snapshot()).toEqual(before);
});

describe('D3: an undoing that meets an error while the engine is asked', () => {
  /** `times` questions after the undoing began end with this error. */
  async function undone(code: ErrorCode, times: number) {
    const { server, wanted } = build([
      { existing: 'running', named: false, ports: true, behaviour: { candidate: 'good', live: 'bad' } },
    ]);
    const before = server.snapshot();
    const containers = server.engine.containers.bind(server.engine);
    let left = times;
    server.engine.containers = async (labels) => {
      if (server.journal.some(({ event }) => event === 'rolling_back') && left > 0) {
        left -= 1;
        throw new AutopilotError(code, { what: 'No answer.', why: 'connect ECONNREFUSED 10.0.0.1:80' });
      }
      return containers(labels);
    };
    const result = await run(await open(server), wanted);
    return { result, left, same: isDeepStrictEqual(server.snapshot(), before) };
  }

  test('an engine that is being restarted is waited for, and the end is as ever', async () => {
    const { result, left, same } = await undone('SERVER_DOCKER', 5);
    expect(left).toBe(0);
    expect(result).toMatchObject({ status: 'failed', rolled_back: ['backend'] });
    expect(same).toBe(true);
  });

  test('an engine that never comes back is given up after a minute', async () => {
    const { result, left } = await undone('SERVER_DOCKER', 1_000);
    expect(1_000 - left).toBe(61);
    expect(result.services).toMatchObject([{ status: 'undo-failed' }]);
  });

  test.each(['ROLLBACK_FAILED', 'SSH_CONNECT'] as const)(
    '%s is no engine that is away, whatever its words',
    async (code) => {
      const { left } = await undone(code, 1_000);
      expect(left).toBe(999);
    },
  );
});
