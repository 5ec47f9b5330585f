import { isSha } from '../analyze/event.ts';
import type { Decision } from '../analyze/plan.ts';
import { treeOf } from '../analyze/sources/tree-walk.ts';
import { directoryWithin, findCheckout } from '../analyze/workspace.ts';
import type { PipelineContext } from './context.ts';
import { isTrial } from './trial.ts';

/**
 * The commit of a run (rule A9): the one whose files are tested, built and deployed. That is what is checked out, which is
 * another one than the event's where `actions/checkout` was given a `ref`: for `workflow_run`, a dispatch, a run that waited
 * in a queue. The event's without a checkout, for a trial (there it is the merge commit), and where the job put commits of
 * its own on top of it that GitHub does not know, so that no later run could compare with them.
 */
export async function commitOfRun(context: PipelineContext): Promise<string> {
  const { event, effects, directory } = context;
  if (isTrial(event) || event.deleted || !isSha(event.sha)) return event.sha;
  const within = await directoryWithin(event.workspace, directory);
  const { checkout } = await findCheckout(effects.run, event.workspace, within);
  if (checkout === undefined || checkout.head === event.sha) return event.sha;
  const { head } = checkout;
  // The event of an annotated tag may name the tag, which is an object of its own.
  if ((await checkout.commit(event.sha)) === head) return event.sha;
  if ((await checkout.contains(head, event.sha)) && !(await isKnown(context, head))) return event.sha;
  effects.log.notice(
    `The workspace is at ${head}, the event ${event.eventName} names ${event.sha}: what is checked out is what is tested, built and recorded.`,
  );
  return head;
}

/** Rule A8: says that a run is of another commit than its event. */
export function checkoutDecision(event: PipelineContext['event'], commit: string): Decision[] {
  if (commit === event.sha) return [];
  const reason = `the workspace is at ${commit.slice(0, 7)}, the event ${event.eventName} names ${event.sha.slice(0, 7)}`;
  return [{ action: 'use_checked_out_commit', reason }];
}

/** Where GitHub cannot tell, the event's commit is the safer one: what comes after it is tested and built once more. */
async function isKnown({ effects }: PipelineContext, commit: string): Promise<boolean> {
  return treeOf(effects.github, commit).then(
    () => true,
    () => false,
  );
}
