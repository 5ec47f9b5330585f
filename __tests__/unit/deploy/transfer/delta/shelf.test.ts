/** Signatures on a server, by a real shell in a folder of this machine. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { candidates } from '../../../../../src/deploy/transfer/delta/index.ts';
import { look, read, remember } from '../../../../../src/deploy/transfer/delta/shelf.ts';
import type { Units } from '../../../../../src/deploy/transfer/delta/units.ts';
import { openLocalTarget } from '../../../../../src/server/target-local.ts';
import type { Image, Target } from '../../../../../src/server/target.ts';
import { memoryLog } from '../../../../e2e/server-support.ts';

let parent: string;
let folder: string;
let target: Target;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'shelf-'));
  folder = join(parent, "it's a folder", 'layers');
  target = openLocalTarget({ path: parent, log: memoryLog() });
});
afterEach(async () => {
  await target.close();
  await rm(parent, { recursive: true, force: true });
});

const diffId = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}`;
const units: Units = {
  units: [{ hash: 7, length: 512, entry: true, stamp: 5 }],
  length: 512,
  mark: '001234',
};

test('what is left for a layer is found again, and is not sent twice', async () => {
  expect(await look(target, folder)).toEqual({ has: new Set(), unpacker: expect.any(String) });
  expect(await remember(target, folder, new Set(), new Map([[diffId(1), units]]))).toBeGreaterThan(0);
  const { has } = await look(target, folder);
  expect([...has]).toEqual([diffId(1)]);
  expect(await read(target, folder, diffId(1))).toEqual(units);
  expect(await remember(target, folder, has, new Map([[diffId(1), units]]))).toBe(0);
});

test('a signature that is missing, empty or a folder is none', async () => {
  expect(await read(target, folder, diffId(1))).toBeUndefined();
  await mkdir(join(folder, diffId(2).slice(7)), { recursive: true });
  await writeFile(join(folder, diffId(3).slice(7)), '');
  expect(await read(target, folder, diffId(2))).toBeUndefined();
  expect(await read(target, folder, diffId(3))).toBeUndefined();
});

test('the ones that were not used for longest go, never one of the layers at hand', async () => {
  await mkdir(folder, { recursive: true });
  for (let number = 1; number <= 40; number += 1) {
    const file = join(folder, diffId(number).slice(7));
    await writeFile(file, 'old');
    await utimes(file, number, number);
  }
  await writeFile(join(folder, `.${diffId(50).slice(7)}`), 'cut off');
  const { has } = await look(target, folder);
  const layers = new Map([1, 60].map((number) => [diffId(number), units]));
  await remember(target, folder, has, layers);
  const left = (await readdir(folder)).map((name) => parseInt(name.slice(-4), 16)).toSorted((a, b) => a - b);
  expect(left).toEqual([1, ...Array.from({ length: 30 }, (_, index) => index + 11), 60]);
});

test('a folder that cannot be made costs nothing but the signatures', async () => {
  await writeFile(join(parent, 'file'), '');
  const below = join(parent, 'file', 'layers');
  expect((await look(target, below)).has).toEqual(new Set());
  await remember(target, below, new Set(), new Map([[diffId(1), units]]));
  expect((await look(target, below)).has).toEqual(new Set());
});

const image = (reference: string, created: string, layers: number[]) =>
  ({ references: [reference], created, layers: layers.map(diffId) }) as Image;
test('a layer is compared with those at its place in the newest images of the same name', () => {
  const images = [
    image('shop-web:1', '2026-01-01T00:00:00Z', [1, 2, 3]),
    image('shop-web:2', '2026-01-02T00:00:00Z', [1, 4, 5]),
    image('shop-api:9', '2026-01-09T00:00:00Z', [1, 6, 7]),
  ];
  const among = (known: number[]) =>
    candidates('shop-web:3', images, 1, new Set(known.map(diffId)), new Set([diffId(1)])).map(
      (found) => `${found.image.references[0] ?? ''} ${parseInt(found.diffId.slice(-2), 16)}`,
    );
  expect(among([1, 2, 3, 4, 5, 6])).toEqual(['shop-web:2 4', 'shop-web:2 5']);
  expect(among([1, 2, 6])).toEqual(['shop-web:1 2', 'shop-api:9 6']);
  expect(among([1])).toEqual([]);
});
