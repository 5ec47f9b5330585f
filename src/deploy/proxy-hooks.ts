import * as z from 'zod';
import type { ProxySetting } from '../config/schema.ts';
import type { ComposeModel } from './compose-model.ts';

/** How one proxy in front of a service is told which containers are on traffic. */
export const ProxyHook = z.object({
  /** For people: `nginx (compose service proxy)`. */
  name: z.string(),
  /** Compose service that runs it; empty when it is found by `container`, or runs on the server itself. */
  compose_service: z.string(),
  container: z.string(),
  /** Puts the service's name with the proven addresses into the /etc/hosts of the proxy while it looks them up. */
  hosts: z.boolean(),
  /** Milliseconds until a look-up sees what was put there. */
  lookup: z.number(),
  /** On the server; `{container}`, `{service}` and `{addresses}` are filled in. Empty: it needs no telling. */
  reload: z.array(z.string()),
  /** The same, once the old container is gone. */
  after: z.array(z.string()),
  /** Milliseconds that requests under way get before the old container is stopped. */
  settle: z.number(),
  /** Configured by a person: then a proxy that cannot be told fails the release. A recognised one only warns. */
  required: z.boolean(),
});
export type ProxyHook = z.infer<typeof ProxyHook>;

export const PROXY_KINDS = ['nginx', 'haproxy', 'caddy'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

type Recipe = Pick<ProxyHook, 'lookup' | 'reload' | 'after'>;

/** How each known proxy takes new addresses without losing a request. */
const RECIPES: Record<ProxyKind, Recipe> = {
  // Looks names up once, when it reads its configuration; with a `resolver` it remembers them for as long as Docker's DNS
  // says, which is ten minutes.
  nginx: {
    lookup: 0,
    reload: ['docker', 'exec', '{container}', 'nginx', '-s', 'reload'],
    after: [
      'docker',
      'exec',
      '{container}',
      'sh',
      '-c',
      'if nginx -T 2>/dev/null | grep -Eq "^[[:space:]]*resolver[[:space:]]"; then nginx -s reload; fi',
    ],
  },
  // Without a master process the signal would end it.
  haproxy: {
    lookup: 0,
    reload: [
      'sh',
      '-c',
      'if [ "$(docker top "$1" | grep -c haproxy)" -lt 2 ]; then echo "haproxy runs without -W, so it cannot reload" >&2; exit 3; fi; docker kill --signal USR2 "$1"',
      'sh',
      '{container}',
    ],
    after: [],
  },
  // Looks names up for each new connection, from a copy of /etc/hosts that is up to 5 s old; the reload closes the
  // connections it still holds to the old container.
  caddy: {
    lookup: 5_500,
    reload: [
      'docker',
      'exec',
      '{container}',
      'sh',
      '-c',
      'exec caddy reload --force --config "$1" --adapter caddyfile',
      'sh',
      '/etc/caddy/Caddyfile',
    ],
    after: [],
  },
};

const SETTLE = 1_000;
const NOT_ASKED: Recipe = { lookup: 0, reload: [], after: [] };

/** By the last part of the image's name: `nginx:1.27`, `nginxinc/nginx-unprivileged`, `haproxytech/haproxy-alpine`. */
export function proxyKind(image: string): ProxyKind | undefined {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return PROXY_KINDS.find((kind) => new RegExp(`^${kind}([-:@]|$)`).test(name));
}

/** The proxies that are told of a release of the service: those of the configuration, else those the file shows. Pure. */
export function proxyHooks(
  model: ComposeModel,
  service: { name: string; composeService: string },
  setting: ProxySetting,
): ProxyHook[] {
  if (setting === 'none') return [];
  if (setting === 'auto') return recognised(model, service.composeService);
  return setting
    .filter((entry) => entry.services.length === 0 || entry.services.includes(service.name))
    .filter((entry) => entry.service !== service.composeService)
    .map((entry) => configured(model, entry));
}

function recognised(model: ComposeModel, composeService: string): ProxyHook[] {
  const networks = Object.keys(model.services[composeService]?.networks ?? {});
  return Object.entries(model.services).flatMap(([name, candidate]) => {
    const kind = proxyKind(candidate.image ?? '');
    const reaches = Object.keys(candidate.networks).some((network) => networks.includes(network));
    if (kind === undefined || name === composeService || !reaches) return [];
    return [
      {
        name: `${kind} (compose service ${name})`,
        compose_service: name,
        container: '',
        hosts: true,
        ...RECIPES[kind],
        settle: SETTLE,
        required: false,
      },
    ];
  });
}

function configured(model: ComposeModel, entry: Exclude<ProxySetting, string>[number]): ProxyHook {
  const { service = '', container = '', reload, settle, hosts } = entry;
  const kind = entry.kind ?? proxyKind(model.services[service]?.image ?? '');
  const recipe = kind === undefined ? NOT_ASKED : RECIPES[kind];
  const words = typeof reload === 'string' ? reload.split(/\s+/).filter(Boolean) : reload;
  const inside = service !== '' || container !== '';
  const where = service !== '' ? `compose service ${service}` : container || 'the server';
  return {
    name: `${kind ?? 'proxy'} (${where})`,
    compose_service: service,
    container,
    hosts: hosts && inside,
    lookup: recipe.lookup,
    reload:
      words === undefined ? recipe.reload : inside ? ['docker', 'exec', '{container}', ...words] : words,
    after: words === undefined ? recipe.after : [],
    settle: settle * 1000,
    required: true,
  };
}
