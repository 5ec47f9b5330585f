/** A server with a real engine of its own, seen through the same Target and keeper as any other. */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { connect } from 'node:net';
import { bootMachine, type Machine } from '../../lab/machine.ts';
import { provideImages } from '../../lab/images.ts';
import { must } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import type { Service } from '../../src/config/services.ts';
import {
  type DeployEffects,
  type DeployInput,
  openRelease,
  type ReleaseHandle,
  type Wanted,
} from '../../src/deploy/index.ts';
import type { Clock, Log } from '../../src/effects.ts';
import { assembleTarget } from '../../src/server/assemble.ts';
import type { Target } from '../../src/server/target.ts';

const DIRECTORY = '/srv/shop';
export const COMPOSE_FILE = `${DIRECTORY}/compose.yml`;

export interface World {
  readonly machine: Machine;
  readonly target: Target;
  readonly lines: string[];
  readonly env: NodeJS.ProcessEnv;
  /** `docker ...` on the server's engine; gives standard output. */
  docker(...args: string[]): Promise<string>;
  /** An image with a health page: status, start-up delay, and how it ends. */
  image(service: string, tag: string, options?: AppOptions): Promise<Wanted['image']>;
  putCompose(text: string): Promise<void>;
  compose(): Promise<string>;
  open(pipelineId: string): Promise<ReleaseHandle>;
  effects: DeployEffects;
  /** Removes every container, the compose file and the keeper's state. */
  clean(): Promise<void>;
  close(): Promise<void>;
}

export interface AppOptions {
  status?: string;
  /** Seconds before it listens. */
  delay?: number;
  crash?: boolean;
  /** The first start of this version is fine, every later one answers 500: good as a candidate, broken once live. */
  onceGood?: boolean;
  /** Seconds of good service before it answers 500. */
  breaksAfter?: number;
  port?: number;
}

export async function openWorld(): Promise<World> {
  const site: Site = await openSite();
  const machine = await bootMachine(site, { name: 'server', docker: 'yes', ssh: 'no' });
  await machine.waitForEngine();
  const env = { ...process.env, DOCKER_HOST: `unix://${machine.path('/run/docker.sock')}` };
  await provideImages(env);
  const lines: string[] = [];
  const target = targetOf(machine, lines);
  const effects: DeployEffects = { target, clock: realClock, log: logTo(lines) };
  const docker = async (...args: string[]) => (await must(['docker', ...args], { env })).trim();
  return {
    machine,
    target,
    lines,
    env,
    effects,
    docker,
    async image(service, tag, options = {}) {
      const reference = `shop-${service}:${tag}`;
      const dockerfile = [
        'FROM gonsautopilot-lab/busybox:latest',
        `ENV APP_STATUS="${options.status ?? '200 OK'}" APP_DELAY=${String(options.delay ?? 0)} APP_VERSION=${tag}`,
        `EXPOSE ${String(options.port ?? 8080)}`,
        'RUN mkdir -p /www/cgi-bin && printf \'#!/bin/sh\\nprintf "HTTP/1.0 %%s\\\\r\\\\nContent-Type: text/plain\\\\r\\\\n\\\\r\\\\n%%s\\\\n" "$APP_STATUS" "$APP_VERSION"\\n\' >/www/cgi-bin/health && chmod +x /www/cgi-bin/health',
        `CMD echo "starting $APP_VERSION"; ${options.onceGood ? 'if [ -e /state/$APP_VERSION ]; then export APP_STATUS="500 Broken"; fi; touch /state/$APP_VERSION; ' : ''}${options.breaksAfter === undefined ? '' : `(sleep ${String(options.breaksAfter)}; sed -i 's/.APP_STATUS/"500 Broken"/' /www/cgi-bin/health) & `}${options.crash ? 'echo boom >&2; exit 3' : `sleep $APP_DELAY; exec httpd -f -p ${String(options.port ?? 8080)} -h /www`}`,
      ].join('\n');
      await must(['docker', 'build', '--quiet', '--tag', reference, '-'], { env, input: dockerfile });
      return { reference, id: await docker('image', 'inspect', '--format', '{{.Id}}', reference), size: 2e6 };
    },
    async putCompose(text) {
      await machine.exec(['sh', '-c', 'mkdir -p "$1" && cat >"$1/compose.yml"', 'sh', DIRECTORY], {
        input: text,
      });
    },
    compose: async () => (await machine.exec(['cat', COMPOSE_FILE])).stdout,
    open: (pipelineId) =>
      openRelease(
        { pipelineId, runUrl: 'https://example.org/run', actor: 'tester', lockWait: 10, heartbeat: 30 },
        effects,
      ),
    async clean() {
      const ids = (await docker('ps', '-aq')).split('\n').filter((id) => id !== '');
      if (ids.length > 0) await docker('rm', '-fv', ...ids);
      await docker('network', 'prune', '-f');
      await docker('volume', 'prune', '-f');
      await machine.exec(['rm', '-rf', DIRECTORY]);
      lines.length = 0;
    },
    async close() {
      await target.close();
      await site.close();
    },
  };
}

export const service = (name: string, url: string | undefined, extra: Partial<Service> = {}): Service => ({
  name,
  dockerfile: `./Dockerfile.${name}`,
  context: '.',
  args: {},
  paths: [],
  categories: [],
  composeService: name,
  healthCheck: { timeout: 15, retries: 3, ...(url === undefined ? {} : { url }) },
  strategy: 'auto',
  dependsOn: [],
  ...extra,
});

export const inputOf = (
  pipelineId: string,
  wanted: Wanted[],
  extra: Partial<DeployInput> = {},
): DeployInput => ({
  pipelineId,
  wanted,
  prefix: 'shop',
  composeFile: COMPOSE_FILE,
  composeSource: undefined,
  minFreeDisk: '1MB',
  tests: { passed: true, detail: '12 passed' },
  transfer: () => Promise.resolve({ each: {}, warnings: [] }),
  imageExists: () => Promise.resolve(true),
  ...extra,
});

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    }),
};

function logTo(lines: string[]): Log {
  const add = (kind: string) => (message: string) =>
    void lines.push(`${new Date().toISOString().slice(14, 23)} ${kind}: ${message}`);
  return {
    info: add('info'),
    debug: add('debug'),
    notice: add('notice'),
    warning: add('warning'),
    error: add('error'),
    foreign: add('foreign'),
    group: (_title, body) => body(),
  };
}

/** Commands and probes happen inside the machine, as they do on a server. */
function targetOf(machine: Machine, lines: string[]): Target {
  const inside = (...command: string[]) => [
    '-t',
    String(machine.pid()),
    '-m',
    '-p',
    '-n',
    '-u',
    '-i',
    '--',
    ...command,
  ];
  return assembleTarget({
    name: 'deploy@server:22',
    path: DIRECTORY,
    log: logTo(lines),
    start: async (text) => {
      const child = spawn('nsenter', inside('sh', '-c', text), {
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
      return {
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        ended,
        kill: () => void child.kill('SIGKILL'),
        abandon: () => {
          child.stdin.end();
          child.stdout.destroy();
          child.stderr.destroy();
          child.unref();
        },
      };
    },
    connect: (host, port) => {
      const { stdin, stdout } = spawn('nsenter', inside('busybox', 'nc', host, String(port)), {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      stdin.on('error', () => undefined);
      const stream = new Duplex({
        write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, () => done()),
        final: (done) => void done(),
        read: () => void stdout.resume(),
        destroy: (error, done) => {
          stdin.destroy();
          stdout.destroy();
          done(error);
        },
      });
      stdout.on('data', (chunk: Buffer) => void (stream.push(chunk) || stdout.pause()));
      stdout.on('end', () => void stream.push(null));
      return Promise.resolve(stream);
    },
    connectEngine: () =>
      new Promise((resolve, reject) => {
        const socket = connect(machine.path('/run/docker.sock'));
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      }),
    close: () => Promise.resolve(),
  });
}
