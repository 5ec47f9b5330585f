import type { Category } from '../analyze/plan.ts';
import type { Config, HealthCheck } from './schema.ts';

/** One service with everything the stages need to know, all defaults resolved. */
export interface Service {
  name: string;
  dockerfile: string;
  context: string;
  target?: string;
  args: Record<string, string>;
  /** Extra globs that rebuild it. */
  paths: string[];
  /** Categories that rebuild it (rule B1), besides shared and config. */
  categories: Category[];
  /** Name in the compose file. */
  composeService: string;
  healthCheck: HealthCheck;
  strategy: 'auto' | 'start-first' | 'stop-first';
  dependsOn: string[];
}

/** Rule B1 for the default names; other services rebuild on their paths, shared and config only. */
const DEFAULT_CATEGORIES: Record<string, Category[]> = {
  frontend: ['frontend'],
  backend: ['backend', 'database'],
};

/**
 * The services of the project, dependencies first (stable for equals). Without `services` they come from
 * `build.docker`, and without that `project.type` says which of frontend and backend exist.
 * The configuration is already valid: unknown or circular dependencies were refused when it was loaded.
 */
export function servicesOf(config: Config): Service[] {
  const dockerfiles = config.build.docker ?? defaultDockerfiles(config.project.type);
  const declared: NonNullable<Config['services']> =
    config.services ??
    Object.fromEntries(
      Object.entries(dockerfiles).map(([name, dockerfile]) => [
        name,
        { dockerfile, context: '.', paths: [], strategy: 'auto' as const, depends_on: [], args: {} },
      ]),
    );
  const services = Object.entries(declared).map(([name, entry]): Service => {
    const overrides = Object.fromEntries(
      Object.entries(entry.health_check ?? {}).filter(([, value]) => value !== undefined),
    );
    return {
      name,
      dockerfile: entry.dockerfile ?? own(config.build.docker, name) ?? `./Dockerfile.${name}`,
      context: entry.context,
      ...(entry.target === undefined ? {} : { target: entry.target }),
      args: { ...config.build.args, ...entry.args },
      paths: entry.paths,
      categories: entry.categories ?? own(DEFAULT_CATEGORIES, name) ?? [],
      composeService: entry.compose_service ?? name,
      healthCheck: { ...config.deploy.health_check, ...overrides },
      strategy: entry.strategy,
      dependsOn: entry.depends_on,
    };
  });
  return dependenciesFirst(services);
}

/** Services may be called `constructor`: only what the record itself holds counts. */
function own<T>(record: Record<string, T> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}

function defaultDockerfiles(type: Config['project']['type']): Record<string, string> {
  const all = { frontend: './Dockerfile.frontend', backend: './Dockerfile.backend' };
  return type === 'fullstack' ? all : { [type]: all[type] };
}

function dependenciesFirst(services: Service[]): Service[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const sorted = new Set<Service>();
  const visit = (service: Service) => {
    if (sorted.has(service)) return;
    for (const name of service.dependsOn) {
      const dependency = byName.get(name);
      if (dependency) visit(dependency);
    }
    sorted.add(service);
  };
  services.forEach(visit);
  return [...sorted];
}
