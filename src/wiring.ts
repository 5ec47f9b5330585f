import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { systemClock as clock } from './action/clock.ts';
import type { RunContext } from './action/event.ts';
import type { Inputs } from './action/inputs.ts';
import { RECORDED_KEYS, redactAll } from './action/masking.ts';
import { favourMemory } from './action/memory.ts';
import { systemRandom as random } from './action/random.ts';
import { createRunProgram } from './action/run-program.ts';
import { deployTargetOf } from './config/deploy-target.ts';
import { cacheServiceOf } from './build/cache.ts';
import type { Config } from './config/schema.ts';
import { servicesOf } from './config/services.ts';
import type { Log } from './effects.ts';
import type { PipelineContext } from './pipeline/context.ts';
import type { RegistryCache } from './state/cache.ts';

/** Builds above this number side by side make each other slower, on the machines that runners are. */
const MAX_PARALLEL_BUILDS = 4;

/** Puts the real effects behind the pipeline. What is heavy is loaded when it is first used. */
export async function wire(
  given: { inputs: Inputs; event: RunContext; config: Config; verifyFollows: boolean },
  outer: {
    log: Log;
    signal: AbortSignal;
    temporary: string;
    env: Record<string, string | undefined>;
    redact: (text: string) => string;
  },
): Promise<PipelineContext> {
  const { inputs, event, config } = given;
  const { log, signal, temporary, env } = outer;
  const dockerHost = env['DOCKER_HOST'];
  const run = createRunProgram();
  const { createGitHub } = await import('./github/client.ts');
  const { createStateStore } = await import('./state/branch.ts');
  const { statusPage } = await import('./report/status-page.ts');
  const { workspaceReader } = await import('./analyze/files.ts');
  const { realFiles, realProbe } = await import('./test/effects.ts');
  const github = createGitHub({
    token: inputs.githubToken,
    apiUrl: event.apiUrl,
    owner: event.owner,
    repo: event.repo,
    log,
  });
  const targetName = nameOf(config);
  const access = {
    deploy: config.deploy,
    privateKey: inputs.ssh.privateKey,
    ...(inputs.ssh.passphrase === '' ? {} : { passphrase: inputs.ssh.passphrase }),
    knownHosts: inputs.ssh.knownHosts,
  };
  return {
    event,
    config,
    services: servicesOf(config),
    dryRun: inputs.dryRun,
    verifyFollows: given.verifyFollows,
    directory: inputs.directory,
    temporary,
    targetName,
    store: createStateStore({
      github,
      branch: inputs.stateBranch,
      clock,
      random,
      log,
      renderReadme: statusPage,
    }),
    registryCache: registryCacheOf({ targetName, workspace: event.workspace, clock, log }),
    effects: {
      clock,
      random,
      log,
      run,
      github,
      signal,
      post: async (url, body, limit) =>
        fetch(url, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
          signal: limit,
          redirect: 'error',
        }),
      readText: (path) => readFile(path, 'utf8').catch(() => undefined),
      readFile: workspaceReader(event.workspace),
      test: { files: realFiles, probe: realProbe },
      checkAccess: async () => (await import('./server/open.ts')).checkAccess(access),
      openTarget: async () => {
        const { openTarget } = await import('./server/open.ts');
        return openTarget({
          ...access,
          log,
          ...(dockerHost === undefined ? {} : { dockerHost }),
        });
      },
      transfer: async (images, target) => {
        favourMemory();
        const { transfer } = await import('./deploy/transfer/index.ts');
        const { saveImages } = await import('./deploy/transfer/save.ts');
        const { path } = config.deploy;
        return transfer(images, target, {
          saveImages,
          clock,
          random,
          log,
          signal,
          ...(path === undefined ? {} : { signatures: `${path.replace(/\/+$/, '')}/.gonsautopilot/layers` }),
        });
      },
      mask: (value) => redactAll(value, outer.redact, RECORDED_KEYS),
      buildEnvironment: {
        has: (name) => (env[name] ?? '') !== '',
        cacheService: cacheServiceOf(env),
        ...(env['RUNNER_TOOL_CACHE'] ? { toolCache: env['RUNNER_TOOL_CACHE'] } : {}),
      },
      parallelBuilds: Math.min(availableParallelism(), MAX_PARALLEL_BUILDS),
    },
    server: {},
  };
}

function nameOf(config: Config): string {
  const target = deployTargetOf(config.deploy);
  return target.kind === 'local' ? 'local' : `${target.user}@${target.host}:${target.port}`;
}

/** The cache client is heavy and most runs need it once at most, so it is loaded at its first call. */
function registryCacheOf(options: {
  targetName: string;
  workspace: string;
  clock: PipelineContext['effects']['clock'];
  log: Log;
}): RegistryCache {
  let opened: Promise<RegistryCache> | undefined;
  const open = async () => {
    const [{ createRegistryCache }, cache, { workspaceFiles }] = await Promise.all([
      import('./state/cache.ts'),
      import('@actions/cache'),
      import('./state/workspace-files.ts'),
    ]);
    const { targetName, workspace, clock, log } = options;
    return createRegistryCache({ cache, files: workspaceFiles(workspace), target: targetName, clock, log });
  };
  const ready = () => (opened ??= open());
  return {
    restore: async (newerThan) => (await ready()).restore(newerThan),
    save: async (registry, run) => (await ready()).save(registry, run),
  };
}
