import { NO_OUTPUTS, type Outputs } from '../action/outputs.ts';
import type { Step } from '../step.ts';
import type { PipelineContext } from '../pipeline/context.ts';
import { reportOfUnlock } from '../pipeline/report-of.ts';
import { unlock } from '../pipeline/unlock.ts';
import { writeSummary } from '../report/write-summary.ts';

/** `stage: unlock` (rule V4). Unlocking what is not locked is no failure, and says so. */
export async function unlockCommand(
  { inputs, log, secrets }: Step,
  context: PipelineContext,
): Promise<Outputs> {
  const { pipelineId, lock } = await unlock(context, inputs.reason);
  const outputs = { ...NO_OUTPUTS, 'pipeline-id': pipelineId, status: 'success' as const };
  if (lock === null) {
    log.notice('The pipeline is not locked: nothing was changed.');
    return outputs;
  }
  if (inputs.dryRun) {
    log.notice(`Dry run: would unlock what is locked since ${lock.locked_at}: ${lock.reason}`);
    return { ...outputs, locked: true };
  }
  log.notice(
    `Unlocked by ${context.event.actor}: ${inputs.reason}. It was locked since ${lock.locked_at}: ${lock.reason}`,
  );
  await writeSummary(reportOfUnlock(context, { pipelineId, lock, reason: inputs.reason }), secrets.redact);
  return outputs;
}
