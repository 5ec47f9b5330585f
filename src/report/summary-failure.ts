import { code, details, fence, link, table, text, upTo } from './markdown.ts';
import { time } from './format.ts';
import type { RunReport } from './run-report.ts';
import { manualStepsOf, rolledBack } from './summary-headline.ts';

const MAX_BLOCK = 60_000;

/** What a person must do now; comes before everything else. */
export function manualSteps(report: RunReport): string {
  const steps = manualStepsOf(report);
  if (steps.length === 0) return '';
  const shown = upTo(
    steps.slice(0, 50).map((step) => fence(step, 'sh', 2_000)),
    MAX_BLOCK,
    (left) => `… and ${left} more; see the log`,
  );
  return [
    '> [!CAUTION]\n> Something could not be put back by itself. Run this on the server, in this order:',
    ...shown,
  ].join('\n\n');
}

/** Why it is locked and how to unlock. */
export function lock(report: RunReport): string {
  if (!report.lock) return '';
  const { reason, lockedAt, issueUrl } = report.lock;
  const issue = issueUrl ? ` ${link('The issue', issueUrl)} tells everybody.` : '';
  return [
    `> [!WARNING]\n> <b>Locked${lockedAt ? ` since ${text(time(lockedAt))}` : ''}</b>: ${text(reason, 500)}. Nothing deploys until a person unlocks it.${issue}`,
    details(
      'How to unlock',
      `Correct the cause, then run a workflow by hand (<i>Actions → Run workflow</i>) with this step:\n\n${fence(
        '- uses: gons/autopilot@v1\n  with:\n    stage: unlock\n    reason: what was wrong and is corrected',
        'yaml',
      )}`,
    ),
  ].join('\n\n');
}

/** What failed, why, and the last words of the container; open when it is the reason that somebody reads this. */
export function failure(report: RunReport): string {
  if (report.status !== 'failed' && report.status !== 'cancelled' && !report.failedStage) return '';
  const parts: string[] = [];
  if (report.reason) parts.push(`<b>Why:</b> ${text(report.reason, 1_000)}`);
  if (report.fix) parts.push(`<b>What to do:</b> ${text(report.fix, 1_000)}`);
  const back = rolledBack(report);
  if (back.length > 0)
    parts.push(
      `<b>Put back:</b> ${back
        .slice(0, 50)
        .map((name) => code(name, 80))
        .join(' → ')}, in this order, to what ran before`,
    );
  if (report.failures && report.failures.consecutive > 0 && !report.lock)
    parts.push(
      `Failure ${report.failures.consecutive} in a row; at ${report.failures.allowed} the pipeline locks.`,
    );
  const container = report.verify?.failure ?? report.deploy?.failure;
  if (container) {
    const exit = container.exit_code === undefined ? '' : `, exit code ${container.exit_code}`;
    parts.push(`Container of ${code(container.service, 80)}: ${text(container.reason, 500)}${exit}`);
    if (container.log_tail.trim())
      parts.push(details('Its last log lines', fence(container.log_tail, '', MAX_BLOCK), 'open'));
    if (container.health_log?.trim())
      parts.push(details('Its health check', fence(container.health_log, '', 8_000)));
  }
  const build = report.build?.failure;
  if (build) {
    parts.push(`Image of ${code(build.service, 80)}, step ${code(build.step)}`);
    if (build.tail.trim()) parts.push(details('Its last lines', fence(build.tail, '', MAX_BLOCK), 'open'));
  }
  return parts.length > 0 ? `### What went wrong\n\n${parts.join('\n\n')}` : '';
}

/** Rule D1: the gate's table, only where it did not open. */
export function gate({ deploy, preview }: RunReport): string {
  const checks = (deploy ?? preview)?.gate ?? [];
  if (checks.every(({ passed }) => passed)) return '';
  const rows = checks.map(
    ({ passed, name, service, detail, fix }) =>
      `| ${passed ? '✅' : '❌'} | ${text(name)}${service ? ` (${code(service, 80)})` : ''} | ${text(detail)} | ${passed || !fix ? '' : text(fix)} |`,
  );
  const head = table(['', 'Gate', 'Found', 'What to do'], ['c', 'l', 'l', 'l'], []);
  const title = deploy
    ? 'The gate stayed shut; nothing on the server has changed'
    : 'The gate would stay shut';
  return `### ${title}\n\n${[head, ...upTo(rows, MAX_BLOCK, (left) => `| … | ${left} more | | |`)].join(
    '\n',
  )}`;
}

/** How to go back from a good release, where there is one. */
export function rollBackHint(report: RunReport): string {
  if (report.status !== 'success' || report.dryRun || report.kind !== 'pipeline') return '';
  if (!report.deploy?.services.some(({ status, previous }) => status === 'deployed' && previous !== ''))
    return '';
  return details(
    'How to roll back',
    `Run a workflow by hand (<i>Actions → Run workflow</i>) with this step; it starts the previous release again, with the same health checks:\n\n${fence(
      '- uses: gons/autopilot@v1\n  with:\n    stage: rollback\n    services: ""   # all, or names separated by commas\n    reason: why',
      'yaml',
    )}`,
  );
}
