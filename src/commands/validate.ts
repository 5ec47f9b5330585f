import { NO_OUTPUTS, type Outputs, outputsOfPlan } from '../action/outputs.ts';
import type { Step } from '../step.ts';
import { commitOfRun } from '../pipeline/commit.ts';
import { type PipelineContext, serverOf } from '../pipeline/context.ts';
import { analyzeStage } from '../pipeline/stages/analyze.ts';
import { AutopilotError } from '../errors.ts';
import { planText } from '../report/plan-table.ts';

/**
 * `stage: validate`: the configuration (already loaded, so it is valid), the Dockerfiles, the plan with the pattern that decided
 * for each file, and the server where a key is given. Changes nothing; all problems at once.
 */
export async function validateCommand({ inputs, log }: Step, context: PipelineContext): Promise<Outputs> {
  const { config, services, effects } = context;
  const problems: string[] = [];
  log.info(`${inputs.config} is valid: project ${config.project.name}, target ${context.targetName}`);
  for (const service of services) {
    const text = await effects.readText(`${context.directory}/${service.dockerfile}`);
    log.info(`  ${service.name}: ${service.dockerfile}, compose service ${service.composeService}`);
    if (text === undefined) problems.push(`services.${service.name}: there is no ${service.dockerfile}`);
  }
  if (inputs.githubToken === '') log.notice('Without github-token the plan is not shown.');
  const outcome =
    inputs.githubToken === ''
      ? undefined
      : await analyzeStage(context, { commit: await commitOfRun(context) });
  const plan = outcome?.found?.analyze;
  if (plan !== undefined) log.info(planText(plan));
  if (outcome?.status === 'failed') problems.push(outcome.reason ?? 'ANALYZE failed');
  if (context.targetName === 'local' || inputs.ssh.privateKey !== '')
    problems.push(...(await serverProblems(context)));
  else log.notice('Without ssh-private-key the server is not looked at.');
  if (problems.length > 0) {
    throw new AutopilotError('CONFIG_INVALID', {
      what: `${problems.length} problem(s) found`,
      why: problems.join('\n'),
      fix: 'Mend them; nothing was changed.',
    });
  }
  return { ...NO_OUTPUTS, ...(plan === undefined ? {} : outputsOfPlan(plan)), status: 'success' };
}

async function serverProblems(context: PipelineContext): Promise<string[]> {
  const { log } = context.effects;
  try {
    const target = await serverOf(context);
    const info = await target.engine.info();
    log.info(
      `${target.name}: Docker ${info.engine} (${info.store} image store), Compose ${info.compose}, ${info.platform}`,
    );
    return [];
  } catch (error) {
    return [String(error)];
  }
}
