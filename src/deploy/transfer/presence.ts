import type { EngineInfo, Image, Target } from '../../server/target.ts';
import { type ArchivedImage, imagesThatCover, presentBlobs, unneededLayers } from './layers.ts';

/** Which layers the server has. Asked anew for each image, so that what the image before it brought counts. */
export type Presence = (image: ArchivedImage) => Promise<ReadonlySet<string>>;

/**
 * The two stores know layers by different names (see layers.ts). Nothing is remembered between runs: what a store says
 * now is true after a pruning or a loss as well, and costs no bytes on the line.
 */
export function presenceOn(target: Target, store: EngineInfo['store']): Presence {
  return async (image) => {
    const images = await target.engine.images();
    if (store === 'classic') {
      return unneededLayers(
        [image],
        images.map((one) => one.layers),
      );
    }
    const covering = imagesThatCover(
      images,
      image.layers.map((layer) => layer.diffId),
    );
    return presentBlobs([image], await blobsOf(covering, target));
  };
}

const BLOB = /^blobs\/sha256\/[0-9a-f]{64}$/;

/**
 * Names of the blobs that a containerd store can give for these images. It lists what is really there: an image whose
 * layers are lost is saved without them.
 */
async function blobsOf(images: readonly Image[], target: Target): Promise<Set<string>> {
  if (images.length === 0) return new Set();
  const names = images.map((image) => image.references[0] ?? image.id);
  const listed = await target.query({
    title: 'list the layers that the server has',
    argv: ['sh', '-c', 'docker save -- "$@" | tar -tf -', 'sh', ...names],
    timeout: 120_000,
  });
  // What was listed before a failure is there all the same.
  return new Set(listed.stdout.split('\n').filter((line) => BLOB.test(line)));
}
