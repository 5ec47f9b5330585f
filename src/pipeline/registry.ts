import { AutopilotError } from '../errors.ts';
import type { RegistryEntry, RollbackRegistry } from '../state/schema.ts';

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
  /** ISO 8601 with offset. */
  at: string;
}

export interface Rollback {
  /** What was taken away (`from`, if known) and the image reference that serves again (`to`). */
  services: Record<string, { from?: ReleasedImage; to: string }>;
  /** What becomes of `from`: a person's choice or a failed verification. */
  verdict: 'rolled-back' | 'failed';
  pipeline_id: string;
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
 * image, oldest deployment first. Recording the same release again, or one that is older than what is known about
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
    const known = service.history.find((entry) => imageOf(entry) === released.image);
    if (known && lastChange(known) >= Date.parse(release.at)) return service;
    const entry: RegistryEntry = {
      ...known,
      tag: released.tag,
      deployed_at: release.at,
      status: 'success',
      image: released.image,
      pipeline_id: release.pipeline_id,
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
      const known = next.history.find((entry) => imageOf(entry) === from.image);
      if (!known || lastChange(known) < at) {
        const rejected: RegistryEntry = known
          ? { ...known, status: rollback.verdict, status_at: rollback.at }
          : {
              ...from,
              deployed_at: rollback.at,
              status: rollback.verdict,
              pipeline_id: rollback.pipeline_id,
            };
        next = settled(next, rejected);
      }
    }
    const target = next.history.find((entry) => imageOf(entry) === step.to);
    if (!target) return { ...next, current: step.to, previous: newestGood(next.history, step.to) };
    if (lastChange(target) >= at || target.status !== 'success') return next;
    return settled(next, {
      ...target,
      deployed_at: rollback.at,
      first_deployed_at: target.first_deployed_at ?? target.deployed_at,
    });
  });
}

/** What a rollback is asked for (rule R1). */
export interface RollbackRequest {
  /** Names; empty for all. */
  services: readonly string[];
  /** An image tag, an image reference or a pipeline id; without it the previous good release. */
  to?: string;
  /** service -> image running now where that is not the registry's `current`, e.g. an image that just failed. */
  running?: Readonly<Record<string, string>>;
}

/**
 * The images to go back to, by service; only verified releases, never what runs now.
 * Without `to` and services: the newest release is undone, so only the services that it changed are in the answer and no two
 * releases are mixed. With `to`: a service that was not part of the named release goes to what it ran at that time.
 * @throws AutopilotError ROLLBACK_IMPOSSIBLE that lists what there is.
 */
export function rollbackTargets(
  registry: RollbackRegistry,
  request: RollbackRequest,
): Record<string, RegistryEntry> {
  const known = Object.keys(registry.services);
  const unknown = request.services.filter((name) => !Object.hasOwn(registry.services, name));
  if (unknown.length > 0) throw impossible(registry, `no release of ${unknown.join(', ')} was ever verified`);
  if (known.length === 0) throw impossible(registry, 'no release was ever verified');
  const to = request.to?.trim() ?? '';
  const named = request.services.length > 0;
  const names = named ? [...new Set(request.services)] : known;
  const runs = (name: string) => request.running?.[name] ?? registry.services[name]?.current ?? null;
  const candidates = to === '' && !named && !request.running ? lastReleased(registry) : names;
  const moment = to === '' ? undefined : momentOf(registry, to);

  const targets: Record<string, RegistryEntry> = {};
  const without: string[] = [];
  for (const name of candidates) {
    const history = registry.services[name]?.history ?? [];
    const now = runs(name);
    const entry =
      moment === undefined
        ? goodEntries(history).findLast((candidate) => imageOf(candidate) !== now)
        : entryAt(history, to, moment);
    if (!entry) without.push(name);
    else if (imageOf(entry) !== now) targets[name] = entry;
  }
  if (without.length > 0) {
    throw impossible(
      registry,
      to === ''
        ? `${without.join(', ')} has no other verified release`
        : `${without.join(', ')} has no verified release from the time of ${to}`,
    );
  }
  if (Object.keys(targets).length === 0) throw impossible(registry, `${to} is what runs now`);
  return targets;
}

/** The services whose running image came with the newest deployment. */
function lastReleased(registry: RollbackRegistry): string[] {
  const current = Object.entries(registry.services).map(([name, { history, current: image }]) => {
    const entry = history.find((candidate) => imageOf(candidate) === image);
    return { name, pipeline: entry?.pipeline_id, at: entry ? Date.parse(entry.deployed_at) : 0 };
  });
  const newest = current.reduce((best, candidate) => (candidate.at > best.at ? candidate : best));
  return current
    .filter(({ pipeline, at }) =>
      newest.pipeline === undefined ? at === newest.at : pipeline === newest.pipeline,
    )
    .map(({ name }) => name);
}

/** When the named release was first deployed, in milliseconds. */
function momentOf(registry: RollbackRegistry, to: string): number {
  const times = Object.values(registry.services)
    .flatMap(({ history }) => goodEntries(history))
    .filter((entry) => isNamed(entry, to))
    .map(firstDeployed);
  if (times.length === 0) throw impossible(registry, `${to} is no verified release`);
  return Math.max(...times);
}

function entryAt(history: readonly RegistryEntry[], to: string, moment: number): RegistryEntry | undefined {
  const good = goodEntries(history);
  return (
    good.findLast((entry) => isNamed(entry, to)) ??
    good
      .filter((entry) => firstDeployed(entry) <= moment)
      .reduce<RegistryEntry | undefined>(
        (best, entry) => (best && firstDeployed(best) > firstDeployed(entry) ? best : entry),
        undefined,
      )
  );
}

function isNamed(entry: RegistryEntry, to: string): boolean {
  return entry.tag === to || entry.pipeline_id === to || entry.image === to;
}

function goodEntries(history: readonly RegistryEntry[]): RegistryEntry[] {
  return history.filter(({ status }) => status === 'success');
}

function newestGood(history: readonly RegistryEntry[], except: string): string | null {
  const entry = goodEntries(history).findLast((candidate) => imageOf(candidate) !== except);
  return entry ? imageOf(entry) : null;
}

function imageOf(entry: RegistryEntry): string {
  return entry.image ?? entry.tag;
}

function lastChange(entry: RegistryEntry): number {
  return Math.max(Date.parse(entry.deployed_at), Date.parse(entry.status_at ?? entry.deployed_at));
}

function firstDeployed(entry: RegistryEntry): number {
  return Date.parse(entry.first_deployed_at ?? entry.deployed_at);
}

/** The history with one entry put in its place, and `current` and `previous` as they follow from it. */
function settled(service: ServiceHistory, entry: RegistryEntry): ServiceHistory {
  const others = service.history.filter((other) => imageOf(other) !== imageOf(entry));
  const index = others.findLastIndex(
    (other) => Date.parse(other.deployed_at) <= Date.parse(entry.deployed_at),
  );
  const history = others.toSpliced(index + 1, 0, entry);
  const newest = goodEntries(history).at(-1);
  const current = newest ? imageOf(newest) : service.current;
  return { ...service, history, current, previous: current === null ? null : newestGood(history, current) };
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

/** The newest `keepReleases` good ones (two at least, else there is nothing to go back to), and a few rejected ones. */
function retained(service: ServiceHistory, keepReleases: number): ServiceHistory {
  const good = new Set(goodEntries(service.history).slice(-Math.max(2, keepReleases)));
  const rejected = new Set(
    service.history.filter(({ status }) => status !== 'success').slice(-KEPT_REJECTED),
  );
  return { ...service, history: service.history.filter((entry) => good.has(entry) || rejected.has(entry)) };
}

function impossible(registry: RollbackRegistry, why: string): AutopilotError {
  const there = Object.entries(registry.services).map(([name, { history, current }]) => {
    const good = goodEntries(history).map(
      (entry) =>
        `${entry.tag}${entry.pipeline_id ? ` (${entry.pipeline_id})` : ''}${imageOf(entry) === current ? ' running now' : ''}`,
    );
    return `${name}: ${good.length ? good.join(', ') : 'none'}`;
  });
  return new AutopilotError('ROLLBACK_IMPOSSIBLE', {
    what: 'There is no release to roll back to.',
    why,
    fix: there.length
      ? `Name one of the verified releases with the inputs \`services\` and \`to\`. There are: ${there.join('; ')}`
      : 'Deploy a version that passes verification first; only verified releases can be rolled back to.',
  });
}
