import { AutopilotError } from '../errors.ts';
import type { RegistryEntry, RollbackRegistry } from '../state/schema.ts';
import { goodEntries, imageOf } from './registry-entries.ts';

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
  const strays = known.filter((name) => runs(name) !== (registry.services[name]?.current ?? null));
  const newest = strays.length > 0 ? strays : lastReleased(registry);
  const candidates = to === '' && !named ? newest : names;
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

function firstDeployed(entry: RegistryEntry): number {
  return Date.parse(entry.first_deployed_at ?? entry.deployed_at);
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
