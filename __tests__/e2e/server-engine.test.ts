import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { demultiplex } from '../../src/server/engine.ts';
import { openLocalTarget } from '../../src/server/target-local.ts';
import { openSshTarget } from '../../src/server/target-ssh.ts';
import type { Target } from '../../src/server/target.ts';
import { startSshd, type Sshd } from './server-sshd.ts';
import { memoryLog, newFolder, until } from './server-support.ts';

jest.setTimeout(60_000);

let folder: string;
let host: string;
let sshd: Sshd;
let dockerd: ChildProcess;
const docker = (...args: string[]) =>
  execFileSync('docker', args, {
    encoding: 'utf8',
    env: { ...process.env, DOCKER_HOST: host },
    stdio: ['pipe', 'pipe', 'pipe'],
  });

beforeAll(async () => {
  folder = newFolder();
  const socket = join(folder, 'docker.sock');
  host = `unix://${socket}`;
  const flags = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
  const place = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ];
  dockerd = spawn('dockerd', [...place, '-H', host, ...flags], { stdio: 'ignore' });
  await until(
    'the engine answers',
    () => existsSync(socket) && spawnOk(['docker', '-H', host, 'version']),
    30_000,
  );
  const root = join(folder, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  execFileSync(
    'sh',
    [
      '-c',
      `cp "$(command -v busybox)" "$1/bin/sh" && cp "$1/bin/sh" "$1/bin/sleep" && tar -C "$1" -c . | docker -H "$2" import -c 'HEALTHCHECK --interval=1s CMD true' -c 'EXPOSE 8080' -c 'LABEL app=demo' - demo:1`,
      'sh',
      root,
      host,
    ],
    { stdio: 'ignore' },
  );
  docker(
    'run',
    '-d',
    '--name',
    'one',
    '--network',
    'none',
    '--label',
    'com.example=a b',
    '--stop-timeout',
    '7',
    'demo:1',
    '/bin/sh',
    '-c',
    'echo out; echo err >&2; exec sleep 600',
  );
  docker(
    'run',
    '-d',
    '--name',
    'two',
    '--network',
    'none',
    '--label',
    'com.example=c',
    'demo:1',
    '/bin/sh',
    '-c',
    'exit 5',
  );
  docker('wait', 'two');
}, 60_000);

function spawnOk([program = '', ...args]: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as { status?: number }).status === 0;
  }
}

afterAll(async () => {
  await sshd?.stop();
  try {
    docker('rm', '-f', 'one', 'two');
  } finally {
    const exit = once(dockerd, 'exit');
    dockerd.kill();
    await exit;
    rmSync(folder, { recursive: true, force: true });
  }
});

describe.each(['local', 'ssh'])('engine, %s', (kind) => {
  let target: Target;
  beforeAll(async () => {
    if (kind === 'local') {
      target = openLocalTarget({ path: folder, log: memoryLog(), dockerHost: host });
      return;
    }
    sshd = await startSshd(folder, [`SetEnv DOCKER_HOST=${host}`]);
    const { port, user, privateKey, hostKeys } = sshd;
    const knownHosts = hostKeys['ed25519']?.line ?? '';
    target = await openSshTarget({
      host: '127.0.0.1',
      port,
      user,
      privateKey,
      knownHosts,
      log: memoryLog(),
      path: folder,
    });
  });
  afterAll(() => target.close());

  test('info: versions as the engine says them, no version pinned', async () => {
    const version = JSON.parse(docker('version', '--format', '{{json .Server}}')) as Record<string, string>;
    const compose = target.engine.info().catch((error: unknown) => error);
    const info = await compose;
    if (info instanceof Error) expect(info).toMatchObject({ code: 'SERVER_COMPOSE' });
    else
      expect(info).toMatchObject({
        engine: version['Version'],
        api: version['ApiVersion'],
        store: 'classic',
        dataRoot: join(folder, 'data'),
        platform: `${version['Os']}/${version['Arch']}`,
        rootless: false,
      });
  });

  test('containers by label, stopped ones too; one by name; a missing or impossible name is undefined', async () => {
    const { engine } = target;
    const names = async (labels: string[]) =>
      (await engine.containers(labels)).map((each) => each.name).toSorted();
    expect(await names(['com.example'])).toEqual(['one', 'two']);
    expect(await names(['com.example=a b'])).toEqual(['one']);
    expect(await names(['com.example', 'app=demo'])).toEqual(['one', 'two']);
    expect(await names(['nothing'])).toEqual([]);
    expect(await engine.container('two')).toMatchObject({
      state: 'exited',
      exitCode: 5,
      oomKilled: false,
      image: 'demo:1',
    });
    await until('it is healthy', async () => (await engine.container('one'))?.health === 'healthy');
    expect(await engine.container('one')).toMatchObject({
      state: 'running',
      stopGracePeriod: 7,
      restartCount: 0,
      restartPolicy: 'no',
      labels: { app: 'demo' },
      networkMode: 'none',
    });
    for (const name of ['missing', '../x', '/', 'a b', 'é', '?all=1'])
      expect(await engine.container(name)).toBeUndefined();
  });

  test('images: layers, ports, health check; logs of both streams', async () => {
    const image = await target.engine.image('demo:1');
    expect(image).toMatchObject({
      references: ['demo:1'],
      exposedPorts: ['8080/tcp'],
      hasHealthCheck: true,
      labels: { app: 'demo' },
    });
    expect(image?.layers[0]).toMatch(/^sha256:/);
    expect(await target.engine.images()).toEqual([image]);
    expect(await target.engine.image('missing:1')).toBeUndefined();
    expect((await target.engine.logs('one', 10)).split('\n').toSorted()).toEqual(['', 'err', 'out']);
    expect(await target.engine.logs('missing', 10)).toBe('');
  });

  test('docker load through pipe', async () => {
    const save = spawn('docker', ['-H', host, 'save', 'demo:1'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const environment = kind === 'local' ? {} : { env: { DOCKER_HOST: host } };
    const result = await target.pipe(
      { title: 'load', argv: ['docker', 'load'], ...environment },
      save.stdout,
    );
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('demo:1') });
  });
});

describe('no engine: SERVER_DOCKER says which', () => {
  test('nothing at the socket', async () => {
    const target = openLocalTarget({
      path: folder,
      log: memoryLog(),
      dockerHost: `unix://${folder}/none.sock`,
    });
    await expect(target.engine.images()).rejects.toMatchObject({
      code: 'SERVER_DOCKER',
      message: expect.stringContaining('does not answer'),
    });
    await target.close();
  });

  test.each([
    ['docker: not found', 'sh: 1: docker: not found', 127, /no `docker` command/],
    [
      'not in the group',
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
      1,
      /may not use/,
    ],
    [
      'not running',
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      1,
      /does not answer/,
    ],
  ])('over SSH: %s', async (_name, said, code, message) => {
    const place = newFolder();
    const bin = join(place, 'bin');
    mkdirSync(bin);
    execFileSync('sh', [
      '-c',
      `printf '#!/bin/sh\\necho "%s" >&2\\nexit %s\\n' "$1" "$2" >"$3/docker" && chmod +x "$3/docker"`,
      'sh',
      said,
      String(code),
      bin,
    ]);
    const own = await startSshd(place, [`SetEnv PATH=${bin}:/usr/bin:/bin`]);
    const target = await openSshTarget({
      host: '127.0.0.1',
      port: own.port,
      user: own.user,
      privateKey: own.privateKey,
      knownHosts: own.hostKeys['rsa']?.line ?? '',
      log: memoryLog(),
      path: place,
    });
    await expect(target.engine.images()).rejects.toMatchObject({
      code: 'SERVER_DOCKER',
      message: expect.stringMatching(message),
    });
    await target.close();
    await own.stop();
    rmSync(place, { recursive: true, force: true });
  });

  test('an engine of another time: no path names an API version', async () => {
    const paths: string[] = [];
    const server: Server = createServer((incoming, answer) => {
      paths.push(incoming.url ?? '');
      answer.setHeader('content-type', 'application/json').end('[]');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = openLocalTarget({
      path: folder,
      log: memoryLog(),
      dockerHost: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    expect(await target.engine.images()).toEqual([]);
    expect(paths).toEqual([expect.stringMatching(/^\/images\/json/)]);
    await target.close();
    server.close();
  });
});

test('frames of a log: any cut leaves what came whole', () => {
  const frame = (stream: number, text: string) =>
    Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n')]);
  expect(demultiplex(bytes)).toBe('one\ntwo\n');
  for (let end = 0; end <= bytes.length; end++)
    expect('one\ntwo\n'.startsWith(demultiplex(bytes.subarray(0, end)))).toBe(true);
  expect(demultiplex(Buffer.alloc(0))).toBe('');
});
