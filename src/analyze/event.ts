/** What ANALYZE needs to know of the event, already read from the runner's payload. */
export interface AnalyzeEvent {
  /** `push`, `pull_request`, `workflow_dispatch`, `schedule`, `merge_group`, ... */
  name: string;
  /** The commit that runs (GITHUB_SHA); for a pull request the merge commit. */
  sha: string;
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`. */
  ref: string;
  /** Of a push: all zeros on a branch's first push. */
  before?: string;
  /** Of a push: all zeros when the branch was deleted; of an annotated tag it is the tag object. */
  after?: string;
  deleted?: boolean;
  forced?: boolean;
  /** Of a merge_group. */
  baseSha?: string;
  headSha?: string;
  pullRequest?: { number: number; baseSha: string; headSha: string; fork: boolean };
  /** Name of the default branch, without `refs/heads/`. */
  defaultBranch: string;
}

/** A whole object name of git, SHA-1 or SHA-256: the only shape that ever reaches a URL or an argument list. */
export function isSha(value: string | undefined): value is string {
  return value !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}

/** GitHub's way to say "there is none". */
export function isZeroSha(value: string | undefined): boolean {
  return value !== undefined && /^0+$/.test(value);
}
