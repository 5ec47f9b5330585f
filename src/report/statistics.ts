import type { PipelineFile } from '../state/schema.ts';

/** The share of good runs among those that count, in whole percent, and failures by stage, most first. */
export function statisticsOf({ stats, pipelines }: PipelineFile): {
  rate: number | undefined;
  byStage: [string, number][];
} {
  const counted = stats.success_count + stats.failure_count;
  const byStage = new Map<string, number>();
  for (const { failed_stage } of pipelines)
    if (failed_stage) byStage.set(failed_stage, (byStage.get(failed_stage) ?? 0) + 1);
  return {
    rate: counted > 0 ? Math.round((100 * stats.success_count) / counted) : undefined,
    byStage: [...byStage].sort(([, a], [, b]) => b - a).slice(0, 20),
  };
}
