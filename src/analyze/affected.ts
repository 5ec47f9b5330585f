import type { Service } from '../config/services.ts';
import { compilePatterns } from './patterns.ts';
import type { Category } from './plan.ts';
import { isBelow, namesOutside, projectAt, type Project } from './project.ts';

/** Why a changed file rebuilds a service, in words for a person. */
export type Reason = string;

/** Which services a changed file, named from the root of the repository, concerns, and why (rule B1). */
export type Claims = (path: string, category: Category) => Map<string, Reason>;

interface Scope {
  service: Service;
  categories: readonly Category[];
  paths: ReturnType<typeof compilePatterns>;
  /** The directory of the repository that its image is built from, where that is narrower than the project. */
  context: string | undefined;
  /** The directory its image is built from, where that is the project or reaches further. */
  wide: string | undefined;
  dockerfile: string | undefined;
  /** Says nothing about what it is made of. */
  open: boolean;
  /** Says by directories or paths, not by categories, what it is made of. */
  own: boolean;
}

const CODE: readonly Category[] = ['frontend', 'backend', 'database'];

/**
 * Rule B1, for any services: its paths, its categories, and besides what is shared or config. A service that builds from a directory of its own sees nothing outside it, so the
 * categories that come with the names frontend and backend count only for services that build from the root.
 * Source code that no service claims rebuilds all of them, as `shared` does: a change is never lost because a pattern
 * is missing. `explicit` tells which services declare their categories themselves. Paths, contexts and Dockerfiles are
 * meant from the project's directory. Of the files outside of it a service takes those that its `paths` name, else
 * what its build context holds of them.
 * Errors: CONFIG_INVALID for a pattern that cannot be meant.
 */
export function claimsOf(
  services: readonly Service[],
  explicit: (name: string) => boolean,
  project: Project = projectAt(''),
): Claims {
  const { directory, toProject, toRepository } = project;
  const scopes = services.map((service): Scope => {
    const built = toRepository(service.context);
    const wide = built !== undefined && isBelow(directory, built) ? built : undefined;
    const context = wide === undefined ? built : undefined;
    const categories = wide !== undefined || explicit(service.name) ? service.categories : [];
    return {
      service,
      categories,
      paths: compilePatterns(service.paths, `services.${service.name}.paths`),
      context,
      wide: service.paths.some(namesOutside) ? undefined : wide,
      dockerfile: toRepository(service.dockerfile),
      open: wide !== undefined && service.paths.length === 0 && categories.length === 0,
      own: categories.length === 0 && (wide === undefined || service.paths.length > 0),
    };
  });
  return (path, category) => {
    const claims = new Map<string, Reason>();
    // Rule A7: tests never build.
    if (category === 'test') return claims;
    const file: File = { path, seen: toProject(path), category, outside: !isBelow(path, directory) };
    const owners = scopes.filter((scope) => isOwner(scope, file));
    for (const scope of scopes) {
      const reason = claim(scope, file, owners);
      if (reason !== undefined) claims.set(scope.service.name, reason);
    }
    if (claims.size === 0 && CODE.includes(category)) {
      for (const { service } of scopes) claims.set(service.name, `${path} belongs to no service alone`);
    }
    return claims;
  };
}

interface File {
  path: string;
  /** As the configuration would write it. */
  seen: string;
  category: Category;
  /** Not below the project's directory. */
  outside: boolean;
}

function isOwner(scope: Scope, { path, seen, outside }: File): boolean {
  const { context, wide, paths } = scope;
  if (context !== undefined && isBelow(path, context)) return true;
  if (outside && path === scope.dockerfile) return true;
  if (outside && wide !== undefined && isBelow(path, wide)) return true;
  const pattern = paths.match(seen);
  return pattern !== undefined && (!outside || namesOutside(pattern));
}

function claim(scope: Scope, file: File, owners: readonly Scope[]): Reason | undefined {
  const { path, seen, category, outside } = file;
  const pattern = scope.paths.match(seen);
  if (pattern !== undefined && (!outside || namesOutside(pattern))) {
    return `${path} matches its path ${pattern}`;
  }
  if (category === 'other') return undefined;
  if (path === scope.dockerfile) return `${path} is its Dockerfile`;
  if (owners.includes(scope)) return `${path} is in its build context`;
  // What lies around the project and a service takes is that service's alone.
  if (outside && owners.length > 0) return undefined;
  if (scope.categories.includes(category)) return `${path} is ${category}`;
  // What one service calls its own is not shared with another that also says what is its own.
  const elsewhere = scope.own && owners.length > 0;
  if ((category === 'shared' || category === 'config') && !elsewhere) return `${path} is ${category}`;
  return scope.open && CODE.includes(category) ? `${path} is ${category}` : undefined;
}

/** Adds the services that depend on a changed one; `services` come dependencies first. */
export function withDependants(
  services: readonly Service[],
  changed: ReadonlyMap<string, Reason>,
): Map<string, Reason> {
  const all = new Map(changed);
  for (const { name, dependsOn } of services) {
    const cause = dependsOn.find((dependency) => all.has(dependency));
    if (!all.has(name) && cause !== undefined) all.set(name, `it depends on ${cause}`);
  }
  return all;
}
