/**
 * Base images made of this machine's own programs, for a lab without any registry: `gonsautopilot-lab/busybox` (sh, wget,
 * httpd; 2 MB) and `gonsautopilot-lab/node:24` (the Node 24 of node_modules, sh and wget; 120 MB). The same bytes each
 * time; an engine that already has them is left alone.
 */
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { must, run } from './process.ts';

export const BUSYBOX_IMAGE = 'gonsautopilot-lab/busybox:latest';
export const NODE_IMAGE = 'gonsautopilot-lab/node:24';

const CONTENT_LABEL = 'gonsautopilot-lab.content';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Rootfs {
  image: string;
  /** Path inside -> file on this machine. */
  files: Record<string, string>;
  /** Path inside -> text. */
  texts: Record<string, string>;
  /** Path inside -> target. */
  links: Record<string, string>;
  command: string[];
}

const ACCOUNTS = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000:node:/home/node:/bin/sh\n',
  '/etc/group': 'root:x:0:\nnode:x:1000:\n',
  '/etc/nsswitch.conf': 'hosts: files dns\n',
};

async function busybox(): Promise<Rootfs> {
  const binary = '/bin/busybox';
  const applets = (await must([binary, '--list'])).split('\n').filter((name) => name && name !== 'busybox');
  return {
    image: BUSYBOX_IMAGE,
    files: { [binary]: await realpath(binary) },
    texts: ACCOUNTS,
    links: Object.fromEntries(applets.map((name) => [`/bin/${name}`, 'busybox'])),
    command: ['/bin/sh'],
  };
}

/** The npm package's binary: the runtime that action.yml names, whatever Node runs the lab. */
async function node24(): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  return join(dirname(createRequire(import.meta.url).resolve(`node-linux-${arch}/package.json`)), 'bin/node');
}

/** What a program needs beside itself: path inside -> file on this machine. */
async function librariesOf(binary: string): Promise<Record<string, string>> {
  const libraries = new Set((await must(['ldd', binary])).match(/\/\S+\.so\S*/g) ?? []);
  const libc = [...libraries].find((path) => basename(path).startsWith('libc.so'));
  if (libc === undefined) throw new Error(`${binary} links no libc that ldd can name`);
  // Name look-ups load these at run time, so ldd does not know them (a newer libc has them inside).
  for (const name of ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']) {
    const path = join(dirname(libc), name);
    if (await realpath(path).catch(() => undefined)) libraries.add(path);
  }
  const files: Record<string, string> = {};
  for (const path of libraries) files[path] = await realpath(path);
  return files;
}

async function node(): Promise<Rootfs> {
  const base = await busybox();
  const binary = await node24();
  const files = {
    ...base.files,
    '/usr/local/bin/node': await realpath(binary),
    ...(await librariesOf(binary)),
  };
  return { ...base, image: NODE_IMAGE, files, command: ['node'] };
}

/** Installed program, and how the official image of the same name starts it. */
const PROXIES = {
  nginx: { binary: '/usr/sbin/nginx', command: ['nginx', '-g', 'daemon off;'] },
  haproxy: {
    binary: '/usr/sbin/haproxy',
    command: ['haproxy', '-W', '-db', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
  },
  caddy: {
    binary: '/usr/bin/caddy',
    command: ['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
  },
};
export type ProxyName = keyof typeof PROXIES;
export const proxyImage = (name: ProxyName): string => `gonsautopilot-lab/${name}:latest`;

async function proxy(name: ProxyName): Promise<Rootfs> {
  const base = await busybox();
  const { binary, command } = PROXIES[name];
  const files = { ...base.files, [binary]: await realpath(binary), ...(await librariesOf(binary)) };
  const empty = Object.fromEntries(
    ['/var/lib/nginx', '/var/log/nginx', '/run', '/etc/caddy'].map((folder) => [`${folder}/.keep`, '']),
  );
  return { ...base, image: proxyImage(name), files, texts: { ...ACCOUNTS, ...empty }, command };
}

/** Puts the proxy, as Debian has it, into the engine that `env` points to. @returns its name */
export async function provideProxy(env: NodeJS.ProcessEnv, name: ProxyName): Promise<string> {
  return provide(await proxy(name), env);
}

async function fill(root: string, rootfs: Rootfs): Promise<void> {
  const place = async (inside: string) => {
    const path = join(root, inside);
    await mkdir(dirname(path), { recursive: true });
    return path;
  };
  for (const folder of ['tmp', 'root', 'home/node', 'proc', 'sys', 'dev'])
    await mkdir(join(root, folder), { recursive: true });
  for (const [inside, source] of Object.entries(rootfs.files)) {
    const path = await place(inside);
    await copyFile(source, path);
    await chmod(path, 0o755);
  }
  for (const [inside, text] of Object.entries(rootfs.texts)) await writeFile(await place(inside), text);
  for (const [inside, target] of Object.entries(rootfs.links)) await symlink(target, await place(inside));
  await chmod(join(root, 'tmp'), 0o1777);
}

/** What decides the bytes: the programs' own content, the texts, the links. */
async function contentOf(rootfs: Rootfs): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify({ ...rootfs, files: Object.keys(rootfs.files) }));
  for (const source of Object.values(rootfs.files)) hash.update(await readFile(source));
  return hash.digest('hex').slice(0, 16);
}

async function pack(archive: string, folder: string, ...members: string[]): Promise<void> {
  const reproducible = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=gnu',
  ];
  await must(['tar', '-C', folder, ...reproducible, '-cf', archive, ...members]);
}

/** By hand instead of `docker import`, which stamps the time: so every engine gives the image the same id. */
function configOf(rootfs: Rootfs, content: string, layer: string): string {
  const created = '1970-01-01T00:00:00Z';
  return JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created,
    config: { Env: [`PATH=${PATH}`], Cmd: rootfs.command, Labels: { [CONTENT_LABEL]: content } },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    history: [{ created, created_by: 'lab/images.ts' }],
  });
}

async function provide(rootfs: Rootfs, env: NodeJS.ProcessEnv): Promise<string> {
  const content = await contentOf(rootfs);
  const format = `{{index .Config.Labels "${CONTENT_LABEL}"}}`;
  const present = await run(['docker', 'image', 'inspect', '--format', format, rootfs.image], { env });
  if (present.code === 0 && present.stdout.trim() === content) return rootfs.image;
  const work = await mkdtemp(join(tmpdir(), 'gonsautopilot-image-'));
  try {
    const root = join(work, 'rootfs');
    await fill(root, rootfs);
    const layer = join(work, 'layer.tar');
    await pack(layer, root, '.');
    const config = configOf(
      rootfs,
      content,
      createHash('sha256')
        .update(await readFile(layer))
        .digest('hex'),
    );
    const digest = createHash('sha256').update(config).digest('hex');
    await writeFile(join(work, `${digest}.json`), config);
    const manifest = [{ Config: `${digest}.json`, RepoTags: [rootfs.image], Layers: ['layer.tar'] }];
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    const archive = join(work, 'image.tar');
    await pack(archive, work, 'manifest.json', `${digest}.json`, 'layer.tar');
    await must(['docker', 'load', '--quiet', '--input', archive], { env });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return rootfs.image;
}

/** Puts the base images into the engine that `env` (its DOCKER_HOST) points to. @returns their names */
export async function provideImages(
  env: NodeJS.ProcessEnv,
  which: 'busybox' | 'all' = 'all',
): Promise<string[]> {
  const images = [await provide(await busybox(), env)];
  if (which === 'all') images.push(await provide(await node(), env));
  return images;
}
