import { describe, expect, test } from '@jest/globals';
import { setImages } from '../../../src/deploy/compose-edit.ts';
import { driftOf, taggedImages } from '../../../src/deploy/drift.ts';

const compose = (frontend: string, backend: string) =>
  `services:\n  frontend:\n    image: ${frontend}\n  backend:\n    image: ${backend}\n  db:\n    image: postgres:16\n`;
const REPOSITORY = compose('shop-frontend:latest', 'shop-backend:latest');
const OWN = { frontend: 'shop-frontend', backend: 'shop-backend' };

describe('deploy.drift: tags that earlier releases wrote are no drift, and are kept when the file is overwritten', () => {
  test.each([
    ['the same name, another tag', REPOSITORY],
    ['built there', 'services:\n  frontend:\n    build: ./frontend\n  backend:\n    build: ./backend\n'],
    [
      'a registry before the name',
      'services:\n  frontend:\n    image: ghcr.io/me/frontend\n  backend:\n    image: ghcr.io/me/backend:latest\n',
    ],
    [
      'a tag from a variable',
      'services:\n  frontend:\n    image: shop-frontend:${TAG:-latest}\n  backend:\n    image: shop-backend:${TAG:-latest}\n',
    ],
  ])('in the repository: %s', (_what, repository) => {
    const server = setImages(repository, {
      frontend: 'shop-frontend:aaaaaaa',
      backend: 'shop-backend:bbbbbbb',
    });
    expect(driftOf(server, repository, { frontend: 'shop-frontend:ccccccc' }, OWN)).toBe('');
    expect(taggedImages(server, repository, OWN)).toMatchObject({ backend: 'shop-backend:bbbbbbb' });
  });
});

test('deploy.drift: another image altogether is a drift', () => {
  const server = compose('shop-frontend:aaaaaaa', 'elsewhere/backend:1');
  expect(driftOf(server, REPOSITORY, {}, OWN)).toContain('elsewhere/backend:1');
  expect(taggedImages(server, REPOSITORY, OWN)).not.toHaveProperty('backend');
});

test('deploy.drift: the image of another service, or of a service that the repository has no more, is not kept', () => {
  const server = compose('shop-backend:bbbbbbb', 'shop-backend:bbbbbbb');
  const repository = 'services:\n  frontend:\n    build: .\n';
  expect(taggedImages(server, repository, OWN)).toEqual({});
  expect(driftOf(server, repository, {}, OWN)).toContain('shop-backend:bbbbbbb');
});
