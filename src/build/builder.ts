import type { RunProgram, RunResult } from '../effects.ts';
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

export interface Builder {
  command: 'buildx' | 'docker';
  /** `docker`, `docker-container`, ...; '' for the plain command. */
  driver: string;
  /** Timestamps in layers can be set back to that of the commit, so that a layer rebuilt is the same bytes. */
  rewritesTimestamps: boolean;
  /** Layers of a build can be stored outside the builder. */
  exportsCache: boolean;
  /** Version 2 of GitHub's cache service, the only one that github.com still has. */
  speaksCacheServiceV2: boolean;
}

/**
 * The builder that `docker buildx build` will use, or plain `docker build` where Buildx is not installed. Throws
 * BUILD_FAILED when the engine does not answer, and when Buildx cannot use its builder: the plain command would build
 * something else than was asked for, without secrets and cache.
 */
export async function findBuilder(run: RunProgram, warn: (message: string) => void): Promise<Builder> {
  const buildx = await run(['docker', 'buildx', 'version']);
  const inspected = buildx.code === 0 ? await run(['docker', 'buildx', 'inspect']) : undefined;
  const engine = await run(['docker', 'info', '--format', '{{.ServerVersion}} {{json .DriverStatus}}']);
  if (inspected?.code === 0) return readBuilder(inspected.stdout, engine.stdout, buildx.stdout);
  if (engine.code !== 0) {
    throw new AutopilotError('BUILD_FAILED', {
      what: 'Docker does not answer on this runner',
      why: said(engine),
      fix: 'Use a runner with a Docker engine (ubuntu-latest has one), and check that this user may use it.',
    });
  }
  if (inspected !== undefined) {
    throw new AutopilotError('BUILD_FAILED', {
      what: 'The builder of docker buildx cannot be used',
      why: said(inspected),
      fix: 'Unset BUILDX_BUILDER, or create the builder that it names (docker buildx create) in a step before; docker buildx ls shows those that there are.',
    });
  }
  warn(
    'docker buildx is not installed: plain `docker build` is used, without build secrets, parallel stages and a build cache that outlives the runner',
  );
  const nothing = { rewritesTimestamps: false, exportsCache: false, speaksCacheServiceV2: false };
  return { command: 'docker', driver: '', ...nothing };
}

const said = ({ stderr, stdout }: RunResult) => (stderr || stdout).trim().slice(0, 500);

/** From what `docker buildx inspect`, version and DriverStatus of the engine, and `docker buildx version` say. Pure. */
export function readBuilder(inspected: string, engine: string, buildxVersion: string): Builder {
  const driver = /^Driver:\s*(\S+)/m.exec(inspected)?.[1] ?? 'docker';
  const containerd = engine.includes('io.containerd.snapshotter');
  // Every node of the builder must be recent enough.
  const nodes = [...inspected.matchAll(/^Build[Kk]it(?: version)?:\s*v?(\d+\.\d+)/gm)].map(
    ([, version]) => version,
  );
  const buildKit = (minor: number) => nodes.length > 0 && nodes.every((version) => reaches(version, minor));
  const own = driver !== 'docker';
  return {
    command: 'buildx',
    driver,
    // BuildKit 0.13 brought it. The engine's own builder unpacks what it builds, which BuildKit refuses together with it.
    rewritesTimestamps: buildKit(13) && own,
    exportsCache: own || containerd,
    // Of BuildKit 0.20, which came into Docker 28: a distribution's engine may not tell the version of the one inside.
    speaksCacheServiceV2:
      (buildKit(20) || (!own && Number.parseInt(engine, 10) >= 28)) &&
      reaches(/\d+\.\d+/.exec(buildxVersion)?.[0], 21),
  };
}

/** Whether `version`, major and minor, is 0.`minor` or later. */
function reaches(version: string | undefined, minor: number): boolean {
  const [major = 0, own = 0] = (version ?? '').split('.').map(Number);
  return major > 0 || own >= minor;
}
