import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { until } from '../../lab/process.ts';
import { verify } from '../../src/verify/index.ts';
import { rollback } from '../../src/rollback/index.ts';
import { PROOF_LABEL } from '../../src/deploy/commands.ts';
import { revertScript } from '../../src/deploy/script.ts';
import type { DeployResult } from '../../src/deploy/result.ts';
import { openRelease, planOnly, type ReleaseHandle } from '../../src/deploy/index.ts';
import { type AppOptions, COMPOSE_FILE, inputOf, openWorld, service, type World } from './deploy-world.ts';

jest.setTimeout(120_000);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.clean();
});
afterAll(async () => {
  await world.close();
});

const FIXED_PORT = `# the shop
services:
  backend:
    image: placeholder # replaced by each release
    stop_signal: SIGKILL
    ports: ["18080:8080"]
`;
const RETIRE = { keepReleases: 5, protect: [] };
const URL = 'http://localhost:18080/cgi-bin/health';
/** Two services; what they share is mounted by both, so it has no single writer. */
const TWO = `services:
  backend:
    image: placeholder
    stop_signal: SIGKILL
    ports: ["18080:8080"]
    volumes: ["state:/state"]
  frontend:
    image: placeholder
    stop_signal: SIGKILL
    ports: ["18081:8080"]
    volumes: ["state:/state"]
volumes:
  state:
`;
const BOTH = { backend: URL, frontend: 'http://localhost:18081/cgi-bin/health' };
/** Reached by its name only, as behind a proxy. */
const BEHIND_PROXY = `services:
  backend:
    image: placeholder
    stop_signal: SIGKILL
    expose: ["8080"]
  proxy:
    image: gonsautopilot-lab/node:24
    stop_signal: SIGKILL
    command:
      - node
      - -e
      - >-
        const http = require('http');
        http.createServer((asked, answer) => {
          const sent = http.request({ host: 'backend', port: 8080, path: asked.url, agent: false }, (got) => {
            answer.writeHead(got.statusCode); got.pipe(answer); });
          sent.on('error', () => answer.writeHead(502).end()); sent.end();
        }).listen(80)
    ports: ["18080:80"]
`;

interface Made {
  handle: ReleaseHandle;
  result: DeployResult;
}

let runs = 0;
async function deploy(
  compose: string | undefined,
  tag: string,
  apps: Record<string, AppOptions>,
  urls: Record<string, string | undefined>,
): Promise<Made> {
  runs += 1;
  const id = `20260101-0000${String(runs).padStart(2, '0')}-aaaaaaa`;
  const wanted = [];
  for (const [name, options] of Object.entries(apps)) {
    wanted.push({ service: service(name, urls[name]), image: await world.image(name, tag, options) });
  }
  const handle = await world.open(id);
  return { handle, result: await handle.deploy(inputOf(id, wanted, { composeSource: compose })) };
}
async function confirmed({ handle, result }: Made): Promise<DeployResult> {
  expect(result.error).toBeUndefined();
  expect(await handle.underTest(RETIRE).confirm()).toEqual([]);
  await handle.recorded();
  await handle.close();
  return result;
}
const list = async (...args: string[]) =>
  (await world.docker('ps', ...args)).split('\n').filter(Boolean).sort();
const running = () => list('--no-trunc', '--format', '{{.ID}} {{.Image}}');
const all = () => list('-a', '--format', '{{.Names}} {{.State}}');

/** Asks a published port until it is stopped; gives the answers that were not 200. */
function load(port: number): () => Promise<{ asked: number; failed: string[] }> {
  let going = true;
  const failed: string[] = [];
  let asked = 0;
  const loop = (async () => {
    while (going) {
      asked += 1;
      const answer = await fetch(`http://${world.machine.address}:${String(port)}/cgi-bin/health`, {
        headers: { connection: 'close' },
      }).then(
        async (response) => `${String(response.status)} ${(await response.text()).trim()}`,
        (error: unknown) => String(error),
      );
      if (!answer.startsWith('200')) failed.push(answer);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    going = false;
    await loop;
    return { asked, failed };
  };
}

test('D2: a first deployment brings the compose file; a good release replaces it; the kept one goes after VERIFY', async () => {
  const urls = { backend: URL };
  const first = await confirmed(await deploy(FIXED_PORT, 'v1', { backend: {} }, urls));
  expect(first.status).toBe('passed');
  expect(first.services).toMatchObject([
    { service: 'backend', status: 'deployed', image: 'shop-backend:v1', previous: '' },
  ]);
  expect(await world.compose()).toBe(FIXED_PORT.replace('placeholder', 'shop-backend:v1'));
  expect(await all()).toEqual(['shop-backend-1 running']);

  const made = await deploy(FIXED_PORT, 'v2', { backend: {} }, urls);
  expect(made.result.services).toMatchObject([
    { status: 'deployed', image: 'shop-backend:v2', previous: 'shop-backend:v1', strategy: 'stop-first' },
  ]);
  expect(made.result.baselines['backend']?.length).toBeGreaterThanOrEqual(12);
  expect(await all()).toEqual(['shop-backend-1 exited', 'shop-backend-2 running']);
  await confirmed(made);
  expect(await all()).toEqual(['shop-backend-2 running']);
  expect(await world.compose()).toBe(FIXED_PORT.replace('placeholder', 'shop-backend:v2'));
});

test('invariant 6: what an engine that died left of a proof goes with the old images, and nothing else', async () => {
  const busybox = 'gonsautopilot-lab/busybox:latest';
  const label = ['--label', PROOF_LABEL];
  await world.docker('create', '--name', 'left', ...label, busybox);
  await world.docker('create', '--name', 'not-ours', busybox);
  await world.docker('run', '--name', 'has-run', ...label, busybox, 'true');
  await confirmed(await deploy(FIXED_PORT, 'v1', { backend: {} }, { backend: URL }));
  expect(await all()).toEqual(['has-run exited', 'not-ours created', 'shop-backend-1 running']);
});

test.each([
  ['answers 500', { status: '500 Internal Server Error' }, /answers 500/],
  ['crashes', { crash: true }, /crashed 4 times \(exit code 3\)/],
])('D2: a broken release that %s never touches the old one and costs no request', async (_what, app, why) => {
  await confirmed(await deploy(FIXED_PORT, 'v1', { backend: {} }, { backend: URL }));
  const before = await running();
  const stop = load(18080);
  const { handle, result } = await deploy(undefined, 'bad', { backend: app }, { backend: URL });
  const { asked, failed } = await stop();
  await handle.close();
  expect(failed).toEqual([]);
  expect(asked).toBeGreaterThan(10);
  expect(result).toMatchObject({
    status: 'failed',
    rolled_back: [],
    manual_steps: [],
    error: { code: 'DEPLOY_FAILED' },
  });
  expect(result.services).toMatchObject([{ status: 'untouched', image: 'shop-backend:v1' }]);
  expect(result.failure?.reason).toMatch(why);
  expect(result.failure?.log_tail).toContain('starting bad');
  expect(await running()).toEqual(before);
  expect(await all()).toEqual(['shop-backend-1 running']);
  expect(await world.compose()).toBe(FIXED_PORT.replace('placeholder', 'shop-backend:v1'));
});

test('D3: frontend was cut over, backend breaks once live: both are back, in reverse order', async () => {
  await confirmed(await deploy(TWO, 'v1', { frontend: {}, backend: {} }, BOTH));
  const before = await running();
  const file = await world.compose();
  const { handle, result } = await deploy(
    undefined,
    'v2',
    { frontend: {}, backend: { onceGood: true } },
    BOTH,
  );
  await handle.close();
  expect(result).toMatchObject({ status: 'failed', rolled_back: ['backend', 'frontend'], manual_steps: [] });
  expect(result.services.map((entry) => [entry.service, entry.status, entry.image])).toEqual([
    ['frontend', 'rolled-back', 'shop-frontend:v1'],
    ['backend', 'rolled-back', 'shop-backend:v1'],
  ]);
  expect(result.failure).toMatchObject({
    service: 'backend',
    log_tail: expect.stringContaining('starting v2'),
  });
  expect(await running()).toEqual(before);
  expect(await all()).toHaveLength(2);
  expect(await world.compose()).toBe(file);
});

test('D2: start-first behind a name: the new one joins only when proven; a broken one costs no request', async () => {
  const urls = { backend: URL };
  await confirmed(await deploy(BEHIND_PROXY, 'v1', { backend: {} }, {}));
  await world.machine.exec([
    'docker',
    'compose',
    '-f',
    '/srv/shop/compose.yml',
    'up',
    '-d',
    '--no-deps',
    'proxy',
  ]);
  await until(
    'the proxy answers',
    async () => (await world.target.http(URL, { timeout: 1_000 })).status === 200,
  );
  const stopBroken = load(18080);
  const bad = await deploy(undefined, 'bad', { backend: { status: '500 Broken' } }, urls);
  await bad.handle.close();
  const broken = await stopBroken();
  expect(bad.result.status).toBe('failed');
  expect(broken.asked).toBeGreaterThan(20);
  expect(broken.failed).toEqual([]);

  const stop = load(18080);
  const good = await deploy(undefined, 'v2', { backend: { delay: 1 } }, urls);
  expect(good.result.services).toMatchObject([{ strategy: 'start-first', status: 'deployed' }]);
  await confirmed(good);
  const { failed, asked } = await stop();
  expect(asked).toBeGreaterThan(20);
  // This proxy neither retries nor knows that the old one is going: what is under way when it stops is cut, no more.
  expect(failed.length).toBeLessThanOrEqual(3);
  expect(failed.filter((answer) => !/^502|fetch failed/.test(answer))).toEqual([]);
  expect((await list('-a', '--format', '{{.Image}}')).sort()).toEqual([
    'gonsautopilot-lab/node:24',
    'shop-backend:v2',
  ]);
});

test('V3: VERIFY rolls back what was live, from the kept containers; a container_name goes back as well', async () => {
  const named = FIXED_PORT.replace('    stop_signal', '    container_name: shop\n    stop_signal');
  await confirmed(await deploy(named, 'v1', { backend: {} }, { backend: URL }));
  const before = await running();
  const { handle, result } = await deploy(undefined, 'v2', { backend: {} }, { backend: URL });
  expect(result.status).toBe('passed');
  expect(await all()).toEqual(['shop running', 'shop-before exited']);
  const outcome = await handle.underTest(RETIRE).rollBack('slow');
  await handle.close();
  expect(outcome).toEqual({ rolledBack: ['backend'], failed: {}, manualSteps: [], leftToServer: false });
  expect(await running()).toEqual(before);
  expect(await all()).toEqual(['shop running']);
  expect(await world.compose()).toContain('shop-backend:v1');
  await confirmed(await deploy(undefined, 'v3', { backend: {} }, { backend: URL }));
  expect(await all()).toEqual(['shop running']);
});

const judge = ({ handle, result }: Made, autoRollback = true) =>
  verify(
    {
      smoke: {
        urls: { backend: URL },
        endpoints: ['/cgi-bin/health?again'],
        origin: '',
        responseTimeMax: 3000,
      },
      watch: { duration: 6, interval: 2, ratio: 2 },
      baselines: result.baselines,
      autoRollback,
    },
    { ...world.effects, release: handle.underTest(RETIRE) },
  );

test('V1, V2, V3, R1: a good release is confirmed; one that breaks while watched goes back; an older one by hand', async () => {
  await confirmed(await deploy(FIXED_PORT, 'v1', { backend: {} }, { backend: URL }));
  const good = await deploy(undefined, 'v2', { backend: {} }, { backend: URL });
  expect(await judge(good)).toMatchObject({
    status: 'passed',
    smoke: [{ passed: true }, { passed: true, url: 'http://localhost:18080/cgi-bin/health?again' }],
    watch: [{ service: 'backend', verdict: 'healthy' }],
    services: [{ status: 'deployed', image: 'shop-backend:v2' }],
  });
  await good.handle.recorded();
  await good.handle.close();
  const before = await running();

  const breaking = await deploy(undefined, 'v3', { backend: { breaksAfter: 7 } }, { backend: URL });
  expect(breaking.result.status).toBe('passed');
  expect(await judge(breaking)).toMatchObject({
    status: 'failed',
    rolled_back: ['backend'],
    manual_steps: [],
    services: [{ status: 'rolled-back', image: 'shop-backend:v2' }],
    failure: {
      service: 'backend',
      reason: 'watchdog: it answered 500',
      log_tail: expect.stringContaining('starting v3'),
    },
  });
  await breaking.handle.close();
  expect(await running()).toEqual(before);

  const handle = await world.open('20260101-010000-rollbck');
  const back = { service: service('backend', URL), image: 'shop-backend:v1', verified: 'in run v1' };
  const input = {
    pipelineId: '20260101-010000-rollbck',
    prefix: 'shop',
    composeFile: COMPOSE_FILE,
    services: [back],
  };
  const check = (result: DeployResult) => judge({ handle, result });
  const gone = { ...input, services: [{ ...back, image: 'shop-backend:v0' }] };
  await expect(rollback(gone, { target: world.target, release: handle, verify: check })).rejects.toThrow(
    /shop-backend:v0/,
  );
  const moment = async () => (await world.machine.exec(['date', '+%s.%N'])).stdout.trim();
  const begin = await moment();
  const done = await rollback(input, { target: world.target, release: handle, verify: check });
  await handle.recorded();
  await handle.close();
  // Goal of issue 3: all that it costs beyond its own few seconds is one start of the app.
  const starts = ['--filter', 'type=container', '--filter', 'event=start'];
  const format = ['--format', '{{.Actor.Attributes.image}}'];
  expect(
    await world.docker('events', '--since', begin, '--until', await moment(), ...starts, ...format),
  ).toBe('shop-backend:v1');
  expect(done.deploy.services).toMatchObject([{ image: 'shop-backend:v1', previous: 'shop-backend:v2' }]);
  expect(done.verify?.status).toBe('passed');
  expect(await list('--format', '{{.Image}}')).toEqual(['shop-backend:v1']);
});

test('DESIGN: a runner that is gone: the armed script puts the old one back, and the next run finds it settled', async () => {
  await confirmed(await deploy(TWO, 'v1', { backend: {}, frontend: {} }, BOTH));
  const before = await running();
  const file = await world.compose();
  const { handle } = await deploy(undefined, 'v2', { backend: {}, frontend: {} }, BOTH);
  if (!handle.plan) throw new Error('no plan');
  const script = revertScript(handle.plan);
  for (let time = 0; time < 2; time += 1) {
    expect(await world.machine.exec(['sh', '-c', script])).toMatchObject({ code: 0 });
    expect(await running()).toEqual(before);
    expect(await all()).toHaveLength(2);
    expect(await world.compose()).toBe(file);
  }
  await handle.keeper.disarm();
  await handle.close();
  const next = await world.open('20260101-020000-nextrun');
  expect(next.settled).toMatchObject({ state: 'rolled-back', outcome: { failed: {}, manualSteps: [] } });
  await next.close();
  expect(await running()).toEqual(before);
  expect(
    (await world.open('20260101-030000-nextrun').then(async (again) => (await again.close(), again))).settled,
  ).toEqual({ state: 'nothing' });
});

test('DESIGN: in steps of their own, DEPLOY hands the release over and VERIFY claims it', async () => {
  await confirmed(await deploy(FIXED_PORT, 'v1', { backend: {} }, { backend: URL }));
  const { handle, result } = await deploy(undefined, 'v2', { backend: {} }, { backend: URL });
  const handover = JSON.parse(JSON.stringify(await handle.handOver(60))) as Awaited<
    ReturnType<typeof handle.handOver>
  >;
  const claimed = await openRelease(
    { pipelineId: handover.plan.pipeline_id, runUrl: '', actor: '', lockWait: 5, heartbeat: 30, handover },
    world.effects,
  );
  expect((await judge({ handle: claimed, result })).status).toBe('passed');
  await claimed.recorded();
  await claimed.close();
  expect(await all()).toEqual(['shop-backend-2 running']);
});

test('D2: a candidate has no labels and no VIRTUAL_HOST, so no proxy sends it requests; a crash loop is shown as one', async () => {
  const labelled = FIXED_PORT.replace(
    '    stop_signal',
    '    restart: always\n    labels: { traefik.enable: "true" }\n    environment: { VIRTUAL_HOST: shop.example, OTHER: "1" }\n    stop_signal',
  );
  const events = world.machine.exec([
    'sh',
    '-c',
    'docker events --filter event=start --format "{{json .Actor.Attributes}}" & sleep 8; kill $!',
  ]);
  const { handle, result } = await deploy(labelled, 'v1', { backend: { crash: true } }, { backend: URL });
  await handle.close();
  expect(result).toMatchObject({
    status: 'failed',
    failure: { exit_code: 3, reason: expect.stringContaining('crashed 4 times') },
  });
  const seen = (await events).stdout;
  expect(seen).toContain('shop-backend-candidate');
  expect(seen).not.toContain('traefik.enable');
  expect(await all()).toEqual([]);
  expect(await world.compose()).toBe('');

  const lively = await deploy(labelled, 'v2', { backend: {} }, { backend: URL });
  await confirmed(lively);
  expect(
    await world.docker(
      'inspect',
      '--format',
      '{{json .Config.Labels}} {{json .Config.Env}}',
      'shop-backend-1',
    ),
  ).toMatch(/traefik.enable.*VIRTUAL_HOST=shop.example/);
});

test('D2: a candidate is off traffic and not pulled, whatever names, variables, pull_policy and profiles its service has', async () => {
  const named = `services:
  backend:
    image: placeholder
    hostname: shop
    pull_policy: always
    profiles: ["site"]
    stop_signal: SIGKILL
    ports: ["18080:8080"]
    environment:
      - VIRTUAL_HOST=shop.example
      - OTHER=1
`;
  await confirmed(await deploy(named, 'v1', { backend: {} }, { backend: URL }));
  const again = await deploy(undefined, 'v1', { backend: {} }, { backend: URL });
  expect(again.result.status).toBe('skipped');
  await again.handle.close();

  const found = (name: string) =>
    world.docker(
      ...['run', '--rm', '--network', 'shop_default', 'gonsautopilot-lab/busybox:latest'],
      ...['sh', '-c', `nslookup ${name} 127.0.0.11 | grep -c '^Address.* 1[0-9.]*$' || true`],
    );
  expect(await found('shop')).toBe('1');
  const releasing = deploy(undefined, 'v2', { backend: { delay: 5 } }, { backend: URL });
  await until('the candidate is up', async () =>
    (await list('--format', '{{.Names}}')).join().includes('shop-backend-candidate'),
  );
  const env = await world.docker('inspect', '--format', '{{json .Config.Env}}', 'shop-backend-candidate');
  expect(env).toContain('"VIRTUAL_HOST="');
  expect(env).toContain('"OTHER=1"');
  expect(await found('shop')).toBe('1');
  const made = await releasing;
  expect(made.result.services).toMatchObject([{ status: 'deployed', strategy: 'stop-first' }]);
  await confirmed(made);
  // Why it needs that: Docker's DNS gives both, whatever their aliases are.
  await world.docker(
    ...['run', '--detach', '--network', 'shop_default', '--hostname', 'shop'],
    ...['gonsautopilot-lab/busybox:latest', 'sleep', '60'],
  );
  expect(await found('shop')).toBe('2');
});

test('Invariant 7: a dry run shows the plan and leaves nothing on the server', async () => {
  const image = await world.image('backend', 'v1');
  const shown = await planOnly(
    inputOf('20260101-040000-dryrunn', [{ service: service('backend', URL), image }], {
      composeSource: FIXED_PORT,
    }),
    world.effects,
  );
  expect(shown.gate.filter((check) => !check.passed)).toEqual([]);
  expect(shown.services).toEqual([
    {
      service: 'backend',
      from: '(nothing)',
      to: 'shop-backend:v1',
      strategy: 'stop-first',
      why: 'first deployment; it publishes host port 18080',
      send: 'nothing, it is there',
    },
  ]);
  expect((await world.machine.exec(['ls', '-A', '/srv'])).stdout).toBe('');
  expect(await all()).toEqual([]);
});

test('DESIGN keeper: VERIFY never comes: the server rolls back by itself, and a late one is told', async () => {
  await confirmed(await deploy(FIXED_PORT, 'v1', { backend: {} }, { backend: URL }));
  const before = await running();
  const { handle } = await deploy(undefined, 'v2', { backend: {} }, { backend: URL });
  const handover = await handle.handOver(2);
  await until('the old one runs again', async () => (await running()).join() === before.join());
  const late = {
    pipelineId: handover.plan.pipeline_id,
    runUrl: '',
    actor: '',
    lockWait: 20,
    heartbeat: 30,
    handover,
  };
  await expect(openRelease(late, world.effects)).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    why: expect.stringContaining('by itself'),
  });
  const next = await world.open('20260101-050000-nextrun');
  expect(next.settled).toEqual({ state: 'nothing' });
  await next.close();
  expect(await running()).toEqual(before);
  expect(await world.compose()).toContain('shop-backend:v1');
});
