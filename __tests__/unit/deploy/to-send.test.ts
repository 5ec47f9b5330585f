import { expect, test } from '@jest/globals';
import { toSend } from '../../../src/deploy/to-send.ts';

const NEXT = { found: { first: false, current: false } };
const FIRST = { found: { first: true, current: false } };

test.each([
  ['what runs already', { found: { first: false, current: true } }, 'nothing'],
  ['an image that the server has', { ...FIRST, there: true }, 'nothing, it is there'],
  ['an image that it pulls', { ...NEXT, pull: 'ghcr.io/me/web@sha256:1' }, 'nothing, the server pulls it'],
  ['a first deployment', { ...FIRST, size: 134_000_000 }, '134 MB, compressed'],
  ['a first deployment, not built yet', FIRST, 'the whole image, compressed'],
  ['a further one', { ...NEXT, size: 134_000_000 }, 'what differs of 134 MB'],
  [
    'a further one, and what the last one sent',
    { ...NEXT, size: 134_000_000, lastSent: 16_800 },
    'what differs of 134 MB; last time 16.8 kB',
  ],
  ['a further one, not built yet', { ...NEXT, lastSent: 16_800 }, 'what differs; last time 16.8 kB'],
  ['a further one, nothing known', NEXT, 'what differs'],
])('what is to send: %s', (_what, asked: Asked, said) => {
  const { found, there = false, size = 0, pull, lastSent } = asked;
  const image = { reference: 'shop-web:v2', id: '', size, ...(pull === undefined ? {} : { pull }) };
  const wanted = { image, ...(lastSent === undefined ? {} : { lastSent }) };
  expect(toSend({ imageIds: there ? { 'shop-web:v2': 'sha256:2' } : {} }, wanted, found)).toBe(said);
});

interface Asked {
  found: { first: boolean; current: boolean };
  there?: boolean;
  size?: number;
  pull?: string;
  lastSent?: number;
}
