import { AutopilotError } from '../errors.ts';
import { reconcile } from '../state/reconcile.ts';
import type { State } from '../state/files.ts';
import type { RollbackRegistry } from '../state/schema.ts';
import { type PipelineContext, serverOf } from './context.ts';
import { emptyPipelineFile } from './record.ts';

/** What a rollback by hand chooses from. */
export interface KnownReleases {
  registry: RollbackRegistry;
  lock: State['file']['lock'];
  /** `cache`: the branch could not be read. */
  source: 'branch' | 'cache';
}

/** The state branch, or the newer copy in the cache; the cache alone when the branch cannot be read. */
export async function knownReleases(
  { store, registryCache, config, services, effects }: PipelineContext,
  warnings: string[],
): Promise<KnownReleases> {
  let branch: State | undefined;
  try {
    branch = await store.read();
  } catch (error) {
    if (error instanceof AutopilotError && error.code === 'STATE_CORRUPT') throw error;
    warnings.push(
      `The state branch could not be read (${(error as Error).message}); the copy in the Actions cache is used.`,
    );
    effects.log.warning(warnings.at(-1) ?? '');
  }
  const cached = await registryCache.restore(branch?.registry.revision);
  const merged = reconcile(branch?.registry, cached, {
    name: config.project.name,
    services: services.map(({ name }) => name),
  });
  for (const refused of merged.refused) effects.log.warning(`Not taken from the Actions cache: ${refused}`);
  return {
    registry: merged.registry,
    lock: (branch?.file ?? emptyPipelineFile()).lock,
    source: branch === undefined ? 'cache' : 'branch',
  };
}

/** The same once the server's lock is held: whoever held it until now may have recorded a release meanwhile. */
export async function knownNow({ store }: PipelineContext, known: KnownReleases): Promise<KnownReleases> {
  if (known.source === 'cache') return known;
  const now = await store.read().catch(() => undefined);
  if (now === undefined || now.registry.revision <= known.registry.revision) return known;
  return { ...known, registry: now.registry, lock: now.file.lock };
}

/**
 * service -> image that runs on the server now: a release that was left running although it failed
 * (`safety.auto_rollback: false`) is in no registry. Services that do not run are left out.
 */
export async function imagesRunning(context: PipelineContext): Promise<Record<string, string>> {
  const { engine } = await serverOf(context);
  const found = await Promise.all(
    context.services.map(async ({ name, composeService }) => {
      const containers = await engine.containers([`com.docker.compose.service=${composeService}`]);
      const own = `${context.config.project.name}-${name}:`;
      const running = containers.find(({ state, image }) => state === 'running' && image.startsWith(own));
      return running === undefined ? [] : [[name, running.image] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** Those of the named images that are on the server. */
export async function imagesHere(
  context: PipelineContext,
  references: readonly string[],
): Promise<Set<string>> {
  const { engine } = await serverOf(context);
  const found = await Promise.all(
    references.map(async (one) => ((await engine.image(one)) === undefined ? [] : [one])),
  );
  return new Set(found.flat());
}
