import type { RunFinished, RunHeader } from '../../src/pipeline/events.ts';

/** A run header; `number` orders runs in time and makes the id. */
export function header(number: number, over: Partial<RunHeader> = {}): RunHeader {
  const started = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString().replace('.000Z', '+00:00');
  return {
    pipeline_id: `run-${number}`,
    kind: 'pipeline',
    trigger: 'push',
    started_at: started,
    target: 'deploy@192.0.2.1',
    ...over,
  };
}

export function finished(
  number: number,
  status: RunFinished['status'],
  over: Partial<Omit<RunFinished, 'type' | 'status'>> = {},
): RunFinished {
  const run = over.run ?? header(number);
  return {
    type: 'run-finished',
    id: `${number}.1.finished`,
    status,
    finished_at: run.started_at,
    max_consecutive_failures: 3,
    ...(status === 'failed'
      ? { failed_stage: 'test' as const, failure_reason: 'unit: 1 of 40 tests failed' }
      : {}),
    ...over,
    run,
  };
}
