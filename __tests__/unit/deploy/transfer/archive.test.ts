import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { extract, pack } from 'tar-stream';
import { describeArchive } from '../../../../src/deploy/transfer/archive.ts';
import { fromKept, repack } from '../../../../src/deploy/transfer/repack.ts';

const sha = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

type Files = [name: string, content: Buffer | string | { link: string }][];
async function tar(files: Files): Promise<Buffer> {
  const out = pack();
  for (const [name, content] of files) {
    if (typeof content === 'object' && 'link' in content)
      out.entry({ name, type: 'symlink', linkname: content.link });
    else out.entry({ name }, content);
  }
  out.finalize();
  const parts: Buffer[] = [];
  for await (const part of out) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
async function untar(archive: Readable): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const entries = archive.pipe(extract());
  archive.on('error', (error) => entries.destroy(error));
  for await (const entry of entries) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    found.set(entry.header.name, Buffer.concat(parts).toString());
  }
  return found;
}
const stream = (bytes: Buffer, step = 700) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
      bytes.subarray(index * step, (index + 1) * step),
    ),
    { objectMode: false },
  );

const LAYERS = ['base layer', 'empty', 'app layer'];
const config = JSON.stringify({ rootfs: { diff_ids: LAYERS.map((text) => `sha256:${sha(text)}`) } });
const blob = (text: string) => `blobs/sha256/${sha(text)}`;

const legacy: Files = [
  [`${sha(config)}.json`, config],
  ['aa/VERSION', '1.0'],
  ['aa/json', '{}'],
  ['aa/layer.tar', LAYERS[0] ?? ''],
  ['bb/layer.tar', LAYERS[1] ?? ''],
  ['cc/layer.tar', { link: '../bb/layer.tar' }],
  ['dd/layer.tar', LAYERS[2] ?? ''],
  ['repositories', '{}'],
  [
    'manifest.json',
    JSON.stringify([
      {
        Config: `${sha(config)}.json`,
        RepoTags: ['shop-web:1'],
        Layers: ['aa/layer.tar', 'bb/layer.tar', 'dd/layer.tar'],
      },
    ]),
  ],
];
const oci: Files = [
  ['blobs/', ''],
  ...LAYERS.map((text): Files[number] => [blob(text), text]),
  [blob(config), config],
  ['index.json', JSON.stringify({ manifests: [{ digest: 'sha256:target' }] })],
  [
    'manifest.json',
    JSON.stringify([{ Config: blob(config), RepoTags: ['shop-web:1'], Layers: LAYERS.map(blob) }]),
  ],
  ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
];

describe('transfer: what docker save writes', () => {
  test.each([
    ['legacy', legacy],
    ['OCI', oci],
  ])('the %s layout: layers by blob and DiffID, ids for both stores', async (_name, files) => {
    const { images } = await describeArchive(stream(await tar(files)));
    expect(images).toHaveLength(1);
    expect(images[0]?.references).toEqual(['shop-web:1']);
    expect(images[0]?.layers).toEqual(
      LAYERS.map((text) => ({ path: blob(text), diffId: `sha256:${sha(text)}` })),
    );
    expect(images[0]?.ids[0]).toBe(`sha256:${sha(config)}`);
    expect(images[0]?.ids).toHaveLength(2);
  });

  test.each([
    ['legacy', legacy],
    ['OCI', oci],
  ])(
    'the %s layout is passed on as OCI, without the layers left out, sizes known before',
    async (_name, files) => {
      const bytes = await tar(files);
      const shipment = await describeArchive(stream(bytes));
      const sent = await untar(repack(stream(bytes), shipment, new Set([blob('base layer')])));
      expect(sent.has(blob('base layer'))).toBe(false);
      expect(sent.get(blob('app layer'))).toBe('app layer');
      expect(sent.get(blob(config))).toBe(config);
      for (const [name, content] of sent)
        if (content !== '') expect(shipment.sizes.get(name)).toBe(content.length);
      const [target] = (JSON.parse(sent.get('index.json') ?? '') as { manifests: { digest: string }[] })
        .manifests;
      expect(shipment.images[0]?.ids).toContain(target?.digest);
      const [entry] = JSON.parse(sent.get('manifest.json') ?? '') as { Config: string; Layers: string[] }[];
      expect(entry).toMatchObject({ Config: blob(config), Layers: LAYERS.map(blob) });
    },
  );

  test.each([
    ['legacy', legacy],
    ['OCI', oci],
  ])(
    'small files of the %s layout are sent from memory, the same as from the archive',
    async (_name, files) => {
      const bytes = await tar(files);
      const shipment = await describeArchive(stream(bytes));
      const leaveOut = new Set([blob('base layer')]);
      const archived = await untar(repack(stream(bytes), shipment, leaveOut));
      const kept = fromKept(shipment, leaveOut);
      const sent = kept ? await untar(kept) : new Map<string, string>();
      expect([...sent].sort()).toEqual([...archived].sort());

      const big: Files = [[`blobs/sha256/${'b'.repeat(64)}`, Buffer.alloc(9_000_000)], ...files];
      const described = await describeArchive(stream(await tar(big), 65_536));
      if (files === oci) expect(fromKept(described, leaveOut)).toBeUndefined();
    },
  );

  test('the names of a converted archive are whole, and its manifest names config and layers by what they are', async () => {
    const bytes = await tar(legacy);
    const sent = await untar(repack(stream(bytes), await describeArchive(stream(bytes)), new Set()));
    const index = JSON.parse(sent.get('index.json') ?? '') as {
      manifests: { digest: string; size: number; annotations: Record<string, string> }[];
    };
    expect(index.manifests[0]?.annotations['io.containerd.image.name']).toBe('docker.io/library/shop-web:1');
    const manifest = sent.get(`blobs/sha256/${index.manifests[0]?.digest.slice(7)}`) ?? '';
    expect(`sha256:${sha(manifest)}`).toBe(index.manifests[0]?.digest);
    expect(JSON.parse(manifest)).toMatchObject({
      config: { digest: `sha256:${sha(config)}`, size: config.length },
      layers: LAYERS.map((text) => ({ digest: `sha256:${sha(text)}`, size: text.length })),
    });
  });

  test('compressed layers are known by their first bytes, however the stream is cut', async () => {
    const gzip = Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]);
    const bytes = await tar([[`blobs/sha256/${'a'.repeat(64)}`, gzip], ...oci]);
    for (const step of [1, 3, 511, 100_000]) {
      const { compressed } = await describeArchive(stream(bytes, step));
      expect([...compressed]).toEqual([`blobs/sha256/${'a'.repeat(64)}`]);
    }
  });

  test('an archive that is cut off anywhere, empty or no archive at all is TRANSFER_FAILED or a read error', async () => {
    const bytes = await tar(oci);
    // The two blocks of zeros at the end belong to no file.
    const whole = bytes.length - 1024 - 512;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole - 1), async (length) => {
        await expect(describeArchive(stream(bytes.subarray(0, length)))).rejects.toThrow();
      }),
      { numRuns: 40 },
    );
    await expect(describeArchive(Readable.from([]))).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
    await expect(describeArchive(stream(Buffer.from('not an archive at all')))).rejects.toThrow();
  });

  test('an archive that is given up, or whose source fails, fails the copy instead of waiting for ever', async () => {
    const bytes = await tar(oci);
    const shipment = await describeArchive(stream(bytes));
    for (const reason of [undefined, new Error('docker save failed')]) {
      const broken = new Readable({ read: () => undefined });
      broken.on('error', () => undefined);
      broken.push(bytes.subarray(0, 1_000));
      const copy = repack(broken, shipment, new Set());
      setImmediate(() => broken.destroy(reason));
      await expect(untar(copy)).rejects.toThrow();
    }
  });
});
