import { describe, expect, test } from '@jest/globals';
import { buildCommand } from '../../../src/build/command.ts';
import { type Builder, type BuildEnvironment, readBuilder } from '../../../src/build/builder.ts';
import { cacheNote, cacheOf, cacheServiceOf } from '../../../src/build/cache.ts';
import { service } from '../deploy/service.ts';

const CONTAINERD = '[["driver-type","io.containerd.snapshotter.v1"]]';
const CLASSIC = '[["Backing Filesystem","extfs"]]';
const inspected = (driver: string, ...versions: string[]) =>
  [`Name:   default`, `Driver: ${driver}`, ...versions.map((version) => `BuildKit version: ${version}`)].join(
    '\n',
  );
const container: Builder = {
  command: 'buildx',
  driver: 'docker-container',
  rewritesTimestamps: true,
  exportsCache: true,
  speaksCacheServiceV2: true,
};
const labels = { revision: 'r', source: 's', created: 'c', version: 'v', pipelineId: 'p', project: 'shop' };
const command = (more: Partial<Parameters<typeof buildCommand>[0]> = {}) =>
  buildCommand({
    builder: container,
    service: service('web', undefined),
    labels,
    reference: 'shop-web:building-p',
    secrets: [],
    cache: { from: [], to: [] },
    ...more,
  });

describe('build: what the builder can', () => {
  test.each([
    ['docker', CLASSIC, ['v0.22.0'], false, false],
    ['docker', CONTAINERD, ['v0.12.5'], false, true],
    ['docker', CONTAINERD, ['v0.13.0'], false, true],
    ['docker-container', CLASSIC, ['v0.13.2'], true, true],
    ['docker-container', CLASSIC, ['v1.0.0'], true, true],
    ['docker-container', CLASSIC, ['v0.13.2', 'v0.11.0'], false, true],
    ['docker-container', CLASSIC, [], false, true],
    ['remote', '', ['v0.16.0'], true, true],
  ])('%s, %s, BuildKit %j', (driver, store, versions, rewritesTimestamps, exportsCache) => {
    expect(readBuilder(inspected(driver, ...versions), store, '')).toEqual({
      command: 'buildx',
      driver,
      rewritesTimestamps,
      exportsCache,
      speaksCacheServiceV2: false,
    });
  });

  test.each([
    ['github.com/docker/buildx v0.21.0 abc', ['v0.20.0'], true],
    ['github.com/docker/buildx 0.29.1+ds1 0.29.1+ds1-4', ['v1.0.0', 'v0.25.1'], true],
    ['github.com/docker/buildx v1.2.0 abc', ['v0.25.1'], true],
    ['github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3', ['v0.25.1'], false],
    ['github.com/docker/buildx v0.21.0 abc', ['v0.20.0', 'v0.19.0'], false],
    ['github.com/docker/buildx v0.21.0 abc', [], false],
    ['', ['v0.25.1'], false],
  ])('version 2 of the cache service: %s, BuildKit %j', (buildx, versions, speaks) => {
    expect(readBuilder(inspected('docker', ...versions), CONTAINERD, buildx).speaksCacheServiceV2).toBe(
      speaks,
    );
  });

  test.each([
    ['docker', '28.5.2+dfsg4', true],
    ['docker', '27.5.1', false],
    ['remote', '28.5.2', false],
  ])('a BuildKit that does not tell its version: %s of engine %s', (driver, engine, speaks) => {
    const found = readBuilder(
      inspected(driver, '0.0.0+unknown'),
      `${engine} ${CONTAINERD}`,
      'buildx v0.29.1',
    );
    expect(found.speaksCacheServiceV2).toBe(speaks);
  });

  test('an inspection that makes no sense promises nothing', () => {
    expect(readBuilder('', '', '')).toEqual({
      command: 'buildx',
      driver: 'docker',
      rewritesTimestamps: false,
      exportsCache: false,
      speaksCacheServiceV2: false,
    });
  });
});

describe('build: the cache', () => {
  const service_ = { ACTIONS_RUNTIME_TOKEN: 'jwt', ACTIONS_RESULTS_URL: 'https://cache.test/' };
  const on = (more: Partial<BuildEnvironment> = {}): BuildEnvironment => ({
    has: () => true,
    cacheService: {},
    ...more,
  });
  const what = { scope: 'shop-web', mode: 'auto' } as const;

  test('the cache service counts when token and address are there; nothing else is passed on', () => {
    expect(cacheServiceOf({ ...service_, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'no', PATH: '/bin' })).toEqual(
      service_,
    );
    expect(cacheServiceOf({ ACTIONS_RUNTIME_TOKEN: 'jwt' })).toEqual({});
    expect(cacheServiceOf({ ACTIONS_RESULTS_URL: 'https://cache.test/', ACTIONS_RUNTIME_TOKEN: '' })).toEqual(
      {},
    );
  });

  test('type=gha where runner and builder have it, with the token in the environment only', () => {
    const plan = cacheOf(container, on({ cacheService: service_, toolCache: '/tools' }), what);
    expect(plan).toEqual({
      from: ['type=gha,scope=shop-web'],
      to: ['type=gha,mode=max,ignore-error=true,scope=shop-web'],
      env: service_,
    });
    expect(command({ cache: plan }).join(' ')).not.toContain('jwt');
  });

  test('a local cache otherwise, replaced by each build; none with the builder of the engine, which has its own', () => {
    expect(cacheOf(container, on({ toolCache: '/tools' }), what)).toMatchObject({
      from: ['type=local,src=/tools/gonsautopilot-build/shop-web'],
      replace: {
        old: '/tools/gonsautopilot-build/shop-web',
        new: '/tools/gonsautopilot-build/shop-web.next',
      },
    });
    const none = { from: [], to: [], env: {} };
    expect(cacheOf({ ...container, driver: 'docker' }, on({ toolCache: '/tools' }), what)).toEqual(none);
    expect(cacheOf({ ...container, exportsCache: false }, on({ cacheService: service_ }), what)).toEqual(
      none,
    );
    expect(cacheOf(container, on({ cacheService: service_ }), { ...what, mode: 'off' })).toEqual(none);
    expect(cacheOf(container, on(), what)).toEqual(none);
  });

  test('a builder too old for version 2 of the cache service is not given it, but version 1 where that is what there is', () => {
    const old = { ...container, speaksCacheServiceV2: false };
    expect(cacheOf(old, on({ cacheService: service_ }), what).from).toEqual(['type=gha,scope=shop-web']);
    const second = { ...service_, ACTIONS_CACHE_SERVICE_V2: 'True' };
    expect(cacheOf(old, on({ cacheService: second }), what).from).toEqual([]);
    expect(cacheOf(old, on({ cacheService: second, toolCache: '/tools' }), what).from).toHaveLength(1);
  });

  const engine: Builder = { ...container, driver: 'docker' };
  const classic: Builder = { ...engine, exportsCache: false };
  const plain: Builder = { ...classic, command: 'docker' };
  const v2 = { ...service_, ACTIONS_CACHE_SERVICE_V2: 'True' };
  test.each([
    ['container', container, { cacheService: v2 }, /^Build cache: the cache service of GitHub$/],
    ['container', container, { toolCache: '/tools' }, /^Build cache: \/tools\/gonsautopilot-build$/],
    ['engine', engine, { toolCache: '/tools' }, /on this runner only$/],
    [
      'classic engine',
      classic,
      { cacheService: v2 },
      /fresh runner begins without: .*classic.*setup-buildx-action/,
    ],
    ['classic engine', classic, {}, /on this runner only$/],
    ['plain docker build', plain, { cacheService: v2 }, /on this runner only$/],
    [
      'old engine',
      { ...engine, speaksCacheServiceV2: false },
      { cacheService: v2 },
      /begins without: .*Buildx 0\.21/,
    ],
  ] as const)(
    'the log says which cache there is, and what is lost: %s, %#',
    (_name, builder, environment, said) => {
      expect(cacheNote(builder, on(environment))).toMatch(said);
    },
  );
});

describe('build: the command (B2.2)', () => {
  test('secrets are named, never valued; everything of the configuration is one word', () => {
    const argv = command({
      secrets: ['NPM_TOKEN'],
      service: service('web', undefined, { context: '--push', args: { A: '$(reboot) --x' }, target: 'run' }),
    });
    expect(argv).toContain('--secret=id=NPM_TOKEN,env=NPM_TOKEN');
    expect(argv).toContain('--build-arg=A=$(reboot) --x');
    expect(argv.slice(-2)).toEqual(['--', '--push']);
    expect(argv).toContain('--label=org.opencontainers.image.revision=r');
  });

  test('timestamps are rewritten where the builder can', () => {
    expect(command()).toContain('--output=type=docker,rewrite-timestamp=true');
    expect(command({ builder: { ...container, rewritesTimestamps: false } })).toContain('--load');
    const plain = command({ builder: { ...container, command: 'docker' } });
    expect(plain.slice(0, 2)).toEqual(['docker', 'build']);
    expect(plain.join(' ')).not.toMatch(/--output|--load|--provenance|--progress/);
  });
});
