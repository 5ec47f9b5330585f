import type { Config } from '../config/schema.ts';
import { isSha, isZeroSha, type AnalyzeEvent } from './event.ts';

/** One thing to compare the head with. */
export type Base =
  | { kind: 'commit'; sha: string; name: string }
  /** Where the head left this branch. */
  | { kind: 'merge-base'; branch: string; name: string }
  | { kind: 'pull-request'; number: number; baseSha: string; headSha: string; name: string }
  /** Nothing to compare with: everything counts as changed. */
  | { kind: 'everything'; name: string };

export interface BaseInput {
  event: AnalyzeEvent;
  mode: Config['analyze']['base'];
  /** The commit this service was last deployed from with success on the target. */
  deployed: string | undefined;
  /** Another service was deployed there, or an earlier run tried and did not succeed. */
  triedBefore: boolean;
}

/**
 * Rule A9: what a service is compared with, best first; the next one counts when a commit no longer exists. The last
 * one is always "everything": a change is never lost for want of a base.
 */
export function basesOf({ event, mode, deployed, triedBefore }: BaseInput): Base[] {
  if (event.pullRequest) {
    const { number, baseSha, headSha } = event.pullRequest;
    return [
      { kind: 'pull-request', number, baseSha, headSha, name: `pull request #${number}` },
      { kind: 'everything', name: 'the files of the pull request could not be listed' },
    ];
  }
  if (event.name === 'merge_group' && isSha(event.baseSha)) {
    return [
      { kind: 'commit', sha: event.baseSha, name: 'the base of the merge group' },
      { kind: 'everything', name: 'the base of the merge group is gone' },
    ];
  }
  const last: Base[] = isSha(deployed)
    ? [{ kind: 'commit', sha: deployed, name: 'the commit last deployed' }]
    : [];
  const own = ofEvent(event);
  if (mode === 'event' && own.length > 0) return [...own, ...last, everything(event, deployed)];
  // The event's range would leave out what an earlier run tried to ship.
  if (last.length === 0 && triedBefore) {
    return [{ kind: 'everything', name: 'it was never deployed with success to this target' }];
  }
  return [...last, ...own, everything(event, deployed)];
}

/** The range that the event itself names; only a push names one. */
function ofEvent(event: AnalyzeEvent): Base[] {
  if (event.name !== 'push' || event.ref.startsWith('refs/tags/')) return [];
  if (isSha(event.before) && !isZeroSha(event.before)) {
    return [{ kind: 'commit', sha: event.before, name: 'the commit before the push' }];
  }
  const branch = event.ref.replace(/^refs\/heads\//, '');
  if (!isZeroSha(event.before) || branch === event.defaultBranch) return [];
  return [
    {
      kind: 'merge-base',
      branch: event.defaultBranch,
      name: `the point where it left ${event.defaultBranch}`,
    },
  ];
}

function everything(event: AnalyzeEvent, deployed: string | undefined): Base {
  const because =
    deployed === undefined
      ? 'nothing was deployed to this target yet'
      : 'the commit last deployed no longer exists';
  return {
    kind: 'everything',
    name: event.name === 'push' ? because : `${because} and ${event.name} names no range`,
  };
}
