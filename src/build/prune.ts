import * as z from 'zod';
import { IMAGE_LABEL } from '../image-labels.ts';
import type { BuildContext } from './image.ts';

const Inspected = z.array(
  z.looseObject({
    Id: z.string(),
    Config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }),
  }),
);

/** Engine's id of the image that was built, and what else has its service's name here: reference -> id. */
interface Own {
  name: string;
  service: string;
  id: string;
  holders: ReadonlyMap<string, string>;
}

/**
 * Removes this project's images of earlier runs beyond `keep.images`, the one just built included, from a runner that
 * outlives its jobs; by the time they were built, because a run of an older commit may be under way beside this one. The
 * engine may be a server's too (another configuration, or this machine over SSH): rollback targets, pins and what a
 * container was made from stay. What cannot be removed is a warning.
 */
export async function prune(
  { name, service, id, holders }: Own,
  { input, effects, warnings }: Pick<BuildContext, 'input' | 'effects' | 'warnings'>,
): Promise<void> {
  const { keep, project } = input;
  const earlier = [...holders].filter(([reference, holder]) => holder !== id && !isPin(name, reference));
  const ids = new Set(earlier.map(([, holder]) => holder));
  if (keep === undefined || ids.size < keep.images) return;
  const { run } = effects;
  const inspected = await run(['docker', 'image', 'inspect', ...earlier.map(([reference]) => reference)]);
  const containers = await run(['docker', 'ps', '--all', '--no-trunc', '--format', '{{.Image}}']);
  if (containers.code !== 0) return;
  const used = new Set(containers.stdout.split('\n'));
  const runs = new Map<string, string>();
  for (const { Id, Config } of read(inspected.stdout)) {
    const { [IMAGE_LABEL.pipeline]: by, ...labels } = Config.Labels ?? {};
    if (labels[IMAGE_LABEL.project] !== project || labels[IMAGE_LABEL.service] !== service) continue;
    if (by !== undefined) runs.set(Id, by);
  }
  const old = [...runs]
    .sort(([, left], [, right]) => right.localeCompare(left))
    .slice(keep.images - 1)
    .map(([image]) => image);
  for (const [reference, holder] of earlier) {
    if (!old.includes(holder) || keep.protect.has(reference) || used.has(reference)) continue;
    const removed = await run(['docker', 'image', 'rm', reference]);
    if (removed.code !== 0)
      warnings.push(`${reference} of an earlier run could not be removed: ${removed.stderr.trim()}`);
  }
}

/** What DEPLOY calls an image that it may have to start again. */
const isPin = (name: string, reference: string): boolean => reference.startsWith(`${name}:pinned-`);

function read(text: string): z.infer<typeof Inspected> {
  try {
    return Inspected.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
