import { describe, expect, test } from '@jest/globals';
import { buildCommand } from '../../../src/build/command.ts';
import {
  type Builder,
  type BuildEnvironment,
  cacheOf,
  cacheServiceOf,
  readBuilder,
} from '../../../src/build/builder.ts';
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
    expect(readBuilder(inspected(driver, ...versions), store)).toEqual({
      command: 'buildx',
      driver,
      rewritesTimestamps,
      exportsCache,
    });
  });

  test('an inspection that makes no sense promises nothing', () => {
    expect(readBuilder('', '')).toEqual({
      command: 'buildx',
      driver: 'docker',
      rewritesTimestamps: false,
      exportsCache: false,
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
