import { createHash } from 'node:crypto';

/** One image as an archive of `docker save` describes it. */
export interface ArchivedImage {
  references: string[];
  /**
   * What a server may call it: the digest of its configuration (classic store), or that of the manifest or index that
   * the archive names (containerd store).
   */
  ids: string[];
  /** Archive path and DiffID of each layer, bottom first. */
  layers: { path: string; diffId: string }[];
}

/**
 * ChainIDs of a stack of layers, bottom first: what the classic image store knows a layer by. A layer is the same only
 * when everything below it is the same too.
 */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(
      parent === undefined
        ? diffId
        : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`,
    );
  }
  return chain;
}

/**
 * Archive paths of the layers that a server with the classic store does not need, because each of their uses has a
 * ChainID it holds already. A layer that one image needs anew is sent, even if another image's use of it is there.
 */
export function unneededLayers(
  images: readonly ArchivedImage[],
  serverLayers: readonly (readonly string[])[],
): Set<string> {
  const present = new Set(serverLayers.flatMap((diffIds) => chainIds(diffIds)));
  const needed = new Set<string>();
  const all = new Set<string>();
  for (const image of images) {
    const chain = chainIds(image.layers.map((layer) => layer.diffId));
    for (const [index, layer] of image.layers.entries()) {
      all.add(layer.path);
      if (!present.has(chain[index] ?? '')) needed.add(layer.path);
    }
  }
  return new Set([...all].filter((path) => !needed.has(path)));
}

/**
 * Archive paths of the layers whose very bytes a server with the containerd store has: that store knows a blob by its
 * digest, so the same layer compressed another way does not count.
 */
export function presentBlobs(
  images: readonly ArchivedImage[],
  serverBlobs: ReadonlySet<string>,
): Set<string> {
  return new Set(
    images
      .flatMap((image) => image.layers.map((layer) => layer.path))
      .filter((path) => serverBlobs.has(path)),
  );
}

/**
 * A few images that together have every wanted layer that any of them has: what must be listed to know the blobs of a
 * containerd store, without listing everything there.
 */
export function imagesThatCover<T extends { layers: readonly string[] }>(
  images: readonly T[],
  diffIds: readonly string[],
): T[] {
  const wanted = new Set(diffIds);
  const gain = (image: T) => new Set(image.layers.filter((layer) => wanted.has(layer))).size;
  const chosen: T[] = [];
  for (;;) {
    const best = images.reduce<T | undefined>(
      (found, image) => (gain(image) > (found ? gain(found) : 0) ? image : found),
      undefined,
    );
    if (best === undefined) return chosen;
    chosen.push(best);
    for (const layer of best.layers) wanted.delete(layer);
  }
}
