import type { ApiResponse, GitHubApi } from '../../../../src/github/api.ts';
import type { Repository } from './repository.ts';

/** GitHub's answers about a repository, with its limits, computed by git; `requests` counts them. */
export interface GitBackedApi extends GitHubApi {
  readonly requests: string[];
  /** Answers in place of git: return undefined to let git answer, throw to fail. */
  intercept?: (route: string, parameters: Record<string, unknown>) => unknown;
  pulls: Map<number, { base: string; head: string }>;
  /** Entries after which a recursive tree is truncated. */
  treeLimit: number;
  /** Where something was started for it. */
  stop?: () => Promise<void>;
}

export function httpError(status: number, message = `HTTP ${status}`): Error {
  return Object.assign(new Error(message), { status });
}

const LETTERS: Record<string, string> = {
  A: 'added',
  M: 'modified',
  D: 'removed',
  T: 'changed',
  R: 'renamed',
};

export function gitBackedApi(repository: Repository): GitBackedApi {
  const git = (...args: string[]) => repository.git(...args);
  const found = <T>(body: () => T, status = 404): T => {
    try {
      return body();
    } catch {
      throw httpError(status, 'Not Found');
    }
  };
  const commit = (name: string) =>
    found(() => git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).trim());
  const diff = (from: string, to: string) => {
    const fields = git('diff', '--raw', '-z', '-M', '--no-abbrev', from, to).split('\0').slice(0, -1);
    const files: Record<string, unknown>[] = [];
    while (fields.length > 0) {
      const [, , , sha, letter = ''] = (fields.shift() ?? '').split(' ');
      const path = fields.shift();
      const renamed = letter.startsWith('R');
      files.push({
        filename: renamed ? fields.shift() : path,
        ...(renamed && { previous_filename: path }),
        status: LETTERS[letter.charAt(0)],
        sha,
      });
    }
    return files;
  };
  const routes: Record<string, (parameters: Record<string, unknown>) => unknown> = {
    // As a server without GraphQL: contents come one by one. The lab's GitHub has it.
    'POST /graphql': () => {
      throw httpError(404, 'Not Found');
    },
    'GET /repos/{owner}/{repo}/compare/{basehead}': ({ basehead }) => {
      const [base = '', head = ''] = String(basehead).split('...').map(commit);
      const merge = found(() => git('merge-base', base, head).trim());
      const count = (range: string) => Number(git('rev-list', '--count', range));
      const [ahead, behind] = [count(`${base}..${head}`), count(`${head}..${base}`)];
      return {
        status: ahead && behind ? 'diverged' : ahead ? 'ahead' : behind ? 'behind' : 'identical',
        ahead_by: ahead,
        behind_by: behind,
        merge_base_commit: { sha: merge },
        files: diff(merge, head).slice(0, 300),
      };
    },
    'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': ({ commit_sha }) => {
      const sha = commit(String(commit_sha));
      return { sha, tree: { sha: git('rev-parse', `${sha}^{tree}`).trim() } };
    },
    'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': ({ tree_sha, recursive }) => {
      const flags = recursive === undefined ? ['-z'] : ['-z', '-r', '-t'];
      const lines = found(() => git('ls-tree', ...flags, String(tree_sha)))
        .split('\0')
        .slice(0, -1);
      const tree = lines.map((line) => {
        const [, mode, type, sha, path] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(line) ?? [];
        return { mode, type, sha, path };
      });
      const limit = recursive === undefined ? Infinity : api.treeLimit;
      return { sha: tree_sha, truncated: tree.length > limit, tree: tree.slice(0, limit) };
    },
    'GET /repos/{owner}/{repo}/git/tags/{tag_sha}': ({ tag_sha }) => {
      const text = found(() => git('cat-file', 'tag', String(tag_sha)));
      const [, sha, type] = /^object (\w+)\ntype (\w+)/.exec(text) ?? [];
      return { object: { sha, type } };
    },
    'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': ({ file_sha }) => {
      const content = found(() => git('cat-file', 'blob', String(file_sha)));
      const bytes = Buffer.from(content);
      return { size: bytes.length, encoding: 'base64', content: bytes.toString('base64') };
    },
    'GET /repos/{owner}/{repo}/pulls/{pull_number}': ({ pull_number }) => {
      const pull = api.pulls.get(Number(pull_number));
      if (!pull) throw httpError(404);
      const merge = git('merge-base', pull.base, pull.head).trim();
      return { changed_files: diff(merge, pull.head).length, head: { sha: pull.head } };
    },
    'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': ({ pull_number, page, per_page }) => {
      const pull = api.pulls.get(Number(pull_number));
      if (!pull) throw httpError(404);
      const size = Number(per_page);
      const from = (Number(page) - 1) * size;
      const merge = git('merge-base', pull.base, pull.head).trim();
      return diff(merge, pull.head)
        .slice(0, 3000)
        .slice(from, from + size);
    },
  };
  const api: GitBackedApi = {
    owner: 'o',
    repo: 'r',
    requests: [],
    pulls: new Map(),
    treeLimit: 100_000,
    async request<T>(route: string, parameters: Record<string, unknown> = {}): Promise<ApiResponse<T>> {
      api.requests.push(`${route} ${JSON.stringify(parameters)}`);
      const instead = api.intercept?.(route, parameters);
      const answer = routes[route];
      if (instead === undefined && !answer) throw new Error(`no such route in this double: ${route}`);
      return { status: 200, headers: {}, data: (instead ?? answer?.(parameters)) as T };
    },
  };
  return api;
}
