import type { Service } from '../config/services.ts';
import { compilePatterns } from './patterns.ts';
import type { Category } from './plan.ts';

/** Why a changed file rebuilds a service, in words for a person. */
export type Reason = string;

/** Which services a changed file concerns, and why (rule B1). */
export type Claims = (path: string, category: Category) => Map<string, Reason>;

interface Scope {
  service: Service;
  categories: readonly Category[];
  paths: ReturnType<typeof compilePatterns>;
  /** The directory its image is built from; empty for the whole repository. */
  context: string;
  dockerfile: string;
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
 * is missing. `explicit` tells which services declare their categories themselves.
 * Errors: CONFIG_INVALID for a pattern that cannot be meant.
 */
export function claimsOf(services: readonly Service[], explicit: (name: string) => boolean): Claims {
  const scopes = services.map((service): Scope => {
    const context = normal(service.context);
    const categories = context === '' || explicit(service.name) ? service.categories : [];
    return {
      service,
      categories,
      paths: compilePatterns(service.paths, `services.${service.name}.paths`),
      context,
      dockerfile: normal(service.dockerfile),
      open: context === '' && service.paths.length === 0 && categories.length === 0,
      own: categories.length === 0 && (context !== '' || service.paths.length > 0),
    };
  });
  return (path, category) => {
    const claims = new Map<string, Reason>();
    // Rule A7: tests never build.
    if (category === 'test') return claims;
    const owners = scopes.filter(
      ({ context, paths }) => (context !== '' && isBelow(path, context)) || paths.match(path) !== undefined,
    );
    for (const scope of scopes) {
      const reason = claim(scope, path, category, owners);
      if (reason !== undefined) claims.set(scope.service.name, reason);
    }
    if (claims.size === 0 && CODE.includes(category)) {
      for (const { service } of scopes) claims.set(service.name, `${path} belongs to no service alone`);
    }
    return claims;
  };
}

function claim(scope: Scope, path: string, category: Category, owners: readonly Scope[]): Reason | undefined {
  const pattern = scope.paths.match(path);
  if (pattern !== undefined) return `${path} matches its path ${pattern}`;
  if (category === 'other') return undefined;
  if (owners.includes(scope)) return `${path} is in its build context`;
  if (path === scope.dockerfile) return `${path} is its Dockerfile`;
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

function normal(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
