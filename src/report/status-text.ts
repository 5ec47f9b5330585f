import { printable } from '../printable.ts';
import type { PipelineFile, RollbackRegistry } from '../state/schema.ts';
import { count, time } from './format.ts';
import { RUN_ICONS } from './icons.ts';
import { statisticsOf } from './statistics.ts';

const SHOWN_RUNS = 10;
const SHOWN_SERVICES = 50;

/** What `stage: status` prints: lock, current pipeline, releases, the last runs, statistics. Plain text for a log. */
export function statusText(file: PipelineFile, registry: RollbackRegistry): string {
  const { lock, stats, pipelines, current } = file;
  const { rate, byStage } = statisticsOf(file);
  const services = Object.entries(registry.services);
  const lines = [
    lock?.locked
      ? `🔒 Locked since ${time(lock.locked_at)} by run ${lock.pipeline_id}: ${lock.reason}. Unlock with stage: unlock.`
      : '🔓 Not locked',
    current ? `Current pipeline: ${current}` : 'No pipeline is under way',
    '',
    services.length > 0 ? 'Running now' : 'No release has been verified yet',
    ...services.slice(0, SHOWN_SERVICES).map(([name, entry]) => {
      const since = entry.history.findLast(
        ({ image, tag, status }) => (image ?? tag) === entry.current && status === 'success',
      );
      return `  ${name}: ${entry.current ?? 'nothing'}${since ? ` since ${time(since.deployed_at)}` : ''}, before it ${entry.previous ?? 'nothing'}`;
    }),
    ...(services.length > SHOWN_SERVICES ? [`  and ${services.length - SHOWN_SERVICES} more`] : []),
    '',
    pipelines.length > 0 ? 'The last runs' : 'There has been no run yet',
    ...pipelines
      .slice(-SHOWN_RUNS)
      .reverse()
      .map((run) =>
        [
          ` ${RUN_ICONS[run.status]} ${run.pipeline_id} ${run.kind === undefined ? run.status : `${run.kind}: ${run.status}`}`,
          `${run.trigger}${run.actor ? ` by ${run.actor}` : ''}`,
          ...(run.kind !== undefined && run.reason ? [run.reason] : []),
          ...(run.failed_stage ? [`${run.failed_stage}: ${run.failure_reason ?? ''}`] : []),
        ].join(', '),
      ),
    '',
    `${count(stats.total_runs, 'run')}: ${stats.success_count} good, ${stats.failure_count} failed${rate === undefined ? '' : `, ${rate}% good`}; ${count(stats.consecutive_failures, 'failure')} in a row`,
    ...(byStage.length > 0
      ? [`Failures by stage: ${byStage.map(([stage, n]) => `${stage} ${n}`).join(', ')}`]
      : []),
  ];
  return lines.map((line) => printable(line, 300)).join('\n');
}
