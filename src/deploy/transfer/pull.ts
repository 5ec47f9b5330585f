import { AutopilotError } from '../../errors.ts';
import type { Image, Target } from '../../server/target.ts';
import { proveImage } from '../commands.ts';
import { otherImage } from './send.ts';

/**
 * From a registry, by digest, so that it is the very image that was built whatever its tag says by now. `held` is what
 * the server has under `reference`: anything else than this image refuses it (rule B2).
 */
export async function pullThere(
  reference: string,
  digest: string,
  held: Image | undefined,
  target: Target,
): Promise<void> {
  await must({ title: `pull ${digest}`, argv: ['docker', 'pull', '--quiet', digest] }, target);
  try {
    // One store, so that one id means one image.
    if (held !== undefined && held.id !== (await target.engine.image(digest))?.id)
      throw otherImage(reference, target);
    await must({ title: `tag ${reference}`, argv: ['docker', 'tag', digest, reference] }, target);
    await must(proveImage(reference), target);
  } finally {
    // Under this name as well, it would stay when the release is retired.
    await target.query({ title: `untag ${digest}`, argv: ['docker', 'image', 'rm', '--no-prune', digest] });
  }
}

async function must(command: Parameters<Target['query']>[0], target: Target): Promise<void> {
  const done = await target.query(command);
  if (done.code === 0) return;
  throw new AutopilotError('TRANSFER_FAILED', {
    what: `${target.name} could not ${command.title}`,
    why: (done.stderr || done.stdout).trim(),
    fix: 'Check that the server reaches the registry and is logged in to it (once, `docker login` as the user of the deployment), or leave `build.registry` out.',
  });
}
