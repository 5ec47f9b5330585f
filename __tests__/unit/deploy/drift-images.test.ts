import { expect, test } from '@jest/globals';
import { driftOf, taggedImages } from '../../../src/deploy/drift.ts';

const compose = (frontend: string, backend: string) =>
  `services:\n  frontend:\n    image: ${frontend}\n  backend:\n    image: ${backend}\n  db:\n    image: postgres:16\n`;
const REPOSITORY = compose('shop-frontend:latest', 'shop-backend:latest');

test('deploy.drift: tags that earlier releases wrote are no drift, and are kept when the file is overwritten', () => {
  const server = compose('shop-frontend:aaaaaaa', 'shop-backend:bbbbbbb');
  expect(driftOf(server, REPOSITORY, { frontend: 'shop-frontend:ccccccc' })).toBe('');
  expect(taggedImages(server, REPOSITORY)).toMatchObject({ backend: 'shop-backend:bbbbbbb' });
});

test('deploy.drift: another image altogether is a drift', () => {
  const server = compose('shop-frontend:aaaaaaa', 'elsewhere/backend:1');
  expect(driftOf(server, REPOSITORY, {})).toContain('elsewhere/backend:1');
  expect(taggedImages(server, REPOSITORY)).not.toHaveProperty('backend');
});
