import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock, Log, Random } from '../../effects.ts';
import { AutopilotError } from '../../errors.ts';
import type { CommandResult, Target } from '../../server/target.ts';
import { describeArchive, withoutLayers } from './archive.ts';
import { unneededLayers } from './layers.ts';

export interface TransferImage {
  service: string;
  reference: string;
  id: string;
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

const PROGRESS_INTERVAL = 5_000;

/**
 * Brings images to the server without a registry (rule B2.5): a `docker save` stream without the layers the server has,
 * compressed, straight into `docker load` there. No temporary copy on either side. Afterwards each image is proven by
 * `docker create`, because lists and inspect can show an image that cannot start; what cannot be proven is sent in full.
 * Throws AutopilotError TRANSFER_FAILED; nothing that serves has changed then.
 */
export async function transfer(
  images: readonly TransferImage[],
  target: Target,
  effects: TransferEffects,
): Promise<TransferResult> {
  const { log } = effects;
  const missing: TransferImage[] = [];
  for (const image of images) {
    if (await isThere(image, target, effects)) log.info(`${image.reference} is on ${target.name} already`);
    else missing.push(image);
  }
  if (missing.length === 0) return { bytes: 0, warnings: [] };

  const references = missing.map((image) => image.reference);
  const leaveOut = await layersToLeaveOut(references, target, effects);
  const partial = await attempt(references, leaveOut, target, effects);
  const unproven = partial.loaded ? await unprovenOf(missing, target, effects) : missing;
  if (unproven.length === 0) return { bytes: partial.bytes, warnings: [] };
  if (leaveOut.size === 0) throw transferFailed(references, target, partial.detail);

  const warning = `${references.join(', ')}: sent again in full, because the server could not use it without the layers it said it has (${partial.detail || 'docker create failed'})`;
  log.warning(warning);
  const full = await attempt(references, new Set(), target, effects);
  const still = full.loaded ? await unprovenOf(missing, target, effects) : missing;
  if (still.length > 0) throw transferFailed(references, target, full.detail);
  return { bytes: partial.bytes + full.bytes, warnings: [warning] };
}

async function isThere(image: TransferImage, target: Target, effects: TransferEffects): Promise<boolean> {
  const found = await target.engine.image(image.reference);
  return found?.id === image.id && (await isUsable(image.reference, target, effects));
}

async function unprovenOf(images: readonly TransferImage[], target: Target, effects: TransferEffects) {
  const unproven: TransferImage[] = [];
  for (const image of images) if (!(await isUsable(image.reference, target, effects))) unproven.push(image);
  return unproven;
}

/** An image exists when a container can be created from it; the container is removed at once. */
export async function isUsable(
  reference: string,
  target: Target,
  { random }: Pick<TransferEffects, 'random'>,
): Promise<boolean> {
  const name = `gonsautopilot-proof-${random.hex(6)}`;
  const created = await target.query({
    title: `prove ${reference}`,
    argv: ['docker', 'create', '--name', name, '--network', 'none', reference, 'true'],
  });
  await target.query({ title: 'remove the proof', argv: ['docker', 'rm', '--force', name] });
  return created.code === 0;
}

async function layersToLeaveOut(
  references: readonly string[],
  target: Target,
  effects: TransferEffects,
): Promise<Set<string>> {
  const server = await target.engine.info();
  if (server.store !== 'classic') {
    effects.log.info(`${target.name} uses the containerd image store: the images are sent whole`);
    return new Set();
  }
  const serverImages = await target.engine.images();
  if (serverImages.length === 0) return new Set();
  const { archive, finished } = effects.saveImages(references);
  const [described] = await Promise.all([describeArchive(archive), finished]);
  return unneededLayers(
    described,
    serverImages.map((image) => image.layers),
  );
}

interface Attempt {
  loaded: boolean;
  bytes: number;
  detail: string;
}

async function attempt(
  references: readonly string[],
  leaveOut: ReadonlySet<string>,
  target: Target,
  effects: TransferEffects,
): Promise<Attempt> {
  const { archive, finished } = effects.saveImages(references);
  const meter = progressMeter(references, leaveOut.size, target, effects);
  const gzip = createGzip({ level: 6 });
  const flow = pipeline(withoutLayers(archive, leaveOut), gzip, meter.stream);
  const load = target.pipe(
    { title: `load ${references.join(', ')}`, argv: ['docker', 'load'] },
    meter.stream,
    effects.signal,
  );
  const [sent, saved, loaded] = await Promise.allSettled([flow, finished, load]);
  effects.signal?.throwIfAborted();
  const reasons = [refusal(loaded), interruption(saved), interruption(sent)];
  const detail = reasons.find((reason) => reason !== '') ?? '';
  meter.done();
  return { loaded: detail === '', bytes: meter.bytes(), detail };
}

function interruption(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'rejected'
    ? String((outcome.reason as Error | undefined)?.message ?? outcome.reason)
    : '';
}

function refusal(outcome: PromiseSettledResult<CommandResult>): string {
  if (outcome.status === 'rejected') return interruption(outcome);
  return outcome.value.code === 0 ? '' : (outcome.value.stderr || outcome.value.stdout).trim();
}

function progressMeter(
  references: readonly string[],
  leftOut: number,
  target: Target,
  { clock, log }: TransferEffects,
) {
  let bytes = 0;
  const started = clock.now().getTime();
  let reported = started;
  const line = () => {
    const seconds = Math.max(0.001, (clock.now().getTime() - started) / 1000);
    return `${(bytes / 1e6).toFixed(2)} MB in ${seconds.toFixed(1)} s (${(bytes / 1e6 / seconds).toFixed(1)} MB/s)`;
  };
  log.info(
    `Sending ${references.join(', ')} to ${target.name}${leftOut > 0 ? `, without ${leftOut} layer(s) it has` : ''}`,
  );
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (clock.now().getTime() - reported >= PROGRESS_INTERVAL) {
        reported = clock.now().getTime();
        log.info(`  ${line()}`);
      }
      callback(null, chunk);
    },
  });
  return { stream, bytes: () => bytes, done: () => log.info(`Sent ${line()}`) };
}

function transferFailed(references: readonly string[], target: Target, detail: string): AutopilotError {
  return new AutopilotError('TRANSFER_FAILED', {
    what: `${references.join(', ')} could not be brought to ${target.name}`,
    why: detail || 'docker create of the loaded image failed.',
    fix: 'Look at the disk and the Docker engine of the server; nothing that serves was changed.',
  });
}
