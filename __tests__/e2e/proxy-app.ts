/** An app that takes 1.5 s to start and 20 ms to answer, and its releases behind a proxy or on a host port. */
import { provideProxy } from '../../lab/images.ts';
import { must, until } from '../../lab/process.ts';
import type { Wanted } from '../../src/deploy/index.ts';
import type { DeployResult } from '../../src/deploy/result.ts';
import { inputOf, service, type World } from './deploy-world.ts';
import { behind, type ProxySetup } from './proxy-setups.ts';

export const URL = 'http://localhost:18080/health';

export type Behaviour = 'good' | 'unhealthy' | 'crashing';

/** Ends in order when it is asked to, as most frameworks do; says its version. */
export async function appImage(
  world: World,
  tag: string,
  behaviour: Behaviour = 'good',
): Promise<Wanted['image']> {
  const reference = `shop-backend:${tag}`;
  const status = behaviour === 'good' ? 200 : 500;
  const code =
    behaviour === 'crashing'
      ? 'process.exit(3)'
      : `let ending = false; const server = require("http").createServer((asked, answer) => setTimeout(() => answer.writeHead(${String(status)}, ending ? { connection: "close" } : {}).end("${tag}"), 20)); setTimeout(() => server.listen(8080), 1500); process.on("SIGTERM", () => { ending = true; server.close(() => process.exit(0)); });`;
  const dockerfile = [
    'FROM gonsautopilot-lab/node:24',
    'EXPOSE 8080',
    `CMD ${JSON.stringify(['node', '-e', code])}`,
  ].join('\n');
  await must(['docker', 'build', '--quiet', '--tag', reference, '-'], { env: world.env, input: dockerfile });
  return {
    reference,
    id: await world.docker('image', 'inspect', '--format', '{{.Id}}', reference),
    size: 1e8,
  };
}

let runs = 0;
/** One release by the action's own way, up to its confirmation; of an image that was verified before where that is said. */
export async function release(
  world: World,
  image: Wanted['image'],
  verified?: string,
): Promise<DeployResult> {
  runs += 1;
  const id = `20260102-0000${String(runs).padStart(2, '0')}-ccccccc`;
  const handle = await world.open(id);
  const wanted = [
    {
      service: service('backend', URL, { healthCheck: { url: URL, timeout: 20, retries: 3 } }),
      image,
      ...(verified === undefined ? {} : { verified }),
    },
  ];
  const result = await handle.deploy(inputOf(id, wanted));
  if (result.status !== 'failed') {
    await handle.underTest({ keepReleases: 5, protect: [image.reference] }).confirm();
    await handle.recorded();
  }
  await handle.close();
  return result;
}

export async function untilUp(world: World, timeout = 60_000): Promise<void> {
  await until(
    `${URL} answers`,
    async () => (await world.target.http(URL, { timeout: 2_000 })).status === 200,
    { timeout },
  );
}

/** Compose file and running proxy; most of them only stay up once there is something behind them. */
export async function putProxy(world: World, setup: ProxySetup): Promise<void> {
  await provideProxy(world.env, setup.proxy);
  await world.machine.exec(['sh', '-c', 'mkdir -p /srv/shop && cat >/srv/shop/proxy.conf'], {
    input: setup.text,
  });
  await world.putCompose(behind(setup));
  await compose(world, 'up', '-d', '--no-deps', 'proxy');
}

/** `docker compose ...` in the project's folder on the server. */
export async function compose(world: World, ...args: string[]): Promise<number> {
  const done = await world.machine.exec(['docker', 'compose', '-f', '/srv/shop/compose.yml', ...args]);
  return done.code;
}
