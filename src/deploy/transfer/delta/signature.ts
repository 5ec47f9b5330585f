import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { totalLength } from './diff.ts';
import type { Unit, Units } from './units.ts';

/**
 * What is left on the server beside a layer, so that the next run can tell what differs without having the layer: some 8
 * bytes for each unit. Nobody has to trust it: with a wrong one the layer is rebuilt wrong, its digest says so, and the
 * layer is sent whole.
 */
const Signature = z.object({
  mark: z.string().regex(/^[0-7]{6}$/),
  /** Negative where the unit goes on with the entry before it. */
  lengths: z.array(z.int()),
  /** As differences from the one before; null without one. */
  stamps: z.array(z.int().nullable()),
  hashes: z.base64(),
});

const HASH = 6;
/** What a signature may unpack to, bytes. */
const UNPACKED_LIMIT = 16 * 1024 * 1024;

export function encodeSignature({ units, mark }: Units): Buffer {
  const hashes = Buffer.alloc(units.length * HASH);
  let before = 0;
  const stamps: (number | null)[] = [];
  for (const [index, { hash, stamp }] of units.entries()) {
    hashes.writeUIntBE(hash, index * HASH, HASH);
    stamps.push(stamp === undefined ? null : stamp - before);
    before = stamp ?? before;
  }
  const lengths = units.map(({ length, entry }) => (entry ? length : -length));
  const signature: z.infer<typeof Signature> = { mark, lengths, stamps, hashes: hashes.toString('base64') };
  return gzipSync(JSON.stringify(signature), { level: 9 });
}

/** Undefined for what is no signature. */
export function decodeSignature(bytes: Buffer): Units | undefined {
  let found: z.infer<typeof Signature>;
  try {
    found = Signature.parse(
      JSON.parse(gunzipSync(bytes, { maxOutputLength: UNPACKED_LIMIT }).toString('utf8')),
    );
  } catch {
    return undefined;
  }
  const hashes = Buffer.from(found.hashes, 'base64');
  if (hashes.length !== found.lengths.length * HASH || found.stamps.length !== found.lengths.length)
    return undefined;
  let before = 0;
  const units = found.lengths.map((length, index): Unit => {
    const stamp = found.stamps[index];
    const unit = {
      hash: hashes.readUIntBE(index * HASH, HASH),
      length: Math.abs(length),
      entry: length > 0,
    };
    if (typeof stamp !== 'number') return unit;
    before += stamp;
    return { ...unit, stamp: before };
  });
  return { units, length: totalLength(units), mark: found.mark };
}
