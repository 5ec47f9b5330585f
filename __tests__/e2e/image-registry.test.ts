/** `build.registry`: pushed by the runner, pulled by digest on the server, over a real registry that wants a login. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { login, type LabRegistry, startRegistry } from '../../lab/registry.ts';
import { must } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import type { StepResult } from '../../lab/runner/index.ts';
import type { World } from '../../lab/world.ts';
import { createRunProgram } from '../../src/action/run-program.ts';
import { push } from '../../src/build/push.ts';
import { inRegistry } from '../../src/build/registry-tag.ts';
import { transfer } from '../../src/deploy/transfer/index.ts';
import { everything, expectStatus, json, plain, quickWorld } from './pilot.ts';
import { memoryLog } from './server-support.ts';
import { downloads, type EngineSpec, startTestEngine, type TestEngine } from './transfer-support.ts';

const LIMIT = 120_000;

describe('a whole pipeline', () => {
  let world: World;
  let registry: LabRegistry;
  beforeAll(async () => {
    // Any other engine of this machine would not speak to a registry without TLS.
    const engine = { own: 'always' } as const;
    world = await quickWorld({ suites: 'none', config: { 'safety.max_consecutive_failures': 50 }, engine });
    registry = await startRegistry(world.lab.site, { directory: downloads('registry') });
    const document = parseDocument((await world.repository.read('main', 'gonsautopilot.yaml')) ?? '');
    document.setIn(['build', 'registry'], `${registry.address}/team`);
    await world.push({ 'gonsautopilot.yaml': document.toString() });
  }, LIMIT);
  afterAll(() => world?.close());

  /** The workflow with the login step before this action, one step for each of `stages`; the registry goes down before `down`. */
  async function deployLoggedIn(stages = ['all'], down?: string) {
    const pilot = (stage: string) => ({
      uses: 'gons/autopilot@v1',
      id: stage === stages.at(-1) ? 'pilot' : stage,
      with: { ...world.credentials, stage },
    });
    const [host, port] = registry.address.split(':');
    const wait = {
      name: 'wait until the registry is down',
      run: `echo before ${down}; while (: </dev/tcp/${host}/${port}) 2>/dev/null; do sleep 0.1; done`,
    };
    const job = await world.start({
      secrets: { REGISTRY_PASSWORD: registry.password },
      steps: [
        {
          name: 'log in',
          run: `printf %s "$PASSWORD" | docker login -u ${registry.user} --password-stdin ${registry.address}`,
          env: { PASSWORD: '${{ secrets.REGISTRY_PASSWORD }}' },
        },
        ...stages.flatMap((stage) => (stage === down ? [wait, pilot(stage)] : [pilot(stage)])),
      ],
    });
    if (down !== undefined) {
      await job.waitFor(new RegExp(`^.*before ${down}$`, 'm'));
      await registry.stop();
    }
    const result = await job.result;
    await result.cleanup();
    return { ...result, pilot: result.executions.findLast(({ outputs }) => outputs['status']) as StepResult };
  }
  const asDeploy = (script: string) =>
    world.server.exec(['setpriv', '--reuid=deploy', '--regid=deploy', '--init-groups', 'sh', '-c', script], {
      env: { HOME: '/home/deploy' },
    });
  /** What must stay as it is when a run fails before the deployment. */
  const server = async () => {
    const { containers, images, files = '' } = await everything(world);
    // The keeper writes down that it was there.
    const kept = files.split('\n').filter((line) => !line.includes('.gonsautopilot'));
    return { containers, images, kept };
  };

  test(
    'a runner without a login: the build fails, names the login that is missing, and nothing is pushed',
    async () => {
      const job = await world.deploy();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs['failed-stage']).toBe('build');
      expect(job.pilot.outputs['failure-reason']).toMatch(/docker push .*team\/shop-(frontend|backend):/);
      expect(plain(job.pilot.summary)).toMatch(/no basic auth credentials/);
      expect(plain(job.pilot.summary)).toContain('docker login');
      expect(await registry.tags()).toEqual([]);
    },
    LIMIT,
  );

  test(
    'a server without a login: the deployment fails, says who must log in, and changes nothing',
    async () => {
      const before = await server();
      const job = await deployLoggedIn();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs['failed-stage']).toBe('deploy');
      expect(job.pilot.outputs['failure-reason']).toMatch(/could not pull .*@sha256:[0-9a-f]{64}/);
      expect(plain(job.pilot.summary)).toMatch(/no basic auth credentials/);
      expect(plain(job.pilot.summary)).toContain('docker login');
      expect(await server()).toEqual(before);
    },
    LIMIT,
  );

  test(
    'both logged in: the server runs what it pulled by digest, and no image goes over SSH',
    async () => {
      const { code, stderr } = await asDeploy(
        `printf %s ${registry.password} | docker login -u ${registry.user} --password-stdin ${registry.address}`,
      );
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      const job = await deployLoggedIn();
      expectStatus(job, 'success');
      const images = json<Record<string, string>>(job, 'images');
      const pushed = Object.entries(images).map(([service, tag]) => `team/shop-${service}:${tag}`);
      expect(await registry.tags()).toEqual(expect.arrayContaining(pushed));
      expect(job.log).toMatch(/pulled .*@sha256:[0-9a-f]{64}, proven as shop-backend:/);
      expect(job.log).not.toContain('before compression');
      const list = [
        'docker',
        'image',
        'ls',
        '--no-trunc',
        '--format',
        '{{.Repository}}:{{.Tag}} {{.ID}}',
      ] as const;
      const built = await must(list, { env: { ...process.env, ...world.lab.engine.env } });
      const there = (await world.server.exec(list)).stdout.trim().split('\n');
      expect(built.split('\n')).toEqual(expect.arrayContaining(there));
      // Under the names of the registry neither could ever be removed.
      expect(there.map((line) => line.split(' ')[0]).sort()).toEqual(
        Object.entries(images)
          .map(([service, tag]) => `shop-${service}:${tag}`)
          .sort(),
      );
      expect(await world.version('backend')).toBe('1.0.0');
      expect(job.log + job.pilot.summary).not.toContain(registry.password);
    },
    LIMIT,
  );

  test(
    'a release that goes wrong and a rollback by hand need no registry',
    async () => {
      await world.push({ 'backend/release.js': world.release('backend', '1.1.0') });
      expectStatus(await deployLoggedIn(), 'success');
      expect(await world.version('backend')).toBe('1.1.0');
      await registry.stop();
      expectStatus(await world.dispatch('rollback', { reason: 'the registry is down as well' }), 'success');
      await registry.start();
      expect(await world.version('backend')).toBe('1.0.0');
    },
    LIMIT,
  );

  test.each([
    { down: 'all', stages: ['all'], failed: 'build' },
    { down: 'deploy', stages: ['analyze', 'test', 'build', 'deploy'], failed: 'deploy' },
  ])(
    'a registry that is down before `stage: $down`: the error has its address, and nothing changes',
    async ({ down, stages, failed }) => {
      await world.push({ 'backend/release.js': world.release('backend', `1.2.0-${down}`) });
      const before = await server();
      const job = await deployLoggedIn(stages, down);
      await registry.start();
      expectStatus(job, 'failed');
      expect(job.pilot.outputs['failed-stage']).toBe(failed);
      expect(plain(job.pilot.summary)).toMatch(new RegExp(`${registry.address}.*connection refused`));
      expect(await server()).toEqual(before);
      expect(await world.version('backend')).toBe('1.0.0');
    },
    LIMIT,
  );
});

/** Engines disagree about what they call an image's digest; the registry does not. */
describe('between engines', () => {
  const SPECS: EngineSpec[] = [
    { name: 'classic' },
    { name: 'containerd', suite: 'sid', imageStore: 'containerd' },
  ];
  const engines = new Map<string, TestEngine>();
  let site: Site;
  let registry: LabRegistry;
  beforeAll(async () => {
    site = await openSite();
    registry = await startRegistry(site, { directory: downloads('registry') });
    for (const spec of SPECS) {
      const engine = await startTestEngine(site, spec);
      if (engine === undefined) continue;
      engines.set(spec.name, engine);
      const root = ['sh', '-c', `printf %s "$1" | docker login -u "$2" --password-stdin "$3"`, 'sh'] as const;
      const words = [registry.password, registry.user, registry.address];
      await engine.server.exec(
        ['setpriv', '--reuid=deploy', '--regid=deploy', '--init-groups', ...root, ...words],
        {
          env: { HOME: '/home/deploy' },
        },
      );
    }
  }, LIMIT);
  afterAll(() => site?.close());

  test.each([
    ['classic', 'containerd'],
    ['containerd', 'classic'],
  ])(
    'what the %s store pushed runs by its digest on the %s store',
    async (from, to) => {
      const [runner, server] = [engines.get(from), engines.get(to)];
      if (runner === undefined || server === undefined) return;
      const home = await mkdtemp(join(tmpdir(), 'image-registry-'));
      const target = await server.connect();
      try {
        const env = { ...runner.env, DOCKER_CONFIG: home };
        const run = createRunProgram(env);
        const remote = `${registry.address}/team/shop-${from}:v1`;
        await login(registry, env);
        expect(await inRegistry(remote, { run })).toBe('free');
        const image = await runner.build(`shop-${from}:v1`, [{ version: from }]);
        const pushed = await push(image.reference, `${registry.address}/team/`, {
          run,
          log: memoryLog(),
          timeout: LIMIT,
        });
        expect(await inRegistry(remote, { run })).toBe('taken');
        const pull = 'digest' in pushed ? pushed.digest : '';
        expect(pushed).toEqual({
          digest: expect.stringContaining(`${registry.address}/team/shop-${from}@sha256:`),
        });
        const effects = server.effects();
        expect(await transfer([{ ...image, pull }], target, effects)).toMatchObject({
          bytes: 0,
          warnings: [],
        });
        expect(await server.docker('run', '--rm', '--network', 'none', image.reference)).toBe(from);
        // A second run finds it there, whatever this store calls it.
        await transfer([{ ...image, pull }], target, effects);
        // Retiring a release removes its tag, and with it the image.
        const id = await server.docker('image', 'inspect', '-f', '{{.Id}}', image.reference);
        await server.docker('image', 'rm', image.reference);
        await expect(server.docker('image', 'inspect', id)).rejects.toThrow(/no such image/i);
      } finally {
        await target.close();
        await rm(home, { recursive: true, force: true });
      }
    },
    LIMIT,
  );
});
