import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AutopilotError } from '../errors.ts';
import type { GitHubApi } from '../github/api.ts';
import { statusOf } from '../github/api.ts';

/** One branch through GitHub's git data API, which has no 1 MB limit and can swap a ref only forward. */
export interface GitData {
  /** The commit the branch points at, if it exists. Right after a write the answer may be old. */
  readHead(): Promise<string | undefined>;
  /** All files of a commit by path. */
  listFiles(commit: string): Promise<TreeFiles>;
  /** A blob as UTF-8 text, proven by its hash. */
  readText(blob: string): Promise<string>;
  /** A commit of these files besides the `others` that stay as they are; nothing points at it yet. */
  commit(message: string, content: CommitContent): Promise<string>;
  /** Rejects with status 422 (also 409) when somebody else was first. */
  createHead(commit: string): Promise<void>;
  /** Rejects with status 422 or 409 when the branch moved or is gone. */
  moveHead(commit: string): Promise<void>;
}

export type TreeFiles = ReadonlyMap<string, TreeFile>;

export interface CommitContent {
  /** path -> text. */
  files: Record<string, string>;
  others: TreeFiles;
  /** None for the first commit of an orphan branch. */
  parent: string | undefined;
}

export interface TreeFile {
  type: string;
  mode: string;
  sha: string;
  /** Bytes. */
  size: number;
}

const Sha = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
const Ref = z.object({ object: z.object({ sha: Sha }) });
const Created = z.object({ sha: Sha });
const Tree = z.object({
  truncated: z.boolean().default(false),
  tree: z.array(
    z.object({ path: z.string(), type: z.string(), mode: z.string(), sha: Sha, size: z.number().default(0) }),
  ),
});
const Blob = z.object({ content: z.string(), encoding: z.string() });

export function createGitData(github: GitHubApi, branch: string): GitData {
  const repository = 'repos/{owner}/{repo}';
  // Objects are named by their content, and a ref that has moved already moves no further: all of it may be sent twice.
  const send = (route: string, parameters: Record<string, unknown>) =>
    github.request(route, parameters, { repeatable: true });
  const call = async <T>(schema: z.ZodType<T>, route: string, parameters: Record<string, unknown>) => {
    const { data } = await send(route, parameters);
    return checked(schema, data, route);
  };
  return {
    async readHead() {
      try {
        return (await call(Ref, `GET /${repository}/git/ref/{ref}`, { ref: `heads/${branch}` })).object.sha;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },

    async listFiles(commit) {
      const route = `GET /${repository}/git/trees/{tree_sha}`;
      const { tree, truncated } = await call(Tree, route, { tree_sha: commit, recursive: '1' });
      if (truncated) {
        throw new AutopilotError('STATE_CORRUPT', {
          what: `The branch ${branch} holds more files than GitHub lists; it is not the pipeline's state.`,
          fix: 'Name another branch in the input `state-branch`; one that does not exist yet is created.',
        });
      }
      return new Map(tree.filter(({ type }) => type !== 'tree').map((entry) => [entry.path, entry]));
    },

    async readText(blob) {
      const route = `GET /${repository}/git/blobs/{file_sha}`;
      const { content, encoding } = await call(Blob, route, { file_sha: blob });
      const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
      // A connection cut in the middle can look like a whole answer; the name of a blob is its hash.
      const hash = createHash(blob.length === 64 ? 'sha256' : 'sha1');
      if (hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') !== blob) throw incomplete(route);
      return bytes.toString('utf8');
    },

    async commit(message, { files, others, parent }) {
      // The whole tree is given, never a base: a base wants the sha of a tree, and costs a request to learn it.
      const kept = [...others].filter(([path]) => !Object.hasOwn(files, path));
      const entries = [
        ...kept.map(([path, { mode, type, sha }]) => ({ path, mode, type, sha })),
        ...Object.entries(files).map(([path, content]) => ({ path, mode: '100644', type: 'blob', content })),
      ];
      const { sha: tree } = await call(Created, `POST /${repository}/git/trees`, { tree: entries });
      const parents = parent === undefined ? [] : [parent];
      return (await call(Created, `POST /${repository}/git/commits`, { message, tree, parents })).sha;
    },

    async createHead(commit) {
      await send(`POST /${repository}/git/refs`, { ref: `refs/heads/${branch}`, sha: commit });
    },

    async moveHead(commit) {
      const parameters = { ref: `heads/${branch}`, sha: commit, force: false };
      try {
        await send(`PATCH /${repository}/git/refs/{ref}`, parameters);
      } catch (error) {
        // A branch that was deleted meanwhile is a lost race as well.
        if (statusOf(error) !== 404) throw error;
        throw Object.assign(new Error(`The branch ${branch} is gone`, { cause: error }), { status: 409 });
      }
    },
  };
}

function checked<T>(schema: z.ZodType<T>, data: unknown, route: string): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw incomplete(route);
}

function incomplete(route: string): AutopilotError {
  return new AutopilotError('GITHUB_UNAVAILABLE', {
    what: `GitHub's answer to ${route} was cut short or has an unknown form.`,
    fix: 'Run it again; if it stays, see https://www.githubstatus.com.',
  });
}
