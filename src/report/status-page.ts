import type { PipelineFile, PipelineRun, RollbackRegistry } from '../state/schema.ts';
import { statisticsOf } from './statistics.ts';
import { count, duration, time } from './format.ts';
import { code, fence, link, table, text } from './markdown.ts';
import { RUN_ICONS } from './icons.ts';

const SHOWN_RUNS = 10;
const SHOWN_SERVICES = 100;

/**
 * README.md of the state branch: the state of the deployments for somebody who opens the branch in a browser. A pure function
 * of the record, so that the same record gives the same page. Text of the record is foreign text.
 */
export function statusPage(file: PipelineFile, registry: RollbackRegistry): string {
  return `${[
    `# ${badge(file)}`,
    '<sub>Written by GonsAutoPilot after each run. The record is <code>state/pipeline.json</code>, the releases that can be restored are in <code>state/rollback-registry.json</code>.</sub>',
    lockBanner(file),
    '## Running now',
    releases(registry),
    `## The last ${SHOWN_RUNS} runs`,
    runs(file.pipelines),
    '## Statistics',
    statistics(file),
    '## How to roll back',
    HOW_TO,
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function badge({ lock, pipelines }: PipelineFile): string {
  if (lock?.locked) return '🔒 Locked';
  const last = pipelines.findLast(({ status }) => status === 'success' || status === 'failed');
  if (!last) return '⚪ Nothing deployed yet';
  if (last.status === 'success') return '🟢 The last release is healthy';
  return `🔴 The last run failed${last.failed_stage ? ` in ${text(last.failed_stage.toUpperCase(), 40)}` : ''}`;
}

function lockBanner({ lock }: PipelineFile): string {
  if (!lock?.locked) return '';
  return [
    `> [!WARNING]\n> <b>Locked since ${text(time(lock.locked_at))}</b> by run ${code(lock.pipeline_id)}: ${text(lock.reason, 500)}. Nothing deploys until a person unlocks it:`,
    fence(
      '- uses: gons/autopilot@v1\n  with:\n    stage: unlock\n    reason: what was wrong and is corrected',
      'yaml',
    ),
  ].join('\n\n');
}

function releases(registry: RollbackRegistry): string {
  const services = Object.entries(registry.services);
  if (services.length === 0) return 'No release has been verified yet.';
  const rows = services.slice(0, SHOWN_SERVICES).map(([name, { current, previous, history }]) => {
    const since = history.findLast(
      (entry) => (entry.image ?? entry.tag) === current && entry.status === 'success',
    )?.deployed_at;
    return [
      `<b>${text(name, 80)}</b>`,
      current ? code(current) : '<i>nothing</i>',
      since ? text(time(since)) : '',
      previous ? code(previous) : '<i>none</i>',
    ];
  });
  const left = services.length - rows.length;
  return [
    table(['Service', 'Release', 'Since', 'Can go back to'], ['l', 'l', 'l', 'l'], rows),
    ...(left > 0 ? [`… and ${count(left, 'more service')}`] : []),
  ].join('\n\n');
}

function runs(pipelines: readonly PipelineRun[]): string {
  if (pipelines.length === 0) return 'There has been no run yet.';
  const rows = pipelines
    .slice(-SHOWN_RUNS)
    .reverse()
    .map((run) => [
      RUN_ICONS[run.status],
      link(code(run.pipeline_id), run.run_url),
      `${text(run.trigger, 60)}${run.actor ? ` by ${text(run.actor, 60)}` : ''}`,
      text(time(run.started_at)),
      took(run),
      outcome(run),
    ]);
  return table(['', 'Run', 'Started by', 'At', 'Took', 'Result'], ['c', 'l', 'l', 'l', 'r', 'l'], rows);
}

function took({ started_at, finished_at }: PipelineRun): string {
  const milliseconds = Date.parse(finished_at ?? '') - Date.parse(started_at);
  return Number.isNaN(milliseconds) ? '' : duration(milliseconds);
}

function outcome(run: PipelineRun): string {
  if (run.status === 'failed' || run.status === 'locked') {
    const where = run.failed_stage ? `${text(run.failed_stage.toUpperCase(), 40)}: ` : '';
    const back = run.rolled_back && run.rolled_back.length > 0 ? ' (put back)' : '';
    return `${where}${text(run.failure_reason ?? run.reason ?? run.status, 160)}${back}`;
  }
  const deployed = Object.values(run.deployed ?? {}).slice(0, 6);
  if (run.status === 'success' && deployed.length > 0)
    return `${run.kind === 'rollback' ? '↩️ put back ' : ''}${deployed.map((image) => code(image, 100)).join(' ')}`;
  return text(`${run.kind === 'unlock' ? 'unlocked: ' : ''}${run.reason ?? run.status}`, 160);
}

function statistics(file: PipelineFile): string {
  const { rate, byStage } = statisticsOf(file);
  const { total_runs, success_count, failure_count, consecutive_failures } = file.stats;
  const lines = [
    `- ${count(total_runs, 'run')}: ${success_count} good, ${failure_count} failed${rate === undefined ? '' : `, <b>${rate}%</b> good`}`,
    `- ${count(consecutive_failures, 'failure')} in a row`,
  ];
  if (byStage.length > 0)
    lines.push(
      `- Failures by stage: ${byStage.map(([stage, number]) => `${text(stage, 40)} ${number}`).join(', ')}`,
    );
  return lines.join('\n');
}

const HOW_TO = `Run a workflow by hand (<i>Actions → Run workflow</i>) with this step. Without \`services\` everything goes back, without \`to\` to the previous good release:

${fence('- uses: gons/autopilot@v1\n  with:\n    stage: rollback\n    services: ""\n    to: ""\n    reason: why', 'yaml')}`;
