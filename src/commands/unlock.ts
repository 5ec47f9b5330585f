import { NO_OUTPUTS, type Outputs } from '../action/outputs.ts';
import type { Step } from '../step.ts';
import type { PipelineContext } from '../pipeline/context.ts';
import { reportOfUnlock } from '../pipeline/report-of.ts';
import { unlock } from '../pipeline/unlock.ts';
import { unlockServer } from '../pipeline/unlock-server.ts';
import { writeSummary } from '../report/write-summary.ts';

/**
 * `stage: unlock` (rule V4). Unlocking what is not locked is no failure, and says so. With `to`, the nonce that a waiting
 * deployment was shown, it is the lock of the server that is freed, and the pipeline stays as it is.
 */
export async function unlockCommand(
  { inputs, log, secrets }: Step,
  context: PipelineContext,
): Promise<Outputs> {
  if (inputs.to !== '') return serverOnly(inputs, log, context);
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

async function serverOnly(
  inputs: Step['inputs'],
  log: Step['log'],
  context: PipelineContext,
): Promise<Outputs> {
  const holder = await unlockServer(context, inputs.to, inputs.reason);
  const by = holder && `run ${holder.pipelineId} of ${holder.actor}, since ${holder.since}`;
  log.notice(
    by === undefined
      ? 'The server is not locked: nothing was changed.'
      : inputs.dryRun
        ? `Dry run: would free the server from ${by}`
        : `The server was freed by ${context.event.actor} from ${by}: ${inputs.reason}`,
  );
  return { ...NO_OUTPUTS, status: 'success' };
}
