import type { PipelineFile } from '../state/schema.ts';

/**
 * Bytes that the newest release of each service sent to this target, for a dry run to say what to expect. One that found its
 * image there already sent none, which says nothing about the next. Pure.
 */
export function lastSent(
  { pipelines }: Pick<PipelineFile, 'pipelines'>,
  target: string,
): Record<string, number> {
  const sent = pipelines
    .filter((run) => run.target === target)
    .flatMap((run) => Object.entries(run.bytes_sent ?? {}))
    .filter(([, bytes]) => bytes > 0);
  // Oldest first, so that the newest has the last word.
  return Object.fromEntries(sent);
}
