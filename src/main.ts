import { mkdtemp, rm } from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunContext, readContext } from './action/event.ts';
import { type Inputs, readInputs } from './action/inputs.ts';
import { createLog, type RunnerLog } from './action/log.ts';
import { Secrets } from './action/masking.ts';
import { NO_OUTPUTS, type Outputs, setOutputs } from './action/outputs.ts';
import { ConfigError, loadConfig } from './config/load.ts';
import { AutopilotError } from './errors.ts';
import type { Answer } from './commands/answer.ts';
import { closeServer, type PipelineContext } from './pipeline/context.ts';

/** What a step is made of, before a command begins. */
export interface Step {
  inputs: Inputs;
  event: RunContext;
  secrets: Secrets;
  log: RunnerLog;
  /** Aborted by the runner's SIGINT and SIGTERM. */
  signal: AbortSignal;
}

/**
 * One step of a job: inputs -> command -> outputs, summary, exit status. The exit code is 1 exactly when `status` is `failed`,
 * `locked` or `cancelled`, or when the request itself is wrong. Never throws.
 */
export async function main(): Promise<0 | 1> {
  const secrets = new Secrets();
  const log = createLog(secrets.redact);
  const cancelled = new AbortController();
  const cancel = () => cancelled.abort(new AutopilotError('CANCELLED', { what: 'The job was cancelled' }));
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  let outputs: Outputs = NO_OUTPUTS;
  try {
    const event = readContext(process.env);
    for (const name of ['SSH-PRIVATE-KEY', 'SSH-PASSPHRASE', 'GITHUB-TOKEN'])
      secrets.add(process.env[`INPUT_${name}`] ?? '');
    const inputs = readInputs(process.env, event.workspace);
    const answer = await run({ inputs, event, secrets, log, signal: cancelled.signal });
    outputs = answer.outputs;
    return ['failed', 'locked', 'cancelled'].includes(answer.outputs.status) ? 1 : 0;
  } catch (error) {
    report(error, log);
    outputs = { ...NO_OUTPUTS, 'failure-reason': error instanceof Error ? error.message : String(error) };
    return 1;
  } finally {
    setOutputs(outputs, secrets.redact);
    log.close();
  }
}

async function run(step: Step): Promise<Answer> {
  const { inputs, event, log, secrets, signal } = step;
  const config = await loadConfig({
    workspace: inputs.directory,
    file: inputs.config,
    readFile: (path) => readFile(path, 'utf8'),
  });
  secrets.add(config.safety.notify.webhook);
  const temporary = await mkdtemp(join(event.temp, 'gonsautopilot-'));
  const { wire } = await import('./wiring.ts');
  const context = await wire(
    { inputs, event, config, verifyFollows: inputs.stage !== 'deploy' },
    { log, signal, temporary, dockerHost: process.env['DOCKER_HOST'] },
  );
  try {
    return await commandOf(step, context);
  } finally {
    await closeServer(context);
    await rm(temporary, { recursive: true, force: true });
  }
}

async function commandOf(step: Step, context: PipelineContext): Promise<Answer> {
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
