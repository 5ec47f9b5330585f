import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGitHub } from '../../../../src/github/client.ts';
import type { Clock } from '../../../../src/effects.ts';
import type { GitBackedApi } from './git-backed-api.ts';
import type { Repository } from './repository.ts';
import { silent } from './world.ts';

/** The lab's GitHub, as far as these tests look at it. */
export interface Lab {
  url: string;
  requests: { method: string; path: string; query: string }[];
  createRepository(name: string, options?: Record<string, unknown>): Promise<LabRepository>;
  token(permissions: Record<string, 'read' | 'write'>): string;
  fault(rule: { route: string; effect: Record<string, unknown>; times?: number }): { readonly hits: number };
  stop(): Promise<void>;
}
interface LabRepository {
  dir: string;
  options: { treeEntryLimit?: number };
  pullRequests: unknown[];
}

const own = join(import.meta.dirname, '../../../../lab/github/index.ts');
/** LAB_GITHUB names another one, for instance of a branch that is not merged yet. */
export const labPath = process.env['LAB_GITHUB'] ?? (existsSync(own) ? own : undefined);

export async function startLab(options: Record<string, unknown> = {}): Promise<Lab> {
  const { startGitHub } = (await import(labPath ?? own)) as {
    startGitHub(given: Record<string, unknown>): Promise<Lab>;
  };
  return startGitHub(options);
}

/** Time that passes only while somebody waits for it. */
export function virtualClock(): Clock & { waited: number } {
  let now = Date.now();
  const clock = {
    waited: 0,
    now: () => new Date(now),
    sleep: async (milliseconds: number) => {
      now += milliseconds;
      clock.waited += milliseconds;
    },
  };
  return clock;
}

export interface LabApi extends GitBackedApi {
  lab: Lab;
  clock: Clock & { waited: number };
}

/** The real client talking to the lab about a local repository, whose objects it shares, unreachable ones too. */
export async function labApi(
  repository: Repository,
  {
    permissions = { contents: 'read', 'pull-requests': 'read' } as Record<string, 'read' | 'write'>,
    basePath = '',
    rateLimit = 1000,
  } = {},
): Promise<LabApi> {
  const lab = await startLab({ basePath });
  const objectFormat = repository.git('rev-parse', '--show-object-format').trim();
  const remote = await lab.createRepository('gons/shop', { objectFormat, rateLimit });
  mkdirSync(join(remote.dir, 'objects/info'), { recursive: true });
  writeFileSync(join(remote.dir, 'objects/info/alternates'), `${repository.directory}/.git/objects\n`);
  const clock = virtualClock();
  const github = createGitHub({
    token: lab.token(permissions),
    apiUrl: lab.url,
    owner: 'gons',
    repo: 'shop',
    clock,
    log: silent,
  });
  let synced = -1;
  const sync = () => {
    if (synced === repository.runs) return;
    synced = repository.runs;
    const args = ['-C', remote.dir, 'fetch', '-q', '--no-tags', repository.directory, '+refs/*:refs/*'];
    execFileSync('git', args, { stdio: 'pipe' });
  };
  const prepare = () => {
    sync();
    remote.options.treeEntryLimit = api.treeLimit;
    remote.pullRequests.splice(0);
    for (const [number, pull] of api.pulls) {
      remote.pullRequests.push({
        number,
        head: { ref: 'topic', sha: pull.head, repository: 'somebody/shop' },
        base: { ref: 'main', sha: pull.base },
        mergeSha: undefined,
      });
    }
  };
  const api: LabApi = {
    ...github,
    lab,
    clock,
    requests: [],
    pulls: new Map(),
    treeLimit: 100_000,
    async request<T>(route: string, parameters: Record<string, unknown> = {}) {
      api.requests.push(`${route} ${JSON.stringify(parameters)}`);
      const instead = api.intercept?.(route, parameters);
      if (instead !== undefined) return { status: 200, headers: {}, data: instead as T };
      prepare();
      return github.request<T>(route, parameters);
    },
    stop: () => lab.stop(),
  };
  return api;
}
