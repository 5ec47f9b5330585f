import { parseTarget } from './deploy-target.ts';
import type { Config } from './schema.ts';

/** Something that does not hold between keys that are each right on their own. */
export interface CrossProblem {
  path: PropertyKey[];
  message: string;
}

/** The rules across keys that the shape alone cannot say; every broken one, in the order of the file. */
export function crossChecks(config: Config): CrossProblem[] {
  return [
    ...timeZone(config),
    ...services(config),
    ...dependencies(config),
    ...suites(config),
    ...target(config),
    ...proxies(config),
    ...migration(config),
    ...smokeAndWatch(config),
  ];
}

function timeZone({ project }: Config): CrossProblem[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone: project.timezone });
    return [];
  } catch {
    return [
      {
        path: ['project', 'timezone'],
        message: 'not a time zone; use an IANA name such as Asia/Seoul or UTC',
      },
    ];
  }
}

/** A path of the project that leaves it, or that only exists on one machine. */
function escapes(path: string): boolean {
  if (/^(?:[/\\~]|[A-Za-z]:)/.test(path) || /[\0\r\n]/.test(path)) return true;
  let depth = 0;
  for (const part of path.split(/[/\\]/)) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

function inside(path: PropertyKey[], value: string | undefined): CrossProblem[] {
  if (value === undefined || !escapes(value)) return [];
  return [{ path, message: 'must be a relative path that stays inside the project' }];
}

function services(config: Config): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const declared = Object.entries(config.services ?? {});
  if (config.services && declared.length === 0)
    problems.push({ path: ['services'], message: 'names no service; leave it out for frontend and backend' });
  const composeNames = new Map<string, string>();
  for (const [name, service] of declared) {
    const path = ['services', name];
    problems.push(...inside([...path, 'dockerfile'], service.dockerfile));
    problems.push(...inside([...path, 'context'], service.context));
    service.paths.forEach((glob, index) =>
      problems.push(...inside([...path, 'paths', index], glob.replace(/^!/, ''))),
    );
    const composeName = service.compose_service ?? name;
    const other = composeNames.get(composeName);
    if (other !== undefined)
      problems.push({
        path: service.compose_service === undefined ? path : [...path, 'compose_service'],
        message: `"${composeName}" of the compose file already belongs to the service "${other}"`,
      });
    composeNames.set(composeName, name);
  }
  for (const [name, dockerfile] of Object.entries(config.build.docker ?? {})) {
    problems.push(...inside(['build', 'docker', name], dockerfile));
    if (config.services && !Object.hasOwn(config.services, name))
      problems.push({
        path: ['build', 'docker', name],
        message: `unknown service; services are ${list(declared)}`,
      });
  }
  if (config.build.docker && Object.keys(config.build.docker).length === 0 && !config.services)
    problems.push({
      path: ['build', 'docker'],
      message: 'names no service; leave it out for frontend and backend',
    });
  return problems;
}

const list = (entries: [string, unknown][]) => entries.map(([name]) => name).join(', ') || 'none';

function dependencies({ services: declared = {} }: Config): CrossProblem[] {
  const problems: CrossProblem[] = [];
  for (const [name, service] of Object.entries(declared))
    service.depends_on.forEach((dependency, index) => {
      if (!Object.hasOwn(declared, dependency))
        problems.push({
          path: ['services', name, 'depends_on', index],
          message: `unknown service "${dependency}"; services are ${list(Object.entries(declared))}`,
        });
    });
  const circle = circleOf(declared);
  if (circle.length > 0)
    problems.push({
      path: ['services', circle[0] as string, 'depends_on'],
      message: `the services depend on each other in a circle: ${circle.join(' -> ')}`,
    });
  return problems;
}

/** The first circle found, first name repeated at the end; empty when there is none. Iterative: chains may be long. */
function circleOf(declared: NonNullable<Config['services']>): string[] {
  const finished = new Set<string>();
  for (const start of Object.keys(declared)) {
    const trail: { name: string; rest: string[] }[] = [];
    const enter = (name: string) =>
      trail.push({
        name,
        rest: Object.hasOwn(declared, name) ? [...(declared[name]?.depends_on ?? [])] : [],
      });
    if (!finished.has(start)) enter(start);
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const next = top.rest.shift();
      if (next === undefined) {
        finished.add(top.name);
        trail.pop();
        continue;
      }
      const seen = trail.findIndex(({ name }) => name === next);
      if (seen !== -1) return [...trail.slice(seen).map(({ name }) => name), next];
      if (!finished.has(next)) enter(next);
    }
  }
  return [];
}

function suites({ test }: Config): CrossProblem[] {
  const named = (['unit', 'e2e'] as const).flatMap((kind) =>
    Object.entries(test[kind]).flatMap(([name, suite]) =>
      inside(['test', kind, ...(name ? [name] : []), 'working_directory'], suite.working_directory),
    ),
  );
  const single = (['performance', 'security'] as const).flatMap((kind) =>
    inside(['test', kind, 'working_directory'], test[kind].working_directory),
  );
  return [...named, ...single];
}

function target({ deploy }: Config): CrossProblem[] {
  const problems = inside(['deploy', 'compose_file'], deploy.compose_file);
  if (deploy.path !== undefined && (/^\/+$/.test(deploy.path) || deploy.path.split('/').includes('..')))
    problems.push({ path: ['deploy', 'path'], message: 'must be a directory of its own, without ".."' });
  if (deploy.target === undefined)
    return [
      {
        path: ['deploy', 'target'],
        message: 'missing: the server to deploy to, such as deploy@203.0.113.5, or local',
      },
      ...problems,
    ];
  if (deploy.target === 'local') return problems;
  const { host, port, user } = parseTarget(deploy.target);
  if (host.includes('..')) problems.push({ path: ['deploy', 'target'], message: 'not a host name' });
  if (port !== undefined && (port < 1 || port > 65_535))
    problems.push({ path: ['deploy', 'target'], message: 'the port must be between 1 and 65535' });
  if (port !== undefined && deploy.port !== undefined && port !== deploy.port)
    problems.push({
      path: ['deploy', 'port'],
      message: `contradicts the port ${port} of deploy.target; keep one of them`,
    });
  if (user !== undefined && deploy.user !== undefined && user !== deploy.user)
    problems.push({
      path: ['deploy', 'user'],
      message: `contradicts the user ${user} of deploy.target; keep one of them`,
    });
  return problems;
}

function proxies({ deploy, services: declared, build }: Config): CrossProblem[] {
  const known = declared ?? build.docker;
  if (typeof deploy.proxy === 'string' || known === undefined) return [];
  return deploy.proxy.flatMap((entry, index) =>
    entry.services.flatMap((name, place) =>
      Object.hasOwn(known, name)
        ? []
        : [
            {
              path: ['deploy', 'proxy', index, 'services', place],
              message: `unknown service "${name}"; services are ${list(Object.entries(known))}`,
            },
          ],
    ),
  );
}

function migration({ deploy, services: declared, build }: Config): CrossProblem[] {
  const known = declared ?? build.docker;
  const name = deploy.migrate?.service;
  if (name === undefined || known === undefined || Object.hasOwn(known, name)) return [];
  return [
    {
      path: ['deploy', 'migrate', 'service'],
      message: `unknown service "${name}"; services are ${list(Object.entries(known))}`,
    },
  ];
}

function smokeAndWatch(config: Config): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const { endpoints } = config.verify.smoke_test;
  endpoints.forEach((endpoint, index) => {
    if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)|[\s\\]/i.test(endpoint))
      problems.push({
        path: ['verify', 'smoke_test', 'endpoints', index],
        message: 'must be a path such as /api/status; the origin is that of the health check',
      });
  });
  const hasOrigin =
    config.deploy.health_check.url !== undefined ||
    Object.values(config.services ?? {}).some((service) => service.health_check?.url !== undefined);
  if (endpoints.length > 0 && !hasOrigin)
    problems.push({
      path: ['verify', 'smoke_test', 'endpoints'],
      message: 'need an origin: set deploy.health_check.url',
    });
  const { duration, interval } = config.verify.watchdog;
  if (duration > 0 && interval > duration)
    problems.push({
      path: ['verify', 'watchdog', 'interval'],
      message: `longer than the duration (${duration} s): the watchdog would never look`,
    });
  return problems;
}
