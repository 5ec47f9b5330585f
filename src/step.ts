import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunContext, readContext } from './action/event.ts';
import { type Inputs, readInputs } from './action/inputs.ts';
import { createLog, type RunnerLog } from './action/log.ts';
import { Secrets } from './action/masking.ts';
import { secretsIn } from './action/secret-variables.ts';
import { loadConfig } from './config/load.ts';
import { closeServer, type PipelineContext } from './pipeline/context.ts';

export type Environment = Record<string, string | undefined>;

/** What a step, or its `post`, has before anything can go wrong: a log that masks. */
export interface Surroundings {
  env: Environment;
  secrets: Secrets;
  log: RunnerLog;
}

/** A step whose request has been read. */
export interface Step extends Surroundings {
  inputs: Inputs;
  event: RunContext;
  /** Aborted by the runner's SIGINT and SIGTERM. */
  signal: AbortSignal;
}

const SECRET_INPUTS = ['SSH-PRIVATE-KEY', 'SSH-PASSPHRASE', 'GITHUB-TOKEN'];

export function surroundingsOf(env: Environment): Surroundings {
  const secrets = new Secrets();
  for (const name of SECRET_INPUTS) secrets.add(env[`INPUT_${name}`] ?? '');
  for (const secret of secretsIn(env)) secrets.addQuietly(secret);
  return { env, secrets, log: createLog(secrets.redact) };
}

/** Reads event and inputs. Throws EVENT_REFUSED, STAGE_UNKNOWN or INPUT_INVALID. */
export function readStep(around: Surroundings, signal: AbortSignal): Step {
  const event = readContext(around.env);
  return { ...around, event, inputs: readInputs(around.env, event.workspace), signal };
}

/**
 * Loads the configuration, wires the real effects and runs `body`; whatever happens, connection and temporary files are gone
 * afterwards. Throws CONFIG_MISSING, CONFIG_INVALID, and what `body` throws.
 */
export async function withPipeline<T>(
  step: Step,
  verify: 'follows' | 'later',
  body: (context: PipelineContext) => Promise<T>,
): Promise<T> {
  const { inputs, event, log, secrets, signal, env } = step;
  const config = await loadConfig({
    workspace: inputs.directory,
    file: inputs.config,
    readFile: (path) => readFile(path, 'utf8'),
  });
  secrets.add(config.safety.notify.webhook);
  for (const name of config.build.secrets) secrets.add(env[name] ?? '');
  const temporary = await mkdtemp(join(event.temp, 'gonsautopilot-'));
  const { wire } = await import('./wiring.ts');
  const context = await wire(
    { inputs, event, config, verifyFollows: verify === 'follows' },
    { log, signal, temporary, env, redact: secrets.redact },
  );
  try {
    return await body(context);
  } finally {
    await closeServer(context);
    await rm(temporary, { recursive: true, force: true });
  }
}
