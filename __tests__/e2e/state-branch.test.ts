import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabGitHub, LabRepository } from '../../lab/github/index.ts';
import { startGitHub } from '../../lab/github/index.ts';
import type { Clock } from '../../src/effects.ts';
import { createGitHub } from '../../src/github/client.ts';
import { applyEvent } from '../../src/pipeline/record.ts';
import { createStateStore } from '../../src/state/branch.ts';
import type { State } from '../../src/state/files.ts';
import { finished } from '../helpers/record-events.ts';
import { fixedRandom, memoryLog } from '../helpers/git-data-double.ts';

const BRANCH = 'autopilot-state';
const PIPELINE = 'state/pipeline.json';
/** Real waits, a hundred times shorter. */
const clock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => delay(milliseconds / 100, undefined, signal ? { signal } : {}),
};

// Each write is several processes of git, on machines that others use too.
jest.setTimeout(60_000);

let github: LabGitHub;
let repository: LabRepository;
let numbers = 0;

function storeOf(permissions: Parameters<LabGitHub['token']>[0] = { contents: 'write' }) {
  const log = memoryLog();
  const [owner = '', repo = ''] = repository.name.split('/');
  const api = createGitHub({ token: github.token(permissions), apiUrl: github.url, owner, repo, log, clock });
  return createStateStore({
    github: api,
    branch: BRANCH,
    clock,
    random: fixedRandom,
    log,
    renderReadme: (file) => `# ${file.stats.total_runs} runs\n`,
  });
}

const record =
  (number: number) =>
  ({ file, registry }: State): State => ({ file: applyEvent(file, finished(number, 'success')), registry });

async function recorded(): Promise<{ runs: string[]; total: number; commits: number }> {
  const file = JSON.parse((await repository.read(BRANCH, PIPELINE)) ?? '{}');
  return {
    runs: file.pipelines.map((run: { pipeline_id: string }) => run.pipeline_id),
    total: file.stats.total_runs,
    commits: Number(await repository.git(['rev-list', '--count', BRANCH])),
  };
}

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(async () => {
  await github.stop();
});
beforeEach(async () => {
  github.clearFaults();
  numbers += 1;
  repository = await github.createRepository(`gons/shop-${numbers}`);
  await repository.commit('main', { 'README.md': 'the app' });
});

describe('S1: the state branch on a real git repository', () => {
  it('S1: an orphan branch of three files that leaves main alone', async () => {
    const main = await repository.ref('refs/heads/main');
    expect((await storeOf().read()).head).toBeUndefined();
    await storeOf().update('Record run 1', record(1));
    expect(await recorded()).toEqual({ runs: ['run-1'], total: 1, commits: 1 });
    expect(await repository.git(['ls-tree', '-r', '--name-only', BRANCH])).toBe(
      ['README.md', PIPELINE, 'state/rollback-registry.json'].join('\n'),
    );
    expect(await repository.git(['log', '-1', '--format=%B', BRANCH])).toContain('[skip ci]');
    expect(await repository.ref('refs/heads/main')).toBe(main);
  });

  it('S1: rivals before the first write and before a later one lose nothing', async () => {
    const rival = (number: number) => ({
      kind: 'run' as const,
      before: async () => void (await storeOf().update(`rival ${number}`, record(number))),
    });
    github.fault({ route: 'POST /repos/*/*/git/refs', effect: rival(2) });
    await storeOf().update('first', record(1));
    github.fault({ route: 'PATCH /repos/*/*/git/refs/**', effect: rival(4), times: 1 });
    await storeOf().update('third', record(3));
    expect(await recorded()).toEqual({ runs: ['run-1', 'run-2', 'run-3', 'run-4'], total: 4, commits: 4 });
  });

  it('S1: a file that somebody else commits in between stays', async () => {
    await storeOf().update('first', record(1));
    const effect = { kind: 'rival' as const, path: 'NOTES.md', content: 'by hand' };
    github.fault({ route: 'PATCH /repos/*/*/git/refs/**', effect });
    await storeOf().update('second', record(2));
    expect((await recorded()).runs).toEqual(['run-1', 'run-2']);
    expect(await repository.read(BRANCH, 'NOTES.md')).toBe('by hand');
  });

  it('S1: eight writers at once: eight runs, eight commits in one line', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, number) => storeOf().update('run', record(number))));
    const runs = Array.from({ length: 8 }, (_, number) => `run-${number}`);
    expect(await recorded()).toEqual({ runs, total: 8, commits: 8 });
    expect(await repository.git(['rev-list', '--merges', BRANCH])).toBe('');
  });

  it('S1: stale reads of the ref are not believed after the own write', async () => {
    const store = storeOf();
    await store.update('first', record(1));
    await store.update('second', record(2));
    github.fault({ route: 'GET /repos/*/*/git/ref/**', effect: { kind: 'stale' }, times: 2 });
    expect((await store.read()).file.current).toBe('run-2');
    await store.update('third', record(3));
    expect(await recorded()).toEqual({ runs: ['run-1', 'run-2', 'run-3'], total: 3, commits: 3 });
  });

  it.each([
    ['PATCH /repos/*/*/git/refs/**', { kind: 'reset', when: 'after' }],
    ['PATCH /repos/*/*/git/refs/**', { kind: 'reset', when: 'before' }],
    ['PATCH /repos/*/*/git/refs/**', { kind: 'status', status: 502, after: true }],
    ['POST /repos/*/*/git/trees', { kind: 'reset', when: 'after' }],
    ['POST /repos/*/*/git/commits', { kind: 'cut', bytes: 20 }],
    ['GET /repos/*/*/git/blobs/*', { kind: 'cut', bytes: 60 }],
    ['GET /repos/*/*/git/trees/**', { kind: 'cut', bytes: 60 }],
    ['GET /repos/*/*/git/ref/**', { kind: 'reset', when: 'before' }],
    ['GET /repos/*/*/git/ref/**', { kind: 'rateLimit', status: 429, limit: 'secondary', retryAfter: 1 }],
  ] as const)('S1: %s with %j: recorded exactly once', async (route, effect) => {
    await storeOf().update('first', record(1));
    const fault = github.fault({ route, effect });
    await storeOf().update('second', record(2));
    expect(fault.hits).toBe(1);
    expect(await recorded()).toEqual({ runs: ['run-1', 'run-2'], total: 2, commits: 2 });
  });

  it('S1: a token that may only read is told which permission is missing, and changes nothing', async () => {
    await storeOf().update('first', record(1));
    const reader = storeOf({ contents: 'read' });
    await expect(reader.update('second', record(2))).rejects.toMatchObject({ code: 'GITHUB_PERMISSION' });
    expect((await reader.read()).file.current).toBe('run-1');
    expect((await recorded()).total).toBe(1);
  });

  it("S1: a branch with the user's code is refused and left alone", async () => {
    const head = await repository.commit(BRANCH, { 'src/index.ts': 'export {}' });
    await expect(storeOf().update('x', record(1))).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
    expect(await repository.ref(`refs/heads/${BRANCH}`)).toBe(head);
  });

  it('S1: a SHA-256 repository, and a record of more than 1 MB', async () => {
    numbers += 1;
    repository = await github.createRepository(`gons/shop-${numbers}`, { objectFormat: 'sha256' });
    await repository.commit('main', { 'README.md': 'the app' });
    await storeOf().update('first', (state) => {
      const { file, registry } = record(1)(state);
      return { file: { ...file, ballast: 'x'.repeat(1_500_000) }, registry };
    });
    await storeOf().update('second', record(2));
    expect(await recorded()).toEqual({ runs: ['run-1', 'run-2'], total: 2, commits: 2 });
  });
});
