import * as z from 'zod';
import { RegistryEntry } from './schema.ts';
import type { RollbackRegistry } from './schema.ts';

/** How far a cached copy can be ahead of the branch: each unrecorded release adds one. */
const MAX_AHEAD = 1000;

export interface Reconciled {
  registry: RollbackRegistry;
  source: 'branch' | 'cache';
  /** The cached copy knows more: the branch, which is the durable one, has to get it. */
  writeBack: boolean;
  /** What the cached copy wanted and did not get, for a warning. */
  refused: string[];
}

const CachedEntry = z.object({
  ...RegistryEntry.shape,
  tag: z.string().regex(/^\w[\w.-]{0,127}$/),
  image: z.string().max(400),
  target: z.string().max(400).optional(),
  deployed_at: z.iso.datetime({ offset: true }),
  first_deployed_at: z.iso.datetime({ offset: true }).optional(),
  status_at: z.iso.datetime({ offset: true }).optional(),
  pipeline_id: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .optional(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional(),
});

/**
 * Rule S2: one registry out of the durable copy on the state branch and the one in the cache; the newer revision wins, in
 * these limits. The branch can only be written with `contents: write`; the cache by any job of the default branch, so
 * what comes from it is a claim:
 * - only images named `<project>-<service>:<tag>` of known services are taken. With the branch at hand, known means that the
 *   branch has the service or the project declares it. A release that the branch does not know yet *is* taken: a cache that is
 *   newer than the branch exists just because the branch could not be written, and refusing it would make the cache useless.
 *   Such a name still has to be startable on the server and pass its health check before it serves (rule R1), and
 *   images of that name come to a server only by this project's deployments.
 * - what the branch has rejected (`failed`, `rolled-back`) stays rejected.
 * - a revision further ahead than {@link MAX_AHEAD} is no copy of ours; the branch stands.
 * - keys and texts beyond the known forms are dropped.
 * Without the branch (GitHub down) the cached copy alone is used in the same limits, because rolling back is never refused.
 */
export function reconcile(
  branch: RollbackRegistry | undefined,
  cache: RollbackRegistry | undefined,
  project: { name: string; services: readonly string[] },
): Reconciled {
  const durable = branch ?? { revision: 0, services: {} };
  const kept: Reconciled = { registry: durable, source: 'branch', writeBack: false, refused: [] };
  if (!cache || cache.revision <= durable.revision) return kept;
  if (branch && cache.revision > branch.revision + MAX_AHEAD) {
    return { ...kept, refused: [`revision ${cache.revision}, while the branch has ${branch.revision}`] };
  }
  const refused: string[] = [];
  const services = new Map(Object.entries(durable.services));
  for (const [name, cached] of Object.entries(cache.services)) {
    if (!project.services.includes(name) && !Object.hasOwn(durable.services, name)) {
      refused.push(`service ${name}`);
      continue;
    }
    services.set(
      name,
      merged(services.get(name), cached, `${project.name}-${name}`, (image) => refused.push(image)),
    );
  }
  return {
    registry: { ...durable, revision: cache.revision, services: Object.fromEntries(services) },
    source: 'cache',
    writeBack: true,
    refused,
  };
}

type ServiceHistory = RollbackRegistry['services'][string];

function merged(
  durable: ServiceHistory | undefined,
  cached: ServiceHistory,
  repository: string,
  refuse: (image: string) => void,
): ServiceHistory {
  const history = cached.history.flatMap((claimed) => {
    const parsed = CachedEntry.safeParse(claimed);
    const ours = parsed.success && parsed.data.image === `${repository}:${parsed.data.tag}`;
    if (!ours) {
      refuse(String(claimed.image ?? claimed.tag).slice(0, 200));
      return [];
    }
    const before = knownBefore(durable?.history ?? [], parsed.data);
    if (before && before.status !== 'success' && parsed.data.status === 'success') {
      refuse(parsed.data.image);
      return [before];
    }
    return [{ ...before, ...parsed.data }];
  });
  const good = new Set(history.filter(({ status }) => status === 'success').map(({ image }) => image));
  const allowed = (claimed: string | null, fallback: string | null | undefined) => {
    if (claimed !== null && good.has(claimed)) return claimed;
    if (claimed === null || claimed === fallback) return claimed;
    refuse(claimed.slice(0, 200));
    return fallback ?? null;
  };
  return {
    ...durable,
    current: allowed(cached.current, durable?.current),
    previous: allowed(cached.previous, durable?.previous),
    history,
  };
}

/** What the branch has of that image: of the same target first, else what speaks against it. */
function knownBefore(
  history: readonly RegistryEntry[],
  { image, target }: Pick<RegistryEntry, 'image' | 'target'>,
): RegistryEntry | undefined {
  const same = history.filter((entry) => entry.image === image);
  return (
    same.find((entry) => entry.target === target) ??
    same.find(({ status }) => status !== 'success') ??
    same[0]
  );
}
