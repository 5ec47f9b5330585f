/** The lab's GitHub against the client the action uses: what the action's tests rely on must hold here first. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getOctokit } from '@actions/github';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type LabGitHub, type LabRepository, type Permissions, startGitHub } from '../../lab/github/index.ts';

let github: LabGitHub;
let shop: LabRepository;
let first: string;
let count = 0;

const NAME = { owner: 'gons', repo: '' };
const octokit = (permissions: Permissions = { contents: 'write' }, baseUrl = github.url) =>
  getOctokit(github.token(permissions), { baseUrl, log: { debug() {}, info() {}, warn() {}, error() {} } })
    .rest;
const statusOf = (promise: Promise<unknown>): Promise<number | string> =>
  promise.then(
    () => 'fulfilled',
    (error: { status: number }) => error.status,
  );

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());
afterEach(() => github.clearFaults());

async function fresh(): Promise<void> {
  NAME.repo = `shop-${++count}`;
  shop = await github.createRepository(`gons/${NAME.repo}`);
  first = await shop.commit('main', { 'README.md': 'hello\n', 'src/a.ts': 'export const a = 1;\n' });
}

describe('refs', () => {
  test('an orphan branch is made from blob, tree, commit without parents, and ref; the second creator loses with 422', async () => {
    await fresh();
    const { git } = octokit();
    const blob = await git.createBlob({ ...NAME, content: 'é\n' });
    const tree = await git.createTree({
      ...NAME,
      tree: [{ path: 'a/b.json', mode: '100644', type: 'blob', sha: blob.data.sha }],
    });
    const commit = await git.createCommit({ ...NAME, message: 'Root', tree: tree.data.sha });
    expect(commit.data.parents).toEqual([]);
    const create = () => git.createRef({ ...NAME, ref: 'refs/heads/autopilot-state', sha: commit.data.sha });
    expect((await create()).status).toBe(201);
    expect(await statusOf(create())).toBe(422);
    expect(await shop.read('autopilot-state', 'a/b.json')).toBe('é\n');
    expect((await git.getRef({ ...NAME, ref: 'heads/autopilot-state' })).data.object.sha).toBe(
      commit.data.sha,
    );
    expect(await statusOf(git.getRef({ ...NAME, ref: 'heads/autopilot' }))).toBe(404);
    const matching = await git.listMatchingRefs({ ...NAME, ref: 'heads/autopilot' });
    expect(matching.data.map(({ ref }) => ref)).toEqual(['refs/heads/autopilot-state']);
  });

  test('of twenty writers from the same head exactly one moves the ref, the others get 422', async () => {
    await fresh();
    const { git } = octokit();
    const tree = (await git.getCommit({ ...NAME, commit_sha: first })).data.tree.sha;
    const writers = Array.from({ length: 20 }, async (_, index) => {
      const commit = await git.createCommit({ ...NAME, message: `Writer ${index}`, tree, parents: [first] });
      return statusOf(git.updateRef({ ...NAME, ref: 'heads/main', sha: commit.data.sha }));
    });
    const answers = await Promise.all(writers);
    expect(answers.filter((answer) => answer === 'fulfilled')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 422)).toHaveLength(19);
    expect((await shop.git(['rev-list', '--count', 'main'])).trim()).toBe('2');
  });

  test('an update that drops commits needs force; a missing ref and a missing object are 422', async () => {
    await fresh();
    const second = await shop.commit('main', { 'b.txt': 'b' });
    const { git } = octokit();
    expect(await statusOf(git.updateRef({ ...NAME, ref: 'heads/main', sha: first }))).toBe(422);
    expect(await statusOf(git.updateRef({ ...NAME, ref: 'heads/none', sha: second }))).toBe(422);
    expect(await statusOf(git.updateRef({ ...NAME, ref: 'heads/main', sha: 'f'.repeat(40) }))).toBe(422);
    expect(await statusOf(git.updateRef({ ...NAME, ref: 'heads/main', sha: first, force: true }))).toBe(
      'fulfilled',
    );
  });

  test('an empty repository answers 409, an unknown one 404', async () => {
    NAME.repo = 'empty';
    await github.createRepository('gons/empty');
    expect(await statusOf(octokit().git.createBlob({ ...NAME, content: 'x' }))).toBe(409);
    expect(await statusOf(octokit().repos.get({ owner: 'gons', repo: 'nothing' }))).toBe(404);
  });
});

describe('trees and contents', () => {
  test('base_tree keeps the rest, sha null deletes, a path that climbs out is refused', async () => {
    await fresh();
    const { git } = octokit();
    const entry = { mode: '100644', type: 'blob' } as const;
    const tree = await git.createTree({
      ...NAME,
      base_tree: first,
      tree: [
        { ...entry, path: 'README.md', sha: null },
        { ...entry, path: 'weird "name"\t\n.txt', content: 'x' },
      ],
    });
    const listed = await git.getTree({ ...NAME, tree_sha: tree.data.sha, recursive: '0' });
    expect(listed.data.tree.map(({ path }) => path)).toEqual(['src', 'src/a.ts', 'weird "name"\t\n.txt']);
    expect(listed.data.truncated).toBe(false);
    for (const path of ['../x', '/x', 'a//b', '.git/config']) {
      expect(await statusOf(git.createTree({ ...NAME, tree: [{ ...entry, path, content: 'x' }] }))).toBe(422);
    }
    expect(
      await statusOf(
        git.createCommit({ ...NAME, message: 'x', tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' }),
      ),
    ).toBe(422);
  });

  test('a listing over the limit says truncated', async () => {
    NAME.repo = 'many';
    const many = await github.createRepository('gons/many', { treeEntryLimit: 3 });
    const sha = await many.commit('main', { a: '1', b: '2', c: '3', d: '4' });
    const listed = await octokit().git.getTree({ ...NAME, tree_sha: sha, recursive: '1' });
    expect([listed.data.truncated, listed.data.tree.length]).toEqual([true, 3]);
  });

  test('contents: text up to 1 MB, above it only raw', async () => {
    await fresh();
    const big = 'x'.repeat(1024 * 1024 + 1);
    await shop.commit('main', { 'big.txt': big });
    const { repos } = octokit();
    const small = (await repos.getContent({ ...NAME, path: 'README.md', ref: 'main' })).data as {
      content: string;
    };
    expect(Buffer.from(small.content, 'base64').toString()).toBe('hello\n');
    const large = (await repos.getContent({ ...NAME, path: 'big.txt' })).data as {
      content: string;
      encoding: string;
    };
    expect([large.content, large.encoding]).toEqual(['', 'none']);
    const raw = await repos.getContent({ ...NAME, path: 'big.txt', mediaType: { format: 'raw' } });
    expect(raw.data as unknown).toBe(big);
    expect(await statusOf(repos.getContent({ ...NAME, path: 'none' }))).toBe(404);
    expect(await statusOf(repos.getContent({ ...NAME, path: 'README.md', ref: 'none' }))).toBe(404);
  });
});

describe('GraphQL', () => {
  const QUERY = `query ($owner: String!, $name: String!, $a: GitObjectID!) {
    repository(owner: $owner, name: $name) {
      a: object(oid: $a) { ... on Blob { oid byteSize isBinary isTruncated text } }
      b: object(expression: "main:src/a.ts") { ... on Blob { text } }
    }
  }`;
  const client = (permissions: Permissions = { contents: 'read' }) =>
    getOctokit(github.token(permissions), { baseUrl: github.url });
  const asked = async (content: string | Buffer) => {
    await fresh();
    await shop.commit('main', { file: content });
    const a = await shop.git(['rev-parse', 'main:file']);
    const { owner, repo } = NAME;
    return client().graphql<{ repository: unknown }>(QUERY, { owner, name: repo, a });
  };

  test('blobs of a repository, several in one query, by object name and by expression', async () => {
    expect(await asked('é\n')).toEqual({
      repository: {
        a: { oid: expect.any(String), byteSize: 3, isBinary: false, isTruncated: false, text: 'é\n' },
        b: { text: 'export const a = 1;\n' },
      },
    });
  });

  test.each<[string, string | Buffer, Record<string, unknown>]>([
    ['a binary one has no text', Buffer.from([0, 1]), { byteSize: 2, isBinary: true, text: null }],
    [
      'after 512,000 bytes a text ends, and whether it is binary is not said',
      'x'.repeat(512_001),
      { byteSize: 512_001, isBinary: null, isTruncated: true, text: 'x'.repeat(512_000) },
    ],
  ])('%s', async (_name, content, a) => {
    expect(await asked(content)).toMatchObject({ repository: { a } });
  });

  test('errors come with status 200: no such repository, no permission, a wrong variable', async () => {
    const a = '1'.repeat(40);
    await fresh();
    const refused = async (name: string, oid: string, permissions?: Permissions) => {
      const variables = { owner: 'gons', name, a: oid };
      const { data, status } = await client(permissions).request('POST /graphql', {
        query: QUERY,
        variables,
      });
      return [status, ...(data.errors as { type?: string; message: string }[]).map(({ type }) => type)];
    };
    expect(await refused('nowhere', a)).toEqual([200, 'NOT_FOUND']);
    expect(await refused(NAME.repo, a, { issues: 'read' })).toEqual([200, 'FORBIDDEN']);
    expect(await refused(NAME.repo, 'main')).toEqual([200, undefined]);
    expect(await statusOf(getOctokit('ghs_x', { baseUrl: github.url }).graphql('{ viewer { login } }'))).toBe(
      401,
    );
  });
});

describe('compare and pull requests', () => {
  test('status, merge base, renames; an unknown base is 404; two dots are not known', async () => {
    await fresh();
    const { repos } = octokit();
    const compare = (basehead: string) => repos.compareCommitsWithBasehead({ ...NAME, basehead });
    const moved = await shop.commit('main', { 'src/a.ts': null, 'lib/a.ts': 'export const a = 1;\n' });
    const forced = await shop.commit('main', { 'c.txt': 'c' }, { parent: first });
    const ahead = (await compare(`${first}...${moved}`)).data;
    expect([ahead.status, ahead.ahead_by, ahead.total_commits]).toEqual(['ahead', 1, 1]);
    expect(
      ahead.files?.map(({ status, filename, previous_filename }) => [status, filename, previous_filename]),
    ).toEqual([['renamed', 'lib/a.ts', 'src/a.ts']]);
    const diverged = (await compare(`${moved}...${forced}`)).data;
    expect([diverged.status, diverged.merge_base_commit.sha]).toEqual(['diverged', first]);
    expect(diverged.files?.map(({ filename }) => filename)).toEqual(['c.txt']);
    expect((await compare(`${moved}...${first}`)).data).toMatchObject({ status: 'behind', files: [] });
    expect((await compare('main...main')).data.status).toBe('identical');
    expect(await statusOf(compare(`${'f'.repeat(40)}...main`))).toBe(404);
    expect(await statusOf(compare(`${first}..${moved}`))).toBe(404);
  });

  test.each([299, 300, 301])('%i files: at most 300, and only on page 1', async (files) => {
    await fresh();
    await shop.commit(
      'main',
      Object.fromEntries(Array.from({ length: files }, (_, index) => [`f/${index}`, 'same'])),
    );
    const { repos } = octokit();
    const one = await repos.compareCommitsWithBasehead({
      ...NAME,
      basehead: `${first}...main`,
      per_page: 100,
    });
    expect(one.data.files).toHaveLength(Math.min(300, files));
    const two = await repos.compareCommitsWithBasehead({ ...NAME, basehead: `${first}...main`, page: 2 });
    expect(two.data).not.toHaveProperty('files');
  });

  test('the files of a pull request come in pages with links', async () => {
    await fresh();
    await shop.commit(
      'feature',
      Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`f/${index}`, 'x'])),
      { parent: first },
    );
    await shop.commit('main', { 'later.txt': 'x' });
    const pull = await github.openPullRequest(shop.name, { head: 'feature' });
    const client = getOctokit(github.token({ 'pull-requests': 'read' }), { baseUrl: github.url });
    const files = await client.paginate(client.rest.pulls.listFiles, {
      ...NAME,
      pull_number: pull.number,
      per_page: 100,
    });
    expect(files).toHaveLength(150);
    expect(files.some(({ filename }) => filename === 'later.txt')).toBe(false);
    expect((await client.rest.pulls.get({ ...NAME, pull_number: pull.number })).data.merge_commit_sha).toBe(
      pull.mergeSha,
    );
    expect(await shop.ref(`refs/pull/${pull.number}/merge`)).toBe(pull.mergeSha);
  });
});

describe('tokens', () => {
  test('401 for an unknown token, 403 with the permission it wants, 404 for a foreign repository', async () => {
    await fresh();
    const bad = getOctokit('ghs_unknown', { baseUrl: github.url }).rest;
    expect(await statusOf(bad.repos.get(NAME))).toBe(401);
    const denied = await octokit({ contents: 'read' })
      .issues.create({ ...NAME, title: 'x' })
      .catch(
        (error: { status: number; message: string; response: { headers: Record<string, string> } }) => error,
      );
    expect(denied).toMatchObject({
      status: 403,
      response: { headers: { 'x-accepted-github-permissions': 'issues=write' } },
    });
    expect((denied as { message: string }).message).toContain('Resource not accessible by integration');
    const elsewhere = getOctokit(github.token({ contents: 'write' }, { repositories: ['gons/other'] }), {
      baseUrl: github.url,
    });
    expect(await statusOf(elsewhere.rest.repos.get(NAME))).toBe(404);
  });

  test('the hour is shared by all tokens of the repository; 304 costs nothing', async () => {
    NAME.repo = 'limited';
    await github.createRepository('gons/limited', { rateLimit: 2 });
    const client = getOctokit(github.token({}), { baseUrl: github.url });
    const one = await client.rest.repos.get(NAME);
    const etag = one.headers.etag ?? '';
    for (let index = 0; index < 3; index++) {
      expect(
        await statusOf(
          client.request('GET /repos/{owner}/{repo}', { ...NAME, headers: { 'if-none-match': etag } }),
        ),
      ).toBe(304);
    }
    await octokit().repos.get(NAME);
    const over = await octokit()
      .repos.get(NAME)
      .catch((error: { status: number; response: { headers: Record<string, string> } }) => error);
    expect(over).toMatchObject({ status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } });
  });
});

describe('issues and deployments', () => {
  test('an issue with new labels, comments, closing; listing by label', async () => {
    await fresh();
    const { issues } = octokit({ issues: 'write' });
    const { number } = (
      await issues.create({ ...NAME, title: 'Locked', body: 'three failures', labels: ['autopilot'] })
    ).data;
    await issues.createComment({ ...NAME, issue_number: number, body: 'again' });
    const open = await issues.listForRepo({ ...NAME, labels: 'autopilot' });
    expect(open.data.map((issue) => [issue.number, issue.comments, issue.labels.length])).toEqual([
      [number, 1, 1],
    ]);
    await issues.update({ ...NAME, issue_number: number, state: 'closed' });
    expect((await issues.listForRepo({ ...NAME, labels: 'autopilot' })).data).toEqual([]);
    expect((await issues.get({ ...NAME, issue_number: number })).data.state_reason).toBe('completed');
  });

  test('a successful deployment makes the one before inactive', async () => {
    await fresh();
    const { repos } = octokit({ deployments: 'write' });
    const deploy = async (): Promise<number> => {
      const { data } = await repos.createDeployment({
        ...NAME,
        ref: first,
        environment: 'production',
        required_contexts: [],
        auto_merge: false,
      });
      const { id } = data as { id: number };
      await repos.createDeploymentStatus({ ...NAME, deployment_id: id, state: 'success' });
      return id;
    };
    const [before] = [await deploy(), await deploy()];
    const statuses = await repos.listDeploymentStatuses({ ...NAME, deployment_id: before ?? 0 });
    expect(statuses.data.map(({ state }) => state)).toEqual(['inactive', 'success']);
    expect(await statusOf(repos.createDeployment({ ...NAME, ref: 'none' }))).toBe(422);
  });
});

describe('faults', () => {
  test('a rival commit just before the update makes it lose', async () => {
    await fresh();
    const { git } = octokit();
    const tree = (await git.getCommit({ ...NAME, commit_sha: first })).data.tree.sha;
    const mine = (await git.createCommit({ ...NAME, message: 'Mine', tree, parents: [first] })).data.sha;
    const rival = github.fault({ route: 'PATCH /repos/*/*/git/refs/**', effect: { kind: 'rival' } });
    expect(await statusOf(git.updateRef({ ...NAME, ref: 'heads/main', sha: mine }))).toBe(422);
    expect(rival.hits).toBe(1);
    expect(await shop.git(['log', '-1', '--format=%s', 'main'])).toBe('Rival commit');
  });

  test('a lost answer: the request was executed; a reset before it was not', async () => {
    await fresh();
    const { git } = octokit();
    const create = (name: string) => git.createRef({ ...NAME, ref: `refs/heads/${name}`, sha: first });
    github.fault({ route: 'POST /repos/*/*/git/refs', effect: { kind: 'reset', when: 'after' } });
    expect(await statusOf(create('after'))).toBe(500);
    expect(await shop.ref('refs/heads/after')).toBe(first);
    github.fault({ route: 'POST /repos/*/*/git/refs', effect: { kind: 'reset' } });
    expect(await statusOf(create('before'))).toBe(500);
    expect(await shop.ref('refs/heads/before')).toBeUndefined();
    expect(github.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: `/repos/${shop.name}/git/refs`,
      status: 0,
    });
  });

  test('status, skip and times, limits with and without retry-after, latency', async () => {
    await fresh();
    const get = () => octokit().repos.get(NAME);
    github.fault({ route: 'GET /repos/*/*', skip: 1, times: 2, effect: { kind: 'status', status: 502 } });
    expect([
      await statusOf(get()),
      await statusOf(get()),
      await statusOf(get()),
      await statusOf(get()),
    ]).toEqual(['fulfilled', 502, 502, 'fulfilled']);
    github.fault({
      route: /^GET /,
      effect: { kind: 'rateLimit', status: 429, limit: 'secondary', retryAfter: 7 },
    });
    expect(await get().catch((error: unknown) => error)).toMatchObject({
      status: 429,
      response: { headers: { 'retry-after': '7' } },
    });
    github.fault({ route: /^GET /, effect: { kind: 'rateLimit' } });
    expect(await get().catch((error: unknown) => error)).toMatchObject({
      status: 403,
      response: { headers: { 'x-ratelimit-remaining': '0' } },
    });
    github.fault({ route: /^GET /, effect: { kind: 'latency', milliseconds: 150 } });
    const start = performance.now();
    await get();
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  test('a body cut short never arrives whole', async () => {
    await fresh();
    github.fault({ route: 'GET /repos/*/*', effect: { kind: 'cut', bytes: 20 } });
    const answer = await octokit()
      .repos.get(NAME)
      .catch((error: unknown) => error);
    expect((answer as { data?: { id?: number } }).data?.id).toBeUndefined();
  });

  test('a stale read answers what the ref was before its last write', async () => {
    await fresh();
    const second = await shop.commit('main', { x: 'y' });
    const read = async () => (await octokit().git.getRef({ ...NAME, ref: 'heads/main' })).data.object.sha;
    github.fault({ route: 'GET /repos/*/*/git/ref/**', effect: { kind: 'stale' } });
    expect([await read(), await read()]).toEqual([first, second]);
  });
});

describe('git over HTTP', () => {
  const run = async (cwd: string, ...args: string[]) => {
    const env = { PATH: process.env['PATH'], HOME: cwd, GIT_TERMINAL_PROMPT: '0' };
    return (await promisify(execFile)('git', args, { cwd, env })).stdout;
  };
  let dir: string;
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  test('clone and push with a token that may; without the right neither', async () => {
    await fresh();
    dir = mkdtempSync(join(tmpdir(), 'lab-clone-'));
    const url = (token: string) =>
      `${github.serverUrl.replace('://', `://x-access-token:${token}@`)}/${shop.name}`;
    await run(dir, 'clone', '-q', `${url(github.token({ contents: 'write' }))}.git`, 'work');
    const work = join(dir, 'work');
    writeFileSync(join(work, 'new.txt'), 'new');
    await run(work, 'add', '.');
    await run(work, '-c', 'user.name=a', '-c', 'user.email=a@lab.invalid', 'commit', '-qm', 'New');
    const reader = url(github.token({ contents: 'read' }));
    await expect(run(work, 'push', '-q', reader, 'HEAD:main')).rejects.toThrow(/403/);
    await expect(run(work, 'ls-remote', url('ghs_unknown'))).rejects.toThrow();
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
    expect(await shop.read('main', 'new.txt')).toBe('new');
    expect(await run(work, 'ls-remote', reader, 'refs/heads/main')).toContain(
      await shop.ref('refs/heads/main'),
    );
  });
});

test('GHES: the API is below /api/v3 and nowhere else; SHA-256 repositories work', async () => {
  const ghes = await startGitHub({ basePath: '/api/v3' });
  try {
    const repository = await ghes.createRepository('gons/wide', { objectFormat: 'sha256' });
    const sha = await repository.commit('main', { a: 'a' });
    await repository.commit('main', { a: null, b: 'b' });
    const token = ghes.token({ contents: 'read' });
    const { repos } = getOctokit(token, { baseUrl: ghes.url }).rest;
    const compared = await repos.compareCommitsWithBasehead({
      owner: 'gons',
      repo: 'wide',
      basehead: `${sha}...main`,
    });
    expect([sha.length, compared.data.files?.length]).toEqual([64, 2]);
    expect(
      await statusOf(
        getOctokit(token, { baseUrl: ghes.serverUrl }).rest.repos.get({ owner: 'gons', repo: 'wide' }),
      ),
    ).toBe(404);
  } finally {
    await ghes.stop();
  }
});
