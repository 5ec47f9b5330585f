import { createHash, type Hash } from 'node:crypto';

/**
 * A layer is a tar archive. It is compared in units: an entry with its header and content, and of long entries each
 * further stretch of BLOCK bytes. Two units with the same hash and length are the same bytes, but for the time in the
 * header, which a fresh runner writes anew into every entry that it builds.
 */
export interface Unit {
  /** The first 48 bits of SHA-256; enough, because what is rebuilt is proven by its whole digest. */
  hash: number;
  /** Bytes. */
  length: number;
  /** Begins with a header, not in the middle of an entry. */
  entry: boolean;
  /** Modification time in its header, seconds; undefined where it has no header whose time could be set. */
  stamp?: number;
}

/** A layer as it is compared. */
export interface Units {
  units: Unit[];
  /** Bytes. */
  length: number;
  /** Checksum in its first header, six octal digits: together with the length it tells the layer among those of an image. */
  mark: string;
}

export const HEADER = 512;
const BLOCK = 64 * 1024;
/** More units than this take too much memory, and are no layer that anybody means: 200,000 files. */
const LIMIT = 200_000;
/** Where a tar header has its time and its checksum, which follows from the rest. */
const STAMP_AT = 136;
const CHECKSUM_AT = 148;
/** Digits of both; what ends them is kept as it is. */
const STAMP = 11;
const CHECKSUM = 6;
const TYPE_AT = 156;
const SIZE_AT = 124;
/** Entries that say something about the one after them: it is their header that has the time. */
const EXTENSIONS = 'xgLK';

/** Bytes of content and padding after this header; the patcher on the server reads headers by the same rule. */
export function contentLength(header: Buffer): number {
  const size = /^[0-7]{11}/.exec(header.toString('latin1', SIZE_AT, SIZE_AT + 12))?.[0];
  return size === undefined ? 0 : Math.ceil(parseInt(size, 8) / HEADER) * HEADER;
}

/** The time of a header in the one form that can be set anew; the patcher on the server knows it by the same rule. */
export function stampOf(header: Buffer): number | undefined {
  if (EXTENSIONS.includes(String.fromCharCode(header[TYPE_AT] ?? 0))) return undefined;
  const fields = header.toString('latin1', STAMP_AT, TYPE_AT);
  const [, stamp] = /^([0-7]{11})[\0 ][0-7]{6}[\0 ]{2}$/.exec(fields) ?? [];
  return stamp === undefined ? undefined : parseInt(stamp, 8);
}

/** Splits a layer into units as it streams past. */
export class UnitReader {
  private readonly units: Unit[] = [];
  private length = 0;
  private mark: string | undefined;
  private readonly header = Buffer.alloc(HEADER);
  private headerFilled = 0;
  private contentLeft = 0;
  private extension = false;
  private hash: Hash | undefined;
  private unit: Unit = { hash: 0, length: 0, entry: true };

  push(chunk: Buffer): void {
    this.length += chunk.length;
    if (this.units.length > LIMIT) return;
    for (let at = 0; at < chunk.length;) {
      at += this.contentLeft === 0 ? this.takeHeader(chunk, at) : this.takeContent(chunk, at);
    }
  }

  /** The whole layer; undefined for what is no tar archive or has too many entries. */
  end(): Units | undefined {
    // What ends in the middle of a header is a unit too.
    if (this.headerFilled > 0) this.add(this.header.subarray(0, this.headerFilled));
    this.close();
    const { units, length, mark = '' } = this;
    return units.length > LIMIT || !/^[0-7]{6}$/.test(mark) ? undefined : { units, length, mark };
  }

  private takeHeader(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.header, this.headerFilled, at, at + HEADER - this.headerFilled);
    this.headerFilled += taken;
    if (this.headerFilled < HEADER) return taken;
    this.headerFilled = 0;
    this.mark ??= this.header.toString('latin1', CHECKSUM_AT, CHECKSUM_AT + CHECKSUM);
    this.contentLeft = contentLength(this.header);
    this.extension = EXTENSIONS.includes(String.fromCharCode(this.header[TYPE_AT] ?? 0));
    const stamp = stampOf(this.header);
    if (stamp !== undefined) {
      this.unit.stamp = stamp;
      this.header.fill(0, STAMP_AT, STAMP_AT + STAMP);
      this.header.fill(0, CHECKSUM_AT, CHECKSUM_AT + CHECKSUM);
    }
    this.add(this.header);
    this.closeWhereItEnds();
    return taken;
  }

  private takeContent(chunk: Buffer, at: number): number {
    const taken = Math.min(chunk.length - at, this.contentLeft, BLOCK - this.unit.length);
    this.add(chunk.subarray(at, at + taken));
    this.contentLeft -= taken;
    this.closeWhereItEnds();
    return taken;
  }

  private closeWhereItEnds(): void {
    if (this.unit.length >= BLOCK || (this.contentLeft === 0 && !this.extension)) this.close();
  }

  private add(bytes: Buffer): void {
    this.hash ??= createHash('sha256');
    this.hash.update(bytes);
    this.unit.length += bytes.length;
  }

  private close(): void {
    if (this.hash === undefined) return;
    this.unit.hash = this.hash.digest().readUIntBE(0, 6);
    this.units.push(this.unit);
    this.hash = undefined;
    this.unit = { hash: 0, length: 0, entry: this.contentLeft === 0 };
  }
}
