import * as z from 'zod';
import type { GitHubApi } from '../../github/api.ts';
import { differenceOf, put, take, type Difference, type TreeEntry } from './changes.ts';

const Commit = z.object({ tree: z.object({ sha: z.string().min(1) }) });
const Tree = z.object({
  truncated: z.boolean(),
  tree: z.array(
    z.object({ path: z.string().min(1), mode: z.string(), type: z.string(), sha: z.string().min(1) }),
  ),
});

/** GITHUB_TOKEN has 1,000 requests an hour for the whole repository; one comparison may not eat them. */
const REQUEST_LIMIT = 400;
const PARALLEL = 8;
/** With more directories than this on one level, whole subtrees cost fewer requests than the way down. */
const WIDE = 24;

/** Two trees of the same path, of which at least one exists. */
interface Pair {
  path: string;
  old?: string;
  new?: string;
}

/** The tree of a commit; rejects with status 404 when the commit is unknown. */
export async function treeOf(github: GitHubApi, commit: string): Promise<string> {
  const answer = await github.request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
    commit_sha: commit,
  });
  return Commit.parse(answer.data).tree.sha;
}

/**
 * The difference of two trees, descending only where object names differ: exact for any number of files, with requests
 * in the order of the changed directories, and no checkout. Without `base` every file of `head` is new.
 * Rejects when an answer is cut or the walk would cost too many requests: a part is never passed off as the whole.
 */
export async function walkTrees(
  github: GitHubApi,
  base: string | undefined,
  head: string,
): Promise<Difference[]> {
  let requests = 0;
  const list = async (sha: string | undefined, recursive: boolean) => {
    if (sha === undefined) return { truncated: false, tree: [] };
    requests += 1;
    if (requests > REQUEST_LIMIT) throw new Error(`more than ${REQUEST_LIMIT} directories changed`);
    const answer = await github.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
      tree_sha: sha,
      ...(recursive && { recursive: '1' }),
    });
    const tree = Tree.parse(answer.data);
    if (tree.truncated && !recursive) throw new Error('the listing of a directory was truncated');
    return tree;
  };
  const found: Difference[] = [];
  let level: Pair[] =
    base === head ? [] : [{ path: '', ...(base !== undefined && { old: base }), new: head }];
  while (level.length > 0) {
    const wide = level.length > WIDE;
    const next: Pair[] = [];
    await inParallel(level, async (pair) => {
      const oneSided = pair.old === undefined || pair.new === undefined;
      if (oneSided || wide) {
        const [old, now] = [await list(pair.old, true), await list(pair.new, true)];
        if (!old.truncated && !now.truncated) {
          found.push(...differenceOf(leaves(old, pair.path), leaves(now, pair.path)));
          return;
        }
      }
      const [old, now] = [await list(pair.old, false), await list(pair.new, false)];
      found.push(...differenceOf(leaves(old, pair.path), leaves(now, pair.path)));
      next.push(...differingTrees(old, now, pair.path));
    });
    level = next;
  }
  return found;
}

type Listing = z.output<typeof Tree>;

function leaves(listing: Listing, parent: string): TreeEntry[] {
  return listing.tree
    .filter((entry) => entry.type !== 'tree')
    .map(({ path, mode, sha }) => ({ path: parent + path, mode, sha }));
}

function differingTrees(old: Listing, now: Listing, parent: string): Pair[] {
  const before = new Map<string, string[]>();
  for (const { path, type, sha } of old.tree) if (type === 'tree') put(before, path, sha);
  const changed = now.tree.filter(
    ({ path, type, sha }) => type === 'tree' && take(before, path, (known) => known === sha) === undefined,
  );
  const pairs = changed.map(({ path, sha }): Pair => {
    const known = take(before, path, () => true);
    return { path: `${parent}${path}/`, ...(known !== undefined && { old: known }), new: sha };
  });
  for (const [path, shas] of before)
    pairs.push(...shas.map((sha) => ({ path: `${parent}${path}/`, old: sha })));
  return pairs;
}

/** Ends when all work has ended, also after a failure: no request is left running behind the caller's back. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const item of queue) {
      if (failures.length > 0) return;
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
