import { AutopilotError } from '../../errors.ts';
import { size } from '../../report/format.ts';
import type { EngineInfo, Target } from '../../server/target.ts';
import type { Shipment } from './archive.ts';

/** A compressed layer unpacks to about so many times its size; for others the size is known. */
const UNPACKED = 4;
/** For what stores write besides layers. */
const SLACK = 16 * 1024 * 1024;
/** Where a containerd that is its own service keeps images, whatever the data root of the engine is. */
const CONTAINERD_ROOT = '/var/lib/containerd';

/**
 * Bytes of disk that loading takes at its highest: both stores hold what arrives (the classic one in its temporary
 * folder) while they unpack it. Pure.
 */
export function roomNeeded(shipment: Shipment, leaveOut: ReadonlySet<string>): number {
  let bytes = SLACK;
  for (const [path, length] of shipment.sizes) {
    if (leaveOut.has(path)) continue;
    bytes += length + length * (shipment.compressed.has(path) ? UNPACKED : 1);
  }
  return bytes;
}

/** The least free of the places where the engine puts what it loads. */
export async function freeRoom(
  target: Target,
  { dataRoot, store }: Pick<EngineInfo, 'dataRoot' | 'store'>,
): Promise<{ path: string; free: number }> {
  const places = [{ path: dataRoot, free: await target.freeDisk(dataRoot) }];
  if (store === 'containerd') {
    const free = await target.freeDisk(CONTAINERD_ROOT).catch(() => undefined);
    if (free !== undefined) places.push({ path: CONTAINERD_ROOT, free });
  }
  return places.reduce((least, place) => (place.free < least.free ? place : least));
}

/** Refuses before anything is sent: TRANSFER_FAILED with what is needed and what is free. */
export async function checkRoom(
  reference: string,
  need: number,
  target: Target,
  server: Pick<EngineInfo, 'dataRoot' | 'store'>,
): Promise<void> {
  const { path, free } = await freeRoom(target, server);
  if (free >= need) return;
  throw new AutopilotError('TRANSFER_FAILED', {
    what: `There is no room for ${reference} on ${target.name}: ${size(need)} needed, ${size(free)} free on ${path}`,
    why: 'Loading an image takes its size twice: as it arrives, and unpacked. Nothing was sent.',
    fix: 'Free space on the server: `docker system df` shows what uses it.',
  });
}
