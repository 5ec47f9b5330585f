import { Readable } from 'node:stream';
import { pack, type Pack } from 'tar-stream';
import type { Shipment } from './archive.ts';
import { entriesOf } from './entries.ts';

/** The archive as it is sent: without the layers named in `leaveOut`, everything else byte for byte. */
export function repack(archive: Readable, shipment: Shipment, leaveOut: ReadonlySet<string>): Readable {
  const entries = entriesOf(archive);
  const output = pack();
  const copy = async () => {
    for (const { name, content } of shipment.added)
      await add(output, { name, size: content.length }, content);
    const seen = new Set<string>();
    for await (const entry of entries) {
      const { header } = entry;
      const name = shipment.renamed ? shipment.renamed.get(header.name) : header.name;
      if (name === undefined || leaveOut.has(name) || (shipment.renamed && seen.has(name))) {
        entry.resume();
        continue;
      }
      seen.add(name);
      if (header.type !== 'file') {
        await add(output, header);
        entry.resume();
        continue;
      }
      await copyEntry(output, { ...header, name }, entry);
    }
    // A source that is given up ends without a word.
    if (!archive.readableEnded) throw new Error('the image archive ended early');
    output.finalize();
  };
  copy().catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  // tar-stream has streams of its own kind; the callers need Node's.
  return Readable.from(output, { objectMode: false });
}

function add(output: Pack, header: Parameters<Pack['entry']>[0], content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (content === undefined) output.entry(header, done);
    else output.entry(header, content, done);
  });
}

/** The archive as it is sent, from what was kept; undefined when some of it was not. */
export function fromKept({ sizes, kept }: Shipment, leaveOut: ReadonlySet<string>): Readable | undefined {
  const names = [...sizes.keys()].filter((name) => !leaveOut.has(name));
  if (!names.every((name) => kept.has(name))) return undefined;
  const output = pack();
  for (const name of names) output.entry({ name }, kept.get(name) ?? Buffer.alloc(0));
  output.finalize();
  return Readable.from(output, { objectMode: false });
}

/** Fails when there are fewer bytes than the header says. */
async function copyEntry(
  output: Pack,
  header: Parameters<Pack['entry']>[0],
  content: AsyncIterable<unknown>,
): Promise<void> {
  const { promise: written, resolve, reject } = Promise.withResolvers<undefined>();
  // It may fail while the content is awaited.
  written.catch(() => undefined);
  const sink = output.entry(header, (error) => (error ? reject(error) : resolve(undefined)));
  // The callback tells; without a listener the whole process would end.
  sink.on('error', () => undefined);
  for await (const part of content) {
    if (sink.write(part as Buffer)) continue;
    const drained = Promise.withResolvers<undefined>();
    sink.once('drain', () => drained.resolve(undefined));
    await Promise.race([written, drained.promise]);
  }
  sink.end(undefined);
  await written;
}
