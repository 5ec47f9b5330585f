import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import Docker from 'dockerode';
import { AutopilotError } from '../errors.ts';
import { withSocketMethods } from './probe.ts';
import type { Command, CommandResult, Container, Engine, EngineInfo, Image } from './target.ts';

/** How the engine of a target is reached. */
export interface EngineAccess {
  /** A new connection to the Engine API: a socket, or `docker system dial-stdio` on a channel. */
  connect(): Promise<Duplex>;
  /** For `docker compose version`, which only the command line knows. */
  query(command: Command): Promise<CommandResult>;
}

interface Closable {
  engine: Engine;
  close(): void;
}

/** Names that exist nowhere are not asked for: they would be read as other paths of the API. */
const CONTAINER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const REFERENCE = /^[a-zA-Z0-9](?:[a-zA-Z0-9_:@-]|[./](?![./]))*$/;

/** Milliseconds without an answer before the engine counts as stuck. */
const ANSWER_LIMIT = 60_000;

/**
 * The engine's reads, over dockerode. No API version is named in any path, so each engine answers with its own (Docker
 * 29 refuses below 1.44, 20.10 knows up to 1.41). Errors: SERVER_DOCKER, SERVER_COMPOSE.
 */
export function createEngine(access: EngineAccess): Closable {
  const agent = new ChannelAgent(access);
  // Every connection is made by the agent: the socket's path is never opened, and DOCKER_HOST is not looked at.
  const docker = new Docker({
    protocol: 'http',
    host: undefined,
    socketPath: '/engine',
    agent,
    timeout: ANSWER_LIMIT,
  } as never);
  const engine: Engine = {
    info: () => readInfo(docker, access),
    async containers(labels) {
      const list = await asked(docker.listContainers({ all: true, filters: { label: [...labels] } }));
      const found = await Promise.all(list.map((each) => engine.container(each.Id)));
      return found.filter((each) => each !== undefined);
    },
    async container(idOrName) {
      if (!CONTAINER.test(idOrName)) return undefined;
      const found = await unlessMissing(docker.getContainer(idOrName).inspect());
      return found && toContainer(found);
    },
    async image(reference) {
      if (!REFERENCE.test(reference)) return undefined;
      const found = await unlessMissing(docker.getImage(reference).inspect());
      return found && toImage(found);
    },
    async images() {
      const list = await asked(docker.listImages());
      const found = await Promise.all(list.map((each) => engine.image(each.Id)));
      return found.filter((each) => each !== undefined);
    },
    async logs(id, lines) {
      if (!CONTAINER.test(id)) return '';
      const container = docker.getContainer(id);
      const found = await unlessMissing(container.inspect());
      if (!found) return '';
      const tail = Math.max(0, Math.floor(lines));
      const bytes = await asked(container.logs({ stdout: true, stderr: true, follow: false, tail }));
      return found.Config.Tty ? bytes.toString('utf8') : demultiplex(bytes);
    },
  };
  return { engine, close: () => agent.destroy() };
}

class ChannelAgent extends Agent {
  readonly #access: EngineAccess;

  constructor(access: EngineAccess) {
    // sshd allows ten sessions on a connection (MaxSessions): leave room for the keeper, commands and probes.
    super({ keepAlive: true, maxSockets: 3 });
    this.#access = access;
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#access.connect().then(
      (stream) => {
        // A socket does this by itself. Else a connection that ended with its engine would wait in the agent to be used again.
        stream.once('end', () => stream.destroy());
        callback?.(null, withSocketMethods(stream));
      },
      (error: Error) => callback?.(error, undefined as never),
    );
  }
}

interface EngineFailure {
  statusCode?: number;
  code?: string;
  message: string;
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw engineError(error as EngineFailure);
  }
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    // 400: a reference that no image can have.
    if ([400, 404].includes((error as EngineFailure).statusCode ?? 0)) return undefined;
    throw engineError(error as EngineFailure);
  }
}

/** What stands between us and the engine, in the words of whoever said it (socket, docker command line, sudo). */
export function engineError(error: unknown): unknown {
  if (error instanceof AutopilotError) return error;
  const { message = String(error), code = '' } = error as Partial<EngineFailure>;
  const parts = (what: string, fix: string) =>
    new AutopilotError('SERVER_DOCKER', { what, why: message.trim(), fix, cause: error });
  if (code === 'EACCES' || /permission denied/i.test(message)) {
    return parts(
      'The user of the deployment may not use the Docker engine.',
      'Add it to the group `docker` (`sudo usermod -aG docker USER`) and log in again. Membership is root on that machine.',
    );
  }
  if (/not found|command not found|No such file.*docker$/i.test(message) && !code) {
    return parts(
      'There is no `docker` command on the server.',
      'Install Docker Engine 20.10 or later there.',
    );
  }
  if (
    code === 'ENOENT' ||
    code === 'ECONNREFUSED' ||
    /cannot connect|is the docker daemon running/i.test(message)
  ) {
    return parts(
      'The Docker engine does not answer.',
      'Start it (`sudo systemctl start docker`) or install Docker Engine.',
    );
  }
  return parts(
    'The Docker engine did not answer as expected.',
    'Look at `journalctl -u docker` on the server.',
  );
}

async function readInfo(docker: Docker, { query }: EngineAccess): Promise<EngineInfo> {
  const [version, info, compose] = await Promise.all([
    asked(docker.version()),
    asked(docker.info()),
    query({
      title: 'read the Compose version',
      argv: ['docker', 'compose', 'version', '--short'],
      timeout: 30_000,
    }),
  ]);
  if (compose.code !== 0) {
    throw new AutopilotError('SERVER_COMPOSE', {
      what: 'Docker Compose 2 is missing on the server.',
      why: compose.stderr.trim() || compose.stdout.trim(),
      fix: 'Install the package `docker-compose-plugin`; the old `docker-compose` program is not enough.',
    });
  }
  const driver = (info.DriverStatus as [string, string][] | null) ?? [];
  return {
    engine: version.Version,
    api: version.ApiVersion,
    compose: compose.stdout.trim().replace(/^v/, ''),
    store: driver.some(([, value]) => value.startsWith('io.containerd.snapshotter'))
      ? 'containerd'
      : 'classic',
    dataRoot: info.DockerRootDir,
    platform: `${version.Os}/${version.Arch}`,
    rootless: ((info.SecurityOptions as string[] | null) ?? []).includes('name=rootless'),
  };
}

function toContainer(found: Docker.ContainerInspectInfo): Container {
  const networks: Container['networks'] = {};
  for (const [name, network] of Object.entries(found.NetworkSettings.Networks ?? {})) {
    networks[name] = {
      address: network.IPAddress || network.GlobalIPv6Address || '',
      aliases: (network.Aliases as string[] | null) ?? [],
    };
  }
  const ports: Container['ports'] = {};
  for (const [port, bindings] of Object.entries(found.NetworkSettings.Ports ?? {})) {
    const hostPorts = (bindings ?? []).map((binding) => Number(binding.HostPort)).filter((each) => each > 0);
    if (hostPorts.length > 0) ports[port] = [...new Set(hostPorts)];
  }
  const health = found.State.Health;
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    image: found.Config.Image,
    imageId: found.Image,
    state: found.State.Status as Container['state'],
    exitCode: found.State.ExitCode,
    oomKilled: found.State.OOMKilled,
    health: (health?.Status as Container['health'] | undefined) ?? 'none',
    healthLog: (health?.Log ?? []).map((each) => each.Output.trim()).join('\n'),
    restartCount: found.RestartCount,
    restartPolicy: found.HostConfig.RestartPolicy?.Name || 'no',
    startedAt: found.State.StartedAt,
    labels: found.Config.Labels ?? {},
    networks,
    ports,
    stopGracePeriod: (found.Config as { StopTimeout?: number }).StopTimeout ?? 10,
    mounts: found.Mounts.map((mount) => ({
      type: (mount as { Type?: string }).Type ?? 'bind',
      source: mount.Name ?? mount.Source,
      destination: mount.Destination,
      writable: mount.RW,
    })),
    networkMode: found.HostConfig.NetworkMode ?? '',
  };
}

function toImage(found: Docker.ImageInspectInfo): Image {
  // A containerd store lists an image without configuration when a layer is missing.
  const config = (found.Config as Docker.ImageInspectInfo['Config'] | null) ?? undefined;
  const test = (config as { Healthcheck?: { Test?: string[] } } | undefined)?.Healthcheck?.Test ?? [];
  return {
    id: found.Id,
    references: found.RepoTags ?? [],
    layers: found.RootFS?.Layers ?? [],
    size: found.Size,
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
    hasHealthCheck: test.length > 0 && test[0] !== 'NONE',
    labels: config?.Labels ?? {},
    created: found.Created,
  };
}

/** Frames of `[stream, 0, 0, 0, length]` and bytes; a frame cut off at the end keeps what came. */
export function demultiplex(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
