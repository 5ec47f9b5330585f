import type { SuiteResult } from '../test/result.ts';
import { count, sentence } from './format.ts';
import { code, text } from './markdown.ts';
import type { RunReport, StageLine } from './run-report.ts';

const MAX_NAMED = 6;

function names(services: readonly string[]): string {
  const shown = services.slice(0, MAX_NAMED).map((name) => code(name, 80));
  if (services.length > MAX_NAMED) shown.push(count(services.length - MAX_NAMED, 'more service'));
  return sentence(shown);
}

/** Every service that was put back, in the order in which it happened. */
export function rolledBack({ deploy, verify }: RunReport): string[] {
  return [...new Set([...(deploy?.rolled_back ?? []), ...(verify?.rolled_back ?? [])])];
}

/** The verdict in one line, with its emoji. */
export function headline(report: RunReport): string {
  const reason = report.reason ? `: ${text(report.reason, 160)}` : '';
  const stage = text((report.failedStage ?? 'the run').toUpperCase(), 40);
  const back = rolledBack(report);
  switch (report.status) {
    case 'skipped':
      return `⏭️ Nothing to do${reason}`;
    case 'locked':
      return report.failedStage
        ? `🔒 ${stage} failed${back.length > 0 ? `, ${names(back)} put back` : ''}, and the pipeline is now locked`
        : '🔒 Locked: nothing was deployed';
    case 'cancelled':
      return `🚫 Cancelled${back.length > 0 ? `; ${names(back)} put back` : reason}`;
    case 'failed':
      if (manualStepsOf(report).length > 0) return `🚨 ${stage} failed, and a person is needed`;
      return `❌ ${stage} failed${back.length > 0 ? `; ${names(back)} put back` : '; what was running still runs'}`;
    case 'success':
      return success(report);
  }
}

function success(report: RunReport): string {
  if (report.kind === 'unlock') return '🔓 Unlocked: the next push deploys again';
  if (report.kind === 'rollback' && report.dryRun) {
    const changed = (report.preview?.services ?? []).filter(({ strategy }) => strategy !== 'none');
    return `🔍 Dry run: would roll back ${names(changed.map(({ service }) => service)) || 'nothing'}`;
  }
  if (report.kind === 'rollback')
    return `↩️ Rolled back ${names((report.rollback?.services ?? []).map(({ service }) => service)) || 'nothing'}`;
  if (report.dryRun)
    return `🔍 Dry run: ${report.plan && report.plan.services.length > 0 ? `would build and deploy ${names(report.plan.services)}` : 'would deploy nothing'}`;
  const deployed = (report.deploy?.services ?? []).filter(({ status }) => status === 'deployed');
  if (deployed.length === 0) return '✅ Passed; nothing to deploy';
  return `✅ Deployed ${names(deployed.map(({ service }) => service))}`;
}

export function manualStepsOf({ deploy, verify }: RunReport): string[] {
  return [...(deploy?.manual_steps ?? []), ...(verify?.manual_steps ?? [])];
}

/** What a stage has to say, in one cell: its reason, else its own result summed up. */
export function stageDetail(stage: StageLine, report: RunReport): string {
  if (stage.reason) return text(stage.reason);
  switch (stage.name) {
    case 'analyze':
      return analyzeDetail(report);
    case 'test':
      return testDetail(report.test?.suites ?? []);
    case 'build': {
      const built = report.build?.images ?? [];
      return built.length > 0 ? `built ${names(built.map(({ service }) => service))}` : '';
    }
    case 'deploy': {
      const services = report.deploy?.services.filter(({ status }) => status === 'deployed') ?? [];
      return services.length > 0 ? `${names(services.map(({ service }) => service))} healthy` : '';
    }
    case 'verify': {
      const smoke = report.verify?.smoke.filter(({ passed }) => passed).length ?? 0;
      const samples = report.verify?.watch.reduce((sum, { samples: taken }) => sum + taken.length, 0) ?? 0;
      return report.verify ? `${count(smoke, 'check')} passed, watched ${count(samples, 'time')}` : '';
    }
    default:
      return '';
  }
}

function analyzeDetail({ plan }: RunReport): string {
  if (!plan) return '';
  const touched = Object.entries(plan.categories).filter(([, files]) => files.length > 0);
  const total = touched.reduce((sum, [, files]) => sum + files.length, 0);
  return `${count(total, 'file')} changed${total > 0 ? `: ${touched.map(([name]) => text(name)).join(', ')}` : ''}`;
}

function testDetail(suites: readonly SuiteResult[]): string {
  const ran = suites.filter(({ status }) => status !== 'skipped');
  const bad = ran.filter(({ status }) => status !== 'passed');
  if (ran.length === 0) return '';
  if (bad.length === 0) return `${count(ran.length, 'suite')} passed`;
  return bad
    .slice(0, 4)
    .map(({ name, summary, status }) => `${code(name, 60)} ${text(summary || status, 120)}`)
    .join('; ');
}
