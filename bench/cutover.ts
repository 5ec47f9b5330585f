/**
 * What a release costs its users: requests that fail and the longest time without a good answer, under a steady 200 requests
 * a second (half on new connections, half on kept ones), for a good release, a broken one and a rollback. Beside each
 * other in one run: this action, `docker compose up -d`, and docker-rollout where its script is given. An app that needs
 * 1.5 s to start and 20 ms to answer; real engine, real proxies, default time-outs. Prints one Markdown table.
 *
 *   scripts/node24 bench/cutover.ts [--rollout FILE] [--rounds N] [--only TEXT]
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openWorld, type World } from '../__tests__/e2e/deploy-world.ts';
import { appImage, compose, putProxy, release, untilUp } from '../__tests__/e2e/proxy-app.ts';
import { type ProxySetup, SETUPS } from '../__tests__/e2e/proxy-setups.ts';
import { type LoadReport, startLoad } from '../lab/load.ts';

const { values: asked } = parseArgs({
  options: {
    rollout: { type: 'string', default: '' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

/** How a version comes to run; false when it did not become healthy and the one before was put back. */
interface Way {
  name: string;
  to(world: World, tag: string, before: string): Promise<boolean>;
  /** Back to a version that ran before, where that is another way. */
  back?(world: World, tag: string, before: string): Promise<boolean>;
}

const PORT = `services:
  backend:
    image: placeholder
    ports: ["18080:8080"]
`;
/** As the manual of docker-rollout asks for; Compose's \`--wait\` needs it as well. */
const CHECK = `    healthcheck: { test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"], interval: 1s, timeout: 1s, retries: 10 }
`;
const FILE = '/srv/shop/compose.yml';

async function setTag(world: World, tag: string): Promise<void> {
  await world.machine.exec(['sed', '-i', `s|image: .*backend.*|image: shop-backend:${tag}|`, FILE]);
}

const UP = ['up', '-d', '--no-deps', '--wait', '--wait-timeout', '15', 'backend'];

const autopilot: Way = {
  name: 'GonsAutoPilot',
  to: async (world, tag) =>
    (await release(world, await appImage(world, tag, behaviourOf(tag)))).status !== 'failed',
  back: async (world, tag) =>
    (await release(world, await appImage(world, tag), 'in an earlier run')).status !== 'failed',
};
const plain: Way = {
  name: '`docker compose up -d --wait`, on failure the tag before',
  async to(world, tag, before) {
    await setTag(world, tag);
    if ((await compose(world, ...UP)) === 0) return true;
    await setTag(world, before);
    await compose(world, ...UP);
    return false;
  },
};
const rollout: Way = {
  name: 'docker-rollout',
  async to(world, tag, before) {
    await setTag(world, tag);
    const done = await world.machine.exec([
      'sh',
      '/srv/docker-rollout',
      'rollout',
      '-f',
      FILE,
      '--timeout',
      '15',
      'backend',
    ]);
    if (done.code !== 0) await setTag(world, before);
    return done.code === 0;
  },
};

const behaviourOf = (tag: string) => (tag === 'bad' ? ('unhealthy' as const) : ('good' as const));

interface Measured {
  requests: number;
  failed: number;
  gap: number;
  seconds: number;
  /** False: nothing answered 10 s after the command had ended, until the proxy was restarted. */
  up: boolean;
}
interface Row {
  place: string;
  way: string;
  good: Measured[];
  broken: Measured[];
  rollback: Measured[];
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function under(world: World, body: () => Promise<boolean>, expected: boolean): Promise<Measured> {
  const stop = startLoad(`http://${world.machine.address}:18080/health`);
  await pause(1_000);
  const began = performance.now();
  const outcome = await body();
  const seconds = (performance.now() - began) / 1000;
  const up = await untilUp(world, 10_000).then(
    () => true,
    () => false,
  );
  await pause(2_000);
  const load: LoadReport = await stop();
  if (!up) {
    await compose(world, 'restart', 'proxy');
    await untilUp(world);
  }
  if (outcome !== expected) throw new Error(`expected the release to ${expected ? 'pass' : 'fail'}`);
  return {
    requests: load.fresh.requests + load.kept.requests,
    failed: load.fresh.failed + load.kept.failed,
    gap: Math.max(load.fresh.gap, load.kept.gap),
    seconds,
    up,
  };
}

async function measure(world: World, setup: ProxySetup | undefined, way: Way, row: Row): Promise<void> {
  for (const tag of ['v1', 'v2', 'bad']) await appImage(world, tag, behaviourOf(tag));
  if (setup) await putProxy(world, setup);
  else await world.putCompose(PORT);
  const source = (await world.compose()).replace(/(image: )placeholder\n/, `$1shop-backend:v1\n${CHECK}`);
  await world.putCompose(source);
  await compose(world, ...UP);
  await untilUp(world);
  row.good.push(await under(world, () => way.to(world, 'v2', 'v1'), true));
  row.broken.push(await under(world, () => way.to(world, 'bad', 'v2'), false));
  row.rollback.push(await under(world, () => (way.back ?? way.to)(world, 'v1', 'v2'), true));
  await world.clean();
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const cell = (rounds: Measured[]) =>
  `${String(median(rounds.map((one) => one.failed)))} of ${String(median(rounds.map((one) => one.requests)))}; ${(median(rounds.map((one) => one.gap)) / 1000).toFixed(2)} s; ${median(rounds.map((one) => one.seconds)).toFixed(1)} s${rounds.every((one) => one.up) ? '' : ' (down until the proxy is restarted)'}`;

function table(rows: readonly Row[]): string {
  return [
    'Failed requests; longest time without a good answer; time the command took (median).',
    '',
    '| in front | way | good release | broken release | rollback |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${[row.place, row.way, cell(row.good), cell(row.broken), cell(row.rollback)].join(' | ')} |`,
    ),
  ].join('\n');
}

const world = await openWorld();
try {
  const ways = [autopilot, plain];
  const rows: Row[] = [];
  if (asked.rollout !== '') {
    await world.machine.exec(['sh', '-c', 'cat >/srv/docker-rollout'], {
      input: await readFile(asked.rollout),
    });
    ways.push(rollout);
  }
  for (const setup of [undefined, ...SETUPS]) {
    const place = setup?.name ?? 'fixed host port';
    if (!place.includes(asked.only)) continue;
    for (const way of ways) {
      // A host port has room for one container only.
      if (setup === undefined && way === rollout) continue;
      const row: Row = { place, way: way.name, good: [], broken: [], rollback: [] };
      for (let round = 0; round < Number(asked.rounds); round += 1) await measure(world, setup, way, row);
      rows.push(row);
      process.stderr.write(
        `${place}, ${way.name}: ${cell(row.good)} | ${cell(row.broken)} | ${cell(row.rollback)}\n`,
      );
    }
  }
  process.stdout.write(`${table(rows)}\n`);
} finally {
  await world.close();
}
