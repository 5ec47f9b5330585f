import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { Clock, Log } from '../../effects.ts';
import { duration, size } from '../../report/format.ts';
import type { Command, CommandResult, EngineInfo, Target } from '../../server/target.ts';

/** Above this many bytes a thorough compression costs more time than it saves on a fast line. */
const THOROUGH_LIMIT = 64 * 1024 * 1024;
const PROGRESS_INTERVAL = 5_000;

export interface Parcel {
  /** Loads on the server what it reads. */
  command: Command;
  compression: 'gzip' | 'zstd';
  /** Uncompressed. */
  content: Readable;
  /** Bytes of it. */
  length: number;
  /** Rejects when whoever writes `content` failed. */
  finished: Promise<void>;
  /** Ends whoever writes it. */
  giveUp: () => void;
}

export interface Attempt {
  loaded: boolean;
  /** Compressed bytes that went over the connection. */
  bytes: number;
  /** What went wrong, in the words of whoever said it. */
  detail: string;
  /** The stream broke off, or the engine was away: the same again may work. */
  passing: boolean;
}

export interface AttemptEffects {
  clock: Clock;
  log: Log;
  signal?: AbortSignal;
}

/** Streams one archive into what loads it. Rejects only when aborted. */
export async function attempt(parcel: Parcel, target: Target, effects: AttemptEffects): Promise<Attempt> {
  const { content, finished } = parcel;
  const meter = progressMeter(parcel, effects);
  const flow = pipeline(content, meter.before, compressor(parcel), meter.after);
  const load = target.pipe(parcel.command, meter.after, effects.signal);
  // A server that stops listening must stop the flow at both ends: docker save would wait for ever, and so would what is
  // compressed already and has nobody to go to.
  const stop = () => {
    parcel.giveUp();
    meter.after.destroy();
  };
  load.then(({ code }) => (code === 0 ? meter.after.resume() : stop()), stop);
  const [sent, saved, loaded] = await Promise.allSettled([flow, finished, load]);
  effects.signal?.throwIfAborted();
  const reasons = [refusal(loaded), interruption(saved), interruption(sent)];
  const detail = reasons.find((reason) => reason !== '') ?? '';
  return {
    loaded: detail === '',
    bytes: meter.bytes(),
    detail,
    passing: detail !== '' && mayPass(loaded, detail),
  };
}

/**
 * zstd is smaller and faster. Engines from 23 on read it, but 26.1 does not wait for its decoder before it uses the buffer
 * again. Short of processors it misreads what comes next, or dies and takes the containers along: 8 crashes in 18 images,
 * none in 54 with gzip, and none in 54 of engine 28 with zstd.
 */
export function takesZstd(engine: EngineInfo['engine']): boolean {
  return Number(/^\d+/.exec(engine)?.[0] ?? 0) >= 28;
}

function compressor({ compression, length }: Parcel) {
  const thorough = length <= THOROUGH_LIMIT;
  if (compression === 'gzip') return createGzip({ level: thorough ? 9 : 6 });
  return createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: thorough ? 12 : 3,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
}

const FULL = /no space left|disk quota/i;
/** Sending more, or the same again, cannot help. */
export const isFull = (detail: string): boolean => FULL.test(detail);
const BROKEN =
  /\bEOF\b|connection|cannot connect|closed pipe|broken pipe|timeout|deadline exceeded|daemon running|HTTP status: 5\d\d|temporary failure/i;
/** As `timeout(1)` says it. */
const TIMED_OUT = 124;

/** Whether the same command may do it when it is run again, by how it ended and what it said. */
export function mayPass(loaded: PromiseSettledResult<CommandResult>, detail: string): boolean {
  if (isFull(detail)) return false;
  if (loaded.status === 'rejected') return true;
  if (loaded.value.code === TIMED_OUT) return false;
  // -1: a signal or the connection ended it.
  return loaded.value.code < 0 || loaded.value.code > 128 || BROKEN.test(detail);
}

function interruption(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'rejected'
    ? String((outcome.reason as Error | undefined)?.message ?? outcome.reason)
    : '';
}

function refusal(outcome: PromiseSettledResult<CommandResult>): string {
  if (outcome.status === 'rejected') return interruption(outcome);
  const { code, stdout, stderr } = outcome.value;
  if (code === 0) return '';
  return (stderr || stdout).trim() || `docker load ended with ${code}`;
}

function progressMeter({ length }: Parcel, { clock, log }: AttemptEffects) {
  let packed = 0;
  let read = 0;
  const started = clock.now().getTime();
  let reported = started;
  const report = () => {
    const now = clock.now().getTime();
    if (now - reported < PROGRESS_INTERVAL) return;
    reported = now;
    log.info(`  ${progressLine({ packed, read, length, elapsed: now - started })}`);
  };
  const count = (add: (bytes: number) => void) =>
    new Transform({
      transform(chunk: Buffer, _encoding, callback) {
        add(chunk.length);
        report();
        callback(null, chunk);
      },
    });
  return {
    before: count((bytes) => (read += bytes)),
    after: count((bytes) => (packed += bytes)),
    bytes: () => packed,
  };
}

/** `12.3 MB sent, 40 % done, 2.5 MB/s, about 18 s left`. Pure. */
export function progressLine(at: { packed: number; read: number; length: number; elapsed: number }): string {
  const share = Math.min(1, at.read / Math.max(1, at.length));
  const rate = `${size((at.packed / Math.max(1, at.elapsed)) * 1000)}/s`;
  const left = share > 0 ? `, about ${duration((at.elapsed * (1 - share)) / share)} left` : '';
  return `${size(at.packed)} sent, ${Math.floor(share * 100)} % done, ${rate}${left}`;
}
