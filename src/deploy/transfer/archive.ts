import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { AutopilotError } from '../../errors.ts';
import { UnitReader, type Units } from './delta/units.ts';
import { entriesOf } from './entries.ts';
import type { ArchivedImage } from './layers.ts';
import { ociDescriptions } from './oci.ts';

/** Files above this are layers, not descriptions; descriptions of real images stay far below it. */
const DESCRIPTION_LIMIT = 4 * 1024 * 1024;
/**
 * Files up to this size are kept while the archive is described, up to that many bytes in all: a small change is then sent
 * from memory, and the engine need not write the whole image a second time.
 */
const KEPT_FILE = 8 * 1024 * 1024;
const KEPT_TOTAL = 32 * 1024 * 1024;
/** Bytes that tell a compressed file. */
const MAGIC = 4;
/** Smaller files are sent whole, whatever the server has. */
const COMPARED = 1024 * 1024;

const Manifest = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullable(),
    Layers: z.array(z.string()),
  }),
);
const ImageConfig = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });
const Index = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });

/** What an archive holds, and how it is passed on: always in the OCI layout, which every store can complete. */
export interface Shipment {
  images: ArchivedImage[];
  /** Uncompressed bytes of everything that is passed on, by output path. */
  sizes: Map<string, number>;
  /** Output paths of layers that are compressed inside the archive. */
  compressed: Set<string>;
  /** Only for the legacy layout: output path of each layer file; every other file gives way to `added`. */
  renamed?: Map<string, string>;
  added: { name: string; content: Buffer }[];
  /** By output path; not all of them. */
  kept: Map<string, Buffer>;
  /** What big uncompressed layers consist of, by output path. */
  units: Map<string, Units>;
}

/**
 * Reads what a `docker save` archive holds, from one pass over its stream; layers are read past, not kept. Both layouts
 * are known: the OCI one of engines from 25 on, and the legacy one before, which is passed on as OCI. An archive that is
 * cut off or makes no sense is an AutopilotError TRANSFER_FAILED.
 */
export async function describeArchive(archive: Readable): Promise<Shipment> {
  const texts = new Map<string, Buffer>();
  const sizes = new Map<string, number>();
  const compressed = new Set<string>();
  const kept = new Map<string, Buffer>();
  const units = new Map<string, Units>();
  let keptBytes = 0;
  const entries = entriesOf(archive);
  for await (const entry of entries) {
    const { name, type, size = 0 } = entry.header;
    if (type !== 'file') {
      entry.resume();
      continue;
    }
    sizes.set(name, size);
    const keep = size <= KEPT_FILE && keptBytes + size <= KEPT_TOTAL;
    const reader = size >= COMPARED ? new UnitReader() : undefined;
    const content = await readEntry(entry, size, keep, reader);
    if (isCompressed(content)) compressed.add(name);
    const read = reader?.end();
    if (read) units.set(name, read);
    if (content.length !== size) continue;
    if (size <= DESCRIPTION_LIMIT && isJson(content)) texts.set(name, content);
    if (!keep) continue;
    kept.set(name, content);
    keptBytes += size;
  }
  const images = parseManifest(texts);
  return texts.has('oci-layout')
    ? { images, sizes, compressed, added: [], kept, units }
    : fromLegacy(images, texts, { sizes, kept, units });
}

/** The first bytes of a file, or all of it when it is a description or to be kept. */
async function readEntry(
  entry: AsyncIterable<unknown>,
  size: number,
  keep: boolean,
  reader: UnitReader | undefined,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let read = 0;
  for await (const part of entry as AsyncIterable<Buffer>) {
    const described = size <= DESCRIPTION_LIMIT && isJson(parts[0] ?? part);
    if (keep || described || read < MAGIC) parts.push(part);
    if (!isCompressed(parts[0] ?? part)) reader?.push(part);
    read += part.length;
  }
  return Buffer.concat(parts);
}

const isJson = (content: Buffer) => content[0] === 0x7b || content[0] === 0x5b;
const isCompressed = (start: Buffer) =>
  (start[0] === 0x1f && start[1] === 0x8b) || (start.length >= 4 && start.readUInt32LE(0) === 0xfd2fb528);

interface Described extends ArchivedImage {
  config: string;
}

function parseManifest(texts: Map<string, Buffer>): Described[] {
  const read = <T>(name: string, schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(json(texts.get(name)));
    if (parsed.success) return parsed.data;
    throw new AutopilotError('TRANSFER_FAILED', {
      what: `The image archive has no usable ${name}`,
      why: 'docker save did not write a complete archive.',
      fix: 'Check the disk of the runner, and that `docker save` of the image works there.',
    });
  };
  const index = texts.has('index.json') ? read('index.json', Index).manifests : [];
  return read('manifest.json', Manifest).map((image) => {
    const { diff_ids: diffIds } = read(image.Config, ImageConfig).rootfs;
    const config = `sha256:${sha256(texts.get(image.Config) ?? Buffer.alloc(0))}`;
    return {
      references: image.RepoTags ?? [],
      config: image.Config,
      ids: [config, ...index.map((entry) => entry.digest)],
      layers: image.Layers.map((path, position) => ({ path, diffId: diffIds[position] ?? '' })),
    };
  });
}

/**
 * The legacy layout names layers by ids of no use to the containerd store, and repeats them as links. The classic store
 * keeps layers uncompressed, so their DiffIDs are their blob digests.
 */
function fromLegacy(
  described: Described[],
  texts: Map<string, Buffer>,
  legacy: Pick<Shipment, 'sizes' | 'kept' | 'units'>,
): Shipment {
  const renamed = new Map<string, string>();
  const sizes = new Map<string, number>();
  const units = new Map<string, Units>();
  for (const { path, diffId } of described.flatMap((image) => image.layers)) {
    const size = legacy.sizes.get(path);
    const blob = blobPath(diffId);
    // A second file of the same layer would be the same bytes again.
    if (size === undefined || sizes.has(blob)) continue;
    renamed.set(path, blob);
    sizes.set(blob, size);
    const read = legacy.units.get(path);
    if (read) units.set(blob, read);
  }
  const images = described.map((image) => ({
    ...image,
    layers: image.layers.map(({ diffId }) => ({ path: blobPath(diffId), diffId })),
  }));
  const { files, manifests } = ociDescriptions(
    images.map((image) => ({
      references: image.references,
      config: texts.get(image.config) ?? Buffer.alloc(0),
      layers: image.layers.map(({ path, diffId }) => ({ digest: diffId, size: sizes.get(path) ?? 0 })),
    })),
  );
  const kept = new Map(files.map(({ name, content }) => [name, content]));
  for (const [path, blob] of renamed) {
    const content = legacy.kept.get(path);
    if (content) kept.set(blob, content);
  }
  for (const { name, content } of files) sizes.set(name, content.length);
  return {
    images: images.map((image, position) => ({
      references: image.references,
      layers: image.layers,
      ids: [...image.ids, manifests[position] ?? ''],
    })),
    sizes,
    compressed: new Set(),
    renamed,
    added: files,
    kept,
    units,
  };
}

function json(content: Buffer | undefined): unknown {
  try {
    return JSON.parse(content?.toString('utf8') ?? 'null');
  } catch {
    return null;
  }
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const blobPath = (digest: string) => `blobs/sha256/${digest.replace(/^sha256:/, '')}`;
