/** One repository of the lab: a bare git repository and GitHub's records around it (issues, deployments, pull requests). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, GitError, type GitObject, ObjectReader } from './git.ts';
import {
  parseCommit,
  type ParsedCommit,
  type TreeChange,
  writeBlob,
  writeCommit,
  writeTree,
} from './objects.ts';

export interface RepositoryOptions {
  /** Default `main`. */
  defaultBranch?: string;
  /** Default false: as with most deployed apps, a request without a token sees 404. */
  public?: boolean;
  objectFormat?: 'sha1' | 'sha256';
  /** Requests an hour, shared by all tokens of the repository, as with GITHUB_TOKEN. Default 1000. */
  rateLimit?: number;
  /** false: the issue endpoints answer 410. */
  issues?: boolean;
  /** GitHub's answer limits, lowered by tests that would otherwise need 100,000 files. */
  treeEntryLimit?: number;
}

/** `null` deletes the path. */
export type FileChanges = Record<string, string | Buffer | { content: string | Buffer; mode: string } | null>;

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Comment {
  id: number;
  body: string;
  login: string;
  created_at: string;
  updated_at: string;
}

export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  state_reason: string | null;
  labels: string[];
  assignees: string[];
  login: string;
  comments: Comment[];
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  isPullRequest: boolean;
}

export interface PullRequest {
  number: number;
  head: { ref: string; sha: string; repository: string };
  base: { ref: string; sha: string };
  /** undefined when head and base conflict. */
  mergeSha: string | undefined;
}

export interface DeploymentStatus {
  id: number;
  state: string;
  description: string;
  environment_url: string;
  log_url: string;
  created_at: string;
}

export interface Deployment {
  id: number;
  sha: string;
  ref: string;
  task: string;
  environment: string;
  description: string | null;
  payload: unknown;
  created_at: string;
  transient_environment: boolean;
  production_environment: boolean;
  statuses: DeploymentStatus[];
}

const IDENTITY = { name: 'Lab Author', email: 'author@lab.invalid' };

export class LabRepository {
  /** `owner/name`. */
  readonly name: string;
  /** The bare git repository. */
  readonly dir: string;
  readonly id: number;
  readonly format: 'sha1' | 'sha256';
  readonly options: RepositoryOptions;
  readonly defaultBranch: string;
  readonly issues: Issue[] = [];
  readonly labels: Label[] = [];
  readonly pullRequests: PullRequest[] = [];
  readonly deployments: Deployment[] = [];
  /** Workflow run id -> its status; a lost runner's run is completed as soon as it is lost (GitHub takes some minutes). */
  readonly workflowRuns = new Map<number, 'in_progress' | 'completed'>();
  readonly objects: ObjectReader;
  #sequence = 1000;
  #used = 0;
  #resetAt = 0;

  constructor(name: string, dir: string, id: number, options: RepositoryOptions) {
    this.name = name;
    this.dir = dir;
    this.id = id;
    this.options = options;
    this.format = options.objectFormat ?? 'sha1';
    this.defaultBranch = options.defaultBranch ?? 'main';
    this.objects = new ObjectReader(dir);
  }

  async init(): Promise<void> {
    await mkdir(this.dir, { recursive: true });
    await git([
      'init',
      '-q',
      '--bare',
      `--object-format=${this.format}`,
      `--initial-branch=${this.defaultBranch}`,
      this.dir,
    ]);
    const settings = { 'http.receivepack': 'true', 'uploadpack.allowAnySHA1InWant': 'true', 'gc.auto': '0' };
    // The reflog is how a stale read knows what the ref was before.
    for (const [key, value] of Object.entries({ ...settings, 'core.logAllRefUpdates': 'always' })) {
      await this.git(['config', key, value]);
    }
    await this.git(['config', 'receive.denyDeleteCurrent', 'refuse']);
    await writeFile(join(this.dir, 'description'), this.name);
  }

  nextId(): number {
    return ++this.#sequence;
  }

  nextNumber(): number {
    return this.issues.length + 1;
  }

  async git(args: readonly string[], options: { input?: string | Buffer } = {}): Promise<string> {
    const env = { GIT_COMMITTER_NAME: IDENTITY.name, GIT_COMMITTER_EMAIL: IDENTITY.email };
    return (await git(['--git-dir', this.dir, ...args], { ...options, env })).toString().trim();
  }

  /** The object a full ref name points at, e.g. `refs/heads/main`; undefined when it does not exist. */
  async ref(name: string, { stale = false } = {}): Promise<string | undefined> {
    if (stale) {
      const log = await readFile(join(this.dir, 'logs', name), 'utf8').catch(() => '');
      const before = log.trimEnd().split('\n').at(-1)?.split(' ')[0] ?? '';
      if (before !== '') return /^0+$/.test(before) ? undefined : before;
    }
    return await this.git(['rev-parse', '--verify', '--quiet', '--end-of-options', name]).catch(
      () => undefined,
    );
  }

  /** A sha, a branch or a tag, full or short name: the object it means, tags peeled. */
  async commitOf(
    rev: string,
    options: { stale?: boolean } = {},
  ): Promise<{ sha: string; commit: ParsedCommit } | undefined> {
    const object = await this.objects.read(`${(await this.#resolve(rev, options)) ?? ''}^{commit}`);
    return object?.type === 'commit' ? { sha: object.sha, commit: parseCommit(object.content) } : undefined;
  }

  async #resolve(rev: string, options: { stale?: boolean }): Promise<string | undefined> {
    if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(rev)) return rev;
    const name = rev === 'HEAD' ? this.defaultBranch : rev;
    // A name with git's revision operators is no ref name, so it can never be found.
    if (name === '' || /[\s~^:?*[\\]|\.\.|@\{/.test(name)) return undefined;
    const candidates = name.startsWith('refs/')
      ? [name]
      : [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`];
    for (const candidate of candidates) {
      const sha = await this.ref(candidate, options);
      if (sha) return sha;
    }
    return /^[0-9a-f]{7,}$/.test(name) ? name : undefined;
  }

  /** The object at a path of a commit. */
  async at(rev: string, path: string): Promise<GitObject | undefined> {
    const found = await this.commitOf(rev);
    return found && this.objects.read(`${found.sha}:${path}`);
  }

  /** The text of a file at a branch, tag or sha. */
  async read(rev: string, path: string): Promise<string | undefined> {
    return (await this.at(rev, path))?.content.toString();
  }

  /**
   * Commits the changes on top of `branch` (created when missing) as a push of somebody else would, and returns the new sha.
   * `parent`: start from there instead, which on an existing branch is a forced push; `null` makes a root commit.
   */
  async commit(
    branch: string,
    changes: FileChanges,
    {
      message = 'Change',
      parent,
      author = IDENTITY,
    }: { message?: string; parent?: string | null; author?: typeof IDENTITY } = {},
  ): Promise<string> {
    const ref = `refs/heads/${branch}`;
    const onto = parent === null ? undefined : (parent ?? (await this.ref(ref)));
    const entries: TreeChange[] = [];
    for (const [path, change] of Object.entries(changes)) {
      const file =
        change !== null && typeof change === 'object' && !Buffer.isBuffer(change)
          ? change
          : { content: change, mode: '100644' };
      entries.push({
        path,
        mode: file.mode,
        sha: file.content === null ? null : await writeBlob(this, file.content),
      });
    }
    const tree = await writeTree(this.dir, onto, entries);
    const who = { ...author, date: new Date().toISOString() };
    const sha = await writeCommit(this, {
      tree,
      parents: onto ? [onto] : [],
      author: who,
      committer: who,
      message,
    });
    await this.git(['update-ref', ref, sha]);
    return sha;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    try {
      await this.git(['merge-base', '--is-ancestor', ancestor, descendant]);
      return true;
    } catch (error) {
      if (error instanceof GitError && error.code === 1) return false;
      throw error;
    }
  }

  /** Counts a request against the hour's budget; `remaining` below zero means: refuse. */
  spend(cost: number): { limit: number; remaining: number; reset: number; used: number } {
    const now = Math.floor(Date.now() / 1000);
    if (now >= this.#resetAt) {
      this.#used = 0;
      this.#resetAt = now + 3600;
    }
    this.#used += cost;
    const limit = this.options.rateLimit ?? 1000;
    return { limit, remaining: limit - this.#used, reset: this.#resetAt, used: this.#used };
  }

  stop(): void {
    this.objects.stop();
  }
}
