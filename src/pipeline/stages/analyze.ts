import { analyze } from '../../analyze/analyze.ts';
import type { AnalyzeEvent } from '../../analyze/event.ts';
import type { Plan } from '../../analyze/plan.ts';
import { directoryWithin } from '../../analyze/workspace.ts';
import type { RunContext } from '../../action/event.ts';
import type { CarriedRun } from '../carried.ts';
import { checkoutDecision } from '../commit.ts';
import type { PipelineContext } from '../context.ts';
import type { StageOutcome } from '../run.ts';

/** Stage ANALYZE (rules A1 to A9) and layer 1 of the safety: a CRITICAL finding in the changed files ends the run here. */
export async function analyzeStage(
  context: PipelineContext,
  { commit }: Pick<CarriedRun, 'commit'>,
): Promise<StageOutcome> {
  const { config, services, event, effects, store, targetName } = context;
  const { file } = await store.read();
  const found = await analyze(
    {
      config,
      services,
      event: { ...analyzeEventOf(event), sha: commit },
      deployedCommits: file.deployed_commits[targetName] ?? {},
      triedBefore: file.pipelines.some((run) => run.target === targetName && run.finished_at !== null),
      workspace: event.workspace,
      directory: await directoryWithin(event.workspace, context.directory),
    },
    {
      github: effects.github,
      run: effects.run,
      log: effects.log,
      readFile: effects.readFile,
      now: () => effects.clock.now().getTime(),
    },
  );
  const plan = { ...found, decisions: [...checkoutDecision(event, commit), ...found.decisions] };
  report(plan, context);
  const critical = plan.findings.filter((finding) => finding.severity === 'CRITICAL');
  if (critical.length > 0) {
    const reason = `${critical.length} CRITICAL finding(s) in the changed files, the first: ${critical[0]?.message ?? ''}`;
    return { status: 'failed', reason, found: { analyze: plan }, end: { status: 'failed', reason } };
  }
  if (plan.skipped !== undefined) {
    return { status: 'passed', found: { analyze: plan }, end: { status: 'skipped', reason: plan.skipped } };
  }
  const status = plan.warnings.length + plan.findings.length > 0 ? 'warning' : 'passed';
  return { status, found: { analyze: plan } };
}

function report(plan: Plan, { effects: { log } }: PipelineContext): void {
  log.info(
    plan.base === ''
      ? `All ${plan.files.length} file(s) count as changed`
      : `${plan.files.length} changed file(s) since ${plan.base.slice(0, 7)}, as said by ${plan.source}`,
  );
  for (const [category, paths] of Object.entries(plan.categories)) {
    if (paths.length > 0)
      log.info(
        `  ${category}: ${paths.length} (${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ', ...' : ''})`,
      );
  }
  log.info(`Suites to run: ${plan.suites.join(', ') || 'none'}`);
  log.info(`Services to build and deploy: ${plan.services.join(', ') || 'none'}`);
  for (const { action, reason } of plan.decisions) log.info(`Decision ${action}: ${reason}`);
  for (const warning of plan.warnings) log.warning(warning);
  for (const finding of plan.findings) {
    const place = { file: finding.file, ...(finding.line === undefined ? {} : { line: finding.line }) };
    if (finding.severity === 'CRITICAL') log.error(finding.message, place);
    else log.warning(finding.message, place);
  }
}

export function analyzeEventOf(event: RunContext): AnalyzeEvent {
  const { before, after, pullRequest, mergeGroup } = event;
  return {
    name: event.eventName,
    sha: event.sha,
    ref: event.ref,
    deleted: event.deleted,
    forced: event.forced,
    defaultBranch: event.defaultBranch,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(pullRequest === undefined ? {} : { pullRequest }),
    ...(mergeGroup === undefined ? {} : { baseSha: mergeGroup.baseSha, headSha: mergeGroup.headSha }),
  };
}
