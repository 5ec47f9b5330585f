import { duration, time } from './format.ts';
import { code, details, link, table, text, upTo } from './markdown.ts';
import { STAGE_ICONS } from './icons.ts';
import { planTable } from './plan-table.ts';
import type { RunReport } from './run-report.ts';
import { plannedRelease } from './summary-preview.ts';
import { changedFiles, images, notes, skipped, tests, watching } from './summary-folded.ts';
import { headline, stageDetail } from './summary-headline.ts';
import { failure, gate, lock, manualSteps, rollBackHint } from './summary-failure.ts';

/** GitHub drops a summary above 1 MiB as a whole. */
const MAX_BYTES = 1_000_000;
const MAX_ROWS = 15_000;

/**
 * The job summary of a run: verdict first, then what a person has to do, then what happened, the rest folded. Below 1 MiB
 * whatever the run holds: folded parts go first, the verdict never.
 */
export function summaryOf(report: RunReport): string {
  const always = [
    `## ${headline(report)}`,
    facts(report),
    stages(report),
    manualSteps(report),
    lock(report),
    failure(report),
    gate(report),
    plannedRelease(report),
    runningNow(report),
  ].filter((part) => part !== '');
  const folded = [
    ...(report.analysis ? [details('Analysis of this failure and the one before', report.analysis)] : []),
    tests(report),
    report.dryRun && report.plan ? planTable(report.plan) : changedFiles(report),
    skipped(report),
    images(report),
    watching(report),
    notes(report),
    rollBackHint(report),
  ].filter((part) => part !== '');
  const kept: string[] = [];
  let room = MAX_BYTES - Buffer.byteLength(always.join('\n\n'));
  for (const part of folded) {
    room -= Buffer.byteLength(part) + 2;
    if (room < 200) {
      kept.push('<sub>More was left out here; the log of the step has all of it.</sub>');
      break;
    }
    kept.push(part);
  }
  return `${[...always, ...kept].join('\n\n')}\n`;
}

/** One line under the verdict: who, what, where, how long. */
function facts(report: RunReport): string {
  return [
    link(code(report.pipelineId), report.links.run),
    `${text(report.trigger)}${report.actor ? ` by <b>${text(report.actor)}</b>` : ''}`,
    ...(report.commit
      ? [
          `${link(code(report.commit.slice(0, 7)), report.links.commit)}${report.branch ? ` on ${code(report.branch)}` : ''}`,
        ]
      : []),
    ...(report.target ? [`to ${code(report.target)}`] : []),
    ...(report.duration === undefined ? [] : [duration(report.duration)]),
    ...(report.links.history ? [link('history', report.links.history)] : []),
  ].join(' · ');
}

function stages(report: RunReport): string {
  if (report.stages.length === 0) return '';
  const rows = report.stages
    .slice(0, 20)
    .map((stage) => [
      STAGE_ICONS[stage.status],
      `<b>${text(stage.name.toUpperCase(), 40)}</b>`,
      stageDetail(stage, report) || text(stage.status),
      stage.duration === undefined || stage.status === 'skipped' ? '' : duration(stage.duration),
    ]);
  return table(['', 'Stage', 'Verdict', 'Time'], ['c', 'l', 'l', 'r'], rows);
}

function runningNow(report: RunReport): string {
  if (report.running.length === 0) return '';
  const outcomes = new Map(
    [
      ...(report.deploy?.services ?? []),
      ...(report.verify?.services ?? []),
      ...(report.rollback?.services ?? []),
    ].map((outcome) => [outcome.service, outcome] as const),
  );
  const words = {
    deployed: report.kind === 'rollback' ? '↩️ put back' : '🚀 new',
    'rolled-back': '↩️ put back',
    untouched: 'untouched',
    'undo-failed': '🚨 not put back',
  };
  const rows = report.running.map(({ service, image, since }) => {
    const status = outcomes.get(service)?.status;
    return `| ${[
      `<b>${text(service, 80)}</b>`,
      image ? code(image) : '<i>nothing</i>',
      since ? text(time(since)) : '',
      status ? words[status] : 'untouched',
    ].join(' | ')} |`;
  });
  const head = table(['Service', 'Image', 'Since', 'This run'], ['l', 'l', 'l', 'l'], []);
  const shown = upTo(rows, MAX_ROWS, (left) => `| … | ${left} more | | |`);
  return `### Running now${report.dryRun ? ' (unchanged by this dry run)' : ''}\n\n${[head, ...shown].join('\n')}`;
}
