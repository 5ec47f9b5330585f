import type { Readable } from 'node:stream';
import type { Clock, Log, Random } from '../../effects.ts';
import { AutopilotError } from '../../errors.ts';
import { count, duration, size } from '../../report/format.ts';
import type { EngineInfo, Target } from '../../server/target.ts';
import { proveImage } from '../commands.ts';
import { describeArchive, fromKept, repack, type Shipment } from './archive.ts';
import { type Attempt, attempt, isFull } from './attempt.ts';
import { type Presence, presenceOn } from './presence.ts';
import { checkRoom, roomNeeded } from './room.ts';

export interface TransferImage {
  service: string;
  reference: string;
  id: string;
  /** Where the server gets it instead, `registry/name@sha256:...` (`build.registry`). */
  pull?: string;
}

export interface TransferEffects {
  /** Streams `docker save` of these references; `finished` rejects when docker save failed. */
  saveImages: (references: readonly string[]) => { archive: Readable; finished: Promise<void> };
  clock: Clock;
  random: Random;
  log: Log;
  signal?: AbortSignal;
}

export interface TransferResult {
  /** Compressed bytes that went over the connection. */
  bytes: number;
  warnings: string[];
}

interface Route {
  target: Target;
  server: EngineInfo;
  presence: Presence;
  effects: TransferEffects;
}

/** Pauses before the second and the third attempt, in milliseconds. */
const PAUSES = [2_000, 8_000];
/** Milliseconds in which a connection that is alive answers. */
const ALIVE = 20_000;

/**
 * Brings images to the server without a registry (rule B2.5): a `docker save` stream without the layers the server has,
 * compressed, straight into `docker load` there. No temporary copy on either side. One image after the other, so that a
 * layer that several share goes once, and what has arrived is not sent again when a later stream breaks.
 *
 * Afterwards each image is proven, by its digest and by `docker create`, because lists and inspect can show an image that
 * cannot start; what cannot be proven is sent in full. Throws AutopilotError TRANSFER_FAILED, or what the connection
 * threw; nothing that serves has changed then.
 */
export async function transfer(
  images: readonly TransferImage[],
  target: Target,
  effects: TransferEffects,
): Promise<TransferResult> {
  const total: TransferResult = { bytes: 0, warnings: [] };
  const distinct = [...new Map(images.map((image) => [image.reference, image])).values()];
  if (distinct.length === 0) return total;
  const server = await target.engine.info();
  const route: Route = { target, server, presence: presenceOn(target, server.store), effects };
  for (const image of distinct) {
    const sent = await bring(image, route);
    total.bytes += sent.bytes;
    total.warnings.push(...sent.warnings);
  }
  return total;
}

async function bring(image: TransferImage, route: Route): Promise<TransferResult> {
  const { target, effects } = route;
  const { log } = effects;
  const there = () => log.info(`${image.reference} is on ${target.name} already`);
  const nothing: TransferResult = { bytes: 0, warnings: [] };
  if (await isThere(image.reference, [image.id], target)) {
    there();
    return nothing;
  }
  if (image.pull !== undefined) {
    await pullThere(image.reference, image.pull, target);
    log.info(`${target.name} pulled ${image.pull}, proven as ${image.reference}`);
    return nothing;
  }
  const shipment = await describe(image.reference, effects);
  const ids = [image.id, ...shipment.images.flatMap((described) => described.ids)];
  if (await isThere(image.reference, ids, target)) {
    there();
    return nothing;
  }
  const [described] = shipment.images;
  const leaveOut = described ? await route.presence(described) : new Set<string>();
  const partial = await send(image.reference, { shipment, leaveOut, ids }, route);
  if (partial.loaded) return { bytes: partial.bytes, warnings: [] };
  if (leaveOut.size === 0 || partial.passing || isFull(partial.detail))
    return notBrought(image.reference, route, partial.detail);

  const warning = `${image.reference}: sent again in full, because ${target.name} could not use it without the layers it said it has (${partial.detail})`;
  log.warning(warning);
  const full = await send(image.reference, { shipment, leaveOut: new Set(), ids }, route);
  if (!full.loaded) return notBrought(image.reference, route, full.detail);
  return { bytes: partial.bytes + full.bytes, warnings: [warning] };
}

/** From a registry, by digest, so that it is the very image that was built whatever its tag says by now. */
async function pullThere(reference: string, digest: string, target: Target): Promise<void> {
  const commands = [
    { title: `pull ${digest}`, argv: ['docker', 'pull', '--quiet', digest] as const },
    { title: `tag ${reference}`, argv: ['docker', 'tag', digest, reference] as const },
    proveImage(reference),
  ];
  for (const command of commands) {
    const done = await target.query(command);
    if (done.code === 0) continue;
    throw new AutopilotError('TRANSFER_FAILED', {
      what: `${target.name} could not ${command.title}`,
      why: (done.stderr || done.stdout).trim(),
      fix: 'Check that the server reaches the registry and is logged in to it (once, `docker login` as the user of the deployment), or leave `build.registry` out.',
    });
  }
  // Under this name as well, it would stay when the release is retired.
  await target.query({ title: `untag ${digest}`, argv: ['docker', 'image', 'rm', '--no-prune', digest] });
}

/** Rule: an image exists on a server when its digest is the right one and a container can be created from it. */
async function isThere(reference: string, ids: readonly string[], target: Target): Promise<boolean> {
  const found = await target.engine.image(reference);
  if (found === undefined || !ids.includes(found.id)) return false;
  return (await target.query(proveImage(reference))).code === 0;
}

async function describe(reference: string, effects: TransferEffects): Promise<Shipment> {
  const { archive, finished } = effects.saveImages([reference]);
  // docker save says more about a failure than the archive that it left unfinished.
  const [described, saved] = await Promise.allSettled([describeArchive(archive), finished]);
  effects.signal?.throwIfAborted();
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

interface Sending {
  shipment: Shipment;
  leaveOut: ReadonlySet<string>;
  ids: readonly string[];
}

/** Sends until it is loaded and proven, or the failure is one that trying again would only repeat. */
async function send(reference: string, what: Sending, route: Route): Promise<Attempt> {
  const { target, server, effects } = route;
  const { shipment, leaveOut } = what;
  const { clock, log, signal } = effects;
  await checkRoom(reference, roomNeeded(shipment, leaveOut), target, server);
  let bytes = 0;
  for (let tries = 0; ; tries += 1) {
    log.info(announcement(reference, shipment, leaveOut, target));
    const started = clock.now().getTime();
    const parcel = { reference, length: bytesOf(shipment, leaveOut), ...contentOf(reference, what, effects) };
    const outcome = await attempt(parcel, target, server.engine, {
      clock,
      log,
      ...(signal ? { signal } : {}),
    });
    bytes += outcome.bytes;
    const proven = outcome.loaded ? await prove(reference, what.ids, route) : outcome.detail;
    if (proven === '') {
      const took = clock.now().getTime() - started;
      log.info(`Sent ${size(outcome.bytes)} in ${duration(took)}: ${reference} is on ${target.name}, proven`);
      return { ...outcome, bytes };
    }
    const pause = PAUSES[tries];
    if (!outcome.passing || pause === undefined) return { ...outcome, bytes, loaded: false, detail: proven };
    await stillConnected(reference, target, proven);
    log.warning(`${reference}: the transfer broke off (${proven}); again in ${duration(pause)}`);
    await clock.sleep(pause, signal);
  }
}

function contentOf(reference: string, { shipment, leaveOut }: Sending, effects: TransferEffects) {
  const kept = fromKept(shipment, leaveOut);
  if (kept) return { content: kept, finished: Promise.resolve(), giveUp: () => void kept.destroy() };
  const { archive, finished } = effects.saveImages([reference]);
  const content = repack(archive, shipment, leaveOut);
  const giveUp = () => {
    archive.destroy();
    content.destroy();
  };
  return { content, finished, giveUp };
}

function announcement(
  reference: string,
  shipment: Shipment,
  leaveOut: ReadonlySet<string>,
  target: Target,
): string {
  const layers = new Set(shipment.images.flatMap((image) => image.layers.map((layer) => layer.path))).size;
  const without =
    leaveOut.size > 0 ? `, without the ${count(leaveOut.size, 'layer')} of ${layers} that it has` : '';
  return `Sending ${reference} to ${target.name}${without}: ${size(bytesOf(shipment, leaveOut))} before compression`;
}

function bytesOf({ sizes }: Shipment, leaveOut: ReadonlySet<string>): number {
  let bytes = 0;
  for (const [path, length] of sizes) if (!leaveOut.has(path)) bytes += length;
  return bytes;
}

/** '' when the image is what was sent and can start; else why not. */
async function prove(reference: string, ids: readonly string[], { target, effects }: Route): Promise<string> {
  const found = await look(reference, target, effects);
  if (found === undefined) return 'docker load succeeded, but there is no such image';
  if (!ids.includes(found.id)) return `what arrived is ${found.id}, which is not the image that was sent`;
  const created = await target.query(proveImage(reference));
  return created.code === 0
    ? ''
    : `no container can be created from it: ${created.stderr.trim() || created.code}`;
}

/** An engine that was restarted meanwhile took the few kept connections to it along; the one after those is new. */
async function look(reference: string, target: Target, { clock, signal }: TransferEffects) {
  for (let left = 4; ; left -= 1) {
    try {
      return await target.engine.image(reference);
    } catch (error) {
      if (left === 0) throw error;
      await clock.sleep(500, signal);
    }
  }
}

/** A connection that is gone as a whole cannot be mended here: lock and keeper hang on it. */
async function stillConnected(reference: string, target: Target, detail: string): Promise<void> {
  try {
    const alive = await target.query({ title: 'is the connection alive', argv: ['true'], timeout: ALIVE });
    if (alive.code === 0) return;
  } catch (cause) {
    throw transferFailed(reference, target, (cause as Error).message);
  }
  throw transferFailed(reference, target, detail);
}

/** A store may list what it could not load in full: nobody shall find that under the name of the right image. */
async function notBrought(reference: string, { target }: Route, detail: string): Promise<never> {
  const remove = {
    title: `remove what is not ${reference}`,
    argv: ['docker', 'image', 'rm', '--force', reference] as const,
  };
  // The failure to report is the one before.
  await target.query(remove).catch(() => undefined);
  throw transferFailed(reference, target, detail);
}

function transferFailed(reference: string, target: Target, detail: string): AutopilotError {
  return new AutopilotError('TRANSFER_FAILED', {
    what: `${reference} could not be brought to ${target.name}`,
    why: detail,
    fix: 'Look at the disk and the Docker engine of the server; nothing that serves was changed.',
  });
}
