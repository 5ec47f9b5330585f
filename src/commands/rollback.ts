import { NO_OUTPUTS, type Outputs } from '../action/outputs.ts';
import type { Step } from '../step.ts';
import { type PipelineContext, tagOf } from '../pipeline/context.ts';
import { manualRollback } from '../pipeline/manual-rollback.ts';
import { reportOfRollback } from '../pipeline/report-of.ts';
import { writeSummary } from '../report/write-summary.ts';

/** `stage: rollback` (rule R1). */
export async function rollbackCommand(
  { inputs, log, secrets }: Step,
  context: PipelineContext,
): Promise<Outputs> {
  const { clock } = context.effects;
  const started = clock.now().getTime();
  const done = await log.group('ROLLBACK: back to a release that was verified', () =>
    manualRollback(context, { services: inputs.services, to: inputs.to, reason: inputs.reason }),
  );
  if (done.status === 'failed')
    log.error(`The rollback failed: ${done.reason}${done.fix ? `\nWhat to do: ${done.fix}` : ''}`);
  else log.info(inputs.dryRun ? done.reason : `Rolled back: ${Object.values(done.targets).join(', ')}`);
  const report = reportOfRollback(context, done, inputs.reason, clock.now().getTime() - started);
  if (!(await writeSummary(report, secrets.redact))) log.warning('The job summary could not be written.');
  return {
    ...NO_OUTPUTS,
    'pipeline-id': done.pipelineId,
    status: done.status,
    deployed: Object.fromEntries(done.services.map(({ service, image }) => [service, tagOf(image)])),
    'rolled-back': done.status === 'success' && !inputs.dryRun ? Object.keys(done.targets) : [],
    ...(done.status === 'failed' ? { 'failed-stage': 'rollback', 'failure-reason': done.reason } : {}),
    locked: done.locked,
  };
}
