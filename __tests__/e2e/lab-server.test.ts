/** The lab's servers themselves, on real kernels, engines and sshds. Needs root and `lab/install.sh engine`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startLab, type Lab, type LabServer } from '../../lab/index.ts';
import { BUSYBOX_IMAGE } from '../../lab/images.ts';
import { run, must, until } from '../../lab/process.ts';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let lab: Lab;
let web: LabServer;
let other: LabServer;

beforeAll(async () => {
  lab = await startLab({ servers: ['web', 'other', { name: 'bare', docker: 'absent' }], images: 'busybox' });
  web = lab.server('web');
  other = lab.server('other');
}, 60_000);

afterAll(async () => {
  const directory = lab.site.directory;
  await lab.close();
  expect(await leftOf(directory)).toEqual([]);
}, 60_000);

const ssh = (server: LabServer, ...command: string[]) =>
  run([...server.sshCommand(), ...command], { timeout: 20_000 });

/** Everything of a lab that can be found in the kernel or on disk. */
async function leftOf(directory: string): Promise<string[]> {
  const number = directory.split('-').at(-1);
  const links = (await must(['ip', '-o', 'link']))
    .split('\n')
    .filter((line) => line.includes(`gaplab${number}m`));
  const bridges = existsSync(`/sys/class/net/gaplab${number}`) ? [`bridge ${number}`] : [];
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(`${directory}/`));
  const processes: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const mountinfo = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
    const arguments_ = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (mountinfo.includes(`${directory}/`) || arguments_.split('\0').includes(directory))
      processes.push(pid);
  }
  const groups = await must([
    'find',
    '/sys/fs/cgroup',
    '-maxdepth',
    '2',
    '-name',
    `gonsautopilot-lab-${number}-*`,
  ]);
  const folder = existsSync(directory) ? [directory] : [];
  return [...links, ...bridges, ...mounts, ...processes, ...groups.split('\n').filter(Boolean), ...folder];
}

describe('a server of its own', () => {
  test('answers ssh with the pinned host key, each with another one', async () => {
    expect(web.address).not.toBe(other.address);
    expect(web.hostFingerprint).not.toBe(other.hostFingerprint);
    for (const server of [web, other]) {
      expect(await ssh(server, 'hostname; id -un; id -Gn')).toMatchObject({
        code: 0,
        stdout: `${server.name}\ndeploy\ndeploy docker\n`,
      });
    }
  });

  test('is refused by ssh when its host key is not the pinned one', async () => {
    const [program, ...args] = web.sshCommand();
    // Web's address with the other's key: what a man in the middle would show.
    const hostKey = other.knownHosts.replace(other.address, web.address);
    const command = `printf %s "$1" >/tmp/known && shift && exec "$@"`;
    const pinned = args.map((arg) =>
      arg.startsWith('UserKnownHostsFile=') ? 'UserKnownHostsFile=/tmp/known' : arg,
    );
    // Inside the other server, so that the forged file lies in its /tmp.
    await other.exec(['tee', '/root/key'], { input: web.privateKey });
    await other.exec('chmod 600 /root/key');
    const key = pinned.map((arg) => (arg === web.privateKeyPath ? '/root/key' : arg));
    const forged = await other.exec(['sh', '-c', command, 'sh', hostKey, program, ...key, 'true']);
    expect(forged).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('Host key verification failed'),
    });
  });

  test('has Compose, and an engine that deploy may use', async () => {
    const { code, stdout } = await ssh(
      web,
      'docker compose version --short && docker info --format {{.Name}}',
    );
    expect({ code, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      lines: [expect.stringMatching(/^v?2\./), 'web'],
    });
  });

  test("shows its containers' published ports at its address, and the bytes that came in", async () => {
    const before = await web.bytesReceived();
    const load = [
      'bash',
      '-c',
      'set -o pipefail; docker save "$0" | "$@" docker load',
      BUSYBOX_IMAGE,
    ] as const;
    await must([...load, ...web.sshCommand()], { env: { ...process.env, ...lab.engine.env } });
    expect(await web.bytesReceived()).toBeGreaterThan(before + 1_900_000);
    const started = await ssh(
      web,
      'mkdir -p www && echo hello >www/index.html && docker run -d --name page --restart always --memory 32m',
      `-v ~/www:/www -p 8080:80 ${BUSYBOX_IMAGE} httpd -f -p 80 -h /www`,
    );
    expect(started).toMatchObject({ code: 0 });
    expect(await page()).toBe('hello\n');
    await expect(fetch(`http://${other.address}:8080/`)).rejects.toThrow();
  });

  test('says at once that an unknown name does not exist, to containers on networks of their own too', async () => {
    await web.exec('docker network create app');
    const before = performance.now();
    const asked = await web.exec(`docker run --rm --network app ${BUSYBOX_IMAGE} nslookup backend.invalid`);
    expect(asked).toMatchObject({ code: 1, stdout: expect.stringContaining('NXDOMAIN') });
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('goes dark without a goodbye when its plug is pulled, and comes up again with its disk', async () => {
    const session = spawn(web.sshCommand()[0], [...web.sshCommand().slice(1), 'echo there; cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(session.stdout, 'data');
    await web.exec('touch /tmp/before');
    await web.pullPlug();
    await expect(fetch(`http://${web.address}:8080/`, { signal: AbortSignal.timeout(500) })).rejects.toThrow(
      'timeout',
    );
    // A reset or an end of stream would have ended ssh at once.
    expect(session.exitCode).toBeNull();
    session.kill('SIGKILL');
    await web.powerOn();
    await until('the page is back', async () => (await page().catch(() => '')) === 'hello\n');
    expect((await web.exec('ls /tmp | grep before; cat /home/deploy/www/index.html')).stdout).toBe('hello\n');
  }, 30_000);

  test('loses what is sent while its network is cut, and goes on afterwards', async () => {
    await web.cutNetwork();
    await expect(fetch(`http://${web.address}:8080/`, { signal: AbortSignal.timeout(500) })).rejects.toThrow(
      'timeout',
    );
    await web.restoreNetwork();
    await until('the page is back', async () => (await page().catch(() => '')) === 'hello\n');
  });

  test('refuses new ssh connections while its sshd is stopped', async () => {
    await other.stopSshd();
    expect(await ssh(other, 'true')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('Connection refused'),
    });
    await other.startSshd();
    expect(await ssh(other, 'true')).toMatchObject({ code: 0 });
  });

  test('loses every ssh session when its sshd is killed, and takes new ones when it is started', async () => {
    const session = ssh(other, 'sleep 61');
    await until('it runs', async () => (await other.exec('pgrep -f "^sleep 61"')).code === 0);
    await other.killSshd();
    expect(await session).toMatchObject({ code: 255 });
    await other.startSshd();
    expect(await ssh(other, 'pkill -f "^sleep 61"')).toMatchObject({ code: 0 });
  });

  test('starts its engine anew, with the containers that have a restart policy', async () => {
    const id = (await web.exec('docker info --format {{.ID}}; pidof dockerd')).stdout;
    await web.exec('docker kill page');
    await web.restartEngine();
    expect((await web.exec('docker info --format {{.ID}}; pidof dockerd')).stdout).not.toBe(id);
    await until('the page is back', async () => (await page().catch(() => '')) === 'hello\n');
  }, 30_000);

  test('an engine that dies comes back by itself, as under systemd, and its log says so', async () => {
    const id = (await web.exec('pidof dockerd')).stdout;
    await web.exec('kill -KILL $(cat /run/docker.pid)');
    await until('another engine answers', async () => {
      const { code, stdout } = await web.exec('docker version >/dev/null && pidof dockerd');
      return code === 0 && stdout !== id;
    });
    expect(await readFile(`${web.directory}/disk/run/lab/dockerd.log`, 'utf8')).toContain(
      'lab: the engine ended with code 137',
    );
  }, 30_000);

  test('without Docker has no such command', async () => {
    expect(await ssh(lab.server('bare'), 'docker ps')).toMatchObject({ code: 127 });
    expect(await ssh(web, 'docker ps')).toMatchObject({ code: 0 });
  });

  test('cannot write to the machine that carries it, nor reach anything outside', async () => {
    const outside = await web.exec('touch /usr/x; ip route get 192.0.2.1');
    expect(outside).toMatchObject({ stdout: '', stderr: expect.stringContaining('Read-only file system') });
    expect(outside.stderr).toContain('unreachable');
  });

  test('is removed alone by stop, twice is once, and its name is free again', async () => {
    const bare = lab.server('bare');
    await bare.stop();
    await bare.stop();
    expect(existsSync(bare.directory)).toBe(false);
    expect(await ssh(web, 'true')).toMatchObject({ code: 0 });
  });
});

const page = async () =>
  (await fetch(`http://${web.address}:8080/`, { signal: AbortSignal.timeout(1000) })).text();

test('nothing of a lab is left after SIGKILL', async () => {
  const child = spawn(process.execPath, [file('lab/cli.ts'), '--servers', 'victim'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let directory = '';
  for await (const line of createInterface({ input: child.stdout })) {
    directory = /everything of it is in (\S+)/.exec(line)?.[1] ?? directory;
    if (line.includes('Ctrl-C')) break;
  }
  expect((await leftOf(directory)).length).toBeGreaterThan(8);
  child.kill('SIGKILL');
  await exited;
  await until(`something of ${directory} is left`, async () => (await leftOf(directory)).length === 0);
  expect(directory).not.toBe(lab.site.directory);
}, 60_000);
