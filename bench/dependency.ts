/**
 * One dependency changes in a layer of some 135 MB: what it costs to send that layer as what differs, beside the whole
 * layer and plain save. Bytes are counted at the server's network interface, both ways; CPU is that of all its processes.
 * Usage, as root: scripts/node24 bench/dependency.ts [fast] [slow] [containerd]     prints Markdown
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_IMAGE, provideImages } from '../lab/images.ts';
import { openSite, type Site } from '../lab/site.ts';
import { startTestEngine, type TestEngine } from '../__tests__/e2e/transfer-support.ts';
import { amount, type LineName, LINES, lineTo, wantedLines } from './road.ts';
import { autopilot, GZIP, type Sent, SIGNATURES, type Way } from './ways.ts';

const MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));
/** Some 135 MB in 12,000 files. */
const DEPENDENCIES = [
  '@actions',
  '@azure',
  '@babel',
  '@grpc',
  '@octokit',
  '@opentelemetry',
  '@sentry',
  'chromium-bidi',
];
const CHANGED = '@azure/storage-blob';
const SCENES = ['a dependency changed', 'the same, and every file has a new time'] as const;
const WAYS: Way[] = [autopilot('what differs', SIGNATURES), autopilot('whole layer'), GZIP];

async function eachFile(folder: string, change: (path: string) => Promise<void>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) await change(join(entry.parentPath, entry.name));
}

/** Three versions of an image whose dependencies are a layer of their own: before, and one for each scene. */
async function buildVersions(runner: TestEngine): Promise<Sent[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-dependency-'));
  try {
    const modules = join(folder, 'node_modules');
    await mkdir(modules);
    for (const name of DEPENDENCIES)
      await cp(join(MODULES, name), join(modules, name), { recursive: true, verbatimSymlinks: true });
    await writeFile(join(folder, 'Dockerfile'), `FROM ${NODE_IMAGE}\nCOPY node_modules /app/node_modules\n`);
    const sent: Sent[] = [];
    const build = async (tag: string) => {
      const reference = `shop-big:${tag}`;
      await runner.docker('buildx', 'build', '-q', '--load', '-t', reference, folder);
      sent.push({ reference, id: await runner.docker('image', 'inspect', '-f', '{{.Id}}', reference) });
    };
    // A new version touches most files of a package a little: version, banner, source map.
    const release = (version: string) =>
      eachFile(join(modules, CHANGED), async (path) =>
        writeFile(path, `// ${version}\n${await readFile(path, 'utf8')}`),
      );
    await eachFile(modules, (path) => utimes(path, 1_770_000_000, 1_770_000_000));
    await build('v1');
    await release('12.33.0');
    await build('v2');
    await release('12.34.0');
    await eachFile(modules, (path) => utimes(path, 1_770_500_000, 1_770_500_000));
    await build('v3');
    return sent;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Figures {
  received: number;
  returned: number;
  /** Seconds. */
  cpu: number;
  time: number;
}

/** What the server has spent so far. */
async function spent({ server }: TestEngine): Promise<Figures> {
  const { stdout } = await server.exec(
    `awk 'FNR==1 {sub(/.*\\) /, ""); cpu += $12 + $13 + $14 + $15} END {print cpu}' /proc/[0-9]*/stat 2>/dev/null; awk '/eth0/ {sub(/.*:/, ""); sent += $9} END {print sent}' /proc/net/dev`,
  );
  const [cpu = 0, returned = 0] = stdout.trim().split('\n').map(Number);
  return { received: await server.bytesReceived(), returned, cpu: cpu / 100, time: performance.now() / 1000 };
}

async function measure(
  site: Site,
  runner: TestEngine,
  way: Way,
  versions: Sent[],
  line: LineName,
  number: number,
) {
  const store = process.argv.includes('containerd')
    ? ({ suite: 'sid', imageStore: 'containerd' } as const)
    : {};
  const server = (await startTestEngine(site, { name: `server${number}`, ...store })) as TestEngine;
  const { close, ...start } = await lineTo(site, server, line);
  const road = { runner, server, ...start };
  const figures: Figures[] = [];
  for (const image of versions) {
    const before = await spent(server);
    await way.send(road, [image]);
    const time = performance.now() / 1000 - before.time;
    const after = await spent(server);
    figures.push({
      received: after.received - before.received,
      returned: after.returned - before.returned,
      cpu: after.cpu - before.cpu,
      time,
    });
    await server.docker('create', '--network', 'none', image.reference, 'true');
  }
  close();
  await server.server.stop();
  return figures.slice(1);
}

const cell = ({ received, returned, cpu, time }: Figures) =>
  `${amount(received)} there, ${amount(returned)} back, ${time.toFixed(1)} s, ${cpu.toFixed(1)} s CPU`;

const site = await openSite();
try {
  const runner = (await startTestEngine(site, { name: 'runner' })) as TestEngine;
  await provideImages(runner.env);
  const versions = await buildVersions(runner);
  let number = 0;
  for (const line of wantedLines()) {
    console.log(`| ${LINES[line].name} | ${SCENES.join(' | ')} |\n| --- | --- | --- |`);
    for (const way of WAYS) {
      const figures = await measure(site, runner, way, versions, line, (number += 1));
      console.log(`| ${way.name} | ${figures.map(cell).join(' | ')} |`);
    }
    console.log();
  }
} finally {
  await site.close();
}
