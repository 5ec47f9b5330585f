/** What goes wrong before anything can go right: one clear message each, exit 1, nothing changed on the server. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import type { LabServer } from '../../lab/server.ts';
import type { PilotJob, RunOptions, World } from '../../lab/world.ts';
import { everything, expectStatus, quickWorld, recordOf } from './pilot.ts';

const LIMIT = 120_000;
let world: World;
let bare: LabServer;
let good = '';

beforeAll(async () => {
  world = await quickWorld({
    suites: 'none',
    servers: ['server', { name: 'bare', docker: 'absent' }],
    config: { 'safety.max_consecutive_failures': 50, 'deploy.lock_wait': 1 },
  });
  bare = world.lab.server('bare');
  good = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
  expectStatus(await world.deploy(), 'success');
  await world.push({ 'backend/release.js': world.release('backend', '2.0.0') });
}, LIMIT);
afterAll(() => world?.close());

const stats = async () => (await recordOf(world)).stats;

/** The message is there once as an annotation, says what to do, and the step is over with exit 1. */
function expectError(job: PilotJob, message: RegExp): void {
  expectStatus(job, 'failed');
  const errors = job.pilot.annotations.filter(
    ({ level, message: text }) => level === 'error' && !text.startsWith('Process completed'),
  );
  expect(errors.map((error) => error.message).join('\n')).toMatch(message);
  expect(errors).toHaveLength(1);
  expect(job.log).not.toMatch(/^\s+at .*\(.*:\d+:\d+\)$/m);
}

/** Runs a job for which nothing at all may change: it never began. */
async function expectNoRun(message: RegExp, options: RunOptions = {}): Promise<PilotJob> {
  const before = await everything(world);
  const job = await world.deploy(options);
  expectError(job, message);
  expect(await everything(world)).toEqual(before);
  return job;
}

/** What users and the next run depend on. */
async function serverSide(): Promise<Record<string, string>> {
  const { files = '', containers = '', images = '', volumes = '', entries = '' } = await everything(world);
  return { files, containers, images, volumes, entries };
}

/** Runs a job that fails in DEPLOY: it is recorded, and the server is as before. */
async function expectUntouched(message: RegExp, options: RunOptions = {}): Promise<PilotJob> {
  const before = await serverSide();
  const failures = (await stats()).failure_count;
  const started = performance.now();
  const job = await world.deploy(options);
  expect(performance.now() - started).toBeLessThan(60_000);
  expectError(job, message);
  expect(await serverSide()).toEqual(before);
  expect((await stats()).failure_count).toBe(failures + 1);
  expect(job.pilot.summary).toContain('what was running still runs');
  return job;
}

async function configure(changes: Record<string, unknown>): Promise<void> {
  const document = parseDocument(good);
  for (const [path, value] of Object.entries(changes)) document.setIn(path.split('.'), value);
  await world.push({ 'gonsautopilot.yaml': document.toString() });
}

describe('the request itself is wrong: no run begins, nothing is counted', () => {
  test(
    'no configuration: says which files were looked for',
    async () => {
      await world.push({ 'gonsautopilot.yaml': null });
      await expectNoRun(/gonsautopilot\.yaml.*\[CONFIG_MISSING\]/);
      await world.push({ 'gonsautopilot.yaml': good });
    },
    LIMIT,
  );

  test(
    'a wrong key in the configuration: an annotation at its line, with the nearest valid key',
    async () => {
      await world.push({ 'gonsautopilot.yaml': good.replace('min_free_disk', 'min_free_disc') });
      const line = good.split('\n').findIndex((text) => text.includes('min_free_disk')) + 1;
      const job = await expectNoRun(/min_free_disc.*min_free_disk/s);
      expect(job.pilot.annotations).toContainEqual(
        expect.objectContaining({ level: 'error', file: 'gonsautopilot.yaml', line }),
      );
      await world.push({ 'gonsautopilot.yaml': good });
    },
    LIMIT,
  );

  test.each<[string, RunOptions, RegExp]>([
    [
      'an unknown stage: the nearest one is named',
      { with: { stage: 'deply' } },
      /deply.*deploy.*\[STAGE_UNKNOWN\]|STAGE_UNKNOWN/s,
    ],
    [
      'a stage without its predecessor: says which step to add',
      { with: { stage: 'verify' } },
      /`stage: analyze`/,
    ],
    ['a directory outside of the workspace', { with: { 'working-directory': '../..' } }, /working-directory/],
    ['a truth value that is none', { with: { 'dry-run': 'maybe' } }, /dry-run/],
    [
      'the event pull_request_target',
      { event: { name: 'pull_request_target', payload: {} } },
      /EVENT_REFUSED/,
    ],
    [
      'a token that may not write: names the permission',
      { permissions: { contents: 'read' } },
      /contents: write/,
    ],
    ['a token that is none', { with: { 'github-token': 'ghs_nonsense' } }, /GITHUB_PERMISSION/],
  ])(
    '%s',
    async (_name, options, message) => {
      await expectNoRun(message, options);
    },
    LIMIT,
  );
});

describe('V4: a key or a host key that cannot be used: known before anything is tested, built or recorded', () => {
  const encrypted = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
  }).privateKey;
  test.each<[string, RunOptions, RegExp]>([
    ['no key', { with: { 'ssh-private-key': '' } }, /`ssh-private-key`.*\[SSH_KEY\]/s],
    ['a key that is none', { secrets: { SSH_PRIVATE_KEY: 'not a key' } }, /`ssh-private-key`.*\[SSH_KEY\]/s],
    [
      'an encrypted key without its passphrase',
      { secrets: { SSH_PRIVATE_KEY: encrypted } },
      /`ssh-passphrase`/,
    ],
    [
      'no known hosts: the connection is refused',
      { with: { 'ssh-known-hosts': '' } },
      /`ssh-known-hosts`.*SSH_HOST_KEY/s,
    ],
  ])(
    '%s',
    async (_name, options, message) => {
      await expectNoRun(message, options);
    },
    LIMIT,
  );
});

describe('key, host key and server: DEPLOY fails before anything on the server has changed', () => {
  const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGNQPJcX4Z3VVgq1zC0aSbNGp3yVQl1dSwjxvF0p5kZr';

  test(
    'another host key: refused, and both fingerprints are printed',
    async () => {
      const job = await expectUntouched(/SSH_HOST_KEY/, {
        secrets: { SSH_KNOWN_HOSTS: `${world.server.address} ${other}` },
      });
      expect(job.log).toContain(world.server.hostFingerprint);
      expect(
        job.log.match(/SHA256:[A-Za-z0-9+/]{43}/g)?.filter((one) => one !== world.server.hostFingerprint),
      ).not.toEqual([]);
    },
    LIMIT,
  );

  test(
    'a key that the server does not know',
    async () => {
      await expectUntouched(/SSH_AUTH/, { secrets: { SSH_PRIVATE_KEY: bare.privateKey } });
    },
    LIMIT,
  );

  test(
    'a host that nobody answers for, in a short time',
    async () => {
      await world.server.cutNetwork();
      try {
        const started = performance.now();
        const job = await world.deploy();
        expectError(job, /SSH_CONNECT/);
        expect(job.log).toContain(world.server.address);
        expect(performance.now() - started).toBeLessThan(60_000);
      } finally {
        await world.server.restoreNetwork();
      }
      expect(await world.version('backend')).toBe('1.0.0');
    },
    LIMIT,
  );

  test(
    'a port where nobody listens',
    async () => {
      await configure({ 'deploy.port': 2222 });
      await expectUntouched(/SSH_CONNECT|SSH_HOST_KEY/, {
        secrets: {
          SSH_KNOWN_HOSTS: world.server.knownHosts.replace(
            world.server.address,
            `[${world.server.address}]:2222`,
          ),
        },
      });
    },
    LIMIT,
  );

  test(
    'a server without Docker',
    async () => {
      await configure({ 'deploy.target': bare.address });
      await bare.exec('install -d -o deploy -g deploy /srv/shop');
      const before = await bare.exec('find /srv -not -path "*/.gonsautopilot*"');
      await expectUntouched(/There is no `docker` command on the server/, {
        secrets: { SSH_PRIVATE_KEY: bare.privateKey, SSH_KNOWN_HOSTS: bare.knownHosts },
      });
      expect(await bare.exec('find /srv -not -path "*/.gonsautopilot*"')).toEqual(before);
    },
    LIMIT,
  );

  test(
    'a user who may not use Docker',
    async () => {
      await configure({});
      await world.server.exec('gpasswd -d deploy docker');
      try {
        await expectUntouched(/may not use the Docker engine/);
      } finally {
        await world.server.exec('gpasswd -a deploy docker');
      }
    },
    LIMIT,
  );

  test(
    'D1: a gate that stays shut names every check that failed and what to do',
    async () => {
      await configure({ 'deploy.min_free_disk': '900TB' });
      const job = await expectUntouched(/free disk/);
      expect(job.pilot.summary).toContain('The gate stayed shut; nothing on the server has changed');
    },
    LIMIT,
  );

  test(
    'the lock on the server is held by somebody else',
    async () => {
      await configure({});
      const job = await world.start();
      await job.waitFor(/candidate, off traffic/);
      const second = await world.deploy({ runId: 77 });
      expectError(second, /SERVER_LOCKED/);
      expect(second.log).toMatch(/gons/);
      await job.result;
      expect(await world.version('backend')).toBe('2.0.0');
    },
    LIMIT,
  );
});
