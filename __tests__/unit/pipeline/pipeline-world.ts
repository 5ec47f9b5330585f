/** The pipeline over a server as a model, a record in memory and a GitHub that opens issues: what a run leaves in all three. */
import { ConfigSchema } from '../../../src/config/schema.ts';
import { servicesOf } from '../../../src/config/services.ts';
import { openRelease, type ReleaseHandle } from '../../../src/deploy/index.ts';
import { AutopilotError } from '../../../src/errors.ts';
import type { CarriedRun } from '../../../src/pipeline/carried.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry } from '../../../src/pipeline/registry.ts';
import { runStages, type StageFunction } from '../../../src/pipeline/run.ts';
import { deployStage } from '../../../src/pipeline/stages/deploy.ts';
import type { State } from '../../../src/state/files.ts';
import { memoryLog } from '../../helpers/git-data-double.ts';
import { FakeServer } from '../deploy/fake-server.ts';
import { service } from '../deploy/service.ts';

const FILE = '/srv/shop/docker-compose.prod.yml';
export const LOST = '20261128-120000-1111111';
export const RUN = '20261128-130000-2222222';
export const SHA = '2'.repeat(40);

export interface PipelineWorld {
  server: FakeServer;
  state: State;
  requests: { route: string; parameters: Record<string, unknown> }[];
  /** Writes of the record that GitHub does not take from now on. */
  down: (write: string) => boolean;
  /** Requests that GitHub refuses, with that status. */
  refuses: (route: string) => number | undefined;
  log: ReturnType<typeof memoryLog>;
}

export function pipelineWorld(): PipelineWorld {
  const server = new FakeServer();
  for (const tag of ['v1', 'v2', '2222222']) server.addImage(`shop-web:${tag}`);
  server.files.set(FILE, 'services:\n  web:\n    image: shop-web:v1\n');
  const old = server.addContainer('web', 'shop-web:v1', 'shop-web-1', { state: 'running' });
  old.networks = { shop_default: { address: '10.0.0.1', aliases: ['web'] } };
  return {
    server,
    state: { file: emptyPipelineFile(), registry: emptyRegistry() },
    requests: [],
    down: () => false,
    refuses: () => undefined,
    log: memoryLog(),
  };
}

export function contextOf(
  world: PipelineWorld,
  over: Partial<PipelineContext['event']> = {},
): PipelineContext {
  const { server, log } = world;
  const config = ConfigSchema.parse({
    project: { name: 'shop' },
    services: { web: { dockerfile: './Dockerfile', health_check: { url: 'http://web:8080/' } } },
    deploy: { target: 'deploy@server', path: '/srv/shop' },
    verify: { watchdog: { duration: 0 } },
  });
  const runId = over.runId ?? '2';
  return {
    event: {
      eventName: 'push',
      sha: SHA,
      branch: 'main',
      ref: 'refs/heads/main',
      runId,
      runAttempt: 1,
      job: 'deploy',
      actor: 'ada',
      runUrl: `https://github.com/gons/shop/actions/runs/${runId}`,
      ...over,
    },
    config,
    services: servicesOf(config),
    dryRun: false,
    verifyFollows: true,
    directory: '/workspace',
    targetName: server.target.name,
    store: {
      read: async () => world.state,
      update: async (message: string, reduce: (state: State) => State) => {
        if (world.down(message))
          throw new AutopilotError('GITHUB_UNAVAILABLE', { what: 'GitHub did not answer.' });
        return (world.state = reduce(world.state));
      },
    },
    registryCache: { restore: async () => undefined, save: async () => true },
    effects: {
      clock: server.clock,
      log,
      mask: <T>(value: T) => value,
      signal: new AbortController().signal,
      github: {
        owner: 'gons',
        repo: 'shop',
        request: async (route: string, parameters: Record<string, unknown> = {}) => {
          const status = world.refuses(route);
          if (status !== undefined) throw Object.assign(new Error(`it answered ${status}`), { status });
          world.requests.push({ route, parameters });
          return { status: 200, headers: {}, data: route.startsWith('GET') ? [] : { number: 7, id: 9 } };
        },
      },
      post: async () => ({ status: 200 }),
      run: async () => ({ code: 0, stdout: '', stderr: '', timedOut: false, duration: 1 }),
      readText: async () => undefined,
      openTarget: async () => server.target,
      transfer: async () => ({ bytes: 0, each: {}, warnings: [] }),
    },
    server: {},
  } as unknown as PipelineContext;
}

/** A run that has come as far as its image. */
export const carried = (over: Partial<CarriedRun> = {}): CarriedRun =>
  ({
    pipeline_id: RUN,
    started_at: '2026-11-28T13:00:00+00:00',
    commit: SHA,
    stages: [],
    recorded: false,
    analyze: { services: ['web'], categories: {}, decisions: [] },
    test: { status: 'passed', suites: [], checks: [] },
    build: {
      status: 'passed',
      images: [{ service: 'web', tag: '2222222', reference: 'shop-web:2222222', id: '', size: 1 }],
      warnings: [],
    },
    ...over,
  }) as unknown as CarriedRun;

const open = (world: PipelineWorld, pipelineId: string): Promise<ReleaseHandle> =>
  openRelease({ pipelineId, runUrl: '', actor: '', lockWait: 0, heartbeat: 30 }, world.server);

/** A release that is live and whose runner is gone before VERIFY. */
export async function loseRunner(
  world: PipelineWorld,
  { irreversible = false, pipelineId = LOST } = {},
): Promise<void> {
  const handle = await open(world, pipelineId);
  const done = await handle.deploy({
    pipelineId,
    wanted: [{ service: service('web', 'http://web:8080/'), image: world.server.addImage('shop-web:v2') }],
    prefix: 'shop',
    composeFile: FILE,
    composeSource: undefined,
    minFreeDisk: 0,
    ...(irreversible ? { migrate: { service: 'web', command: 'm', timeout: 300, irreversible } } : {}),
    tests: { passed: true, detail: '' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: () => Promise.resolve(true),
  });
  if (done.status !== 'passed') throw new Error(`the release of the test is ${done.status}`);
}

/** The stage DEPLOY of a run. */
export function deploy(context: PipelineContext, run: CarriedRun): Promise<CarriedRun> {
  const stages = { deploy: (given: CarriedRun) => deployStage(context, given) };
  return runStages(run, ['deploy'], stages as Record<'deploy', StageFunction> as never, context.effects);
}

export const serving = (world: PipelineWorld): string[] =>
  [...world.server.containers.values()].filter(({ state }) => state === 'running').map(({ image }) => image);

export const issuesOpened = (world: PipelineWorld): number =>
  world.requests.filter(({ route }) => route === 'POST /repos/{owner}/{repo}/issues').length;
