/**
 * How long a rollback by hand takes: from the start of the action's step (the bundle, as a workflow runs it) until the older
 * version alone answers users, beside what the app needs to start by itself. The goal: at most 5 s more than that.
 * The shop of examples/ on a real engine over real SSH, GitHub as far away as a runner has it. Prints one Markdown table.
 *
 *   scripts/node24 bench/rollback.ts [--start MILLISECONDS] [--github MILLISECONDS] [--rounds N]
 */
import { parseArgs } from 'node:util';
import { type PilotJob, startWorld, type World } from '../lab/world.ts';

const { values: asked } = parseArgs({
  options: {
    start: { type: 'string', default: '1500' },
    github: { type: 'string', default: '150' },
    rounds: { type: 'string', default: '1' },
  },
});

/** Seconds beyond the app's own start. */
const GOAL = 5;

/** Nothing that comes before DEPLOY or after the older version answers. */
const CONFIG = {
  'verify.watchdog.duration': 0,
  'test.unit': { enabled: false },
  'test.e2e.enabled': false,
  'test.performance.enabled': false,
  'test.security.enabled': false,
};

type ServiceName = 'frontend' | 'backend';
const PORTS: Record<ServiceName, number> = { frontend: 3000, backend: 3001 };
const ROWS: { what: string; services: ServiceName[] }[] = [
  { what: 'one service with a host port', services: ['frontend'] },
  { what: 'one service side by side', services: ['backend'] },
  { what: 'both, one after the other', services: ['frontend', 'backend'] },
];

interface Measured {
  healthy: number;
  ownStart: number;
  command: number;
}

function succeeded(job: PilotJob): void {
  if (job.pilot.outputs['status'] !== 'success') throw new Error(job.log);
}
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** A version that needs its time before it listens. */
const releaseOf = (world: World, services: readonly ServiceName[], version: string) =>
  Object.fromEntries(
    services.map((service) => [
      `${service}/release.js`,
      `${world.release(service, version)}await new Promise((resolve) => setTimeout(resolve, ${asked.start}));\n`,
    ]),
  );

/** Seconds from `docker start` of what runs now, in a second container without ports, until its health page answers. */
async function ownStart(world: World, service: ServiceName): Promise<number> {
  const script = `image=$(docker inspect --format '{{.Config.Image}}' "$1")
id=$(docker create --network shop_default "$image")
begin=$(date +%s%N)
docker start "$id" >/dev/null
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$id")
until wget -q -T 1 -t 1 -O /dev/null "http://$address:$2/health"; do sleep 0.02; done
end=$(date +%s%N)
docker rm -f "$id" >/dev/null
echo $(((end - begin) / 1000000))`;
  const [id = ''] = (await world.running())[service] ?? [];
  const done = await world.server.exec(['sh', '-c', script, 'sh', id, String(PORTS[service])]);
  if (done.code !== 0) throw new Error(done.stderr);
  return Number(done.stdout) / 1000;
}

/** Asks all the time what users get; gives the moment from which on it was only `version`. */
function watch(world: World, service: ServiceName, version: string): () => Promise<number> {
  let since: number | undefined;
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const answer = await world.version(service).catch(() => 'none');
      since = answer === version ? (since ?? performance.now()) : undefined;
      await pause(20);
    }
  })();
  return async () => {
    stopped = true;
    await asking;
    if (since === undefined) throw new Error(`${service} does not answer as ${version}`);
    return since;
  };
}

async function measure(world: World, services: ServiceName[], round: number): Promise<Measured> {
  const before = await Promise.all(services.map((service) => world.version(service)));
  const starts: number[] = [];
  for (const service of services) starts.push(await ownStart(world, service));
  await world.push(releaseOf(world, services, `2.${String(round)}.0`));
  succeeded(await world.deploy());

  const watches = services.map((service, index) => watch(world, service, before[index] ?? ''));
  let begin = 0;
  const job = await world.dispatch(
    'rollback',
    {},
    {
      steps: [
        { run: 'echo the step begins' },
        {
          uses: 'gons/autopilot@v1',
          id: 'pilot',
          with: {
            stage: 'rollback',
            services: services.join(','),
            reason: 'bench',
            ...world.credentials,
          },
        },
      ],
      onLine: (line) => {
        if (line === 'the step begins') begin = performance.now();
      },
    },
  );
  const end = performance.now();
  succeeded(job);
  const since = await Promise.all(watches.map((stop) => stop()));
  return {
    healthy: (Math.max(...since) - begin) / 1000,
    ownStart: starts.reduce((sum, one) => sum + one, 0),
    command: (end - begin) / 1000,
  };
}

const world = await startWorld({ config: CONFIG });
try {
  world.github.fault({
    route: '* /**',
    effect: { kind: 'latency', milliseconds: Number(asked.github) },
    times: Infinity,
  });
  await world.push(releaseOf(world, ['frontend', 'backend'], '1.0.0'));
  succeeded(await world.deploy());
  const lines: string[] = [];
  let round = 0;
  for (const { what, services } of ROWS) {
    const rounds: Measured[] = [];
    for (let count = 0; count < Number(asked.rounds); count += 1) {
      round += 1;
      rounds.push(await measure(world, services, round));
    }
    const of = (key: keyof Measured) => median(rounds.map((one) => one[key]));
    const limit = GOAL + of('ownStart');
    lines.push(
      `| ${what} | ${of('healthy').toFixed(1)} s | ${of('ownStart').toFixed(1)} s | ${limit.toFixed(1)} s | ${of('healthy') < limit ? 'met' : 'MISSED'} | ${of('command').toFixed(1)} s |`,
    );
    process.stderr.write(`${lines.at(-1) ?? ''}\n`);
  }
  process.stdout.write(
    [
      `Median of ${asked.rounds}; GitHub answers ${asked.github} ms late; the watchdog is off, it looks on after that.`,
      '',
      '| rolled back | step begins to healthy | own start | goal: 5 s and the own start | | whole step |',
      '| --- | --- | --- | --- | --- | --- |',
      ...lines,
      '',
    ].join('\n'),
  );
} finally {
  await world.close();
}
