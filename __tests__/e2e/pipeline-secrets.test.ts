/** No secret leaves the step, and no name from outside becomes a command; one whole run with every suite and the watchdog on. */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { must } from '../../lab/process.ts';
import { type PilotJob, startWorld, type World } from '../../lab/world.ts';
import { expectStatus, json, lastRun, plain, summaries } from './pilot.ts';

const LIMIT = 240_000;
const PASSPHRASE = 'correct-horse-battery-staple';
let world: World;
let key: string;
const jobs: PilotJob[] = [];

beforeAll(async () => {
  // As a newcomer would have it: everything on.
  world = await startWorld({ config: { 'verify.watchdog.duration': 10 } });
  key = await encryptedKey();
}, 60_000);
afterAll(() => world?.close());

/** The deploy key once more, under a passphrase. */
async function encryptedKey(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-key-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, world.server.privateKey, { mode: 0o600 });
    await must(['ssh-keygen', '-q', '-p', '-P', '', '-N', PASSPHRASE, '-f', file]);
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const deploy = async (secrets: Record<string, string> = {}) => {
  const job = await world.deploy({
    secrets: { SSH_PRIVATE_KEY: key, SSH_PASSPHRASE: PASSPHRASE, ...secrets },
    with: { 'ssh-passphrase': '${{ secrets.SSH_PASSPHRASE }}' },
  });
  jobs.push(job);
  return job;
};

/** Whatever a job or the project leaves for others to read. */
async function leftBehind(): Promise<Record<string, string>> {
  const { repository, cache, server, github } = world;
  const kept: Record<string, string> = {};
  for (const [index, job] of jobs.entries()) {
    kept[`log ${index}`] = job.log;
    kept[`summary ${index}`] = summaries(job);
    kept[`outputs ${index}`] = JSON.stringify(job.executions.map(({ outputs }) => outputs));
    kept[`annotations ${index}`] = JSON.stringify(job.executions.map(({ annotations }) => annotations));
  }
  const commits = (await repository.git(['rev-list', 'autopilot-state'])).trim().split('\n');
  for (const commit of commits) kept[`state ${commit}`] = await repository.git(['log', '-1', '-p', commit]);
  for (const entry of cache.entries) {
    const archive = cache.content(entry) ?? Buffer.alloc(0);
    kept[`cache ${entry.key}`] = `${entry.key} ${zstdDecompressSync(archive).toString('latin1')}`;
  }
  kept['issues'] = JSON.stringify(repository.issues);
  kept['requests'] = JSON.stringify(github.requests);
  kept['server'] = (
    await server.exec('cat /srv/shop/.gonsautopilot/* /srv/shop/*.yml /srv/shop/.*.yml')
  ).stdout;
  kept['server containers'] = (await server.exec('docker inspect $(docker ps -aq)')).stdout;
  return kept;
}

function needles(): string[] {
  const lines = [key, world.server.privateKey].flatMap((text) => text.split('\n'));
  const secrets = [...lines.filter((line) => line.length > 20 && !line.startsWith('-----')), PASSPHRASE];
  const encoded = secrets.flatMap((secret) =>
    // The middle of what base64 makes of it, at each of its three offsets.
    [0, 1, 2].map((shift) =>
      Buffer.from('x'.repeat(shift) + secret)
        .toString('base64')
        .slice(4, -4),
    ),
  );
  return [...secrets, ...encoded];
}

test(
  'a whole run with every suite, from an encrypted key',
  async () => {
    const job = await deploy();
    expectStatus(job, 'success');
    expect(json<{ suites: string[] }>(job, 'plan').suites).toEqual(
      expect.arrayContaining(['unit:frontend', 'unit:backend', 'e2e', 'performance', 'security']),
    );
    expect(job.pilot.outputs['test-status']).toMatch(/passed|warning/);
    expect(plain(job.pilot.summary)).toMatch(/watched [1-9]\d* times/);
  },
  LIMIT,
);

test(
  'a test that prints the key, its own environment and workflow commands',
  async () => {
    const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
    await world.push({
      'gonsautopilot.yaml': text
        .replace('duration: 10', 'duration: 0')
        .replace(/^ {2}(e2e|performance):$/gm, '  $1:\n    enabled: false'),
      'shared/__tests__/leak.test.js': `
test('leaks', () => {
  console.log('::set-output name=status::hacked');
  console.log('::error file=x::not an annotation');
  console.log('::stop-commands::none');
  console.log(JSON.stringify(process.env));
  for (const name of Object.keys(process.env)) if (/^(INPUT_|STATE_|GITHUB_TOKEN|GITHUB_OUTPUT|SSH_)|TOKEN$/.test(name)) throw new Error('sees ' + name);
});
`,
    });
    const job = await deploy();
    expectStatus(job, 'success');
    expect(job.log).toContain('not an annotation');
    expect(job.pilot.annotations.map(({ message }) => message).join()).not.toContain('not an annotation');
  },
  LIMIT,
);

test(
  'names of files, branch and commit that would be commands in a shell, a log or a page',
  async () => {
    const hostile = {
      'frontend/$(touch /tmp/hacked).js': 'export {};\n',
      'frontend/`reboot`; rm -rf x & \'".js': 'export {};\n',
      'frontend/::error::boo.js': 'export {};\n',
      'frontend/<img src=x onerror=alert(1)>|a|b.js': 'export {};\n',
      'frontend/new\nline\r::set-output name=status::hacked.js': 'export {};\n',
      'frontend/-rf.js': 'export {};\n',
    };
    const message =
      'x"; $(touch /tmp/hacked) `id`\n\n::set-output name=status::hacked\n<script>alert(1)</script>';
    await world.push({ ...hostile, 'frontend/release.js': world.release('frontend', '1.1.0') }, message);
    const job = await deploy();
    expectStatus(job, 'success');
    expect(await world.version('frontend')).toBe('1.1.0');
    const { categories } = json<{ categories: Record<string, string[]> }>(job, 'plan');
    expect(categories['frontend']?.sort()).toEqual([...Object.keys(hostile), 'frontend/release.js'].sort());
    expect((await lastRun(world)).changes.categories['frontend']?.sort()).toEqual(categories['frontend']);
    expect(job.pilot.annotations.filter(({ message: text }) => /boo/.test(text))).toEqual([]);
    expect(job.pilot.summary).not.toMatch(/<img|<script/);
    expect(readdirSync('/tmp')).not.toContain('hacked');
    expect((await world.server.exec('ls /tmp')).stdout).not.toContain('hacked');
  },
  LIMIT,
);

test(
  'a branch with a hostile name outside of trigger.branches is skipped',
  async () => {
    const branch = "x';$(touch${IFS}/tmp/hacked)";
    const ref = `refs/heads/${branch}`;
    const sha = (await world.repository.ref('refs/heads/main')) ?? '';
    await world.repository.git(['update-ref', ref, sha]);
    const job = await world.deploy({ ref, sha, event: { name: 'push', payload: { ref, after: sha } } });
    jobs.push(job);
    expectStatus(job, 'skipped');
    expect(job.log).toContain('is not among trigger.branches');
    expect(readdirSync('/tmp')).not.toContain('hacked');
  },
  LIMIT,
);

test(
  "a key that is nobody's, with a passphrase that is wrong",
  async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await world.push({ 'frontend/release.js': world.release('frontend', '1.2.0') });
    expectStatus(await deploy({ SSH_PRIVATE_KEY: privateKey }), 'failed');
    expectStatus(await deploy({ SSH_PASSPHRASE: 'wrong-horse-battery-staple' }), 'failed');
  },
  LIMIT,
);

test(
  'no secret in any log, summary, output, annotation, state file, cache entry, issue, request or server file',
  async () => {
    const kept = await leftBehind();
    const found = Object.entries(kept).flatMap(([place, text]) =>
      [...needles(), 'wrong-horse-battery-staple']
        .filter((needle) => text.includes(needle))
        .map((needle) => `${place}: ${needle.slice(0, 12)}...`),
    );
    expect(found).toEqual([]);
    // What is searched is really there.
    for (const kind of ['log', 'summary', 'outputs', 'state', 'cache', 'server'])
      expect(
        Object.entries(kept).find(([place, text]) => place.startsWith(kind) && text.includes('frontend')),
      ).toBeDefined();
    expect(Object.keys(kept).filter((place) => place.startsWith('cache'))).not.toEqual([]);
    // The runner masks its token, so that only what it never sees could hold one.
    for (const [place, text] of Object.entries(kept))
      if (!place.startsWith('requests')) expect(text).not.toMatch(/ghs_[A-Za-z0-9]{16}/);
  },
  LIMIT,
);
