/** Stage BUILD on an empty engine, as each hosted runner has it: only the record knows which tags are taken. */
import { describe, expect, test } from '@jest/globals';
import type { BuildResult } from '../../../src/build/result.ts';
import { ConfigSchema } from '../../../src/config/schema.ts';
import { servicesOf } from '../../../src/config/services.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry } from '../../../src/pipeline/registry.ts';
import { buildStage } from '../../../src/pipeline/stages/build.ts';
import type { State } from '../../../src/state/files.ts';
import type { PipelineRun, RegistryEntry } from '../../../src/state/schema.ts';
import { memoryLog, realClock } from '../test/helpers.ts';
import { FakeDocker } from './fake-docker.ts';

const SHA = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
const HOST = '198.18.0.9:5000';
const OWN = '20260207-120000';

interface Setting {
  runs?: Partial<PipelineRun>[];
  history?: RegistryEntry[];
  build?: Record<string, unknown>;
  /** Tags of the repository. */
  versions?: string[];
  docker?: FakeDocker;
  target?: string;
}

const run = (more: Partial<PipelineRun>): PipelineRun => ({
  pipeline_id: '20260206-160000-a1b2c3d',
  status: 'failed',
  trigger: 'push',
  started_at: '2026-02-06T16:00:00+00:00',
  finished_at: '2026-02-06T16:05:00+00:00',
  stages: [{ name: 'deploy', status: 'passed' }],
  changes: { categories: {} },
  decisions: [],
  target: 'deploy@server:22',
  ...more,
});

async function built(setting: Setting = {}): Promise<BuildResult> {
  const config = ConfigSchema.parse({
    project: { name: 'shop' },
    services: { web: { dockerfile: './Dockerfile' } },
    deploy: { target: setting.target ?? 'deploy@server', path: '/srv/shop' },
    build: setting.build ?? {},
    safety: { keep_releases: 2 },
  });
  const state: State = {
    file: { ...emptyPipelineFile(), pipelines: (setting.runs ?? []).map(run) },
    registry: {
      ...emptyRegistry(),
      services: { web: { current: null, previous: null, history: setting.history ?? [] } },
    },
  };
  const context = {
    config,
    services: servicesOf(config),
    event: { serverUrl: 'https://github.test', owner: 'me', repo: 'shop' },
    directory: '/workspace',
    targetName: 'deploy@server:22',
    store: { read: async () => state },
    effects: {
      run: (setting.docker ?? new FakeDocker()).run,
      clock: realClock,
      log: memoryLog(),
      readText: async () => 'FROM scratch',
      parallelBuilds: 1,
      github: {
        request: async () => ({ data: (setting.versions ?? []).map((tag) => ({ ref: `refs/tags/${tag}` })) }),
      },
    },
  } as unknown as PipelineContext;
  const carried = {
    pipeline_id: `${OWN}-a1b2c3d`,
    commit: SHA,
    analyze: { services: ['web'] },
    test: { status: 'passed' },
  };
  const { found } = await buildStage(context, carried as unknown as CarriedRun);
  return found?.build as BuildResult;
}

async function tagOf(setting: Setting): Promise<string> {
  const { images, warnings, status } = await built(setting);
  const tag = images[0]?.tag ?? '';
  const plain = tag === 'a1b2c3d' || tag === 'v1.2.3' || tag === OWN;
  // Whoever gets another tag than the strategy says is told.
  expect({ status, told: warnings.length > 0 }).toEqual({
    status: plain ? 'passed' : 'warning',
    told: !plain,
  });
  return tag;
}

const entry = (tag: string, status: RegistryEntry['status']): RegistryEntry => ({
  tag,
  image: `shop-web:${tag}`,
  status,
  deployed_at: '2026-02-06T16:00:00+00:00',
});
const DISTINCT = `a1b2c3d-${OWN}`;

describe('B2: a re-run on an engine that knows nothing gets a tag of its own', () => {
  test.each<[string, Partial<PipelineRun>, string]>([
    ['failed in VERIFY, and may run on', {}, DISTINCT],
    ['failed in DEPLOY', { stages: [{ name: 'deploy', status: 'failed' }] }, DISTINCT],
    ['lost its runner', { status: 'running', finished_at: null, stages: [] }, DISTINCT],
    ['is presumed over', { status: 'cancelled', presumed_over: true, stages: [] }, DISTINCT],
    // What was cancelled half-way counts as skipped, though half of it was done.
    ['was cancelled', { status: 'cancelled', stages: [{ name: 'deploy', status: 'skipped' }] }, DISTINCT],
    ['is from before targets were recorded', { target: undefined }, DISTINCT],
    ['failed in TEST: it brought nothing', { stages: [{ name: 'deploy', status: 'skipped' }] }, 'a1b2c3d'],
    ['was locked', { status: 'locked', stages: [] }, 'a1b2c3d'],
    ['went to another server', { target: 'deploy@other:22' }, 'a1b2c3d'],
    ['was of another commit', { pipeline_id: '20260206-160000-b1b2c3d' }, 'a1b2c3d'],
    ['is this one', { pipeline_id: `${OWN}-a1b2c3d`, status: 'running', finished_at: null }, 'a1b2c3d'],
    ['was a rollback', { kind: 'rollback', stages: [] }, 'a1b2c3d'],
  ])('an earlier run of the commit %s', async (_what, earlier, tag) => {
    expect(await tagOf({ runs: [earlier] })).toBe(tag);
  });

  test.each(['success', 'failed', 'rolled-back'] as const)(
    'a reference that the registry knows as %s is taken',
    async (status) => {
      expect(await tagOf({ history: [entry('a1b2c3d', status)] })).toBe(DISTINCT);
    },
  );

  test('an entry of the original, which has the tag alone, is taken too', async () => {
    const { image: _image, ...tagAlone } = entry('a1b2c3d', 'success');
    expect(await tagOf({ history: [tagAlone] })).toBe(DISTINCT);
  });

  test('semver: a version whose release is beyond keep_releases is still taken, by what ran then', async () => {
    const older = run({
      pipeline_id: '20260101-100000-b1b2c3d',
      status: 'success',
      deployed: { web: 'shop-web:v1.2.3' },
    });
    const build = { tag_strategy: 'semver' };
    expect(await tagOf({ build, versions: ['v1.2.3'] })).toBe('v1.2.3');
    expect(await tagOf({ build, versions: ['v1.2.3'], runs: [older] })).toBe('v1.2.3-a1b2c3d');
    expect(await tagOf({ build, versions: ['v1.2.3'], runs: [older, {}] })).toBe(`v1.2.3-${DISTINCT}`);
  });

  test('timestamp: the time of the run is distinct by itself', async () => {
    expect(await tagOf({ build: { tag_strategy: 'timestamp' }, runs: [{}] })).toBe(OWN);
  });
});

describe('B2: what build.registry has already is not pushed over', () => {
  /** Where the tags in the registry are `there`, and it answers in a way of its own. */
  async function pushed(
    there: string[],
    change: (docker: FakeDocker) => void = () => undefined,
    host = HOST,
  ) {
    const docker = new FakeDocker();
    for (const tag of there) docker.pushed.add(`${host}/me/shop-web:${tag}`);
    change(docker);
    const result = await built({ docker, build: { registry: `${host}/me` } });
    const asked = docker.calls.filter((call) => call.startsWith('docker manifest'));
    const pushes = docker.calls.filter((call) => call.startsWith('docker push'));
    expect(pushes).toEqual([`docker push ${host}/me/shop-web:${result.images[0]?.tag ?? ''}`]);
    return { tag: result.images[0]?.tag, warnings: result.warnings, asked };
  }

  test('a free tag is pushed', async () => {
    expect(await pushed(['b1b2c3d'])).toEqual({
      tag: 'a1b2c3d',
      warnings: [],
      asked: [`docker manifest inspect ${HOST}/me/shop-web:a1b2c3d`],
    });
  });

  test('one that is there stays what it is', async () => {
    const { tag, warnings } = await pushed(['a1b2c3d']);
    expect({ tag, warnings }).toEqual({ tag: DISTINCT, warnings: [expect.stringContaining('is kept')] });
  });

  test.each([HOST, 'registry.test:5000'])(
    'a registry without TLS is asked in the way the engine pushes to it: %s',
    async (host) => {
      const plain = (docker: FakeDocker) => void (docker.insecure = true);
      expect(await pushed([], plain, host)).toMatchObject({ tag: 'a1b2c3d', warnings: [] });
      expect(await pushed(['a1b2c3d'], plain, host)).toMatchObject({ tag: DISTINCT });
    },
  );

  test.each(['denied: no', 'toomanyrequests: slow', 'connect: connection refused'])(
    'one that does not say (%s) is asked once, and gets a tag that only this run can have',
    async (stderr) => {
      const { tag, warnings, asked } = await pushed(['a1b2c3d'], (docker) => {
        docker.instead = (call) => (call.startsWith('docker manifest') ? { code: 1, stderr } : undefined);
      });
      expect(tag).toBe(DISTINCT);
      expect(warnings).toEqual([expect.stringContaining(stderr), expect.stringContaining('is kept')]);
      expect(asked).toHaveLength(1);
    },
  );

  test('one that never answers does not hold up the build for longer than its limit', async () => {
    const { tag, warnings } = await pushed([], (docker) => {
      docker.instead = (call) =>
        call.startsWith('docker manifest') ? { code: 137, timedOut: true } : undefined;
    });
    expect(tag).toBe(DISTINCT);
    expect(warnings[0]).toMatch(/no answer within 20 s/);
  });
});

describe('images of earlier runs on a runner that is not the target', () => {
  const labels = (run: string, service = 'web') => ({
    'gonsautopilot.project': 'shop',
    'gonsautopilot.service': service,
    'gonsautopilot.pipeline': `2026010${run}-000000-b1b2c3d`,
  });
  /** Built in this order; keep_releases is 2, and this run builds one more. */
  function engine(): FakeDocker {
    const docker = new FakeDocker();
    for (const run of ['3', '1', '4', '2']) docker.add(`shop-web:run${run}`, `image ${run}`, labels(run));
    return docker;
  }
  async function left(docker: FakeDocker, setting: Setting = {}) {
    const { warnings, images } = await built({ ...setting, docker });
    expect(docker.images.has(images[0]?.reference ?? '')).toBe(true);
    docker.images.delete(images[0]?.reference ?? '');
    return { left: [...docker.images.keys()].sort(), warnings };
  }

  test('those beyond safety.keep_releases go, by the time they were built', async () => {
    expect(await left(engine())).toEqual({ left: ['shop-web:run4'], warnings: [] });
  });

  test('on a local target nothing goes: its images are those of the server', async () => {
    const all = ['shop-web:run1', 'shop-web:run2', 'shop-web:run3', 'shop-web:run4'];
    expect(await left(engine(), { target: 'local' })).toEqual({ left: all, warnings: [] });
  });

  test('what a local target of the same engine may need stays: rollback targets, pins, what a container has', async () => {
    const docker = engine();
    docker.used.push('shop-web:run2');
    docker.add('shop-web:pinned-0123', 'image 1', labels('1'));
    expect(await left(docker, { history: [entry('run3', 'success')] })).toEqual({
      left: ['shop-web:pinned-0123', 'shop-web:run2', 'shop-web:run3', 'shop-web:run4'],
      warnings: [],
    });
  });

  test('what others have built under such a name stays', async () => {
    const docker = new FakeDocker();
    for (const tag of ['a', 'b', 'c']) docker.add(`shop-web:${tag}`, tag);
    docker.add('shop-web:d', 'd', { ...labels('1'), 'gonsautopilot.project': 'other' });
    expect((await left(docker)).left).toEqual(['shop-web:a', 'shop-web:b', 'shop-web:c', 'shop-web:d']);
  });

  test('an engine that has no more of them is asked nothing more', async () => {
    const docker = new FakeDocker();
    await left(docker);
    expect(docker.calls.filter((call) => /docker (ps|image inspect shop)/.test(call))).toEqual([]);
  });

  test('one that cannot be removed is a warning', async () => {
    const docker = engine();
    docker.instead = (call) =>
      call === 'docker image rm shop-web:run1' ? { code: 1, stderr: 'in use' } : undefined;
    expect(await left(docker)).toEqual({
      left: ['shop-web:run1', 'shop-web:run4'],
      warnings: [expect.stringMatching(/shop-web:run1 .*in use/)],
    });
  });

  test('the name that an image has while it is built goes, however the build ends', async () => {
    for (const failing of ['docker tag', 'docker push', 'docker image inspect --format {{.Id}}']) {
      const docker = new FakeDocker();
      docker.instead = (call) => (call.startsWith(failing) ? { code: 1, stderr: 'no' } : undefined);
      await built({ docker, build: { registry: `${HOST}/me` } }).catch(() => undefined);
      expect([...docker.images.keys()].filter((name) => name.includes(':building-'))).toEqual([]);
    }
  });
});
