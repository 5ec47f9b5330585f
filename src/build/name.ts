import type { BuildFailure } from './failure.ts';
import type { BuildContext } from './image.ts';
import type { BuildEffects } from './input.ts';
import { inRegistry, remoteName } from './registry-tag.ts';
import { freeTag } from './tags.ts';

/**
 * Rule B2: gives the image `id` of `name` (`shop-web`) the wanted tag, or one of its own where another image has or may
 * have that one, here (`holders`), on the server or in `build.registry`, and says so. A tag that the engine cannot give is
 * a failing step.
 */
export async function nameImage(
  name: string,
  id: string,
  wanted: string,
  holders: ReadonlyMap<string, string>,
  { input, effects, warnings }: Pick<BuildContext, 'input' | 'effects' | 'warnings'>,
): Promise<{ tag: string; reference: string } | BuildFailure> {
  let silent = false;
  const isFree = async (candidate: string): Promise<boolean> => {
    const reference = `${name}:${candidate}`;
    const holder = holders.get(reference);
    if (holder === undefined ? input.taken.has(reference) : holder !== id) return false;
    if (input.registry === undefined) return true;
    const remote = remoteName(input.registry, reference);
    const there = silent ? undefined : await inRegistry(remote, effects);
    if (typeof there === 'string') return there === 'free';
    if (there !== undefined) warnings.push(`Whether ${remote} is taken could not be asked: ${there.why}`);
    silent = true;
    // Pushing is left to say what is wrong with the registry: a tag of this run alone is pushed over nothing.
    return candidate.includes(input.source.timestamp);
  };
  const { tag, taken } = await freeTag(wanted, input.source, input.again, isFree);
  if (taken)
    warnings.push(`${name}:${wanted} may be another image already and is kept: this one is tagged ${tag}`);
  const reference = `${name}:${tag}`;
  const tagged = await effects.run(['docker', 'tag', id, reference]);
  return tagged.code === 0 ? { tag, reference } : { step: `docker tag ${reference}`, tail: tagged.stderr };
}

/** reference -> image id, of all tags with this name on this engine. */
export async function tagHolders(name: string, { run }: BuildEffects): Promise<Map<string, string>> {
  const listed = await run([
    'docker',
    'image',
    'ls',
    '--no-trunc',
    '--format',
    '{{.Repository}}:{{.Tag}}\t{{.ID}}',
    name,
  ]);
  const pairs = listed.stdout
    .split('\n')
    .filter((line) => line !== '' && !line.includes(':<none>\t'))
    .map((line) => line.split('\t') as [string, string]);
  return new Map(pairs);
}
