import { Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import * as z from 'zod';
import { AutopilotError } from '../../errors.ts';
import type { ArchivedImage } from './layers.ts';

/** Files above this are layers, not descriptions; descriptions of real images stay far below it. */
const DESCRIPTION_LIMIT = 4 * 1024 * 1024;

const Manifest = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullable(),
    Layers: z.array(z.string()),
  }),
);
const ImageConfig = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

/**
 * Reads what a `docker save` archive holds, from one pass over its stream; layers are read past, not kept.
 * Both layouts are known: the legacy one of engines before 25 and the OCI one since.
 */
export async function describeArchive(archive: Readable): Promise<ArchivedImage[]> {
  const texts = new Map<string, string>();
  const entries = archive.pipe(extract());
  archive.on('error', (error) => entries.destroy(error));
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    if (type === 'file' && (size ?? 0) <= DESCRIPTION_LIMIT && !name.endsWith('.tar')) {
      const parts: Buffer[] = [];
      for await (const part of entry) parts.push(part as Buffer);
      const content = Buffer.concat(parts);
      if (content[0] === 0x7b || content[0] === 0x5b) texts.set(name, content.toString('utf8'));
    } else entry.resume();
  }
  return parseManifest(texts);
}

function parseManifest(texts: Map<string, string>): ArchivedImage[] {
  const read = <T>(name: string, schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(JSON.parse(texts.get(name) ?? 'null'));
    if (parsed.success) return parsed.data;
    throw new AutopilotError('TRANSFER_FAILED', {
      what: `The image archive has no usable ${name}`,
      why: 'docker save did not write a complete archive.',
      fix: 'Check the disk of the runner, and that `docker save` of the image works there.',
    });
  };
  return read('manifest.json', Manifest).map((image) => {
    const { diff_ids: diffIds } = read(image.Config, ImageConfig).rootfs;
    return {
      references: image.RepoTags ?? [],
      layers: image.Layers.map((path, index) => ({ path, diffId: diffIds[index] ?? '' })),
    };
  });
}

/** The same archive without the layers named in `leaveOut`; everything else is passed on byte for byte. */
export function withoutLayers(archive: Readable, leaveOut: ReadonlySet<string>): Readable {
  const entries = archive.pipe(extract());
  const output = pack();
  archive.on('error', (error) => entries.destroy(error));
  const copy = async () => {
    for await (const entry of entries) {
      const { header } = entry;
      if (leaveOut.has(header.name)) {
        entry.resume();
        continue;
      }
      if (header.type !== 'file') {
        await new Promise<void>((resolve, reject) => {
          output.entry(header, (error) => (error ? reject(error) : resolve()));
        });
        entry.resume();
        continue;
      }
      await new Promise<void>((resolve, reject) => {
        const sink = output.entry(header, (error) => (error ? reject(error) : resolve()));
        entry.on('error', reject);
        entry.pipe(sink);
      });
    }
    output.finalize();
  };
  copy().catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  // tar-stream has streams of its own kind; the callers need Node's.
  return Readable.from(output, { objectMode: false });
}
