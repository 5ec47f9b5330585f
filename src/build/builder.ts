import { join } from 'node:path';
import type { RunProgram } from '../effects.ts';
import { AutopilotError } from '../errors.ts';

/** What of the runner's environment a build may use; read in action/, data here. */
export interface BuildEnvironment {
  /** Whether an environment variable is set and not empty. */
  has: (name: string) => boolean;
  /** Variables by which a builder reaches the cache service of GitHub; empty where there is none. */
  cacheService: Record<string, string>;
  /** Absolute directory that outlives the job on self-hosted runners. */
  toolCache?: string;
}

export const NO_ENVIRONMENT: BuildEnvironment = { has: () => false, cacheService: {} };

/** The variables that `type=gha` needs. Other programs get none of them (action/run-program.ts withholds the token). */
export function cacheServiceOf(env: Record<string, string | undefined>): Record<string, string> {
  const names = [
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_RESULTS_URL',
    'ACTIONS_CACHE_URL',
    'ACTIONS_CACHE_SERVICE_V2',
  ];
  const found = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const usable =
    found.some(([name]) => name.endsWith('TOKEN')) && found.some(([name]) => name.endsWith('URL'));
  return usable ? Object.fromEntries(found) : {};
}

export interface Builder {
  command: 'buildx' | 'docker';
  /** `docker`, `docker-container`, ...; '' for the plain command. */
  driver: string;
  /** Timestamps in layers can be set back to that of the commit, so that a layer rebuilt is the same bytes. */
  rewritesTimestamps: boolean;
  /** Layers of a build can be stored outside the builder. */
  exportsCache: boolean;
}

/** The builder that `docker buildx build` will use, or plain `docker build`. Throws BUILD_FAILED when neither answers. */
export async function findBuilder(run: RunProgram, warn: (message: string) => void): Promise<Builder> {
  const buildx = await run(['docker', 'buildx', 'version']);
  const inspected = buildx.code === 0 ? await run(['docker', 'buildx', 'inspect']) : undefined;
  const engine = await run(['docker', 'info', '--format', '{{json .DriverStatus}}']);
  if (inspected?.code === 0) return readBuilder(inspected.stdout, engine.stdout);
  if (engine.code !== 0) {
    throw new AutopilotError('BUILD_FAILED', {
      what: 'Docker does not answer on this runner',
      why: (engine.stderr || engine.stdout).trim().slice(0, 500),
      fix: 'Use a runner with a Docker engine (ubuntu-latest has one), and check that this user may use it.',
    });
  }
  warn(
    'docker buildx is not installed: plain `docker build` is used, without build secrets, parallel stages and a build cache that outlives the runner',
  );
  return { command: 'docker', driver: '', rewritesTimestamps: false, exportsCache: false };
}

/** From what `docker buildx inspect` and the engine's DriverStatus say. Pure. */
export function readBuilder(inspected: string, driverStatus: string): Builder {
  const driver = /^Driver:\s*(\S+)/m.exec(inspected)?.[1] ?? 'docker';
  const containerd = driverStatus.includes('io.containerd.snapshotter');
  const versions = [...inspected.matchAll(/^Build[Kk]it(?: version)?:\s*v?(\d+)\.(\d+)/gm)];
  // BuildKit 0.13 brought rewrite-timestamp; every node of the builder must have it.
  const recent =
    versions.length > 0 && versions.every(([, major, minor]) => Number(major) > 0 || Number(minor) >= 13);
  const own = driver !== 'docker';
  return {
    command: 'buildx',
    driver,
    // The engine's own builder unpacks what it builds, which BuildKit refuses together with rewritten timestamps.
    rewritesTimestamps: recent && own,
    exportsCache: own || containerd,
  };
}

export interface CachePlan {
  from: string[];
  to: string[];
  /** For the builder's environment. */
  env: Record<string, string>;
  /** A local cache grows with every build, so each build writes a new one that takes the place of the old. */
  replace?: { old: string; new: string };
}

/** Where the layers of one service's build come from and go to, besides the builder's own cache. Pure. */
export function cacheOf(
  builder: Builder,
  environment: BuildEnvironment,
  { scope, mode }: { scope: string; mode: 'auto' | 'off' },
): CachePlan {
  if (mode === 'off' || !builder.exportsCache) return { from: [], to: [], env: {} };
  if (Object.keys(environment.cacheService).length > 0) {
    return {
      from: [`type=gha,scope=${scope}`],
      // A cache that cannot be written is no reason to fail a build.
      to: [`type=gha,mode=max,ignore-error=true,scope=${scope}`],
      env: environment.cacheService,
    };
  }
  // The engine's own builder keeps its cache by itself.
  if (environment.toolCache === undefined || builder.driver === 'docker')
    return { from: [], to: [], env: {} };
  const old = join(environment.toolCache, 'gonsautopilot-build', scope);
  return {
    from: [`type=local,src=${old}`],
    to: [`type=local,mode=max,ignore-error=true,dest=${old}.next`],
    env: {},
    replace: { old, new: `${old}.next` },
  };
}
