import { Readable } from 'node:stream';
import { AutopilotError } from '../../errors.ts';
import { count, duration, size } from '../../report/format.ts';
import type { Target } from '../../server/target.ts';
import { proveImage } from '../commands.ts';
import type { Shipment } from './archive.ts';
import { type Attempt, attempt, type Parcel, takesZstd } from './attempt.ts';
import type { Delta } from './delta/index.ts';
import { instructions } from './delta/instructions.ts';
import { rebuildCommand } from './delta/patcher.ts';
import { fromKept, repack } from './repack.ts';
import { checkRoom, roomNeeded } from './room.ts';
import type { Route, Saved, TransferEffects } from './route.ts';

/** Pauses before the second and the third attempt, in milliseconds. */
export const PAUSES = [2_000, 8_000];
/** Milliseconds in which a connection that is alive answers. */
const ALIVE = 20_000;

export interface Sending {
  shipment: Shipment;
  leaveOut: ReadonlySet<string>;
  ids: readonly string[];
  /** The server knew the reference before, so that it is not this transfer's to remove. */
  known: boolean;
  /** One layer as what differs from an older one. */
  delta?: Delta;
}

/**
 * Sends until it is loaded and proven, or the failure is one that trying again would only repeat. A delta is tried once:
 * the whole layer is the better second try.
 */
export async function send(reference: string, what: Sending, route: Route): Promise<Attempt> {
  const { target, server, effects } = route;
  const { shipment, leaveOut, delta } = what;
  const { clock, log, signal } = effects;
  await checkRoom(reference, roomNeeded(shipment, leaveOut), target, server);
  const load: Load = delta
    ? { command: rebuildCommand(reference, delta.base, delta.unpacker), compression: delta.unpacker }
    : {
        command: { title: `load ${reference}`, argv: ['docker', 'load'] },
        compression: takesZstd(server.engine) ? 'zstd' : 'gzip',
      };
  let bytes = 0;
  for (let tries = 0; ; tries += 1) {
    log.info(announcement(reference, what, target));
    const started = clock.now().getTime();
    const parcel: Parcel = { ...load, length: bytesOf(what), ...contentOf(reference, what, effects) };
    const outcome = await attempt(parcel, target, { clock, log, ...(signal ? { signal } : {}) });
    bytes += outcome.bytes;
    const proven = outcome.loaded ? await prove(reference, what.ids, route) : outcome.detail;
    if (proven === '') {
      const took = clock.now().getTime() - started;
      log.info(`Sent ${size(outcome.bytes)} in ${duration(took)}: ${reference} is on ${target.name}, proven`);
      return { ...outcome, bytes };
    }
    const pause = PAUSES[tries];
    if (delta || !outcome.passing || pause === undefined)
      return { ...outcome, bytes, loaded: false, detail: proven };
    await stillConnected(reference, target, proven);
    log.warning(`${reference}: the transfer broke off (${proven}); again in ${duration(pause)}`);
    await clock.sleep(pause, signal);
  }
}

type Load = Pick<Parcel, 'command' | 'compression'>;

function contentOf(
  reference: string,
  what: Sending,
  effects: TransferEffects,
): Omit<Parcel, keyof Load | 'length'> {
  const { shipment, leaveOut, delta } = what;
  const kept = fromKept(shipment, leaveOut);
  const saved = kept ? undefined : effects.saveImages([reference]);
  const archive = kept ?? repack((saved as Saved).archive, shipment, leaveOut);
  const content = delta
    ? Readable.from(instructions(archive, delta.path, delta.steps), { objectMode: false })
    : archive;
  const giveUp = () => {
    saved?.archive.destroy();
    archive.destroy();
    content.destroy();
  };
  return { content, finished: saved?.finished ?? Promise.resolve(), giveUp };
}

function announcement(reference: string, what: Sending, target: Target): string {
  const { shipment, leaveOut, delta } = what;
  const layers = new Set(shipment.images.flatMap((image) => image.layers.map((layer) => layer.path))).size;
  const without =
    leaveOut.size > 0 ? `, without the ${count(leaveOut.size, 'layer')} of ${layers} that it has` : '';
  const part = delta ? `, one layer as what differs from one of ${delta.base.image}` : '';
  return `Sending ${reference} to ${target.name}${without}${part}: ${size(bytesOf(what))} before compression`;
}

function bytesOf({ shipment: { sizes }, leaveOut, delta }: Sending): number {
  let bytes = -(delta?.spared ?? 0);
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
export async function stillConnected(reference: string, target: Target, detail: string): Promise<void> {
  try {
    const alive = await target.query({ title: 'is the connection alive', argv: ['true'], timeout: ALIVE });
    if (alive.code === 0) return;
  } catch (cause) {
    throw transferFailed(reference, target, (cause as Error).message);
  }
  throw transferFailed(reference, target, detail);
}

export function transferFailed(reference: string, target: Target, detail: string): AutopilotError {
  return new AutopilotError('TRANSFER_FAILED', {
    what: `${reference} could not be brought to ${target.name}`,
    why: detail,
    fix: 'Look at the disk and the Docker engine of the server; nothing that serves was changed.',
  });
}

/** Rule B2. The next run gets another tag, because the record names this one. */
export function otherImage(reference: string, target: Target): AutopilotError {
  return new AutopilotError('TRANSFER_FAILED', {
    what: `${reference} is another image on ${target.name} already`,
    why: 'A tag that is there is never moved: it may be what serves, or what a rollback needs. Nothing that serves was changed.',
    fix: 'Run the workflow again: the image is then built under a tag of its own.',
  });
}
