/**
 * A GitHub on loopback: REST API and git over HTTP, backed by bare repositories and the real git program.
 *
 *     const github = await startGitHub();
 *     const shop = await github.createRepository('gons/shop');
 *     const sha = await shop.commit('main', { 'README.md': 'hello' });
 *     const token = github.token({ contents: 'write' });
 *     getOctokit(token, { baseUrl: github.url })
 *     github.fault({ route: 'PATCH /repos/*\/*\/git/refs/**', effect: { kind: 'rival' } });
 *     github.requests.filter(({ method }) => method === 'PATCH')
 *     await github.stop();
 *
 * Served: the repository, refs, commits, trees, blobs, tags, contents (read), branches, commits, compare, pull requests and
 * their files, issues, comments, labels, deployments and statuses, Actions caches (from `lab/cache`), rate limit, users;
 * clone, fetch and push; of GraphQL the contents of blobs (see `graphql/index.ts`). With ETags, paging, rate-limit headers,
 * permissions by token, GitHub's limits and error bodies.
 *
 * Not done: the rest of GraphQL and its budget, webhooks, writing contents, `patch` texts, merging a pull request, forks as
 * repositories of their own, checks and commit statuses, branch protection, releases, workflow runs and artifacts, App
 * authentication, secondary limits other than by fault, signatures. Users are names only. Field sets are those the action and
 * octokit's typings lead one to read.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fault, type FaultRule, Faults } from './faults.ts';
import { compile } from './http.ts';
import { LabRepository, type PullRequest, type RepositoryOptions } from './repository.ts';
import { accountRoutes, type CacheStore } from './routes/account.ts';
import { commits } from './routes/commits.ts';
import { gitData } from './routes/git-data.ts';
import { issues } from './routes/issues.ts';
import { refs } from './routes/refs.ts';
import { repositories } from './routes/repository.ts';
import { serve } from './server.ts';
import { type Permissions, type TokenOptions, Tokens } from './tokens.ts';
import type { RequestRecord, World } from './world.ts';

export type { Fault, FaultEffect, FaultRule } from './faults.ts';
export type { Deployment, Issue, LabRepository, PullRequest, RepositoryOptions } from './repository.ts';
export type { CacheStore } from './routes/account.ts';
export type { RequestRecord } from './world.ts';
export type { Permissions } from './tokens.ts';

export interface GitHubOptions {
  /** Parent of the repositories' folder; default: the system's temporary one. */
  directory?: string;
  /** `/api/v3` makes it look like GHES; the default is the root, like api.github.com. */
  basePath?: '' | '/api/v3';
  /** What `actions/caches` lists and deletes. */
  cache?: CacheStore;
}

export interface LabGitHub {
  /** The API, without trailing slash: GITHUB_API_URL, octokit's baseUrl. */
  readonly url: string;
  /** git: `${serverUrl}/owner/name.git`. */
  readonly serverUrl: string;
  /** Every request in order, git over HTTP too. Clear it with `requests.length = 0`. */
  readonly requests: RequestRecord[];
  createRepository(name: string, options?: RepositoryOptions): Promise<LabRepository>;
  repository(name: string): LabRepository;
  /** A new token; what is not named is `none`. */
  token(permissions: Permissions, options?: TokenOptions): string;
  revoke(token: string): void;
  fault(rule: FaultRule): Fault;
  clearFaults(): void;
  /** Opens a pull request between two branches, with its `refs/pull/N/head` and `refs/pull/N/merge`. */
  openPullRequest(repository: string, pull: PullRequestInput): Promise<PullRequest>;
  /** Closes all connections and removes the repositories. */
  stop(): Promise<void>;
}

export interface PullRequestInput {
  head: string;
  /** Default: the default branch. */
  base?: string;
  title?: string;
  body?: string;
  /** `owner/name` of the fork it comes from; its branch is taken from this repository all the same. */
  fork?: string;
  login?: string;
}

export async function startGitHub({
  basePath = '',
  cache,
  directory = tmpdir(),
}: GitHubOptions = {}): Promise<LabGitHub> {
  const root = await mkdtemp(join(directory, 'lab-github-'));
  const routes = [...repositories, ...refs, ...gitData, ...commits, ...issues, ...accountRoutes(cache)].map(
    compile,
  );
  let origin = '';
  const world: World = {
    repositories: new Map(),
    tokens: new Tokens(),
    faults: new Faults(),
    requests: [],
    routes,
    basePath,
    origin: () => origin,
  };
  const server = createServer((request, response) => {
    serve(world, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const repository = (name: string): LabRepository => {
    const found = world.repositories.get(name.toLowerCase());
    if (!found) throw new Error(`The lab has no repository ${name}.`);
    return found;
  };

  return {
    url: origin + basePath,
    serverUrl: origin,
    requests: world.requests,
    repository,
    async createRepository(name, options = {}) {
      if (!/^[\w.-]+\/[\w.-]+$/.test(name)) throw new Error(`${name} is not owner/name.`);
      const created = new LabRepository(
        name,
        join(root, `${name}.git`),
        world.repositories.size + 1,
        options,
      );
      await created.init();
      world.repositories.set(name.toLowerCase(), created);
      return created;
    },
    token: (permissions, options) => world.tokens.create(permissions, options).value,
    revoke: (value) => {
      const token = world.tokens.find(value);
      if (token) token.revoked = true;
    },
    fault: (rule) => world.faults.add(rule),
    clearFaults: () => {
      world.faults.clear();
    },
    openPullRequest: (name, input) => openPullRequest(repository(name), input),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      for (const one of world.repositories.values()) one.stop();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function openPullRequest(repository: LabRepository, input: PullRequestInput): Promise<PullRequest> {
  const base = input.base ?? repository.defaultBranch;
  const headSha = await repository.ref(`refs/heads/${input.head}`);
  const baseSha = await repository.ref(`refs/heads/${base}`);
  if (!headSha || !baseSha)
    throw new Error(`Both ${input.head} and ${base} must exist in ${repository.name}.`);
  const number = repository.nextNumber();
  const login = input.login ?? 'contributor';
  // Conflicts make it exit with 1: GitHub then has no merge commit either.
  const tree = await repository.git(['merge-tree', '--write-tree', baseSha, headSha]).catch(() => undefined);
  await repository.git(['update-ref', `refs/pull/${number}/head`, headSha]);
  let mergeSha: string | undefined;
  if (tree) {
    const message = `Merge ${headSha} into ${baseSha}`;
    const identity = ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.invalid'];
    mergeSha = await repository.git([
      ...identity,
      'commit-tree',
      tree,
      '-p',
      baseSha,
      '-p',
      headSha,
      '-m',
      message,
    ]);
    await repository.git(['update-ref', `refs/pull/${number}/merge`, mergeSha]);
  }
  const created = new Date().toISOString();
  repository.issues.push({
    id: repository.nextId(),
    number,
    title: input.title ?? input.head,
    body: input.body ?? null,
    state: 'open',
    state_reason: null,
    labels: [],
    assignees: [],
    login,
    comments: [],
    created_at: created,
    updated_at: created,
    closed_at: null,
    isPullRequest: true,
  });
  const head = { ref: input.head, sha: headSha, repository: input.fork ?? repository.name };
  const pull = { number, head, base: { ref: base, sha: baseSha }, mergeSha };
  repository.pullRequests.push(pull);
  return pull;
}
