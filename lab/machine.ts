/**
 * A machine of the lab: mount, pid, network, host name and ipc namespaces of its own on the one kernel, with its own
 * disk (folders bind-mounted over /root, /home, /srv, /opt, /tmp, /run, /var/lib/docker and an overlay over /etc).
 * Servers and the runner's own engine are made of it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must, run, until, type Finished, type RunOptions } from './process.ts';
import { reapScript, type Site } from './site.ts';

const machineScript = fileURLToPath(new URL('./machine.sh', import.meta.url));

export interface MachineOptions {
  /** Lower-case letters, digits and hyphens; also its host name. Unique in its lab. */
  name: string;
  docker: 'yes' | 'absent';
  ssh: 'yes' | 'no';
  /** Keys of daemon.json besides the lab's own. */
  daemon?: Record<string, unknown>;
  /** Folder with programs (dockerd, containerd, runc, ...) that lie over the installed ones in this machine. */
  binaries?: string;
  /** Files to put below /run/lab before it boots. */
  files?: Record<string, string>;
}

export interface ExecOptions extends Pick<RunOptions, 'input' | 'timeout'> {
  env?: Record<string, string>;
  cwd?: string;
}

export interface Machine {
  readonly name: string;
  readonly address: string;
  /** On the lab's own machine: `disk/` holds its folders, `disk/run/lab/*.log` what its daemons say. */
  readonly directory: string;
  readonly link: string;
  /** Pid 1 of the machine as the lab's own machine numbers it; undefined while it is off. */
  pid(): number | undefined;
  exec(command: readonly [string, ...string[]] | string, options?: ExecOptions): Promise<Finished>;
  /** A path inside the machine as a path outside, short enough for a socket; only while it is on. */
  path(inside: string): string;
  cutNetwork(): Promise<void>;
  restoreNetwork(): Promise<void>;
  bytesReceived(): Promise<number>;
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  waitForEngine(): Promise<void>;
  waitForSshd(): Promise<void>;
  remove(): Promise<void>;
}

/** Boots it and waits until what it was asked to run answers. */
export async function bootMachine(site: Site, options: MachineOptions): Promise<Machine> {
  const { name } = options;
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) throw new Error(`not a machine name: ${JSON.stringify(name)}`);
  const directory = join(site.directory, 'machines', name);
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'EEXIST' ? `this lab already has a machine ${name}` : error.message);
  });
  const { host, address } = site.nextAddress();
  const link = `${site.bridge}m${host}`;
  const cgroup = `gonsautopilot-lab-${site.number}-${name}`;
  const mac = `02:00:c6:12:${hex(site.number)}:${hex(host)}`;
  await writeFile(join(directory, 'link'), link);
  await writeFile(join(directory, 'cgroup'), cgroup);
  if (options.binaries !== undefined) await symlink(options.binaries, join(directory, 'binaries'));
  let unshare: ChildProcess | undefined;
  let pidOne: number | undefined;
  let log = '';

  async function files(): Promise<void> {
    // A machine that comes up again finds /run and /tmp empty, as a real one does.
    for (const volatile of ['run', 'tmp'])
      await rm(join(directory, 'disk', volatile), { recursive: true, force: true });
    const lab = join(directory, 'disk/run/lab');
    await mkdir(lab, { recursive: true });
    await copyFile(machineScript, join(lab, 'machine.sh'));
    const daemon = {
      'cgroup-parent': `/${cgroup}`,
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      dns: [site.runnerAddress],
      // The lab's own registry speaks plain HTTP, which engines accept from no other address than these.
      'insecure-registries': [`${site.runnerAddress}/24`],
      ...options.daemon,
    };
    const all = { ...options.files, 'daemon.json': `${JSON.stringify(daemon, undefined, 2)}\n` };
    for (const [file, text] of Object.entries(all)) await writeFile(join(lab, file), text, { mode: 0o600 });
  }

  async function powerOn(): Promise<void> {
    if (pidOne !== undefined) return;
    await files();
    log = '';
    // The shell writes the number before it becomes unshare, so that the reaper knows it even if the lab dies right here.
    const child = spawn(
      'sh',
      ['-c', 'echo $$ >"$1/pid" && shift && exec "$@"', 'sh', directory]
        .concat(['unshare', '--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child', '--'])
        .concat(['tini', '-g', '--', 'sh', machineScript, 'boot', directory, name, address])
        .concat([options.docker, options.ssh]),
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { PATH: process.env['PATH'] } },
    );
    unshare = child;
    const exited = once(child, 'exit').then(() => (pidOne = undefined));
    child.stdin.on('error', () => undefined);
    let booted = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-20_000);
        booted ||= log.includes('booted\n');
      });
    }
    const failed = (what: string) => () => `machine ${name}: ${what}: ${log.trim() || 'it said nothing'}`;
    await until(
      failed('no pid 1'),
      async () => {
        const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(
          () => '',
        );
        const first = Number(children.trim().split(' ')[0]);
        if (first > 0 && child.exitCode === null) pidOne = first;
        return pidOne !== undefined || child.exitCode !== null;
      },
      { every: 5 },
    );
    if (pidOne === undefined) throw new Error(failed('it did not start')());
    await writeFile(join(directory, 'init.pid'), String(pidOne));
    // One that died by itself may have left its line for a moment.
    await run(['ip', 'link', 'delete', link]);
    await ip(`link add ${link} type veth peer name eth0 address ${mac} netns ${pidOne}`);
    await ip(`link set ${link} master ${site.bridge} up`);
    // A fixed neighbour: what is sent to a machine that is off or cut off is lost in silence, as across the Internet.
    await ip(`neighbour replace ${address} lladdr ${mac} dev ${site.bridge} nud permanent`);
    child.stdin.write('go\n');
    await Promise.race([until(failed('it did not boot'), () => booted), exited]);
    if (!booted) throw new Error(failed('it ended while it booted')());
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr])
      (pipe as unknown as { unref(): void }).unref();
  }

  async function powerOff(): Promise<void> {
    if (pidOne === undefined) return;
    const child = unshare;
    const running = child !== undefined && child.exitCode === null && child.signalCode === null;
    child?.ref();
    const gone = running ? once(child, 'exit') : undefined;
    // The line first, the machine after it: no goodbye (RST, FIN) reaches the other side.
    await run(['ip', 'link', 'delete', link]);
    try {
      process.kill(pidOne, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
    await gone;
    pidOne = undefined;
  }

  function alive(): number {
    if (pidOne === undefined) throw new Error(`machine ${name} is off`);
    return pidOne;
  }

  const machine: Machine = {
    name,
    address,
    directory,
    link,
    pid: () => pidOne,
    powerOn,
    powerOff,
    path: (inside) => `/proc/${alive()}/root${inside}`,
    exec(command, { env, cwd, input, timeout } = {}) {
      const target = ['nsenter', '-t', String(alive()), '--mount', '--pid', '--net', '--uts', '--ipc'];
      const inside = [`--wd=/proc/${alive()}/root${cwd ?? '/root'}`, '--'];
      // Inside, because killing nsenter would leave what it started.
      const limit = timeout === undefined ? [] : ['timeout', '-s', 'KILL', String(timeout / 1000)];
      const argv = [...limit, ...(typeof command === 'string' ? ['sh', '-c', command] : command)];
      const clean = ['env', '-i', PATH, 'HOME=/root', 'USER=root', ...pairs(env)] as const;
      return run([...clean, ...target, ...inside, ...argv], input === undefined ? {} : { input });
    },
    async cutNetwork() {
      await ip(`link set ${link} down`);
    },
    async restoreNetwork() {
      await ip(`link set ${link} up`);
    },
    async bytesReceived() {
      return Number(await readFile(`/sys/class/net/${link}/statistics/tx_bytes`, 'utf8'));
    },
    async waitForEngine() {
      const words = () => readFile(join(directory, 'disk/run/lab/dockerd.log'), 'utf8').catch(() => 'no log');
      try {
        await until('', () => ping(machine.path('/run/docker.sock')));
      } catch {
        throw new Error(`machine ${name}: its engine does not answer: ${(await words()).slice(-2000)}`);
      }
    },
    async waitForSshd() {
      await until(`machine ${name}: sshd does not answer`, () => greets(address, 22));
    },
    async remove() {
      await powerOff();
      await must(['sh', reapScript, 'machine', directory]);
      await run(['ip', 'neighbour', 'delete', address, 'dev', site.bridge]);
    },
  };
  await powerOn();
  return machine;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Names and numbers of our own making only: they are split at spaces. */
const ip = (words: string) => must(['ip', ...words.split(' ')]);
const hex = (byte: number) => byte.toString(16).padStart(2, '0');
const pairs = (env: Record<string, string> = {}) =>
  Object.entries(env).map(([key, value]) => `${key}=${value}`);

/** Whether a Docker engine answers on a socket. */
export function ping(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.once('timeout', () => asked.destroy());
    asked.end();
  });
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 1000 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', (chunk) => answer(chunk.toString().startsWith('SSH-')));
    for (const event of ['error', 'timeout', 'end']) socket.once(event, () => answer(false));
  });
}
