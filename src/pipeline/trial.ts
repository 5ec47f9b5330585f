import type { RunContext } from '../action/event.ts';

/**
 * Pull requests and merge groups are tested; nothing is deployed, and nothing is written. A pull request is whatever event
 * carries one (a review, a comment on a line) or runs on its ref: what is checked out then is not merged.
 */
export function isTrial({
  eventName,
  ref,
  pullRequest,
}: Pick<RunContext, 'eventName' | 'ref' | 'pullRequest'>): boolean {
  return (
    ['pull_request', 'merge_group'].includes(eventName) ||
    pullRequest !== undefined ||
    ref.startsWith('refs/pull/')
  );
}
