import { AutopilotError } from '../errors.ts';
import type { ComposeService } from './compose-model.ts';

/** Where a container is asked on its own address. */
export interface OwnEndpoint {
  port: number;
  path: string;
  /** Only where the container itself publishes the URL's port is the URL's scheme that of the container. */
  scheme: 'http' | 'https';
}

/**
 * The port inside the container that the health check's URL means (interface.md): `container_port` if given, else the
 * container side of the `ports` entry that publishes the URL's port, else the only port that the compose file or the
 * image exposes. Throws CONFIG_INVALID that says which ports there are.
 */
export function ownEndpoint(
  service: string,
  url: string,
  containerPort: number | undefined,
  model: Pick<ComposeService, 'ports' | 'expose'>,
  imagePorts: readonly string[],
): OwnEndpoint {
  const parsed = new URL(url);
  const path = parsed.pathname + parsed.search;
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http';
  const urlPort = parsed.port === '' ? (scheme === 'https' ? 443 : 80) : Number(parsed.port);
  const published = model.ports.find(
    (port) => port.protocol === 'tcp' && port.published !== undefined && inRange(urlPort, port.published),
  );
  if (containerPort !== undefined) {
    return { port: containerPort, path, scheme: published?.target === containerPort ? scheme : 'http' };
  }
  if (published) return { port: published.target, path, scheme };
  for (const candidates of [tcpPorts(model.expose.map(String)), tcpPorts(imagePorts)]) {
    if (candidates.length === 1) return { port: candidates[0] as number, path, scheme: 'http' };
    if (candidates.length > 1) break;
  }
  const known = [
    ...model.ports.map((port) => `${port.published ?? '(any)'}:${String(port.target)} (ports)`),
    ...tcpPorts(model.expose.map(String)).map((port) => `${String(port)} (expose)`),
    ...tcpPorts(imagePorts).map((port) => `${String(port)} (image)`),
  ];
  throw new AutopilotError('CONFIG_INVALID', {
    what: `The port inside the container of service \`${service}\` that ${url} stands for is not known.`,
    why:
      known.length === 0
        ? 'Neither the compose file nor the image names a port.'
        : `No entry publishes port ${String(urlPort)} and there is not exactly one other. There are: ${known.join(', ')}.`,
    fix: `Set \`services.${service}.health_check.container_port\`.`,
  });
}

function inRange(port: number, published: string): boolean {
  const [from = Number.NaN, to = from] = published.split('-').map(Number);
  return port >= from && port <= to;
}

function tcpPorts(entries: readonly string[]): number[] {
  const ports = entries
    .filter((entry) => !/\/(udp|sctp)$/.test(entry))
    .map((entry) => Number(entry.replace(/\/tcp$/, '')))
    .filter((port) => Number.isInteger(port) && port > 0);
  return [...new Set(ports)];
}
