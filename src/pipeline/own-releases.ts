import type { RegistryEntry, RollbackRegistry } from '../state/schema.ts';
import type { PipelineContext } from './context.ts';
import { goodEntries, imageOf, isOf, newestGood } from './registry-entries.ts';

/** Whose releases are asked for, out of a registry that several projects and targets of one repository may share. */
export interface Whose {
  project: string;
  target: string;
  /** Names of the configured services. */
  services: readonly string[];
}

export function whoseOf({
  config,
  targetName,
  services,
}: Pick<PipelineContext, 'config' | 'targetName' | 'services'>): Whose {
  return { project: config.project.name, target: targetName, services: services.map(({ name }) => name) };
}

/**
 * What this target can go back to (rule R1): releases of its project's configured services that were verified on it, or by a
 * version of this action that did not say where. What was verified under another name of the target counts only where its
 * image is on this server (`there`, out of {@link elsewhere}), and after all of its own: so a renamed target keeps its
 * releases, one that moved has those that moved with it, and those of another server are none of its own. Pure.
 */
export function ownReleases(
  registry: RollbackRegistry,
  whose: Whose,
  there: ReadonlySet<string> = new Set(),
): RollbackRegistry {
  const services = whose.services.flatMap((name) => {
    const service = Object.hasOwn(registry.services, name) ? registry.services[name] : undefined;
    if (service === undefined) return [];
    const own = service.history.filter((entry) => isOwn(entry, name, whose));
    if (own.length === service.history.length) return [[name, service] as const];
    const known = new Set(own.map(imageOf));
    const others = service.history.filter(
      (entry) => isProjects(entry, name, whose) && there.has(imageOf(entry)) && !known.has(imageOf(entry)),
    );
    const history = [...others, ...own];
    const newest = goodEntries(history).at(-1);
    if (newest === undefined) return [];
    const current = imageOf(newest);
    return [[name, { ...service, history, current, previous: newestGood(history, current) }] as const];
  });
  return { ...registry, services: Object.fromEntries(services) };
}

/** Images of this project's configured services that were verified under another name of a target only. */
export function elsewhere(registry: RollbackRegistry, whose: Whose): string[] {
  return whose.services.flatMap((name) => {
    const { history } = (Object.hasOwn(registry.services, name) && registry.services[name]) || {
      history: [],
    };
    return goodEntries(history)
      .filter((entry) => isProjects(entry, name, whose) && !isOf(entry, whose.target))
      .map(imageOf);
  });
}

const isOwn = (entry: RegistryEntry, name: string, whose: Whose) =>
  isProjects(entry, name, whose) && isOf(entry, whose.target);

/** Another project of the repository may call a service the same. */
const isProjects = ({ image }: RegistryEntry, name: string, { project }: Whose) =>
  image === undefined || image.startsWith(`${project}-${name}:`);
