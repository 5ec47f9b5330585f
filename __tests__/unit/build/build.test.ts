import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createRunProgram } from '../../../src/action/run-program.ts';
import { build } from '../../../src/build/index.ts';
import type { RunOptions, RunProgram, RunResult } from '../../../src/effects.ts';
import { service } from '../deploy/service.ts';
import { memoryLog, realClock } from '../test/helpers.ts';

const answer = (code: number, stdout = '', stderr = ''): RunResult => ({
  code,
  stdout,
  stderr,
  timedOut: false,
  duration: 0,
});
const BUILDX = answer(0, 'github.com/docker/buildx v0.21.0 abc');
const BUILDER = answer(0, 'Name: default\nDriver: docker');
const ENGINE = answer(0, '28.5.2 [["Backing Filesystem","extfs"]]');
const ABSENT = answer(1, '', 'docker: unknown command: docker buildx');

/** BUILD of one service on a runner whose programs answer so; what is not told ends with 1, the build of the image too. */
async function buildOn(
  answers: Record<string, RunResult>,
  commit: { sha?: string; directory?: string; git?: RunProgram } = {},
) {
  const calls: { command: string; env: RunOptions['env'] }[] = [];
  const run: RunProgram = (argv, options) => {
    const command = argv.join(' ');
    calls.push({ command, env: options?.env });
    if (argv[0] === 'git' && commit.git) return commit.git(argv, options);
    const key = Object.keys(answers).find((start) => command.startsWith(start));
    return Promise.resolve(answers[key ?? ''] ?? answer(1));
  };
  const log = memoryLog();
  const building = build(
    {
      project: 'shop',
      services: [service('web', undefined)],
      strategy: 'git-sha',
      source: { sha: commit.sha ?? 'a'.repeat(40), timestamp: '20260101-000000', repositoryTags: [] },
      pipelineId: '20260101-000000-AAAAAAA',
      repositoryUrl: 'https://github.test/me/shop',
      directory: commit.directory ?? '/work',
      timeout: 1000,
      taken: new Set(),
      again: false,
    },
    {
      run,
      clock: { ...realClock, now: () => new Date('2026-01-01T00:00:00Z') },
      log,
      readFile: () => Promise.resolve('FROM scratch'),
      parallel: 1,
    },
  );
  const error = await building.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const made = calls.find(({ command }) => /^docker (buildx )?build /.test(command));
  const warnings = log.said.filter(({ kind }) => kind === 'warning').map(({ text }) => text);
  return { error, made, warnings };
}

describe('B2: which builder is used', () => {
  const gone = answer(1, '', 'ERROR: no builder "own" found\n');

  test('Buildx with a builder', async () => {
    const answers = { 'docker buildx version': BUILDX, 'docker buildx inspect': BUILDER };
    const { made } = await buildOn({ ...answers, 'docker info': ENGINE });
    expect(made?.command).toMatch(/^docker buildx build /);
    expect(made?.env).toMatchObject({ DOCKER_BUILDKIT: '1' });
  });

  test('no Buildx: the plain command, with a warning', async () => {
    const { made, warnings } = await buildOn({ 'docker buildx': ABSENT, 'docker info': ENGINE });
    expect(made?.command).toMatch(/^docker build /);
    expect(warnings).toContainEqual(expect.stringContaining('docker buildx is not installed'));
  });

  test('Buildx whose builder is gone: said with its reason, and nothing is built in another way', async () => {
    const answers = { 'docker buildx version': BUILDX, 'docker buildx inspect': gone };
    const { error, made } = await buildOn({ ...answers, 'docker info': ENGINE });
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('builder of docker buildx'),
      why: 'ERROR: no builder "own" found',
      fix: expect.stringMatching(/BUILDX_BUILDER.*docker buildx create/),
    });
    expect(made).toBeUndefined();
  });

  test('an engine that does not answer is the reason before its builder', async () => {
    const down = answer(1, '', 'Cannot connect to the Docker daemon');
    const { error, made } = await buildOn({
      'docker buildx version': BUILDX,
      'docker buildx inspect': gone,
      'docker info': down,
    });
    expect(error).toMatchObject({ code: 'BUILD_FAILED', why: 'Cannot connect to the Docker daemon' });
    expect(made).toBeUndefined();
  });
});

describe('B2: the time of the layers is that of the commit', () => {
  const PLAIN = { 'docker buildx': ABSENT, 'docker info': ENGINE };
  const NOW = String(Date.parse('2026-01-01T00:00:00Z') / 1000);

  test('also in a workspace of another user, as the jobs of a container have it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'build-'));
    try {
      const run = createRunProgram({
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_COMMITTER_DATE: '1700000000 +0000',
        GIT_CEILING_DIRECTORIES: tmpdir(),
      });
      const who = ['-c', 'user.name=a', '-c', 'user.email=a@shop.test'];
      await run(['git', 'init', '-q'], { cwd: directory });
      await run(['git', ...who, 'commit', '-q', '--allow-empty', '-m', 'first'], { cwd: directory });
      const sha = (await run(['git', 'rev-parse', 'HEAD'], { cwd: directory })).stdout.trim();
      // Git's own switch for its tests of "dubious ownership".
      const git: RunProgram = (argv, options) =>
        run(argv, { ...options, env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' } });
      expect((await git(['git', 'log'], { cwd: directory })).stderr).toContain('dubious ownership');
      const { made, warnings } = await buildOn(PLAIN, { sha, directory, git });
      expect(made?.env).toMatchObject({ SOURCE_DATE_EPOCH: '1700000000' });
      expect(warnings).not.toContainEqual(expect.stringContaining('time of the commit'));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test.each([
    ['git fails', answer(128, '', 'fatal: bad object\n'), 'fatal: bad object'],
    ['git is absent', answer(127, '', 'git: program or directory not found'), 'git: program or directory'],
    ['git says nothing', answer(0, '\n'), 'git named none'],
  ])('%s: it is now, with a warning that says why', async (_name, log, why) => {
    const { made, warnings } = await buildOn({ ...PLAIN, git: log });
    expect(made?.env).toMatchObject({ SOURCE_DATE_EPOCH: NOW });
    expect(warnings).toContainEqual(
      expect.stringMatching(new RegExp(`time of the commit.*${why}.*are sent again`)),
    );
  });
});
