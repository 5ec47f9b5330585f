import * as z from 'zod';
import { AutopilotError } from '../errors.ts';

/** One published port of a service, as `docker compose config --format json` prints it. */
const Port = z.looseObject({
  target: z.number().int(),
  /** A string, possibly a range; missing when Docker chooses the host port. */
  published: z.string().optional(),
  protocol: z.string().default('tcp'),
});
const Mount = z.looseObject({
  type: z.string(),
  source: z.string().optional(),
  target: z.string(),
  read_only: z.boolean().default(false),
});
const Network = z
  .looseObject({
    ipv4_address: z.string().optional(),
    ipv6_address: z.string().optional(),
    mac_address: z.string().optional(),
  })
  .nullable();

/** What a release needs to know about one service of the compose file; everything else is left alone. */
export const ComposeService = z.looseObject({
  image: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  container_name: z.string().optional(),
  hostname: z.string().optional(),
  network_mode: z.string().optional(),
  mac_address: z.string().optional(),
  ports: z.array(Port).default([]),
  expose: z.array(z.union([z.string(), z.number()])).default([]),
  volumes: z.array(Mount).default([]),
  labels: z.record(z.string(), z.unknown()).default({}),
  healthcheck: z.looseObject({ disable: z.boolean().optional() }).optional(),
  environment: z.record(z.string(), z.unknown()).default({}),
  networks: z.record(z.string(), Network).default({}),
  scale: z.number().int().optional(),
  deploy: z.looseObject({ replicas: z.number().int().optional() }).optional(),
});
export type ComposeService = z.infer<typeof ComposeService>;

export const ComposeModel = z.looseObject({
  /** Project name: the label that every container of it carries. */
  name: z.string(),
  services: z.record(z.string(), ComposeService).default({}),
});
export type ComposeModel = z.infer<typeof ComposeModel>;

/** Reads the answer of `docker compose config --format json`. Throws SERVER_COMPOSE when it is something else. */
export function parseComposeModel(text: string): ComposeModel {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable('it is not JSON', cause);
  }
  const parsed = ComposeModel.safeParse(value);
  if (!parsed.success) throw unreadable(z.prettifyError(parsed.error));
  return parsed.data;
}

function unreadable(why: string, cause?: unknown): AutopilotError {
  return new AutopilotError('SERVER_COMPOSE', {
    what: 'The answer of `docker compose config --format json` on the server cannot be read.',
    why,
    fix: 'Install Docker Compose 2.20 or later on the server (`docker compose version` shows which it is).',
    cause,
  });
}

/** How many containers the file asks for. */
export function replicasOf(service: ComposeService): number {
  return service.deploy?.replicas ?? service.scale ?? 1;
}

/** Host ports that only one container at a time can hold; a range leaves Docker room to choose, so it is not fixed. */
export function fixedHostPorts(service: ComposeService): string[] {
  return service.ports
    .map((port) => port.published ?? '')
    .filter((published) => /^\d+$/.test(published) && published !== '0');
}

/** Networks in which the service has an address of its own choosing, which two containers cannot share. */
export function fixedAddresses(service: ComposeService): string[] {
  return Object.values(service.networks).flatMap((network) =>
    [network?.ipv4_address, network?.ipv6_address].filter((address) => address !== undefined),
  );
}

/** Its own and those in single networks; two containers cannot share one either. */
export function fixedMacAddresses(service: ComposeService): string[] {
  return [
    service.mac_address,
    ...Object.values(service.networks).map((network) => network?.mac_address),
  ].filter((address) => address !== undefined);
}

/**
 * Docker's DNS gives every container of a network under its hostname, from its start on and whatever its aliases are. Only
 * where there is such a network: with `network_mode` nobody looks the name up there.
 */
export function lookedUpHostname(service: ComposeService): string | undefined {
  return Object.keys(service.networks).length > 0 ? service.hostname : undefined;
}

/** Sockets and clock files: bound writable by habit, and shared by nature. */
const SHARED_BY_NATURE = /(^|\/)(docker|podman|containerd)\.sock$|^\/etc\/(localtime|timezone)$|\.sock$/;

/** A bound file with an ending is configuration that somebody forgot to mount `:ro`; a database in one file is not. */
const CONFIGURATION_FILE = /\.(?!db$|sqlite3?$)[A-Za-z0-9]+$/;

/**
 * Writable storage that this service alone mounts. **Decided:** such a volume is taken to have a single writer, because
 * a second process on the data of a database destroys it. Storage that several services mount writable, or that
 * several replicas share already, is not.
 */
export function singleWriterVolumes(model: ComposeModel, name: string): string[] {
  const service = model.services[name];
  if (!service || replicasOf(service) > 1) return [];
  return service.volumes
    .filter((mount) => (mount.type === 'volume' || mount.type === 'bind') && !mount.read_only)
    .filter((mount) => mount.source !== undefined && !SHARED_BY_NATURE.test(mount.source))
    .filter((mount) => mount.type === 'volume' || !CONFIGURATION_FILE.test(mount.source ?? ''))
    .map((mount) => mount.source ?? '')
    .filter(
      (source) =>
        !Object.entries(model.services).some(
          ([other, candidate]) =>
            other !== name && candidate.volumes.some((mount) => mount.source === source && !mount.read_only),
        ),
    );
}

/** By these variables nginx-proxy and its companions send traffic to whatever container has them. */
const PROXY_VARIABLES = ['VIRTUAL_HOST', 'VIRTUAL_HOST_MULTIPORTS', 'VIRTUAL_PATH', 'LETSENCRYPT_HOST'];

/** Traefik and caddy-docker-proxy find containers by these labels. */
const PROXY_LABEL = /^(traefik|caddy(_\d+)?)(\.|$)/;

export function foundByLabels(service: ComposeService): boolean {
  return (
    service.labels['traefik.enable'] !== 'false' &&
    (Object.keys(service.labels).some((label) => PROXY_LABEL.test(label)) ||
      proxyVariables(service).length > 0)
  );
}

/** Those of them that the service has. Only names: values may be secret. */
export function proxyVariables(service: ComposeService): string[] {
  return PROXY_VARIABLES.filter((name) => name in service.environment);
}
