import { Readable } from 'node:stream';
import type { Target } from '../../../server/target.ts';
import { decodeSignature, encodeSignature } from './signature.ts';
import type { Units } from './units.ts';

/** Signatures that are kept on a server; the ones that were not used for longest go first. */
const KEPT = 32;
/** Milliseconds for a look at the server. */
const LOOK = 60_000;

const hexOf = (diffId: string) => diffId.replace(/^sha256:/, '');

/** The folder on the server with a signature of each big layer, named by its DiffID. Losing it loses nothing. */
export interface Shelf {
  /** DiffIDs. */
  has: ReadonlySet<string>;
  /** What the server can unpack instructions with; undefined: it cannot rebuild layers. */
  unpacker: 'gzip' | 'zstd' | undefined;
}

const LIST = `perl -e 1 2>/dev/null && for name in gzip zstd; do command -v "$name"; done
cd -- "$1" 2>/dev/null && ls`;

export async function look(target: Target, folder: string): Promise<Shelf> {
  const listed = await target.query({
    title: 'list the signatures of layers',
    argv: ['sh', '-c', LIST, 'sh', folder],
    timeout: LOOK,
  });
  const lines = listed.stdout.split('\n');
  const can = (name: string) => lines.some((line) => line.endsWith(`/${name}`));
  return {
    has: new Set(lines.filter((line) => /^[0-9a-f]{64}$/.test(line)).map((hex) => `sha256:${hex}`)),
    unpacker: can('zstd') ? 'zstd' : can('gzip') ? 'gzip' : undefined,
  };
}

/** Undefined where there is none that makes sense. */
export async function read(target: Target, folder: string, diffId: string): Promise<Units | undefined> {
  const found = await target.query({
    title: 'read the signature of a layer',
    argv: ['sh', '-c', 'base64 <"$1/$2"', 'sh', folder, hexOf(diffId)],
    timeout: LOOK,
  });
  return found.code === 0 ? decodeSignature(Buffer.from(found.stdout, 'base64')) : undefined;
}

/** A file appears whole or not at all; one that was cut off on the way would be of no use for ever. */
const WRITE = `umask 077; mkdir -p -- "$1" && cd -- "$1" && cat >"./.$2" && [ "$(wc -c <"./.$2")" -eq "$3" ] && mv -- "./.$2" "./$2"`;
const TIDY = `cd -- "$1" && shift && touch -c -- "$@" && ls -t | tail -n +${KEPT + 1} | while IFS= read -r name; do rm -f -- "./$name"; done; rm -f ./.[0-9a-f]*`;

/**
 * Leaves a signature of each of these layers that has none yet, and removes the ones beyond what is kept.
 * @param layers DiffID -> what it consists of
 * @returns bytes that went over the connection
 */
export async function remember(
  target: Target,
  folder: string,
  has: ReadonlySet<string>,
  layers: ReadonlyMap<string, Units>,
): Promise<number> {
  let bytes = 0;
  for (const [diffId, units] of layers) {
    if (has.has(diffId)) continue;
    const signature = encodeSignature(units);
    const words = [folder, hexOf(diffId), String(signature.length)];
    await target.pipe(
      { title: 'leave the signature of a layer', argv: ['sh', '-c', WRITE, 'sh', ...words], timeout: LOOK },
      Readable.from([signature], { objectMode: false }),
    );
    bytes += signature.length;
  }
  if (bytes > 0) {
    const names = [...layers.keys()].map(hexOf);
    await target.query({
      title: 'remove the oldest signatures of layers',
      argv: ['sh', '-c', TIDY, 'sh', folder, ...names],
      timeout: LOOK,
    });
  }
  return bytes;
}
