import { AutopilotError } from '../../errors.ts';
import type { Log } from '../../effects.ts';
import { statusOf, type GitHubApi } from '../../github/api.ts';
import type { Base } from '../base.ts';
import { toChanges, type Changes } from './changes.ts';
import { compare } from './compare.ts';
import type { Checkout } from './git.ts';
import { pullRequestFiles } from './pull-request.ts';
import { treeOf, walkTrees } from './tree-walk.ts';

export interface Sources {
  github: GitHubApi;
  checkout: Checkout | undefined;
  log: Log;
  /** Every doubt on the way ends here, for a person to read. */
  warn(message: string): void;
}

/** A base that is not there any more: the next one counts. */
class MissingBase extends Error {}

/**
 * What changed between the first base that exists and `head`. Git itself where the checkout has both commits (it is
 * exact and costs no request), else the API's comparison where that is exact, else a walk of the two trees; and when
 * all of them fail, everything, with a warning. Never "nothing" because of an error.
 * Errors: GITHUB_PERMISSION, which no other source could heal.
 */
export async function resolveChanges(
  sources: Sources,
  bases: readonly Base[],
  head: string,
): Promise<Changes> {
  for (const base of bases) {
    if (base.kind === 'everything') return everything(sources, head, base.name);
    try {
      return await fromBase(sources, base, head);
    } catch (error) {
      if (isPermission(error)) throw error;
      if (error instanceof MissingBase) {
        sources.warn(`${capital(base.name)} (${error.message}) no longer exists.`);
      } else {
        sources.warn(`What changed since ${base.name} could not be found out: ${messageOf(error)}.`);
        return everything(sources, head, 'no source could say what changed', isUnavailable(error));
      }
    }
  }
  return everything(sources, head, 'there is nothing to compare with');
}

async function fromBase(sources: Sources, base: Exclude<Base, { kind: 'everything' }>, head: string) {
  if (base.kind === 'commit') return between(sources, base.sha, head);
  if (base.kind === 'merge-base') return sinceMergeBase(sources, base.branch, head);
  // Whoever may read the contents can do without the permission for pull requests.
  const listed = await pullRequestFiles(sources.github, base.number, base.headSha).catch(
    (error: unknown) => ({ why: messageOf(error) }),
  );
  if ('files' in listed) return { files: listed.files, source: 'pull-request', base: base.baseSha };
  sources.log.debug(`Walking the trees of the pull request: ${listed.why}.`);
  const from = await mergeBaseOf(sources, base.baseSha, base.headSha);
  return between(sources, from, base.headSha);
}

async function sinceMergeBase(sources: Sources, branch: string, head: string): Promise<Changes> {
  const local = await sources.checkout?.commit(`refs/remotes/origin/${branch}`);
  const here = local && (await sources.checkout?.mergeBase(local, head));
  const from = here ?? (await mergeBaseOf(sources, branch, head));
  return between(sources, from, head);
}

async function mergeBaseOf(sources: Sources, base: string, head: string): Promise<string> {
  const compared = await compare(sources.github, base, head);
  if (compared.kind === 'missing') throw new MissingBase(base);
  if (compared.mergeBase === undefined) throw new Error('GitHub did not name the merge base');
  return compared.mergeBase;
}

async function between(sources: Sources, base: string, head: string): Promise<Changes> {
  if (base === head) return { files: [], source: 'same-commit', base };
  const { checkout, github, log } = sources;
  if ((await checkout?.commit(base)) && (await checkout?.commit(head))) {
    try {
      return { files: (await checkout?.diff(base, head)) ?? [], source: 'git', base };
    } catch (error) {
      log.debug(`git could not compare the commits: ${messageOf(error)}.`);
    }
  }
  try {
    const compared = await compare(github, base, head);
    if (compared.kind === 'exact') return { files: compared.files, source: 'compare', base };
    log.debug(
      compared.kind === 'inexact'
        ? `Walking the trees: ${compared.why}.`
        : 'Walking the trees: GitHub cannot compare the commits.',
    );
  } catch (error) {
    // Whoever is limited gets no trees either; a comparison may fail alone, because it is large.
    if (isPermission(error) || [403, 429].includes(statusOf(error) ?? 0)) throw error;
    log.debug(`The comparison failed: ${messageOf(error)}.`);
  }
  const headTree = await headTreeOf(github, head, (await checkout?.commit(head)) !== undefined);
  const baseTree = await treeOf(github, base).catch((error: unknown) => {
    throw isUnknownCommit(error) ? new MissingBase(base) : error;
  });
  return { files: toChanges(await walkTrees(github, baseTree, headTree)), source: 'tree-walk', base };
}

/** Every file of the head counts as changed; the reason is for a person to read. */
async function everything(sources: Sources, head: string, reason: string, offline = false): Promise<Changes> {
  const { checkout, github, log } = sources;
  log.info(`Everything counts as changed: ${reason}.`);
  try {
    const local = (await checkout?.commit(head)) && (await checkout?.list(head));
    // It was waited for once already.
    if (!local && offline) throw new Error('GitHub is unavailable');
    const entries = local
      ? local.map((entry) => ({ path: entry.path, new: entry }))
      : await walkTrees(github, undefined, await headTreeOf(github, head));
    return { files: toChanges(entries), source: 'everything', base: '', reason };
  } catch (error) {
    if (isPermission(error)) throw error;
    sources.warn(
      `The files of ${head} could not be listed: ${messageOf(error)}. Everything is tested and built, and nothing was scanned.`,
    );
    return { files: [], source: 'everything', base: '', reason, unknown: true };
  }
}

async function headTreeOf(github: GitHubApi, head: string, isHere = false): Promise<string> {
  try {
    return await treeOf(github, head);
  } catch (error) {
    // A commit that is checked out need not be one of this repository.
    if (statusOf(error) !== 404 || isHere) throw error;
    // For a repository that a token may not read, GitHub says "not found".
    throw new AutopilotError('GITHUB_PERMISSION', {
      what: `The commit ${head} of ${github.owner}/${github.repo} cannot be read.`,
      why: 'GitHub answers "not found" where the token lacks the permission `contents: read`.',
      fix: 'Add `contents: read` (or `contents: write`) to the `permissions` of the job.',
      cause: error,
    });
  }
}

const isUnknownCommit = (error: unknown) => [404, 409, 422].includes(statusOf(error) ?? 0);
const isUnavailable = (error: unknown) =>
  error instanceof AutopilotError && error.code === 'GITHUB_UNAVAILABLE';
const isPermission = (error: unknown) =>
  error instanceof AutopilotError && error.code === 'GITHUB_PERMISSION';
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
