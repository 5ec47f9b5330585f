import { AutopilotError } from '../../errors.ts';
import { size } from '../../report/format.ts';
import type { Target } from '../../server/target.ts';
import { proveImage } from '../commands.ts';
import { describeArchive, type Shipment } from './archive.ts';
import { isFull } from './attempt.ts';
import { type Delta, findDelta } from './delta/index.ts';
import { look, remember, type Shelf } from './delta/shelf.ts';
import type { Units } from './delta/units.ts';
import { presenceOn } from './presence.ts';
import { pullThere } from './pull.ts';
import { freeRoom, roomNeeded } from './room.ts';
import type { Route, TransferEffects } from './route.ts';
import { otherImage, send, type Sending, transferFailed } from './send.ts';

export type { TransferEffects } from './route.ts';

export interface TransferImage {
  service: string;
  reference: string;
  id: string;
  /** Where the server gets it instead, `registry/name@sha256:...` (`build.registry`). */
  pull?: string;
}

interface Sent {
  /** Compressed bytes that went over the connection. */
  bytes: number;
  warnings: string[];
}

export interface TransferResult extends Sent {
  /** Image reference -> its part of the bytes. */
  each: Record<string, number>;
}

/**
 * Brings images to the server without a registry (rule B2.5): a `docker save` stream without the layers the server has,
 * compressed, straight into `docker load` there. No temporary copy on either side. One image after the other, so that a
 * layer that several share goes once, and what has arrived is not sent again when a later stream breaks. A big layer that
 * is like one that the server has is sent as what differs, and rebuilt there (delta/).
 *
 * Afterwards each image is proven, by its digest and by `docker create`, because lists and inspect can show an image that
 * cannot start; what cannot be proven is sent in full. A reference that names another image there is never moved (rule B2).
 * Throws AutopilotError TRANSFER_FAILED, or what the connection threw; nothing that serves has changed then.
 */
export async function transfer(
  images: readonly TransferImage[],
  target: Target,
  effects: TransferEffects,
): Promise<TransferResult> {
  const total: TransferResult = { bytes: 0, each: {}, warnings: [] };
  const distinct = [...new Map(images.map((image) => [image.reference, image])).values()];
  if (distinct.length === 0) return total;
  const server = await target.engine.info();
  const route: Route = { target, server, presence: presenceOn(target, server.store), effects };
  for (const image of distinct) {
    const sent = await bring(image, route);
    total.bytes += sent.bytes;
    total.each[image.reference] = sent.bytes;
    total.warnings.push(...sent.warnings);
  }
  return total;
}

async function bring(image: TransferImage, route: Route): Promise<Sent> {
  const { target, effects } = route;
  const { log } = effects;
  const there = () => log.info(`${image.reference} is on ${target.name} already`);
  const nothing: Sent = { bytes: 0, warnings: [] };
  const held = await target.engine.image(image.reference);
  // Rule: an image exists on a server when its digest is the right one and a container can be created from it.
  const isThere = async (ids: readonly string[]) =>
    held !== undefined &&
    ids.includes(held.id) &&
    (await target.query(proveImage(image.reference))).code === 0;
  if (await isThere([image.id])) {
    there();
    return nothing;
  }
  if (image.pull !== undefined) {
    await pullThere(image.reference, image.pull, held, route);
    log.info(`${target.name} pulled ${image.pull}, proven as ${image.reference}`);
    return nothing;
  }
  const shipment = await describe(image.reference, effects);
  const ids = [image.id, ...shipment.images.flatMap((described) => described.ids)];
  if (await isThere(ids)) {
    there();
    return nothing;
  }
  if (held !== undefined && !ids.includes(held.id)) throw otherImage(image.reference, target);
  const [described] = shipment.images;
  const leaveOut = described ? await route.presence(described) : new Set<string>();
  const what: Sending = { shipment, leaveOut, ids, known: held !== undefined };
  const layers = comparable(shipment);
  const folder = layers.size > 0 ? effects.signatures : undefined;
  if (folder === undefined) return ship(image.reference, what, route);
  const shelf = await look(target, folder);
  const delta = await deltaFor(image.reference, what, { folder, shelf }, route);
  const sent = await shipDelta(image.reference, delta ? { ...what, delta } : what, route);
  const left = await remember(target, folder, shelf.has, layers).catch((error: unknown) => {
    log.debug(`No signatures were left on ${target.name}: ${String(error)}`);
    return 0;
  });
  return { ...sent, bytes: sent.bytes + left };
}

/** By DiffID: layers that a later one may be compared with, whether or not this server has them already. */
function comparable({ images, units }: Shipment): Map<string, Units> {
  const found = new Map<string, Units>();
  for (const { path, diffId } of images.flatMap(({ layers }) => layers)) {
    const layer = units.get(path);
    if (layer) found.set(diffId, layer);
  }
  return found;
}

async function deltaFor(
  reference: string,
  { shipment, leaveOut }: Sending,
  { folder, shelf }: { folder: string; shelf: Shelf },
  { target, server, effects: { log } }: Route,
): Promise<Delta | undefined> {
  const delta = await findDelta(reference, shipment, leaveOut, { target, folder, shelf, log });
  if (delta === undefined) return undefined;
  // The classic engine writes what it saves into its temporary folder first.
  const reads = server.store === 'classic' ? delta.reads : 0;
  const { path, free } = await freeRoom(target, server);
  if (free >= roomNeeded(shipment, leaveOut) + reads) return delta;
  log.info(
    `${reference}: a layer is sent whole, because reading the one that ${target.name} has takes ${size(reads)} more on ${path}, where ${size(free)} are free`,
  );
  return undefined;
}

/** What cannot be rebuilt from what the server has is sent whole (rule B2.5). */
async function shipDelta(reference: string, what: Sending, route: Route): Promise<Sent> {
  const { delta, ...whole } = what;
  if (delta === undefined) return ship(reference, whole, route);
  const rebuilt = await send(reference, what, route);
  if (rebuilt.loaded) return { bytes: rebuilt.bytes, warnings: [] };
  const warning = `${reference}: sent with its whole layers, because ${route.target.name} could not rebuild one from what it has (${rebuilt.detail})`;
  route.effects.log.warning(warning);
  const sent = await ship(reference, whole, route);
  return { bytes: rebuilt.bytes + sent.bytes, warnings: [warning, ...sent.warnings] };
}

async function ship(reference: string, what: Sending, route: Route): Promise<Sent> {
  const { target, effects } = route;
  const partial = await send(reference, what, route);
  if (partial.loaded) return { bytes: partial.bytes, warnings: [] };
  if (what.leaveOut.size === 0 || partial.passing || isFull(partial.detail))
    return notBrought(reference, what, route, partial.detail);

  const warning = `${reference}: sent again in full, because ${target.name} could not use it without the layers it said it has (${partial.detail})`;
  effects.log.warning(warning);
  const full = await send(reference, { ...what, leaveOut: new Set() }, route);
  if (!full.loaded) return notBrought(reference, what, route, full.detail);
  return { bytes: partial.bytes + full.bytes, warnings: [warning] };
}

async function describe(reference: string, effects: TransferEffects): Promise<Shipment> {
  const { signal } = effects;
  signal?.throwIfAborted();
  const { archive, finished } = effects.saveImages([reference]);
  const stop = () => void archive.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  // docker save says more about a failure than the archive that it left unfinished.
  const [described, saved] = await Promise.allSettled([describeArchive(archive), finished]);
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (saved.status === 'rejected') {
    throw new AutopilotError('TRANSFER_FAILED', {
      what: `${reference} could not be read from the engine of this runner`,
      why: (saved.reason as Error).message,
      fix: 'Run the build stage in the same job; check the disk of the runner.',
    });
  }
  if (described.status === 'rejected') throw described.reason;
  return described.value;
}

/** A store may list what it could not load in full: nobody shall find that under the name of the right image. */
async function notBrought(
  reference: string,
  { known }: Sending,
  { target }: Route,
  detail: string,
): Promise<never> {
  const remove = {
    title: `remove what is not ${reference}`,
    argv: ['docker', 'image', 'rm', '--force', reference] as const,
  };
  // The failure to report is the one before.
  if (!known) await target.query(remove).catch(() => undefined);
  throw transferFailed(reference, target, detail);
}
