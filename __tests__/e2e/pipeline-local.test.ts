/** Target `local`: the engine of the machine that the runner lives on, without SSH. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { provideImages } from '../../lab/images.ts';
import { must } from '../../lab/process.ts';
import type { RunOptions, World } from '../../lab/world.ts';
import { expectStatus, json, lastRun, quickWorld, recordOf } from './pilot.ts';

const LIMIT = 120_000;
/** The network of the shop's containers, which only this lab's machine knows. */
const SUBNET = '10.213.77.0/24';
let world: World;
let directory: string;
let options: RunOptions;

/** The lab's engines live in network namespaces; this machine reaches the containers as it would reach its own. */
async function reachContainers(): Promise<void> {
  await world.server.exec('iptables -P FORWARD ACCEPT; iptables -I DOCKER-USER -j ACCEPT');
  await must(['ip', 'route', 'add', SUBNET, 'via', world.server.address]);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shop-on-the-runner-'));
  world = await quickWorld({ suites: 'none', images: 'none' });
  const { server, repository } = world;
  const env = { DOCKER_HOST: `unix://${join(server.directory, 'disk/run/docker.sock')}` };
  await provideImages({ ...process.env, ...env });
  await reachContainers();
  const origin = `http://${server.address}:3000`;
  const text = ((await repository.read('main', 'gonsautopilot.yaml')) ?? '')
    .replace(/^ {2}target: .*$/m, '  target: local')
    .replace('path: /srv/shop', `path: ${directory}`)
    .replaceAll('http://localhost:3000/', `${origin}/`);
  const compose = (await repository.read('main', 'docker-compose.prod.yml')) ?? '';
  await world.push({
    'gonsautopilot.yaml': text,
    'docker-compose.prod.yml': `${compose}\nnetworks:\n  default:\n    ipam:\n      config:\n        - subnet: ${SUBNET}\n`,
  });
  options = { env, with: { 'ssh-private-key': '', 'ssh-known-hosts': '' } };
}, LIMIT);
afterAll(async () => {
  await world?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

test(
  'a first deployment without key and known hosts',
  async () => {
    const job = await world.deploy(options);
    expectStatus(job, 'success');
    expect(await world.version('backend')).toBe('1.0.0');
    expect(await readFile(join(directory, 'docker-compose.prod.yml'), 'utf8')).toMatch(
      /shop-backend:[0-9a-f]{7}\n/,
    );
    expect(await lastRun(world)).toMatchObject({ status: 'success', target: 'local' });
  },
  LIMIT,
);

test(
  'D2: a backend that is not healthy leaves the old one serving',
  async () => {
    const before = await world.running();
    await world.push({ 'backend/release.js': world.release('backend', '1.1.0', 'unhealthy') });
    const job = await world.deploy(options);
    expectStatus(job, 'failed');
    expect(job.pilot.outputs['failed-stage']).toBe('deploy');
    expect(await world.running()).toEqual(before);
  },
  LIMIT,
);

test(
  'R1: a good release, and back again by hand',
  async () => {
    await world.push({ 'backend/release.js': world.release('backend', '1.2.0') });
    expectStatus(await world.deploy(options), 'success');
    expect(await world.version('backend')).toBe('1.2.0');
    const job = await world.deploy({
      ...options,
      event: { name: 'workflow_dispatch', payload: { ref: 'refs/heads/main' } },
      with: { ...options.with, stage: 'rollback', reason: 'a second thought' },
    });
    expectStatus(job, 'success');
    expect(json(job, 'rolled-back')).toEqual(['backend']);
    expect(await world.version('backend')).toBe('1.0.0');
    expect((await recordOf(world)).stats).toMatchObject({ success_count: 2, failure_count: 1 });
  },
  LIMIT,
);
