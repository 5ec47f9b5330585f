import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type * as ssh2 from 'ssh2';
import { AutopilotError } from '../errors.ts';
import type { Log } from '../effects.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { fingerprintOf, hostKeyAttempts, type Pins, typeOf } from './known-hosts.ts';
import type { PrivateKey } from './private-key.ts';
import { processStream } from './process-stream.ts';
import type { Session } from './session.ts';
import { SAY_GROUP, sessionOf } from './ssh-session.ts';
import { argvText, loginText } from './shell.ts';
import { connectError, isPassing, mismatch, unpinned, type Received } from './ssh-errors.ts';

export interface SshOptions extends Credentials {
  log: Log;
  signal?: AbortSignal;
  /** Attempts of the first connect; 4. */
  attempts?: number;
  /** Milliseconds for TCP, handshake and login of one attempt; 20,000. */
  handshake?: number;
}

export interface SshConnection {
  /** Starts `sh -c text` on a channel. */
  start(text: string): Promise<Session>;
  /** TCP from the server's side. */
  connect(host: string, port: number): Promise<Duplex>;
  /** Resolves when the connection is over, wanted or not. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Idle connections of runners are dropped after about four minutes. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 };
/** sshd allows ten sessions on a connection (MaxSessions); two are left for those that end others. */
const SESSIONS = 8;
/** How often a session is asked for again, and the pause before, in milliseconds, which grows. */
const OPEN_ATTEMPTS = 6;
const OPEN_PAUSE = 100;

/** Milliseconds that the server gets to end a connection that is closed. */
const CLOSE_PATIENCE = 3_000;
/** Milliseconds after which a first connection is not tried again: who cannot be reached should know soon. */
const PATIENCE = 30_000;

/**
 * One connection with many channels. The host key must be pinned in `knownHosts`. The first connect is tried again a few
 * times when the failure may pass. Errors: SSH_KEY, SSH_HOST_KEY, SSH_CONNECT, SSH_AUTH.
 */
export async function connectSsh(options: SshOptions): Promise<SshConnection> {
  const { key, pins: found } = readCredentials(options);
  const attempts = options.attempts ?? 4;
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return connectionOf(await login(options, key, found), options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const late = performance.now() - started > PATIENCE;
      if (error instanceof AutopilotError || !isPassing(error) || attempt >= attempts || late) {
        throw connectError(error, options, key);
      }
      const pause = 2 ** (attempt - 1);
      options.log.info(
        `No SSH connection to ${options.host}:${options.port} yet (${(error as Error).message}); attempt ${attempt + 1} of ${attempts} in ${pause} s`,
      );
      await sleep(pause * 1000, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

/** Connects once; with fingerprints only, once for each family of host keys until one matches. */
async function login(options: SshOptions, key: PrivateKey, found: Pins): Promise<ssh2.Client> {
  const received: Received[] = [];
  let nothingShown: unknown;
  for (const algorithms of hostKeyAttempts(found.pins)) {
    let refused = false;
    try {
      return await handshake(options, key, algorithms, (blob) => {
        const shown = { type: typeOf(blob), fingerprint: fingerprintOf(blob) };
        received.push(shown);
        const pins = found.pins.filter((pin) => pin.fingerprint === shown.fingerprint);
        refused = pins.length === 0 || pins.some((pin) => pin.revoked);
        return !refused;
      });
    } catch (error) {
      if (refused) continue;
      // A server without a key of this family is asked for the next one.
      if (!/no matching host key/i.test((error as Error).message)) throw error;
      nothingShown = error;
    }
  }
  if (received.length === 0) throw nothingShown;
  if (found.pins.length === 0) throw unpinned(options, found, options.knownHosts.trim() !== '', received[0]);
  throw mismatch(options, found.pins, received);
}

async function handshake(
  options: SshOptions,
  key: PrivateKey,
  algorithms: string[],
  accept: (blob: Buffer) => boolean,
): Promise<ssh2.Client> {
  options.signal?.throwIfAborted();
  const ssh = new NodeSSH();
  const abort = () => ssh.connection?.destroy();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await ssh.connect({
      host: options.host.replace(/^\[|\]$/g, ''),
      port: options.port,
      username: options.user,
      privateKey: key.text,
      ...(options.passphrase ? { passphrase: options.passphrase } : {}),
      hostVerifier: accept,
      algorithms: { serverHostKey: algorithms as ssh2.ServerHostKeyAlgorithm[] },
      readyTimeout: options.handshake ?? 20_000,
      ...KEEPALIVE,
    });
    // What several channels at once need (exec with back pressure, forwarding) is the connection below.
    if (ssh.connection === null) throw new Error('Connection lost before handshake');
    // Small questions and small answers: held back until the server's delayed ACK, each would take 40 ms longer.
    ssh.connection.setNoDelay(true);
    return ssh.connection;
  } catch (error) {
    ssh.connection?.destroy();
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

function connectionOf(client: ssh2.Client, options: SshOptions): SshConnection {
  let over: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    client.once('close', () => {
      over ??= new Error('the SSH connection ended');
      resolve();
    });
  });
  client.on('error', (error: Error) => {
    over ??= error;
  });
  const lost = (cause: unknown) =>
    new AutopilotError('SSH_CONNECT', {
      what: `The SSH connection to ${options.host}:${options.port} was lost.`,
      why: (over ?? (cause as Error)).message,
      fix: 'Run again: the next run settles what this one left behind.',
      cause,
    });

  const slots = semaphore(SESSIONS);
  // In the callback, not after it: a quick command's exit code comes in the same packet as the channel.
  const open = (text: string, release: () => void) =>
    called<Session>((done) =>
      client.exec(loginText(SAY_GROUP + text), (error, channel) =>
        error
          ? done(error, undefined as never)
          : done(
              undefined,
              sessionOf(channel, release, client, () => over !== undefined),
            ),
      ),
    );
  let forwarding = true;
  const connection: SshConnection = {
    ended,
    async start(text) {
      const release = await slots();
      try {
        for (let attempt = 1; ; attempt += 1) {
          if (over) throw over;
          try {
            return await open(text, release);
          } catch (error) {
            // sshd counts a session a moment longer than its channel lives.
            if (over || attempt >= OPEN_ATTEMPTS || !/open failed/i.test((error as Error).message))
              throw error;
            await sleep(OPEN_PAUSE * attempt);
          }
        }
      } catch (error) {
        release();
        throw lost(error);
      }
    },
    async connect(host, port) {
      if (over) throw lost(over);
      if (forwarding) {
        try {
          return await called<Duplex>((done) => client.forwardOut('127.0.0.1', 0, host, port, done));
        } catch (error) {
          if (over) throw lost(error);
          if ((error as { reason?: unknown }).reason !== 1) throw refusedThere(error, host, port);
          // `AllowTcpForwarding no`: a process on the server opens the connection instead.
          forwarding = false;
          options.log.debug('The SSH server forbids forwarding; probes go through a process there.');
        }
      }
      return processStream(await connection.start(relayText(host, port)));
    },
    async close() {
      over ??= new Error('it was closed');
      client.end();
      const patience = setTimeout(() => drop(client), CLOSE_PATIENCE);
      await ended;
      clearTimeout(patience);
    },
  };
  return connection;
}

/** Where nobody answers any more. `client.destroy()` does nothing once `end()` was called: it asks whether it could write. */
function drop(client: ssh2.Client): void {
  (client as unknown as { _sock?: Socket })._sock?.destroy();
}

function refusedThere(error: unknown, host: string, port: number): Error {
  return new Error(
    `the server cannot connect to ${host}:${port}: ${(error as Error).message.replace(/^\(SSH\) /, '')}`,
  );
}

/** bash's /dev/tcp, else nc: no server has neither. */
function relayText(host: string, port: number): string {
  const bash =
    'exec 3<>"/dev/tcp/$0/$1" || exit 1; exec 4<&0; cat <&4 >&3 & cat <&3; kill $! 2>/dev/null; exit 0';
  const words = [host, String(port)] as const;
  return (
    `if command -v bash >/dev/null; then exec ${argvText(['bash', '-c', bash, ...words])}; fi\n` +
    `exec ${argvText(['nc', ...words])}\n`
  );
}

function called<T>(call: (done: (error: Error | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** At most `limit` at a time; the rest wait in order. */
function semaphore(limit: number): () => Promise<() => void> {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async () => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = waiting.shift();
      if (next) next();
      else free++;
    };
  };
}
