/** The example shop with short releases, in which version after version is deployed while something goes wrong. */
import { join } from 'node:path';
import { provideProxy, proxyImage } from '../../../lab/images.ts';
import { until } from '../../../lab/process.ts';
import type { PilotJob, RunOptions, World } from '../../../lab/world.ts';
import { quickWorld } from '../quick-world.ts';
import { SETUPS } from '../proxy-setups.ts';

/** `port`: the shop as it is, whose frontend has a fixed host port; `nginx`: both services can run side by side. */
export type Front = 'port' | 'nginx';

export const KEEP_RELEASES = 2;
const BEGINS = 'the step begins';

const NGINX = `name: shop
services:
  frontend:
    image: shop-frontend:latest
    restart: unless-stopped
    environment: { BACKEND_URL: 'http://backend:3001' }
    expose: ['3000']
  backend:
    image: shop-backend:latest
    restart: unless-stopped
    expose: ['3001']
  proxy:
    image: ${proxyImage('nginx')}
    restart: always
    ports: ['3000:80']
    volumes: ['./proxy.conf:/etc/nginx/nginx.conf:ro']
`;

export interface ChaosWorld {
  readonly world: World;
  /** The version that was last deployed to its end. */
  current: string;
  /** Commits a version of both services that was never there before. */
  next(changes?: Record<string, string>): Promise<string>;
  close(): Promise<void>;
}

/** With a first release deployed. `config` as in WorldOptions. */
export async function openChaosWorld(
  front: Front,
  config: Record<string, unknown> = {},
): Promise<ChaosWorld> {
  const world = await quickWorld({
    suites: 'none',
    config: {
      'deploy.heartbeat': 5,
      'verify.watchdog.duration': 2,
      'verify.watchdog.interval': 1,
      'safety.keep_releases': KEEP_RELEASES,
      // Behind nginx the first release waits for a proxy that only stays up once there is something behind it.
      ...(front === 'nginx'
        ? { 'deploy.health_check.timeout': 30, 'services.frontend.health_check.container_port': 3000 }
        : {}),
      ...config,
    },
    ...(front === 'nginx' ? { files: { 'docker-compose.prod.yml': NGINX } } : {}),
  });
  let versions = 0;
  try {
    if (front === 'nginx') await startProxy(world);
    const chaos: ChaosWorld = {
      world,
      current: '1.0.0',
      async next(changes = {}) {
        versions += 1;
        const version = `2.${String(versions)}.0`;
        await world.push({
          'frontend/release.js': world.release('frontend', version),
          'backend/release.js': world.release('backend', version),
          ...changes,
        });
        return version;
      },
      close: () => world.close(),
    };
    const first = await world.deploy();
    if (first.pilot.outputs['status'] !== 'success')
      throw new Error(`the first release failed:\n${first.log}`);
    await first.cleanup();
    return chaos;
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** As people do it who have a proxy: it runs before the shop, and looks for it until it is there. */
async function startProxy({ server }: World): Promise<void> {
  const env = { ...process.env, DOCKER_HOST: `unix://${join(server.directory, 'disk/run/docker.sock')}` };
  await provideProxy(env, 'nginx');
  const [setup] = SETUPS;
  const conf = (setup?.text ?? '').replace('http://backend:8080', 'http://frontend:3000');
  const owned = 'cat >"/srv/shop/$1" && chown deploy:deploy "/srv/shop/$1"';
  await server.exec(['sh', '-c', owned, 'sh', 'proxy.conf'], { input: conf });
  await server.exec(['sh', '-c', owned, 'sh', 'docker-compose.prod.yml'], { input: NGINX });
  const up = await server.exec(
    'cd /srv/shop && docker compose -f docker-compose.prod.yml up -d --no-deps proxy',
  );
  if (up.code !== 0) throw new Error(`the proxy did not start: ${up.stderr}`);
}

/** A job for the head of main whose log says where the step of the action begins. */
export function jobOf({ world }: ChaosWorld): RunOptions {
  return {
    steps: [{ run: `echo '${BEGINS}'` }, { uses: 'gons/autopilot@v1', id: 'pilot', with: world.credentials }],
  };
}

export const isBeginning = (line: string): boolean => line === BEGINS;

/** Deploys the head of main and says what went wrong, if anything did. */
export async function cleanRun(
  chaos: ChaosWorld,
  options: RunOptions,
): Promise<{ job: PilotJob; found: string[] }> {
  const job = await chaos.world.deploy({ ...jobOf(chaos), ...options });
  const status = job.pilot.outputs['status'] ?? 'none';
  const well = status === 'success' || status === 'skipped';
  return { job, found: well ? [] : [`the next run ended with ${status}:\n${job.log}`] };
}

/** Users' answer is good again; for what is asked before anything else is looked at. */
export const untilAnswers = ({ world }: ChaosWorld, timeout: number): Promise<void> =>
  until(
    'the shop answers',
    async () => (await world.fetch('/api/products').catch(() => undefined))?.status === 200,
    {
      timeout,
    },
  );
