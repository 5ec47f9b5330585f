import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openSshTarget } from '../../src/server/target-ssh.ts';
import { connectSsh } from '../../src/server/ssh.ts';
import { startSshd, type Sshd } from './server-sshd.ts';
import { eventsOf, memoryLog, newFolder, processesOf, request, until } from './server-support.ts';

jest.setTimeout(60_000);

let folder: string;
let sshd: Sshd;
beforeAll(async () => {
  folder = newFolder();
  sshd = await startSshd(folder);
});
afterAll(async () => {
  await sshd.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (more: object = {}) => ({
  host: '127.0.0.1',
  port: sshd.port,
  user: sshd.user,
  privateKey: sshd.privateKey,
  knownHosts: sshd.hostKeys['ed25519']?.line ?? '',
  log: memoryLog(),
  attempts: 1,
  path: join(folder, 'app'),
  ...more,
});
const refusal = async (more: object) =>
  connectSsh(at(more)).then(
    async (connection) => {
      await connection.close();
      return 'connected';
    },
    (error: unknown) => String(error),
  );

describe('host keys', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'])(
    'a server with three keys shows the pinned one: %s, as a line or a fingerprint',
    async (type) => {
      const key = sshd.hostKeys[type] ?? { line: '', fingerprint: '' };
      expect(await refusal({ knownHosts: `[127.0.0.1]:${sshd.port} ${key.line}` })).toBe('connected');
      expect(await refusal({ knownHosts: key.fingerprint })).toBe('connected');
    },
  );

  test('hashed lines as ssh-keygen -H writes them', async () => {
    const file = join(folder, 'hashed');
    writeFileSync(file, `[127.0.0.1]:${sshd.port} ${sshd.hostKeys['ecdsa']?.line ?? ''}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(await refusal({ knownHosts: readFileSync(file, 'utf8') })).toBe('connected');
  });

  test('without pins the connection is refused, and what the server shows is printed', async () => {
    const text = await refusal({ knownHosts: '' });
    expect(text).toMatch(/\[SSH_HOST_KEY\]/);
    expect(text).toContain(`ssh-ed25519 ${sshd.hostKeys['ed25519']?.fingerprint ?? ''}`);
  });

  test('another key than the pinned one: received and expected are printed', async () => {
    mkdirSync(join(folder, 'other'), { recursive: true });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'other/key')]);
    const other = readFileSync(join(folder, 'other/key.pub'), 'utf8');
    const [, expected = ''] = execFileSync('ssh-keygen', ['-lf', join(folder, 'other/key')], {
      encoding: 'utf8',
    }).split(' ');
    for (const knownHosts of [other, expected]) {
      const text = await refusal({ knownHosts });
      expect(text).toMatch(/not the one.*\[SSH_HOST_KEY\]/);
      expect(text).toContain(`Received: ssh-ed25519 ${sshd.hostKeys['ed25519']?.fingerprint ?? ''}`);
      expect(text).toMatch(new RegExp(`Expected: (ssh-ed25519 )?${expected.replaceAll('+', '\\+')}`));
    }
  });

  test('revoked keys, certificate authorities and lines for another port are refused with the reason', async () => {
    const line = sshd.hostKeys['ed25519']?.line ?? '';
    expect(await refusal({ knownHosts: `${line}\n@revoked * ${line}` })).toMatch(/revoked/);
    expect(await refusal({ knownHosts: `@cert-authority * ${line}` })).toMatch(/certificate authority/);
    expect(await refusal({ knownHosts: `127.0.0.1 ${line}` })).toMatch(/must begin with \[127\.0\.0\.1\]:/);
  });
});

test('what is written goes at once: a small question does not wait for the answer to the one before', async () => {
  const set = jest.spyOn(Socket.prototype, 'setNoDelay');
  try {
    const connection = await connectSsh(at());
    expect(set.mock.calls).toContainEqual([true]);
    await connection.close();
  } finally {
    set.mockRestore();
  }
});

test('invariant 9: a connection on which nobody answers any more is closed within seconds', async () => {
  let dead = false;
  const sockets: Socket[] = [];
  const line = createServer({ allowHalfOpen: true }, (near) => {
    const far = new Socket({ allowHalfOpen: true }).connect(sshd.port, '127.0.0.1');
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      from.on('error', () => undefined).on('data', (bytes) => void (dead || to.write(bytes)));
  }).listen(0, '127.0.0.1');
  await once(line, 'listening');
  try {
    const { port } = line.address() as AddressInfo;
    const [fingerprint = ''] = Object.values(sshd.hostKeys).map((key) => key.fingerprint);
    const connection = await connectSsh(at({ port, knownHosts: fingerprint }));
    dead = true;
    let closed = false;
    void connection.close().then(() => (closed = true));
    await until('it is closed', () => closed, 10_000);
  } finally {
    for (const socket of sockets) socket.destroy();
    line.close();
  }
});

describe('failures before the login, in words', () => {
  test('key refused: names user and fingerprint', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'stranger')]);
    const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', join(folder, 'stranger')], {
      encoding: 'utf8',
    }).split(' ');
    const text = await refusal({ privateKey: readFileSync(join(folder, 'stranger'), 'utf8') });
    expect(text).toMatch(/\[SSH_AUTH\]/);
    expect(text).toContain(fingerprint);
    expect(text).toContain(`\`${sshd.user}\``);
  });

  test('nothing listens; another program listens; nobody answers; the name is unknown', async () => {
    expect(await refusal({ port: 1 })).toMatch(/Nothing listens at 127\.0\.0\.1:1\. \[SSH_CONNECT\]/);
    const silent = createServer().listen(0, '127.0.0.1');
    const rude = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(rude, 'listening')]);
    const portOf = (server: typeof silent) => (server.address() as AddressInfo).port;
    expect(await refusal({ port: portOf(silent), handshake: 500 })).toMatch(/does not answer/);
    expect(await refusal({ port: portOf(rude) })).toMatch(/ended before the login/);
    silent.close();
    rude.close();
    expect(await refusal({ host: 'no-such-host.invalid' })).toMatch(/does not resolve/);
  });

  test('a passing failure is tried again, a bounded number of times', async () => {
    const log = memoryLog();
    expect(await refusal({ port: 1, attempts: 2, log })).toMatch(/SSH_CONNECT/);
    expect(log.lines.filter((line) => line.includes('attempt 2 of 2'))).toHaveLength(1);
  });

  test('an aborted connect ends with the reason', async () => {
    const signal = AbortSignal.abort(new Error('cancelled by test'));
    await expect(connectSsh(at({ signal }))).rejects.toThrow('cancelled by test');
  });
});

describe('target', () => {
  test('commands, files, disk; many at once on one connection', async () => {
    const target = await openSshTarget(at());
    const odd = `it's $(odd) \\ "é"\n`;
    expect(await target.query({ title: 't', argv: ['printf', '%s', odd], cwd: '/' })).toEqual({
      code: 0,
      stdout: odd,
      stderr: '',
    });
    const big = 'x'.repeat(1_000_000);
    expect((await target.query({ title: 't', argv: ['wc', '-c'], input: big })).stdout.trim()).toBe(
      '1000000',
    );
    const many = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        target.query({ title: 't', argv: ['sh', '-c', 'sleep 0.1; echo "$0"', String(index)] }),
      ),
    );
    expect(many.map((result) => Number(result.stdout))).toEqual(
      Array.from({ length: 30 }, (_, index) => index),
    );
    expect(sshd.log().match(/Accepted publickey/g)?.length).toBeGreaterThan(0);
    const slow = await target.query({ title: 't', argv: ['sleep', '304'], timeout: 300 });
    expect(slow.code).toBe(124);
    await until('it is gone there too', () => !processesOf('sleep 304').length);
    expect(await target.readFile(join(folder, 'authorized_keys'))).toMatch(/^ssh-ed25519/);
    expect(await target.readFile('/no/such/file')).toBeUndefined();
    await expect(target.readFile('/')).rejects.toMatchObject({ code: 'SERVER_COMMAND' });
    expect(await target.freeDisk('/')).toBeGreaterThan(0);
    await target.close();
  });

  test('pipe: streams whole, at the pace of the reader; abort ends it; a source that fails is no success', async () => {
    const target = await openSshTarget(at());
    const chunk = Buffer.alloc(256 * 1024, 'y');
    const hash = createHash('sha256');
    for (let index = 0; index < 80; index++) hash.update(chunk);
    const source = () =>
      Readable.from(
        (function* () {
          for (let index = 0; index < 80; index++) yield chunk;
        })(),
      );
    const result = await target.pipe({ title: 't', argv: ['sha256sum'] }, source());
    expect(result.stdout.split(' ')[0]).toBe(hash.digest('hex'));
    expect((await target.pipe({ title: 't', argv: ['sh', '-c', 'exit 4'] }, source())).code).toBe(4);
    const broken = new Readable({
      read() {
        this.destroy(new Error('disk gone'));
      },
    });
    await expect(target.pipe({ title: 't', argv: ['cat'] }, broken)).rejects.toThrow('disk gone');
    const abort = new AbortController();
    const endless = new Readable({
      read() {
        this.push(chunk);
      },
    });
    setTimeout(() => abort.abort(new Error('stop')), 300);
    await expect(
      target.pipe({ title: 't', argv: ['sh', '-c', 'cat >/dev/null'] }, endless, abort.signal),
    ).rejects.toThrow('stop');
    endless.destroy();
    await target.close();
  });

  test.each([
    ['forwarding', []],
    ['a process there, where forwarding is forbidden', ['AllowTcpForwarding no']],
  ])('probes by %s', async (_name, options) => {
    const place = newFolder();
    const own = await startSshd(place, options);
    const server = createHttpServer((incoming, answer) => {
      if (incoming.url === '/slow') return;
      answer.writeHead(incoming.url === '/moved' ? 302 : 200, { location: 'http://other.test/' });
      answer.end(String(incoming.headers.host));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = await openSshTarget(
      at({ port: own.port, privateKey: own.privateKey, knownHosts: own.hostKeys['rsa']?.fingerprint ?? '' }),
    );
    const get = (url: string, more = {}) => target.http(url, { timeout: 10_000, ...more });
    expect(await get(`http://localhost:${port}/`)).toMatchObject({ status: 200 });
    expect(await get(`http://localhost:${port}/moved`)).toMatchObject({ status: 302 });
    expect(await get(`http://web.internal:${port}/`, { address: '127.0.0.1' })).toMatchObject({
      status: 200,
    });
    expect(await get(`http://localhost:${port}/slow`, { timeout: 300 })).toMatchObject({
      status: 0,
      error: 'no answer within 300 ms',
    });
    expect(await get('http://127.0.0.1:1/')).toMatchObject({ status: 0, error: expect.stringMatching(/./) });
    expect(await get('nonsense')).toMatchObject({ status: 0, error: 'not a URL' });
    await target.close();
    server.close();
    server.closeAllConnections();
    await own.stop();
    rmSync(place, { recursive: true, force: true });
  });

  test('keeper over SSH: a change, detach on one connection, claim on another', async () => {
    const target = await openSshTarget(at());
    const keeper = await target.openKeeper(request());
    expect((await keeper.change({ title: 't', argv: ['echo', 'hi'] })).stdout).toBe('hi\n');
    await keeper.arm(`touch ${folder}/reverted`);
    const { nonce } = await keeper.detach(30);
    await target.close();
    const again = await openSshTarget(at());
    const next = await again.openKeeper(request({ claim: nonce }));
    expect(next.claimed).toBe(true);
    await next.disarm();
    await next.close();
    await again.close();
    expect(existsSync(join(folder, 'reverted'))).toBe(false);
  });

  test('invariant 2: the SSH connection dies while armed, and the server reverts by itself', async () => {
    const target = await openSshTarget(at());
    const keeper = await target.openKeeper(request());
    await keeper.arm(`touch ${folder}/reverted`);
    const change = keeper.change({ title: 't', argv: ['sleep', '305'] });
    const failure = expect(change).rejects.toMatchObject({ code: 'SSH_CONNECT' });
    await until('the command runs', () => processesOf('sleep 305').length > 0);
    await target.close();
    await failure;
    await until('it reverted', () => eventsOf(join(folder, 'app')).includes('auto_reverted'));
    expect(existsSync(join(folder, 'reverted'))).toBe(true);
  });
});
