import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { until } from './server-support.ts';

export interface Sshd {
  port: number;
  user: string;
  privateKey: string;
  /** type -> `host type key` and fingerprint. */
  hostKeys: Record<string, { line: string; fingerprint: string }>;
  log(): string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function makeKey(file: string, type: string): { line: string; fingerprint: string } {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(
    ' ',
  );
  return { line: readFileSync(`${file}.pub`, 'utf8').trim(), fingerprint };
}

/** A real sshd on loopback with host keys of its own, for this user and one key. */
export async function startSshd(folder: string, options: string[] = []): Promise<Sshd> {
  mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const hostKeys = Object.fromEntries(
    ['ed25519', 'ecdsa', 'rsa'].map((type) => [type, makeKey(join(folder, `host_${type}`), type)]),
  );
  const client = makeKey(join(folder, 'client'), 'ed25519');
  writeFileSync(join(folder, 'authorized_keys'), `${client.line}\n`);
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    'ListenAddress ::1',
    ...Object.keys(hostKeys).map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
    ...options,
  ];
  writeFileSync(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('sshd listens', () => answers(port));
  return {
    port,
    user: userInfo().username,
    privateKey: readFileSync(join(folder, 'client'), 'utf8'),
    hostKeys,
    log: () => said,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => (resolve(true), socket.destroy()));
    socket.once('error', () => resolve(false));
  });
}
