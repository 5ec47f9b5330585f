/**
 * A deployment target of its own on this machine: network address, Docker engine, sshd with its own host key, users
 * `deploy` (in group docker) and `root`.
 *
 * How to: `const server = await startServer({ name: 'web' })` (as root, after `lab/install.sh engine`), a few seconds.
 * Reach it from the runner's side at `server.address`, port 22, as `server.user` with `server.privateKey` and
 * `server.knownHosts`; ports that its containers publish answer at the same address. Look into it with
 * `await server.exec(['docker', 'ps'])` (argv, or a string for `sh -c`; runs as root inside). Hurt it with `pullPlug()`,
 * `cutNetwork()`, `stopSshd()`, `killSshd()`, `restartEngine()`; `powerOn()`, `restoreNetwork()` and `startSshd()` undo
 * that. The disk
 * survives a pulled plug, /run and /tmp do not. `await server.stop()` removes it with its disk. Several servers of one lab
 * share a network: pass the same `site` (from `openSite()`); without one each server has its own. Names do not resolve
 * inside and nothing outside this machine can be reached. Whatever happens to the process that started it, SIGKILL
 * included, nothing stays behind.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootMachine, type ExecOptions } from './machine.ts';
import { makeKeyPair } from './keys.ts';
import type { Finished } from './process.ts';
import { openSite, type Site } from './site.ts';

export interface ServerOptions {
  /** Lower-case letters, digits and hyphens. */
  name: string;
  site?: Site;
  /** `absent`: no docker command and no engine. */
  docker?: 'yes' | 'absent';
  /** `containerd` needs an engine from 25 on (see `binaries`). */
  imageStore?: 'classic' | 'containerd';
  /** Folder with programs of another engine version (`fetchEngine` of lab/engine.ts makes one). */
  binaries?: string;
}

export interface LabServer {
  readonly name: string;
  readonly address: string;
  readonly port: 22;
  readonly user: 'deploy';
  /** Lines for a known_hosts file. */
  readonly knownHosts: string;
  /** Of the host key, `SHA256:...`. */
  readonly hostFingerprint: string;
  readonly privateKey: string;
  readonly privateKeyPath: string;
  readonly knownHostsPath: string;
  /** The server's folder on this machine; `disk/run/lab/*.log` is what its sshd and engine say. */
  readonly directory: string;
  /** `ssh` with everything it needs, for spawn or to print. */
  sshCommand(user?: 'deploy' | 'root'): [string, ...string[]];
  /** As root inside the server, without ssh. A string is a script for `sh -c`. Never throws for an exit code. */
  exec(command: readonly [string, ...string[]] | string, options?: ExecOptions): Promise<Finished>;
  /** Power gone: every process dies at once, the network falls silent (no FIN, no RST). */
  pullPlug(): Promise<void>;
  powerOn(): Promise<void>;
  /** New connections are refused; open sessions go on. */
  stopSshd(): Promise<void>;
  /** SIGKILL to the listener and to every session of it; what the sessions had started lives on. */
  killSshd(): Promise<void>;
  startSshd(): Promise<void>;
  /** Containers without a restart policy stay down, as on a real server. */
  restartEngine(): Promise<void>;
  /** Everything sent is lost in silence, as with a cut cable far away. */
  cutNetwork(): Promise<void>;
  restoreNetwork(): Promise<void>;
  /** Bytes that arrived at the server's interface since it was powered on, headers included. */
  bytesReceived(): Promise<number>;
  /** Removes it with its disk. Doing it twice is doing it once. */
  stop(): Promise<void>;
}

/** Resolves when sshd and the engine answer. */
export async function startServer(options: ServerOptions): Promise<LabServer> {
  const site = options.site ?? (await openSite());
  const ownSite = options.site === undefined;
  try {
    return await start(options, site, ownSite);
  } catch (error) {
    if (ownSite) await site.close();
    throw error;
  }
}

async function start(options: ServerOptions, site: Site, ownSite: boolean): Promise<LabServer> {
  const keys = join(site.directory, 'keys', options.name);
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const [host, client] = await Promise.all([makeKeyPair(keys, 'host'), makeKeyPair(keys, 'deploy')]);
  const docker = options.docker ?? 'yes';
  const machine = await bootMachine(site, {
    name: options.name,
    docker,
    ssh: 'yes',
    files: { host_key: host.privateKey, authorized_keys: `${client.publicKey}\n` },
    ...(options.binaries === undefined ? {} : { binaries: options.binaries }),
    ...(options.imageStore === 'containerd'
      ? { daemon: { features: { 'containerd-snapshotter': true } } }
      : {}),
  });
  const answers = async () => {
    await Promise.all([machine.waitForSshd(), docker === 'yes' ? machine.waitForEngine() : undefined]);
  };
  const tell = async (command: string) => {
    const { code, stderr } = await machine.exec(['sh', '/run/lab/machine.sh', command]);
    if (code !== 0)
      throw new Error(`server ${machine.name}: ${command} ended with ${code}: ${stderr.trim()}`);
  };
  const knownHosts = `${machine.address} ${host.publicKey}\n`;
  const knownHostsPath = join(keys, 'known_hosts');
  await writeFile(knownHostsPath, knownHosts);
  await answers();
  return {
    name: machine.name,
    address: machine.address,
    port: 22,
    user: 'deploy',
    knownHosts,
    knownHostsPath,
    hostFingerprint: host.fingerprint,
    privateKey: client.privateKey,
    privateKeyPath: client.path,
    directory: machine.directory,
    sshCommand(user = 'deploy') {
      const options = ['BatchMode=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${knownHostsPath}`];
      const pinned = [...options, 'GlobalKnownHostsFile=/dev/null', 'StrictHostKeyChecking=yes'];
      const flags = pinned.flatMap((option) => ['-o', option]);
      return ['ssh', '-F', '/dev/null', '-i', client.path, ...flags, `${user}@${machine.address}`];
    },
    exec: machine.exec,
    pullPlug: machine.powerOff,
    async powerOn() {
      await machine.powerOn();
      await answers();
    },
    stopSshd: () => tell('stop-sshd'),
    killSshd: () => tell('kill-sshd'),
    async startSshd() {
      await tell('start-sshd');
      await machine.waitForSshd();
    },
    async restartEngine() {
      await tell('stop-engine');
      await tell('start-engine');
      await machine.waitForEngine();
    },
    cutNetwork: machine.cutNetwork,
    restoreNetwork: machine.restoreNetwork,
    bytesReceived: machine.bytesReceived,
    async stop() {
      await machine.remove();
      await rm(keys, { recursive: true, force: true });
      if (ownSite) await site.close();
    },
  };
}
