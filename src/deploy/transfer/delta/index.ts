import type { Log } from '../../../effects.ts';
import type { Image, Target } from '../../../server/target.ts';
import type { Shipment } from '../archive.ts';
import { diff, type Step } from './diff.ts';
import type { Base } from './patcher.ts';
import { read, type Shelf } from './shelf.ts';
import type { Units } from './units.ts';

/** Bytes below which a layer is sent whole without another look; also what a delta has to spare at least. */
const WORTHWHILE = 8 * 1024 * 1024;
/** Older layers that a new one is compared with. */
const CANDIDATES = 2;

/** How one layer of a shipment is rebuilt on the server from one that it has. */
export interface Delta {
  /** In the archive. */
  path: string;
  base: Base;
  steps: readonly Step[];
  /** Bytes that need not be sent, before compression. */
  spared: number;
  unpacker: 'gzip' | 'zstd';
  /** Bytes of the image that the server reads, which an engine may write to its disk once more for that. */
  reads: number;
}

/**
 * The delta that spares most, for one layer of the image: usually there is one that holds the dependencies. Undefined
 * when none pays. Reads signatures from the server, nothing else.
 */
export async function findDelta(
  reference: string,
  shipment: Shipment,
  leaveOut: ReadonlySet<string>,
  { target, folder, shelf, log }: { target: Target; folder: string; shelf: Shelf; log: Log },
): Promise<Delta | undefined> {
  const wanted = newLayers(shipment, leaveOut);
  if (wanted.length === 0) return undefined;
  const { unpacker } = shelf;
  if (unpacker === undefined) {
    log.info(`${reference}: layers are sent whole, because ${target.name} has no perl or no gzip`);
    return undefined;
  }
  const images = await target.engine.images();
  let best: Delta | undefined;
  for (const { path, units, position } of wanted) {
    const own = new Set(shipment.images.flatMap(({ layers }) => layers.map(({ diffId }) => diffId)));
    for (const { image, diffId } of candidates(reference, images, position, shelf.has, own)) {
      const old = await read(target, folder, diffId);
      if (old === undefined) continue;
      const steps = diff(old.units, units.units);
      const spared = steps.reduce(
        (sum, { kind, length }) => (kind === 'copy' || kind === 'stamp' ? sum + length : sum),
        0,
      );
      if (spared < Math.max(WORTHWHILE, units.length / 2, best?.spared ?? 0)) continue;
      const base = { image: image.references[0] ?? image.id, length: old.length, mark: old.mark };
      best = { path, base, steps, spared, unpacker, reads: image.size };
    }
  }
  return best;
}

/** Big layers that have to be sent. */
function newLayers(shipment: Shipment, leaveOut: ReadonlySet<string>) {
  const found: { path: string; units: Units; position: number }[] = [];
  for (const [position, { path }] of (shipment.images[0]?.layers ?? []).entries()) {
    const units = shipment.units.get(path);
    if (units === undefined || leaveOut.has(path) || units.length < WORTHWHILE) continue;
    found.push({ path, units, position });
  }
  return found;
}

/**
 * Layers of the server that are likely to be like the one at this position of the image: of the newest image of the same
 * name, at the nearest position. Pure.
 */
export function candidates(
  reference: string,
  images: readonly Image[],
  position: number,
  known: ReadonlySet<string>,
  own: ReadonlySet<string>,
): { image: Image; diffId: string }[] {
  const name = reference.slice(0, reference.lastIndexOf(':'));
  const foreign = ({ references }: Image) => (references.some((one) => one.startsWith(`${name}:`)) ? 0 : 1);
  const byLikeness = images.toSorted(
    (a, b) => foreign(a) - foreign(b) || Date.parse(b.created) - Date.parse(a.created),
  );
  const found = new Map<string, { image: Image; diffId: string }>();
  for (const image of byLikeness) {
    const near = image.layers
      .map((diffId, index) => ({ diffId, distance: Math.abs(index - position) }))
      .toSorted((a, b) => a.distance - b.distance);
    for (const { diffId } of near) {
      if (known.has(diffId) && !own.has(diffId) && !found.has(diffId)) found.set(diffId, { image, diffId });
    }
  }
  return [...found.values()].slice(0, CANDIDATES);
}
