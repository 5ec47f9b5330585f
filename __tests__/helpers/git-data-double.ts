import { createHash } from 'node:crypto';
import type { ApiResponse, GitHubApi } from '../../src/github/api.ts';
import type { Clock, Log, Random } from '../../src/effects.ts';

interface Entry {
  path: string;
  mode: string;
  type: string;
  sha: string;
}
interface Commit {
  tree: string;
  parents: string[];
  message: string;
}

/**
 * What happens to the next request on a route. `lost`: it is executed, but the answer never arrives; `short`: half of a
 * blob, in a form that looks whole.
 */
export type Fault = 'lost' | 'unavailable' | 'cut' | 'short' | 'stale' | (() => void | Promise<void>);

/** GitHub's git data API in memory: real hashes, a ref that only moves forward, faults by route. */
export class GitDataDouble {
  readonly refs = new Map<string, string>();
  readonly blobs = new Map<string, Buffer>();
  readonly trees = new Map<string, Entry[]>();
  readonly commits = new Map<string, Commit>();
  readonly requests: string[] = [];
  readonly #faults: { route: RegExp; fault: Fault }[] = [];
  readonly #before = new Map<string, string | undefined>();
  /** Called before each request, to interleave writers. */
  gate: (route: string, writer: string) => Promise<void> = () => Promise.resolve();

  failNext(route: RegExp, fault: Fault): void {
    this.#faults.push({ route, fault });
  }

  api(writer = 'main'): GitHubApi {
    return {
      owner: 'gons',
      repo: 'shop',
      request: async <T>(route: string, parameters: Record<string, unknown> = {}) => {
        await this.gate(route, writer);
        this.requests.push(route);
        return (await this.#answer(route, parameters)) as ApiResponse<T>;
      },
    };
  }

  /** Commits files as somebody else would, by force if need be. */
  push(branch: string, files: Record<string, string | Buffer>, parent = this.refs.get(branch)): string {
    const kept = parent === undefined ? [] : this.entriesOf(parent).filter(({ path }) => !(path in files));
    const added = Object.entries(files).map(([path, content]) => this.#file(path, content));
    const tree = this.#tree([...kept, ...added]);
    const sha = this.#commit({ tree, parents: parent === undefined ? [] : [parent], message: 'rival' });
    this.#move(branch, sha);
    return sha;
  }

  text(branch: string, path: string): string | undefined {
    const head = this.refs.get(branch);
    const entry = head === undefined ? undefined : this.entriesOf(head).find((one) => one.path === path);
    return entry && this.blobs.get(entry.sha)?.toString('utf8');
  }

  entriesOf(commit: string): Entry[] {
    return this.trees.get(this.commits.get(commit)?.tree ?? commit) ?? [];
  }

  /** Messages, newest first. */
  log(branch: string): string[] {
    const messages: string[] = [];
    for (let sha = this.refs.get(branch); sha !== undefined; sha = this.commits.get(sha)?.parents[0]) {
      messages.push(this.commits.get(sha)?.message ?? '');
    }
    return messages;
  }

  async #answer(route: string, parameters: Record<string, unknown>): Promise<ApiResponse> {
    const index = this.#faults.findIndex((one) => one.route.test(route));
    const [armed] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (armed?.fault === 'unavailable') throw failure(503, 'unavailable');
    if (typeof armed?.fault === 'function') await armed.fault();
    const answer = this.#execute(route, parameters, armed?.fault === 'stale');
    if (armed?.fault === 'lost') throw new Error('socket hang up');
    if (armed?.fault === 'short') {
      const blob = answer.data as { content: string };
      const bytes = Buffer.from(blob.content, 'base64');
      return {
        ...answer,
        data: { ...blob, content: bytes.subarray(0, bytes.length / 2).toString('base64') },
      };
    }
    if (armed?.fault === 'cut') return { ...answer, data: '' };
    return answer;
  }

  #execute(route: string, parameters: Record<string, unknown>, stale: boolean): ApiResponse {
    const [method = '', path = ''] = route.split(' ');
    switch (`${method} ${path.replace('/repos/{owner}/{repo}/git/', '')}`) {
      case 'GET ref/{ref}': {
        const branch = branchOf(parameters.ref);
        const sha = stale ? this.#before.get(branch) : this.refs.get(branch);
        if (sha === undefined) throw failure(404, 'Not Found');
        return ok({ ref: `refs/heads/${branch}`, object: { type: 'commit', sha } });
      }
      case 'GET trees/{tree_sha}': {
        const sha = String(parameters.tree_sha);
        if (!this.commits.has(sha) && !this.trees.has(sha)) throw failure(404, 'Not Found');
        const tree = this.entriesOf(sha).map((entry) => ({
          ...entry,
          size: this.blobs.get(entry.sha)?.length,
        }));
        return ok({ sha, tree, truncated: false });
      }
      case 'GET blobs/{file_sha}': {
        const bytes = this.blobs.get(String(parameters.file_sha));
        if (!bytes) throw failure(404, 'Not Found');
        const content = bytes.toString('base64').replace(/.{60}/g, '$&\n');
        return ok({ sha: parameters.file_sha, encoding: 'base64', content, size: bytes.length });
      }
      case 'POST trees': {
        const entries = parameters.tree as (Entry & { content?: string })[];
        const tree = entries.map(({ content, ...entry }) =>
          content === undefined ? entry : this.#file(entry.path, content),
        );
        return ok({ sha: this.#tree(tree) }, 201);
      }
      case 'POST commits': {
        const { tree, parents, message } = parameters as unknown as Commit;
        if (parents.some((parent) => !this.commits.has(parent))) throw failure(422, 'Parent is missing');
        return ok({ sha: this.#commit({ tree, parents, message }) }, 201);
      }
      case 'POST refs': {
        const branch = branchOf(parameters.ref);
        if (this.refs.has(branch)) throw failure(422, 'Reference already exists');
        this.#move(branch, String(parameters.sha));
        return ok({}, 201);
      }
      case 'PATCH refs/{ref}': {
        const branch = branchOf(parameters.ref);
        const head = this.refs.get(branch);
        if (head === undefined) throw failure(404, 'Reference does not exist');
        if (parameters.force !== false) throw new Error('the state branch is never forced');
        if (!this.#reaches(String(parameters.sha), head)) throw failure(422, 'Update is not a fast forward');
        this.#move(branch, String(parameters.sha));
        return ok({});
      }
    }
    throw new Error(`the double has no route ${route}`);
  }

  #reaches(from: string, ancestor: string): boolean {
    if (from === ancestor) return true;
    return (this.commits.get(from)?.parents ?? []).some((parent) => this.#reaches(parent, ancestor));
  }

  #move(branch: string, sha: string): void {
    this.#before.set(branch, this.refs.get(branch));
    this.refs.set(branch, sha);
  }

  #file(path: string, content: string | Buffer): Entry {
    const bytes = Buffer.from(content as string);
    const sha = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    this.blobs.set(sha, bytes);
    return { path, mode: '100644', type: 'blob', sha };
  }

  #tree(entries: Entry[]): string {
    const sha = digest(`tree ${JSON.stringify(entries)}`);
    this.trees.set(sha, entries);
    return sha;
  }

  #commit(commit: Commit): string {
    const sha = digest(`commit ${JSON.stringify(commit)} ${this.commits.size}`);
    this.commits.set(sha, commit);
    return sha;
  }
}

/** Virtual time: a sleep is over at once, and remembered. */
export function virtualClock(): Clock & { slept: number[] } {
  let now = Date.parse('2026-11-23T10:00:00Z');
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(now),
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

export const fixedRandom: Random = { next: () => 0.5, hex: (bytes) => 'ab'.repeat(bytes) };

export function memoryLog(): Log & { warnings: string[] } {
  const warnings: string[] = [];
  const quiet = () => undefined;
  return {
    warnings,
    info: quiet,
    debug: quiet,
    notice: quiet,
    warning: (message) => void warnings.push(message),
    error: quiet,
    foreign: quiet,
    group: (_title, body) => body(),
  };
}

function branchOf(ref: unknown): string {
  return String(ref).replace(/^(refs\/)?heads\//, '');
}

function ok(data: unknown, status = 200): ApiResponse {
  return { status, headers: {}, data };
}

function failure(status: number, message: string): Error {
  return Object.assign(new Error(message), { status });
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
