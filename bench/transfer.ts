/**
 * Bytes on the wire, counted at the server's network interface, and wall time of bringing images to a server.
 * Usage, as root: scripts/node24 bench/transfer.ts [fast] [slow]     prints Markdown
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { fetchPackages } from '../lab/engine.ts';
import { NODE_IMAGE, provideImages } from '../lab/images.ts';
import { must } from '../lab/process.ts';
import { openSite, type Site } from '../lab/site.ts';
import { startTestEngine, type TestEngine } from '../__tests__/e2e/transfer-support.ts';
import { amount, LINES, type LineName, lineTo, wantedLines } from './road.ts';
import { type Sent, type Way, WAYS } from './ways.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Some 25 MB, as an ordinary server has them. */
const DEPENDENCIES = ['prettier', 'zod', 'yaml', 'fast-check', 'marked', 'minimatch'];
const SCENES = ['first deployment', 'one-file change', 'changed dependency', 'unchanged image'] as const;

/** The example app with its dependencies in a layer of their own, as a Dockerfile should. */
async function buildScenes(runner: TestEngine): Promise<Sent[][]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-app-'));
  try {
    await cp(join(ROOT, 'examples/app'), folder, { recursive: true });
    // It lets only the app's own folders through.
    await rm(join(folder, '.dockerignore'), { force: true });
    for (const name of DEPENDENCIES)
      await cp(join(ROOT, 'node_modules', name), join(folder, 'dependencies', name), {
        recursive: true,
        dereference: true,
      });
    for (const service of ['frontend', 'backend']) {
      const file = join(folder, `Dockerfile.${service}`);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('COPY shared', 'COPY dependencies ./node_modules\nCOPY shared'));
    }
    const build = async (tag: string, services: string[]): Promise<Sent[]> => {
      const sent: Sent[] = [];
      for (const service of services) {
        const reference = `shop-${service}:${tag}`;
        const file = join(folder, `Dockerfile.${service}`);
        const base = `BASE_IMAGE=${NODE_IMAGE}`;
        await runner.docker(
          'buildx',
          'build',
          '-q',
          '--load',
          '-f',
          file,
          '--build-arg',
          base,
          '-t',
          reference,
          folder,
        );
        sent.push({ reference, id: await runner.docker('image', 'inspect', '-f', '{{.Id}}', reference) });
      }
      return sent;
    };
    const all = ['frontend', 'backend'];
    const first = await build('v1', all);
    await writeFile(
      join(folder, 'backend/release.js'),
      "export const release = { version: 'two', behaviour: 'healthy' };\n",
    );
    const changed = await build('v2', ['backend']);
    await mkdir(join(folder, 'dependencies/another'), { recursive: true });
    await writeFile(join(folder, 'dependencies/another/index.js'), 'export default 1;\n');
    const dependency = await build('v3', all);
    return [first, changed, dependency, dependency];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Figure {
  bytes: number;
  seconds: number;
}

async function measure(
  site: Site,
  runner: TestEngine,
  way: Way,
  scenes: Sent[][],
  line: LineName,
  number: number,
) {
  const server = (await startTestEngine(site, { name: `server${number}` })) as TestEngine;
  await mkdir(join(server.server.directory, 'disk/opt'), { recursive: true });
  const registry = join(tmpdir(), 'gonsautopilot-engines/registry');
  await fetchPackages(registry, ['docker-registry']);
  await must(['cp', join(registry, 'usr/bin/docker-registry'), join(server.server.directory, 'disk/opt/')]);
  const { close, ...start } = await lineTo(site, server, line);
  const road = { runner, server, ...start };
  await way.prepare?.(road);
  const figures: Figure[] = [];
  for (const images of scenes) {
    const before = await server.server.bytesReceived();
    const started = performance.now();
    await way.send(road, images);
    const seconds = (performance.now() - started) / 1000;
    figures.push({ bytes: (await server.server.bytesReceived()) - before, seconds });
    for (const { reference } of images) await server.docker('create', '--network', 'none', reference);
  }
  close();
  await server.server.stop();
  return figures;
}

/** Gzip size of the layer that a one-file change makes new. */
async function changedLayer(runner: TestEngine, [image]: Sent[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-layer-'));
  try {
    await must(['sh', '-c', 'docker save "$1" | tar -xf - -C "$2"', 'sh', image?.reference ?? '', folder], {
      env: runner.env,
    });
    const [manifest] = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
      Layers: string[];
    }[];
    return gzipSync(await readFile(join(folder, manifest?.Layers.at(-1) ?? ''))).length;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function table(line: string, results: { way: Way; figures: Figure[] }[]): string {
  const ours = results[0]?.figures ?? [];
  const cell = ({ bytes, seconds }: Figure, index: number, own: boolean) => {
    const ratio = bytes / (ours[index]?.bytes ?? bytes);
    return `${amount(bytes)}, ${seconds.toFixed(1)} s${own ? '' : ` (${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} x)`}`;
  };
  return [
    `| ${line} | ${SCENES.join(' | ')} |`,
    `| --- |${SCENES.map(() => ' --- |').join('')}`,
    ...results.map(
      ({ way, figures }, row) =>
        `| ${way.name} | ${figures.map((figure, index) => cell(figure, index, row === 0)).join(' | ')} |`,
    ),
  ].join('\n');
}

const site = await openSite();
try {
  const runner = (await startTestEngine(site, { name: 'runner' })) as TestEngine;
  await provideImages(runner.env);
  const scenes = await buildScenes(runner);
  let number = 0;
  for (const line of wantedLines()) {
    const results: { way: Way; figures: Figure[] }[] = [];
    for (const way of WAYS)
      results.push({ way, figures: await measure(site, runner, way, scenes, line, (number += 1)) });
    console.log(`${table(LINES[line].name, results)}\n`);
    const layer = await changedLayer(runner, scenes[1] ?? []);
    const [ours, , plain, registry] = results.map(({ figures }) => figures[1]?.bytes ?? 0) as [
      number,
      number,
      number,
      number,
    ];
    const goal = 1.05 * layer + 65_536;
    console.log(
      `One-file change: the changed layer is ${amount(layer)} compressed; goal ${amount(goal)}, sent ${amount(ours)}: ${ours <= goal ? 'met' : 'MISSED'}.`,
    );
    console.log(
      `Fewer than the registry push: ${ours < registry ? 'yes' : 'NO'}. Times fewer than plain save: ${Math.round(plain / ours)}.\n`,
    );
  }
} finally {
  await site.close();
}
