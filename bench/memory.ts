/**
 * Peak memory of the process that sends an image of random bytes, to an engine that takes gzip and to one that takes zstd.
 * Usage, as root: scripts/node24 bench/memory.ts [gzip] [zstd] [gigabytes, 2 when not given]     prints Markdown
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../lab/process.ts';
import { openSite, type Site } from '../lab/site.ts';
import { type EngineSpec, startTestEngine, type TestEngine } from '../__tests__/e2e/transfer-support.ts';
import { bundleSender } from './bundle.ts';
import type { SendReport, SendRequest } from './send.ts';

const ENGINES: Record<string, EngineSpec> = {
  gzip: { name: 'server-gzip' },
  zstd: { name: 'server-zstd', suite: 'sid' },
};
const LIMIT = 200_000_000;
const REFERENCE = 'shop-big:v1';

async function buildBig(runner: TestEngine, bytes: number): Promise<SendRequest['images']> {
  const text = `FROM gonsautopilot-lab/busybox:latest\nRUN head -c ${bytes} /dev/urandom >/big\n`;
  await must(['docker', 'buildx', 'build', '--quiet', '--load', '--tag', REFERENCE, '-'], {
    env: runner.env,
    input: text,
  });
  return [{ reference: REFERENCE, id: await runner.docker('image', 'inspect', '-f', '{{.Id}}', REFERENCE) }];
}

interface Figures extends SendReport {
  engine: string;
  seconds: number;
}

async function send(
  site: Site,
  runner: TestEngine,
  spec: EngineSpec,
  sender: string,
  images: SendRequest['images'],
): Promise<Figures> {
  const there = await startTestEngine(site, spec);
  if (there === undefined) throw new Error(`the engine of ${spec.suite} cannot be had`);
  const { server } = there;
  const request: SendRequest = {
    host: server.address,
    port: server.port,
    user: server.user,
    keyFile: server.privateKeyPath,
    knownHosts: server.knownHosts,
    images,
    dockerHost: String(runner.env['DOCKER_HOST']),
  };
  const started = performance.now();
  const report = JSON.parse(await must([process.execPath, sender, JSON.stringify(request)])) as SendReport;
  const seconds = (performance.now() - started) / 1000;
  const engine = await there.docker('version', '-f', '{{.Server.Version}}');
  await server.stop();
  return { ...report, engine, seconds };
}

const named = process.argv.slice(2);
const wanted = Object.keys(ENGINES).filter((name) => named.includes(name));
const gigabytes = Number(named.find((word) => Number(word) > 0) ?? 2);
const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const folder = await mkdtemp(join(tmpdir(), 'bench-memory-'));
const site = await openSite();
try {
  const runner = (await startTestEngine(site, { name: 'runner' })) as TestEngine;
  const images = await buildBig(runner, gigabytes * 1e9);
  const sender = await bundleSender(folder);
  console.log(`| ${gigabytes} GB image | peak memory | before sending | on the wire | seconds |`);
  console.log('| --- | --- | --- | --- | --- |');
  for (const name of wanted.length > 0 ? wanted : Object.keys(ENGINES)) {
    const { engine, maxRss, rssBefore, bytes, seconds } = await send(
      site,
      runner,
      ENGINES[name] as EngineSpec,
      sender,
      images,
    );
    console.log(
      `| ${name}, engine ${engine} | ${mega(maxRss)} | ${mega(rssBefore)} | ${mega(bytes)} | ${seconds.toFixed(1)} |`,
    );
    if (maxRss > LIMIT) process.exitCode = 1;
  }
} finally {
  await site.close();
  await rm(folder, { recursive: true, force: true });
}
