import { NO_OUTPUTS, type Outputs, setOutputs } from './action/outputs.ts';
import type { RunnerLog } from './action/log.ts';
import { ConfigError } from './config/load.ts';
import { AutopilotError } from './errors.ts';
import type { PipelineContext } from './pipeline/context.ts';
import { readStep, type Step, type Surroundings, surroundingsOf, withPipeline } from './step.ts';

/**
 * One step of a job: inputs -> command -> outputs, summary, exit status. The exit code is 1 exactly when `status` is `failed`,
 * `locked` or `cancelled`, or when the request itself is wrong. Never throws.
 */
export async function main(): Promise<0 | 1> {
  const around = surroundingsOf(process.env);
  const cancelled = new AbortController();
  const cancel = () => cancelled.abort(new AutopilotError('CANCELLED', { what: 'The job was cancelled' }));
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  const outputs = await outputsOf(around, cancelled.signal);
  setOutputs(outputs, around.secrets.redact);
  around.log.close();
  return ['failed', 'locked', 'cancelled'].includes(outputs.status) ? 1 : 0;
}

async function outputsOf(around: Surroundings, signal: AbortSignal): Promise<Outputs> {
  try {
    const step = readStep(around, signal);
    const verify = step.inputs.stage === 'deploy' ? 'later' : 'follows';
    return await withPipeline(step, verify, (context) => commandOf(step, context));
  } catch (error) {
    report(error, around.log);
    return { ...NO_OUTPUTS, 'failure-reason': error instanceof Error ? error.message : String(error) };
  }
}

async function commandOf(step: Step, context: PipelineContext): Promise<Outputs> {
  switch (step.inputs.stage) {
    case 'validate':
      return (await import('./commands/validate.ts')).validateCommand(step, context);
    case 'status':
      return (await import('./commands/status.ts')).statusCommand(step, context);
    case 'unlock':
      return (await import('./commands/unlock.ts')).unlockCommand(step, context);
    case 'rollback':
      return (await import('./commands/rollback.ts')).rollbackCommand(step, context);
    default:
      return (await import('./commands/stages.ts')).stagesCommand(step, context);
  }
}

/** All problems of a configuration as annotations at their lines; everything else as one message with what to do. */
function report(error: unknown, log: RunnerLog): void {
  if (error instanceof ConfigError) {
    for (const { file, line, column, path, message } of error.problems) {
      log.error(path === '' ? message : `${path}: ${message}`, { file, line, column });
    }
    return;
  }
  if (error instanceof AutopilotError) return log.error(error.toString());
  log.error(`Unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
