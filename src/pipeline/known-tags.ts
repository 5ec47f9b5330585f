import type { State } from '../state/files.ts';
import type { PipelineRun } from '../state/schema.ts';

/** What the record says about the tags of images, for a runner whose own engine knows none of them. */
export interface KnownTags {
  /** References of every image that the registry or the record names, whatever became of it. */
  taken: ReadonlySet<string>;
  /** An earlier run may have brought images of this commit to the target, under tags that nobody recorded. */
  again: boolean;
  /** References that a rollback may go back to. */
  rollbackTargets: ReadonlySet<string>;
}

/**
 * Rule B2: a tag that may name an image on the target is not given to another one. A run is recorded with what serves
 * after it; one that failed or lost its runner may have left images there that stand nowhere. Pure.
 */
export function knownTags(
  { file, registry }: State,
  { project, target }: { project: string; target: string },
  own: { pipeline_id: string; commit: string },
): KnownTags {
  const taken = new Set(file.pipelines.flatMap(({ deployed = {} }) => Object.values(deployed)));
  const rollbackTargets = new Set<string>();
  for (const [name, { current, previous, history }] of Object.entries(registry.services)) {
    for (const { image, tag, status } of history) {
      const reference = image ?? `${project}-${name}:${tag}`;
      taken.add(reference);
      if (status === 'success') rollbackTargets.add(reference);
    }
    for (const image of [current, previous]) if (image !== null) taken.add(image);
  }
  const sameCommit = `-${own.commit.slice(0, 7)}`;
  const again = file.pipelines.some(
    (run) =>
      run.pipeline_id !== own.pipeline_id &&
      run.pipeline_id.endsWith(sameCommit) &&
      (run.target ?? target) === target &&
      mayHaveBrought(run),
  );
  return { taken, again, rollbackTargets };
}

function mayHaveBrought(run: PipelineRun): boolean {
  if (run.kind !== undefined || run.status === 'locked' || run.status === 'skipped') return false;
  // A stage that was cancelled half-way counts as skipped too.
  if (run.status === 'running' || run.status === 'cancelled') return true;
  return run.stages.find(({ name }) => name === 'deploy')?.status !== 'skipped';
}
