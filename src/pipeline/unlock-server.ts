import { AutopilotError } from '../errors.ts';
import type { LockHolder } from '../server/target.ts';
import { closeServer, type PipelineContext, serverOf } from './context.ts';

/**
 * Frees the server's own lock from a holder that is stuck: it runs what is armed first, so the version before serves again.
 * Only with the nonce that the waiting run was shown, so that nobody ends a deployment that has begun since. Returns who
 * held it; undefined when it was free. Throws SERVER_LOCKED for another nonce, INPUT_INVALID without a reason.
 */
export async function unlockServer(
  context: PipelineContext,
  nonce: string,
  reason: string,
): Promise<LockHolder | undefined> {
  if (reason === '' && !context.dryRun) {
    throw new AutopilotError('INPUT_INVALID', {
      what: 'The input `reason` is empty',
      why: 'Freeing the lock of the server ends the deployment that holds it.',
      fix: 'Say in `reason` why that deployment has to end.',
    });
  }
  try {
    const target = await serverOf(context);
    const holder = await target.lockHolder();
    if (holder === undefined) return undefined;
    if (holder.nonce !== nonce) {
      throw new AutopilotError('SERVER_LOCKED', {
        what: `The lock of ${target.name} is not held by the deployment that \`to\` names.`,
        why: `It is held by ${holder.pipelineId} of ${holder.actor} since ${holder.since} (${holder.runUrl}).`,
        fix: `Wait for it, or run this stage again with \`to: ${holder.nonce}\`.`,
      });
    }
    if (!context.dryRun) await target.unlock?.(nonce);
    return holder;
  } finally {
    await closeServer(context);
  }
}
