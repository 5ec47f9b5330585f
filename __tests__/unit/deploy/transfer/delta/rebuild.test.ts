/** What the server rebuilds is what the runner has: the real program of the server against any pair of layers. */
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { diff, type Step } from '../../../../../src/deploy/transfer/delta/diff.ts';
import { instructions } from '../../../../../src/deploy/transfer/delta/instructions.ts';
import { PATCHER, rebuildCommand } from '../../../../../src/deploy/transfer/delta/patcher.ts';
import { decodeSignature, encodeSignature } from '../../../../../src/deploy/transfer/delta/signature.ts';
import { UnitReader, type Units } from '../../../../../src/deploy/transfer/delta/units.ts';

jest.setTimeout(60_000);

interface File {
  name: string;
  content: Buffer;
  /** Seconds. */
  time: number;
}

async function tar(files: readonly File[]): Promise<Buffer> {
  const out = pack();
  for (const { name, content, time } of files) out.entry({ name, mtime: new Date(time * 1000) }, content);
  out.finalize();
  const parts: Buffer[] = [];
  for await (const part of out) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function unitsOf(layer: Buffer, step: number): Units {
  const reader = new UnitReader();
  for (let at = 0; at < layer.length; at += step) reader.push(layer.subarray(at, at + step));
  return reader.end() as Units;
}

async function* inPieces(bytes: Buffer, step: number) {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

/** A pair of files with these contents, as `docker save` writes layers into its archive. */
const archiveOf = (layer: Buffer, others: readonly File[] = []) =>
  tar([...others, { name: 'blobs/sha256/layer', content: layer, time: 0 }]);

async function patch(
  image: Buffer,
  old: Units,
  delta: Buffer,
): Promise<{ code: number; written: Buffer; said: string }> {
  const child = spawn('perl', ['-e', PATCHER, String(old.length), old.mark], {
    stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'pipe'],
  });
  const written: Buffer[] = [];
  let said = '';
  child.stdout?.on('data', (part: Buffer) => written.push(part));
  child.stderr?.on('data', (part: Buffer) => (said += part.toString()));
  const given = child.stdio[4] as Writable;
  for (const [stream, bytes] of [
    [given, image],
    [child.stdin, delta],
  ] as const) {
    // It may end before it has read everything.
    stream?.on('error', () => undefined);
    stream?.end(bytes);
  }
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
  return { code, written: Buffer.concat(written), said };
}

async function deltaOf(archive: Buffer, steps: Step[], piece: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of instructions(inPieces(archive, piece), 'blobs/sha256/layer', steps))
    parts.push(part);
  return Buffer.concat(parts);
}

/** Rebuilds `fresh` from `old` on the way that a transfer takes, the signature included. */
async function rebuilt(old: Buffer, fresh: Buffer, piece: number) {
  const signature = decodeSignature(encodeSignature(unitsOf(old, piece))) as Units;
  const steps = diff(signature.units, unitsOf(fresh, piece).units);
  const before = { name: 'blobs/sha256/config', content: Buffer.from('{}'), time: 0 };
  const archive = await archiveOf(fresh, [before]);
  const delta = await deltaOf(archive, steps, piece);
  return { archive, delta, steps, ...(await patch(await archiveOf(old, [before]), signature, delta)) };
}

/** Deterministic bytes that do not repeat. */
const noise = (seed: string, length: number) => {
  const parts: Buffer[] = [];
  for (let index = 0; index * 32 < length; index += 1)
    parts.push(createHash('sha256').update(`${seed}${index}`).digest());
  return Buffer.concat(parts).subarray(0, length);
};

const file = fc.record({
  name: fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    // Needs an extended header.
    fc.constantFrom('f', 'g').map((letter) => letter.repeat(120)),
  ),
  content: fc
    .tuple(fc.constantFrom('x', 'y'), fc.constantFrom(0, 1, 511, 512, 513, 65_536, 140_000))
    .map(([seed, length]) => noise(seed, length)),
  time: fc.constantFrom(0, 1_700_000_000, 1_700_000_001),
});
const layer = fc.array(file, { minLength: 1, maxLength: 12 });
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('B2.5: a layer rebuilt from an older one', () => {
  test('is the same bytes, whatever differs', async () => {
    await fc.assert(
      fc.asyncProperty(layer, layer, fc.constantFrom(700, 4_096, 65_536), async (old, fresh, piece) => {
        const { archive, code, written, said } = await rebuilt(await tar(old), await tar(fresh), piece);
        expect({ code, said, sha: sha(written) }).toEqual({ code: 0, said: '', sha: sha(archive) });
      }),
      { numRuns: 40 },
    );
  });

  test('is the same bytes when it is no archive behind its first header', async () => {
    const bytes = fc.uint8Array({ maxLength: 3_000 });
    await fc.assert(
      fc.asyncProperty(layer, bytes, bytes, async (files, one, two) => {
        const head = await tar(files);
        const [old, fresh] = [Buffer.concat([head, one]), Buffer.concat([two, head, one])];
        const { archive, code, written } = await rebuilt(old, Buffer.concat([head, two, fresh]), 1_000);
        expect({ code, sha: sha(written) }).toEqual({ code: 0, sha: sha(archive) });
      }),
      { numRuns: 30 },
    );
  });

  const files = Array.from({ length: 300 }, (_, index) => ({
    name: `app/node_modules/${index}/index.js`,
    content: noise(String(index), 1_000),
    time: 1_700_000_000,
  }));

  test('costs one changed file when one file changed', async () => {
    const changed = files.map((one, index) =>
      index === 150 ? { ...one, content: noise('new', 1_000) } : one,
    );
    const { delta, steps } = await rebuilt(await tar(files), await tar(changed), 65_536);
    expect(steps.map(({ kind }) => kind)).toEqual(['copy', 'literal', 'skip', 'copy']);
    expect(delta.length).toBeLessThan(5_000);
  });

  test('costs next to nothing when every time in it is another one', async () => {
    const later = files.map((one) => ({ ...one, time: 1_700_009_999 }));
    const { archive, delta, steps, written } = await rebuilt(await tar(files), await tar(later), 65_536);
    expect(steps.map(({ kind }) => kind)).toEqual(['stamp']);
    expect(delta.length).toBeLessThan(3_000);
    expect(sha(written)).toBe(sha(archive));
  });

  test('costs each entry that moved to the front, and no more', async () => {
    const moved = [...files.slice(200), ...files.slice(0, 200)];
    const { archive, delta, written } = await rebuilt(await tar(files), await tar(moved), 65_536);
    expect(delta.length).toBeLessThan(100 * 1_600);
    expect(sha(written)).toBe(sha(archive));
  });
});

describe('the program on the server', () => {
  const setting = async () => {
    const old = await tar([{ name: 'a', content: noise('a', 3_000), time: 1 }]);
    return { image: await archiveOf(old), old: unitsOf(old, 4_096) };
  };

  test.each([
    ['the stream ended early', 'c 512\n'],
    ['the stream ended early', 'l 100\nshort'],
    ['no instruction', 'x 512\ne 0\n'],
    ['no instruction', 'c 512 extra\ne 0\n'],
    ['the image of the server ended early', 'c 1000000\ne 0\n'],
  ])('fails with "%s" on %j', async (why, delta) => {
    const { image, old } = await setting();
    const { code, said } = await patch(image, old, Buffer.from(delta));
    expect(code).not.toBe(0);
    expect(said).toBe(`delta: ${why}\n`);
  });

  test('fails where the image does not have the layer', async () => {
    const { image, old } = await setting();
    const { code, written } = await patch(image, { ...old, mark: '000000' }, Buffer.from('l 1\nxe 0\n'));
    expect(code).not.toBe(0);
    expect(written.length).toBe(0);
  });

  test('fails on an image that is cut off', async () => {
    const { image, old } = await setting();
    const { code } = await patch(image.subarray(0, 2_000), old, Buffer.from(`c ${old.length}\ne 0\n`));
    expect(code).not.toBe(0);
  });
});

describe.each([['sh'], ['bash', '--posix', '--norc'], ['busybox', 'sh']] as const)(
  'the command of the server, read by %s',
  (...shell) => {
    const run = async (unpacker: 'gzip' | 'zstd', spoil: (packed: Buffer) => Buffer) => {
      const folder = await mkdtemp(join(tmpdir(), 'rebuild-'));
      try {
        const [old, fresh] = [
          await tar([{ name: 'a', content: noise('a', 200_000), time: 1 }]),
          await tar([{ name: 'a', content: noise('a', 200_000), time: 2 }]),
        ];
        const units = unitsOf(old, 65_536);
        const archive = await archiveOf(fresh);
        const delta = await deltaOf(archive, diff(units.units, unitsOf(fresh, 65_536).units), 65_536);
        await writeFile(join(folder, 'image'), await archiveOf(old));
        // An engine that saves one image, and loads what it is given when it is whole.
        await writeFile(
          join(folder, 'docker'),
          `#!/bin/sh\nset -e\ncd ${folder}\ncase "$*" in\n"save -- shop:1") cat image;;\nload) cat >loaded; tar -tf loaded >/dev/null;;\n*) exit 9;;\nesac\n`,
          { mode: 0o755 },
        );
        const { argv } = rebuildCommand(
          'shop:2',
          { image: 'shop:1', length: units.length, mark: units.mark },
          unpacker,
        );
        const child = spawn(shell[0], [...shell.slice(1), ...argv.slice(1)], {
          env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
          stdio: ['pipe', 'ignore', 'pipe'],
        });
        let said = '';
        child.stderr.on('data', (part: Buffer) => (said += part.toString()));
        child.stdin.on('error', () => undefined);
        child.stdin.end(spoil(unpacker === 'zstd' ? zstdCompressSync(delta) : gzipSync(delta)));
        const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
        const loaded = await readFile(join(folder, 'loaded'));
        return { code, said, same: loaded.equals(archive) };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    };

    test.each(['gzip', 'zstd'] as const)('loads what was meant, through %s', async (unpacker) => {
      expect(await run(unpacker, (packed) => packed)).toEqual({ code: 0, said: '', same: true });
    });

    test('fails, and says why, when the stream is cut off', async () => {
      const cut = await run('gzip', (packed) => packed.subarray(0, packed.length / 2));
      expect(cut).toMatchObject({
        same: false,
        said: expect.stringContaining('delta: the stream ended early'),
      });
      expect(cut.code).not.toBe(0);
    });
  },
);

describe('a signature', () => {
  test('reads back as what was written', async () => {
    await fc.assert(
      fc.asyncProperty(layer, async (files) => {
        const units = unitsOf(await tar(files), 4_096);
        expect(decodeSignature(encodeSignature(units))).toEqual(units);
      }),
      { numRuns: 50 },
    );
  });

  test('that is cut off, altered or something else is none, or another one, and never an exception', async () => {
    const whole = encodeSignature(
      unitsOf(await tar([{ name: 'a', content: noise('a', 70_000), time: 1 }]), 4_096),
    );
    expect(decodeSignature(whole.subarray(0, whole.length / 2))).toBeUndefined();
    expect(decodeSignature(Buffer.from('hello'))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const altered = Buffer.from(whole);
        altered[at] = (altered[at] ?? 0) ^ mask;
        expect(() => decodeSignature(altered)).not.toThrow();
      }),
    );
  });
});
