import type { RegistryEntry, RollbackRegistry } from '../state/schema.ts';
import { goodEntries, imageOf, isBeside, isOf, newestGood } from './registry-entries.ts';

/** A verified image of one service. */
export interface ReleasedImage {
  /** Full image reference, e.g. `my-webapp-backend:a1b2c3d`. */
  image: string;
  /** Tag alone. */
  tag: string;
  commit?: string;
}

export interface Release {
  services: Record<string, ReleasedImage>;
  pipeline_id: string;
  /** The server, as in `deploy.target`. */
  target: string;
  /** ISO 8601 with offset. */
  at: string;
}

export interface Rollback {
  /** What was taken away (`from`, if known) and the image reference that serves again (`to`). */
  services: Record<string, { from?: ReleasedImage; to: string }>;
  /** What becomes of `from`: a person's choice or a failed verification. */
  verdict: 'rolled-back' | 'failed';
  pipeline_id: string;
  target: string;
  at: string;
}

type ServiceHistory = RollbackRegistry['services'][string];

/** Entries kept that are no rollback targets, for people to read. */
const KEPT_REJECTED = 10;

/** The registry before the first release. */
export function emptyRegistry(): RollbackRegistry {
  return { revision: 0, services: {} };
}

/** Rule S2: the newer of two copies; the first when they are equally new. */
export function newer(a: RollbackRegistry, b: RollbackRegistry): RollbackRegistry {
  return b.revision > a.revision ? b : a;
}

/**
 * Records a release. Call it once, after VERIFY has passed, and never at build or deploy: that is how the original's
 * `previous` became the broken image. `current` and `previous` are full image references; one history entry for each
 * image and target, oldest deployment first; with several targets, `current` is the newest release of all, and `previous` the
 * one before it on the same target. Recording the same release again, or one that is older than what is known about
 * its image, changes nothing and gives back the same object. `keepReleases` is `safety.keep_releases`.
 */
export function recordRelease(
  registry: RollbackRegistry,
  release: Release,
  keepReleases: number,
): RollbackRegistry {
  return changed(registry, Object.keys(release.services), keepReleases, (name, service) => {
    const released = release.services[name];
    if (!released) return service;
    const known = entryOf(service.history, released.image, release.target);
    if (known && lastChange(known) >= Date.parse(release.at)) return service;
    const entry: RegistryEntry = {
      ...known,
      tag: released.tag,
      deployed_at: release.at,
      status: 'success',
      image: released.image,
      pipeline_id: release.pipeline_id,
      target: release.target,
      ...(released.commit === undefined ? {} : { commit: released.commit }),
    };
    delete entry.status_at;
    return settled(service, entry);
  });
}

/**
 * Records that services were put back. The image that serves again becomes the newest good release; the one taken
 * away is no rollback target any more, unless it is released again. An image that was never released here (what ran before the first
 * deployment) becomes `current` but never a target. Idempotent like {@link recordRelease}.
 */
export function recordRollback(
  registry: RollbackRegistry,
  rollback: Rollback,
  keepReleases: number,
): RollbackRegistry {
  const at = Date.parse(rollback.at);
  return changed(registry, Object.keys(rollback.services), keepReleases, (name, service) => {
    const step = rollback.services[name];
    if (!step) return service;
    let next = service;
    const { from } = step;
    if (from && from.image !== step.to) {
      const known = entryOf(next.history, from.image, rollback.target);
      if (!known || lastChange(known) < at) {
        const rejected: RegistryEntry = known
          ? { ...known, status: rollback.verdict, status_at: rollback.at, target: rollback.target }
          : {
              ...from,
              deployed_at: rollback.at,
              status: rollback.verdict,
              pipeline_id: rollback.pipeline_id,
              target: rollback.target,
            };
        next = settled(next, rejected);
      }
    }
    const target =
      entryOf(next.history, step.to, rollback.target) ??
      goodEntries(next.history).find((entry) => imageOf(entry) === step.to);
    if (!target) {
      const own = next.history.filter((entry) => isOf(entry, rollback.target));
      return { ...next, current: step.to, previous: newestGood(own, step.to) };
    }
    if (lastChange(target) >= at || target.status !== 'success') return next;
    return settled(next, {
      ...target,
      target: rollback.target,
      deployed_at: rollback.at,
      first_deployed_at: target.first_deployed_at ?? target.deployed_at,
    });
  });
}

function entryOf(
  history: readonly RegistryEntry[],
  image: string,
  target: string | undefined,
): RegistryEntry | undefined {
  return history.find((entry) => imageOf(entry) === image && isOf(entry, target));
}

function lastChange(entry: RegistryEntry): number {
  return Math.max(Date.parse(entry.deployed_at), Date.parse(entry.status_at ?? entry.deployed_at));
}

/** The history with one entry put in its place, and `current` and `previous` as they follow from it. */
function settled(service: ServiceHistory, entry: RegistryEntry): ServiceHistory {
  const others = service.history.filter(
    (other) => imageOf(other) !== imageOf(entry) || !isOf(other, entry.target),
  );
  const index = others.findLastIndex(
    (other) => Date.parse(other.deployed_at) <= Date.parse(entry.deployed_at),
  );
  const history = others.toSpliced(index + 1, 0, entry);
  const newest = goodEntries(history).at(-1);
  const current = newest ? imageOf(newest) : service.current;
  const beside = history.filter((other) => newest !== undefined && isBeside(other, newest));
  return { ...service, history, current, previous: current === null ? null : newestGood(beside, current) };
}

function changed(
  registry: RollbackRegistry,
  names: readonly string[],
  keepReleases: number,
  change: (name: string, service: ServiceHistory) => ServiceHistory,
): RollbackRegistry {
  const services = new Map(Object.entries(registry.services));
  let touched = false;
  for (const name of names) {
    const before = services.get(name) ?? { current: null, previous: null, history: [] };
    const after = change(name, before);
    if (JSON.stringify(after) === JSON.stringify(before)) continue;
    services.set(name, retained(after, keepReleases));
    touched = true;
  }
  if (!touched) return registry;
  return { ...registry, revision: registry.revision + 1, services: Object.fromEntries(services) };
}

/**
 * Of each project and target the newest `keepReleases` good ones (two at least, else there is nothing to go back to), and a
 * few rejected ones. Those that name no target count for each, so that they go as releases come that name one.
 */
function retained(service: ServiceHistory, keepReleases: number): ServiceHistory {
  const kept = new Set<RegistryEntry>();
  for (const one of service.history) {
    const beside = service.history.filter((entry) => isBeside(entry, one));
    for (const entry of goodEntries(beside).slice(-Math.max(2, keepReleases))) kept.add(entry);
    for (const entry of beside.filter(({ status }) => status !== 'success').slice(-KEPT_REJECTED))
      kept.add(entry);
  }
  return { ...service, history: service.history.filter((entry) => kept.has(entry)) };
}
