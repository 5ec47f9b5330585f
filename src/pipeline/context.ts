import type { RunContext } from '../action/event.ts';
import type { AnalyzeEffects } from '../analyze/analyze.ts';
import type { BuildEnvironment } from '../build/builder.ts';
import type { Config } from '../config/schema.ts';
import type { Service } from '../config/services.ts';
import type { ReleaseHandle } from '../deploy/index.ts';
import type { TransferImage, TransferResult } from '../deploy/transfer/index.ts';
import type { Clock, Log, Random, RunProgram } from '../effects.ts';
import type { GitHubApi } from '../github/api.ts';
import type { Target } from '../server/target.ts';
import type { StateStore } from '../state/branch.ts';
import type { RegistryCache } from '../state/cache.ts';
import type { TestEffects } from '../test/effects.ts';
import type { PostJson } from './notify.ts';

/** Everything a run works with: what was asked for, and every effect. Wired in main.ts and post.ts. */
export interface PipelineContext {
  event: RunContext;
  config: Config;
  services: readonly Service[];
  /** Print what would happen and change nothing anywhere. */
  dryRun: boolean;
  /** VERIFY follows in this process; otherwise DEPLOY hands its release over to a later step. */
  verifyFollows: boolean;
  /** Absolute directory of the project. */
  directory: string;
  /** Absolute directory for temporary files. */
  temporary: string;
  /** Name of the server in state, lock and log, e.g. `deploy@203.0.113.5:22` or `local`. */
  targetName: string;
  store: StateStore;
  registryCache: RegistryCache;
  effects: PipelineEffects;
  /** What is open on the server; closed by `closeServer`. */
  server: { target?: Target; release?: ReleaseHandle };
}

export interface PipelineEffects {
  clock: Clock;
  random: Random;
  log: Log;
  run: RunProgram;
  github: GitHubApi;
  /** Aborted when the job is cancelled. */
  signal: AbortSignal;
  post: PostJson;
  readText: (path: string) => Promise<string | undefined>;
  readFile: AnalyzeEffects['readFile'];
  test: Pick<TestEffects, 'files' | 'probe'>;
  /** Throws what is wrong with key and host key whatever the server says. Connects to nothing. */
  checkAccess: () => Promise<void>;
  openTarget: () => Promise<Target>;
  transfer: (images: readonly TransferImage[], target: Target) => Promise<TransferResult>;
  /** Takes every secret out of a value, in whatever encoding; for all that is kept or sent (invariant 8). */
  mask: <T>(value: T) => T;
  /** What of the runner a build may use. */
  buildEnvironment?: BuildEnvironment;
  /** How many images are built side by side. */
  parallelBuilds: number;
}

/** The connection of this run; there is only one. */
export async function serverOf(context: PipelineContext): Promise<Target> {
  context.server.target ??= await context.effects.openTarget();
  return context.server.target;
}

/** Lets lock and connection go. A release that is still armed is put back by the server itself. */
export async function closeServer({ server, effects }: PipelineContext): Promise<void> {
  const { release, target } = server;
  delete server.release;
  delete server.target;
  for (const close of [() => release?.close(), () => target?.close()]) {
    try {
      await close();
    } catch (error) {
      effects.log.warning(`The connection could not be closed in order: ${(error as Error).message}`);
    }
  }
}

/** Where a tag ends a reference: `my-webapp-backend:a1b2c3d` -> `a1b2c3d`. */
export function tagOf(reference: string): string {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? reference.slice(colon + 1) : 'latest';
}
