/** Jobs as commands/ runs them, over simulated effects: the stages DEPLOY and VERIFY and everything of pipeline/ are the real ones. */
import type { Plan } from '../../../src/analyze/plan.ts';
import { settle } from '../../../src/commands/post.ts';
import { ConfigSchema, type Config } from '../../../src/config/schema.ts';
import { servicesOf } from '../../../src/config/services.ts';
import { beginRun } from '../../../src/pipeline/begin.ts';
import { CarriedRun, RUN_STAGES, type RunStage } from '../../../src/pipeline/carried.ts';
import { closeServer, type PipelineContext } from '../../../src/pipeline/context.ts';
import { finishRun } from '../../../src/pipeline/finish.ts';
import { manualRollback } from '../../../src/pipeline/manual-rollback.ts';
import { runStages, type StageFunction, type StageOutcome } from '../../../src/pipeline/run.ts';
import { stagesOf } from '../../../src/pipeline/stages/index.ts';
import { unlock } from '../../../src/pipeline/unlock.ts';
import { statusPage } from '../../../src/report/status-page.ts';
import { createStateStore } from '../../../src/state/branch.ts';
import { type CacheClient, createRegistryCache } from '../../../src/state/cache.ts';
import { AutopilotError } from '../../../src/errors.ts';
import type { Behaviour } from './engine.ts';
import type { SimRunner } from './runner.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimServer } from './keeper.ts';

export const SERVICES = ['api', 'web'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** One version of a service: what a commit holds of it. */
export interface Version {
  id: string;
  behaviour: Behaviour;
}
export type Commit = Record<ServiceName, Version>;

/** How the two services stand in the compose file. */
export const LAYOUTS = ['side-by-side', 'host-port', 'fixed-name'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Place {
  scheduler: Scheduler;
  server: SimServer;
  commits: Map<string, Commit>;
  cache: Map<string, string>;
  layout: Layout;
  autoRollback: boolean;
}

export const PATH = '/srv/shop/docker-compose.prod.yml';

/** In the repository one image has a name of its own, as in many projects; releases write ours over it. */
export function composeOf(layout: Layout): string {
  const own = {
    'side-by-side': '',
    'host-port': '    ports:\n      - {target: 8080, published: "8080"}\n',
    'fixed-name': '    container_name: shop-web\n',
  };
  return `name: shop\nservices:\n  api:\n    image: registry.example/api:none\n  web:\n    image: shop-web:none\n${own[layout]}`;
}

export function configOf(autoRollback: boolean): Config {
  const service = (name: ServiceName) => ({
    dockerfile: `./Dockerfile.${name}`,
    health_check: { url: `http://${name}:8080/health` },
    ...(name === 'web' ? { depends_on: ['api'] } : {}),
  });
  return ConfigSchema.parse({
    project: { name: 'shop' },
    services: { api: service('api'), web: service('web') },
    deploy: {
      target: 'deploy@server',
      path: '/srv/shop',
      health_check: { timeout: 15, retries: 2 },
      lock_wait: 120,
      heartbeat: 10,
    },
    verify: { watchdog: { duration: 2, interval: 1 } },
    safety: { auto_rollback: autoRollback, keep_releases: 3 },
  });
}

export interface JobOptions {
  /** `steps`: DEPLOY and VERIFY in steps of their own, as `stage:` inputs give it. */
  kind: 'all' | 'steps';
  testsFail: boolean;
  dryRun: boolean;
}

/** How a job ended, as its outputs say. */
export interface Ended {
  status: string;
  reason: string;
}

/** A program that ran. The workspace is no checkout, so git fails. */
const RAN = { code: 0, stdout: '', stderr: '', timedOut: false, duration: 1 };

/** Nothing is secret here: invariant 8 has tests of its own. */
const MASKING = { mask: <T>(value: T): T => value };

/** Pure texts that cost time to make, and do not matter here. */
const CONFIGS = new Map([true, false].map((auto) => [auto, configOf(auto)]));

export function contextOf(
  place: Place,
  runner: SimRunner,
  options: JobOptions,
  follows: boolean,
): PipelineContext {
  const config = CONFIGS.get(place.autoRollback) as Config;
  const { clock, random, log, githubApi } = runner;
  return {
    event: runner.event,
    config,
    services: servicesOf(config),
    dryRun: options.dryRun,
    verifyFollows: follows,
    directory: '/workspace/repository',
    temporary: '/workspace/temporary',
    targetName: 'deploy@server:22',
    store: createStateStore({
      github: githubApi,
      branch: 'gonsautopilot-state',
      clock,
      random,
      log,
      renderReadme: statusPage,
    }),
    registryCache: registryCacheOf(place, runner),
    effects: {
      clock,
      random,
      log,
      github: githubApi,
      signal: runner.abort.signal,
      run: ([program]) =>
        program === 'git'
          ? Promise.resolve({ ...RAN, code: 128 })
          : runner.effect('docker image inspect', () => Promise.resolve(RAN), {
              latency: 10,
              lost: () => new Error('the runner has no docker'),
            }),
      post: () => Promise.resolve({ status: 200 }),
      readText: () => Promise.resolve(composeOf(place.layout)),
      readFile: () => Promise.resolve(undefined),
      test: { files: undefined as never, probe: undefined as never },
      checkAccess: () => Promise.resolve(),
      openTarget: () => runner.openTarget(),
      transfer: async (images) => {
        for (const image of images) {
          await runner.effect(
            `transfer ${image.reference}`,
            async () => {
              await place.scheduler.sleep(1500);
              const commit = [...place.commits].find(([sha]) => image.reference.endsWith(sha.slice(0, 7)));
              if (!commit) throw new Error(`no commit of ${image.reference}`);
              const [sha, versions] = commit;
              const version = versions[image.service as ServiceName];
              place.server.engine.load(image.reference, image.id, {
                behaviour: version.behaviour,
                revision: sha,
                size: 1e8,
              });
            },
            {
              latency: 100,
              lost: () => new AutopilotError('TRANSFER_FAILED', { what: 'The transfer broke off.' }),
            },
          );
        }
        return {
          bytes: images.length,
          each: Object.fromEntries(images.map(({ reference }) => [reference, 1])),
          warnings: [],
        };
      },
      parallelBuilds: 2,
      ...MASKING,
    },
    server: {},
  };
}

export const imageIdOf = (service: string, version: Version) =>
  `sha256:${Buffer.from(`${service}-${version.id}`).toString('hex').padEnd(64, '0')}`;

function registryCacheOf(place: Place, runner: SimRunner) {
  const files = new Map<string, string>();
  const limits = { latency: 200, lost: () => new Error('the cache service does not answer') };
  const cache: CacheClient = {
    saveCache: (_paths, key) =>
      runner.effect(
        'cache save',
        async () => (place.cache.set(key, [...files.values()][0] ?? ''), 1),
        limits,
      ),
    restoreCache: (paths, key, _keys, options) =>
      runner.effect(
        'cache restore',
        async () => {
          const found = [...place.cache.keys()].findLast((one) => one.startsWith(key));
          if (found !== undefined && !options?.lookupOnly)
            files.set(paths[0] ?? '', place.cache.get(found) ?? '');
          return found;
        },
        limits,
      ),
  };
  return createRegistryCache({
    cache,
    files: {
      read: async (path) => files.get(path),
      write: async (path, text) => void files.set(path, text),
      remove: async (path) => void files.delete(path),
    },
    target: 'deploy@server:22',
    clock: runner.clock,
    log: runner.log,
  });
}

/** ANALYZE, TEST and BUILD as far as a deployment depends on them; they have tests of their own. */
function earlyStages(place: Place, context: PipelineContext, options: JobOptions) {
  const { clock } = context.effects;
  const analyze: StageFunction = async (run): Promise<StageOutcome> => {
    const { file } = await context.store.read();
    const deployed = file.deployed_commits[context.targetName] ?? {};
    const head = place.commits.get(run.commit) as Commit;
    const changed = SERVICES.filter((name) => {
      const base = place.commits.get(deployed[name] ?? '');
      return base?.[name].id !== head[name].id;
    });
    const plan: Plan = {
      base: '',
      bases: deployed,
      head: run.commit,
      categories: { frontend: [], backend: [], database: [], config: [], test: [], shared: [], other: [] },
      suites: [],
      services: [...changed],
      decisions: [],
      files: [],
      because: {},
      source: 'model',
      findings: [],
      warnings: [],
    };
    if (changed.length === 0)
      return {
        status: 'passed',
        found: { analyze: plan },
        end: { status: 'skipped', reason: 'nothing changed' },
      };
    return { status: 'passed', found: { analyze: plan } };
  };
  const test: StageFunction = async () => {
    await clock.sleep(5000, context.effects.signal);
    if (!options.testsFail)
      return { status: 'passed', found: { test: { status: 'passed', suites: [], checks: [] } } };
    const reason = '1 CRITICAL check failed';
    return { status: 'failed', reason, end: { status: 'failed', reason } };
  };
  const build: StageFunction = async (run) => {
    await clock.sleep(5000, context.effects.signal);
    const head = place.commits.get(run.commit) as Commit;
    const images = (run.analyze?.services ?? []).map((service) => ({
      service,
      tag: run.commit.slice(0, 7),
      reference: `shop-${service}:${run.commit.slice(0, 7)}`,
      id: imageIdOf(service, head[service as ServiceName]),
      size: 1e8,
      duration: 1,
    }));
    return { status: 'passed', found: { build: { status: 'passed', images, warnings: [] } } };
  };
  return { analyze, test, build };
}

/** A push: all stages in one step, or DEPLOY and VERIFY in steps of their own; then `post`, unless the machine is gone. */
export async function pushJob(
  place: Place,
  runner: SimRunner,
  options: JobOptions,
  saved: { run?: CarriedRun },
): Promise<Ended> {
  const steps: RunStage[][] = options.kind === 'all' ? [[...RUN_STAGES]] : RUN_STAGES.map((stage) => [stage]);
  let ended: Ended | undefined;
  for (const stages of steps) {
    const context = contextOf(place, runner, options, options.kind === 'all');
    try {
      let run = saved.run ?? (await beginRun(context));
      saved.run = handedOver(run);
      const functions = { ...stagesOf(context), ...earlyStages(place, context, options) };
      for (const stage of stages) {
        run = await runStages(run, [stage], functions, {
          clock: runner.clock,
          log: runner.log,
          signal: runner.abort.signal,
        });
        saved.run = handedOver(run);
      }
      if (stages.at(-1) !== 'verify' && run.end === undefined) continue;
      const finished = await finishRun(context, run);
      saved.run = handedOver(finished.run);
      ended ??= finished.run.end;
      if (options.kind === 'all' || runner.abort.signal.aborted) break;
    } catch (error) {
      ended ??= { status: 'failed', reason: (error as Error).message };
      break;
    } finally {
      await closeServer(context);
    }
  }
  return ended ?? { status: 'failed', reason: '' };
}

/** What goes through the hand-over file is what zod reads back. */
const handedOver = (run: CarriedRun): CarriedRun => CarriedRun.parse(JSON.parse(JSON.stringify(run)));

/** As commands/post.ts: settles what a cancelled job left. */
export async function postJob(
  place: Place,
  runner: SimRunner,
  options: JobOptions,
  saved: CarriedRun,
): Promise<void> {
  if (saved.recorded) return;
  const context = contextOf(place, runner, options, false);
  try {
    const settled = context.dryRun ? saved : await settle(context, saved);
    await finishRun(context, settled, 'last');
  } catch (error) {
    runner.log.warning(`What this job left could not be settled here: ${String(error)}`);
  } finally {
    await closeServer(context);
  }
}

export async function rollbackJob(place: Place, runner: SimRunner, options: JobOptions): Promise<Ended> {
  const context = contextOf(place, runner, options, true);
  try {
    return await manualRollback(context, { services: [], to: '', reason: 'a person wanted it' });
  } catch (error) {
    return { status: 'failed', reason: (error as Error).message };
  } finally {
    await closeServer(context);
  }
}

export async function unlockJob(place: Place, runner: SimRunner, options: JobOptions): Promise<Ended> {
  try {
    await unlock(contextOf(place, runner, options, true), 'mended');
    return { status: 'success', reason: 'unlocked' };
  } catch (error) {
    return { status: 'failed', reason: (error as Error).message };
  }
}
