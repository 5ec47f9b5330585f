import { spawn } from 'node:child_process';
import { connect as tcpConnect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AutopilotError } from '../errors.ts';
import type { Log } from '../effects.ts';
import { assembleTarget } from './assemble.ts';
import type { Session } from './session.ts';
import type { Target } from './target.ts';

export interface LocalTargetOptions {
  /** `deploy.path`. */
  path: string;
  log: Log;
  /** DOCKER_HOST as the runner has it: unix:///path or tcp://host:port; the default socket without it. */
  dockerHost?: string;
  /** Environment of every command and of the keeper, instead of this process's own. */
  env?: Record<string, string>;
  /** The shell that runs commands and the keeper; tests name others than `sh`. */
  shell?: readonly [string, ...string[]];
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** The engine of this machine, by the same keeper as a remote one. */
export function openLocalTarget(options: LocalTargetOptions): Target {
  // Said to the commands as well: by itself the docker program follows its current context, and reads do not.
  const dockerHost = options.dockerHost || DEFAULT_HOST;
  const engine = engineAddress(dockerHost);
  const environment = { dockerHost, ...(options.env === undefined ? {} : { env: options.env }) };
  const shell = options.shell ?? ['sh'];
  return assembleTarget({
    name: 'local',
    path: options.path,
    log: options.log,
    start: (text) => startShell([...shell], text, environment),
    connect: (host, port) => connected(tcpConnect({ host, port })),
    connectEngine: () => connected(tcpConnect(engine)),
    close: () => Promise.resolve(),
  });
}

/** Where DOCKER_HOST points. */
function engineAddress(dockerHost: string): NetConnectOpts {
  const socket = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (socket) return { path: socket };
  const [, host, port] = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^/:]+):(\d+)\/?$/.exec(dockerHost) ?? [];
  if (host && port && port !== '2376') return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw new AutopilotError('SERVER_DOCKER', {
    what: `DOCKER_HOST is ${JSON.stringify(dockerHost)}, which the target \`local\` does not take.`,
    why: 'It takes unix:///path/to/docker.sock and tcp://host:port without TLS.',
    fix: 'For an engine on another machine set `deploy.target` to its SSH address instead.',
  });
}

function connected(socket: Socket): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

/**
 * In a session of its own, so that what kills the runner's process group leaves the keeper alive; its standard input
 * ends with the runner, which is what tells it.
 */
async function startShell(
  shell: string[],
  text: string,
  { env, dockerHost }: { env?: Record<string, string>; dockerHost: string },
): Promise<Session> {
  const [program = 'sh', ...args] = shell;
  const child = spawn('env', [`DOCKER_HOST=${dockerHost}`, program, ...args, '-c', text], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(env ? { env } : {}),
  });
  const { promise: ended, resolve: settle } = Promise.withResolvers<number>();
  child.on('close', (code) => settle(code ?? -1));
  child.on('error', () => settle(127));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: () => {
      // Ended already: the number may be another process's by now.
      if (child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // Gone already.
      }
      child.stdout.destroy();
      child.stderr.destroy();
    },
    abandon: () => {
      child.stdin.end();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle(-1);
    },
  };
}
