/** Layers that outlive a runner (issue 4): a second, fresh engine finds them in the cache service, or in a folder. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveBuildKit, type BuildKitSocket } from '../../lab/buildkit.ts';
import { type LabCache, startCache } from '../../lab/cache/index.ts';
import { fetchPackages } from '../../lab/engine.ts';
import { must } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import { buildCommand } from '../../src/build/command.ts';
import { buildOn, commit, plainOf, type Request } from './build-support.ts';
import { service } from './deploy-world.ts';
import { downloads, startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(60_000);

const SECRET = 'correct-horse-battery';
/** A step that does something else each time it runs, and one that changes with its file. */
const dockerfile = (title: string) => `FROM gonsautopilot-lab/busybox
RUN --mount=type=secret,id=TOKEN echo ${title}; wc -c </run/secrets/TOKEN; head -c 32 /dev/urandom | md5sum >/random
COPY version /version
`;
/** A layer that has to be fetched first is not called cached; what is in it tells whether the step ran again. */
const RUN_THERE = /web \| \[\S+ 2\/3\] RUN /;
const RUN_DONE = /web \| \[\S+ 2\/3\] RUN .*\(\d/;

let site: Site;
let folder: string;
let cache: LabCache;
const engines: TestEngine[] = [];

/** The newest Buildx, which speaks version 2 of the cache service, beside the installed one. */
async function configWithBuildx(): Promise<string> {
  const packages = await fetchPackages(downloads('buildx'), ['docker-buildx'], 'sid');
  const config = join(folder, 'docker');
  await mkdir(join(config, 'cli-plugins'), { recursive: true });
  const plugin = 'usr/libexec/docker/cli-plugins/docker-buildx';
  await symlink(join(packages, plugin), join(config, 'cli-plugins/docker-buildx'));
  return config;
}

beforeAll(async () => {
  site = await openSite();
  folder = await mkdtemp(join(tmpdir(), 'build-cache-'));
  cache = await startCache(site.runnerAddress);
  let config: string;
  try {
    config = await configWithBuildx();
  } catch (error) {
    process.stderr.write(`skipped: the newest Buildx cannot be had: ${(error as Error).message}\n`);
    return;
  }
  for (const name of ['first', 'second']) {
    const engine = await startTestEngine(site, { name, suite: 'sid', imageStore: 'containerd' });
    if (engine !== undefined) engines.push({ ...engine, env: { ...engine.env, DOCKER_CONFIG: config } });
  }
}, 120_000);
afterAll(async () => {
  await cache?.stop();
  await site?.close();
  await rm(folder, { recursive: true, force: true });
});

const random = async (engine: TestEngine, reference: string) =>
  engine.docker('run', '--rm', '--network', 'none', reference, 'cat', '/random');

let commits = 0;
const nextCommit = () => commit('bcdef0123456789'.charAt(commits++));

/** Builds on the first engine, then, with another version file, on the second. */
async function twice(first: TestEngine, second: TestEngine, more: Omit<Request, 'env' | 'folder'>) {
  const make = async (engine: TestEngine, files: Record<string, string>, step: RegExp) => {
    const env = { ...engine.env, TOKEN: SECRET };
    const built = await buildOn({ folder, ...more, files, env, source: nextCommit() });
    expect({ status: built.result.status, log: built.log }).toEqual({
      status: 'passed',
      log: expect.stringMatching(step),
    });
    const content = await random(engine, built.result.images[0]?.reference ?? '');
    return { ...built, content };
  };
  const one = await make(first, more.files, RUN_DONE);
  const two = await make(second, { ...more.files, version: 'two' }, RUN_THERE);
  expect(two.content).toBe(one.content);
  return one;
}

test('type=gha: a fresh engine finds the layers in the cache service; no secret is in it', async () => {
  const [first, second] = engines;
  if (first === undefined || second === undefined) return;
  const cacheService = {
    ACTIONS_RUNTIME_TOKEN: cache.token([{ scope: 'refs/heads/main', permission: 'write' }]),
    ACTIONS_RESULTS_URL: cache.url,
    ACTIONS_CACHE_SERVICE_V2: 'True',
  };
  const environment = { has: () => true, cacheService };
  const files = { Dockerfile: dockerfile('service'), version: 'one' };
  const one = await twice(first, second, { files, environment, secrets: ['TOKEN'] });
  expect(one.log).toContain('Build cache: the cache service of GitHub');
  expect(one.log).not.toContain(cacheService.ACTIONS_RUNTIME_TOKEN);
  expect(cache.entries.length).toBeGreaterThan(1);
  for (const entry of cache.entries) {
    const content = cache.content(entry) ?? Buffer.alloc(0);
    expect(plainOf(content).includes(SECRET)).toBe(false);
  }
});

test('a cache service that fails costs the cache, not the build', async () => {
  const [first] = engines;
  if (first === undefined) return;
  const cacheService = {
    ACTIONS_RUNTIME_TOKEN: cache.token([{ scope: 'refs/heads/main', permission: 'write' }]),
    ACTIONS_RESULTS_URL: cache.url,
    ACTIONS_CACHE_SERVICE_V2: 'True',
  };
  const fault = cache.fault({ status: 403, times: 1000 });
  const files = { Dockerfile: 'FROM gonsautopilot-lab/busybox\nCOPY version /version\n', version: 'three' };
  const { result } = await buildOn({
    folder,
    files,
    env: first.env,
    environment: { cacheService },
    source: nextCommit(),
  });
  expect(result.status).toBe('passed');
  expect(fault.hits).toBeGreaterThan(0);
});

describe('a builder of its own', () => {
  const sockets: BuildKitSocket[] = [];
  const builders: TestEngine[] = [];
  beforeAll(async () => {
    for (const [index, engine] of engines.entries()) {
      const place = join(folder, `builder${index}`);
      await mkdir(place);
      const socket = await serveBuildKit(join(engine.server.directory, 'disk/run/docker.sock'), place);
      sockets.push(socket);
      const env = { ...engine.env, BUILDX_CONFIG: place, BUILDX_BUILDER: 'own' };
      await must(
        ['docker', 'buildx', 'create', '--name', 'own', '--driver', 'remote', `unix://${socket.path}`],
        { env },
      );
      builders.push({ ...engine, env });
    }
  });
  afterAll(async () => {
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test('type=local: a fresh builder finds the layers in a folder of the runner, which each build replaces', async () => {
    const [first, second] = builders;
    if (first === undefined || second === undefined) return;
    const toolCache = join(folder, 'tools');
    const environment = { has: () => true, toolCache };
    const files = { Dockerfile: dockerfile('folder'), version: 'one' };
    const one = await twice(first, second, { files, environment, secrets: ['TOKEN'] });
    expect(one.log).toContain(`Build cache: ${toolCache}/gonsautopilot-build`);
    expect(await readdir(join(toolCache, 'gonsautopilot-build'))).toEqual(['shop-web']);
  });

  test('B2: what did not change is the same bytes on a fresh builder without any cache', async () => {
    const [first, second] = builders;
    if (first === undefined || second === undefined) return;
    await writeFile(
      join(folder, 'Dockerfile'),
      'FROM gonsautopilot-lab/busybox\nRUN echo made >/made\nCOPY version /version\n',
    );
    const layers: string[] = [];
    for (const [index, builder] of [first, second].entries()) {
      // A checkout has the time at which it was made.
      await writeFile(join(folder, 'version'), 'same');
      await utimes(join(folder, 'version'), 1_700_000_000 + index, 1_700_000_000 + index);
      // Debian's BuildKit does not tell its version, so that BUILD itself would not ask this of it.
      const argv = buildCommand({
        builder: {
          command: 'buildx',
          driver: 'remote',
          rewritesTimestamps: true,
          exportsCache: true,
          speaksCacheServiceV2: true,
        },
        service: service('web', undefined, { dockerfile: './Dockerfile' }),
        labels: {
          revision: '',
          source: '',
          created: '',
          version: '',
          pipelineId: String(index),
          project: '',
        },
        reference: 'shop-same:v1',
        secrets: [],
        cache: { from: [], to: [] },
      });
      await must(argv, { cwd: folder, env: { ...builder.env, SOURCE_DATE_EPOCH: '1700000000' } });
      layers.push(await builder.docker('image', 'inspect', '-f', '{{.RootFS.Layers}}', 'shop-same:v1'));
    }
    expect(layers[1]).toBe(layers[0]);
  });
});
