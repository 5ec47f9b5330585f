import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseTag, freeTag, newestVersion } from '../../../src/build/tags.ts';

const source = {
  sha: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
  timestamp: '20260206-160000',
  repositoryTags: ['v1.2.3'],
};

describe('B2.3: the tag by strategy', () => {
  test.each([
    ['git-sha' as const, 'a1b2c3d'],
    ['semver' as const, 'v1.2.3'],
    ['timestamp' as const, '20260206-160000'],
  ])('%s -> %s', (strategy, tag) => {
    expect(chooseTag(strategy, source)).toEqual({ tag });
  });

  test('semver without a version tag uses the commit and says so', () => {
    const chosen = chooseTag('semver', { ...source, repositoryTags: ['latest', 'v1', 'v1.2.3-rc.1'] });
    expect(chosen.tag).toBe('a1b2c3d');
    expect(chosen.warning).toContain('v1.2.3');
  });

  test('versions are compared as numbers, not as text', () => {
    expect(newestVersion(['v1.9.0', 'v1.10.0', '1.2.3', 'nonsense'])).toBe('v1.10.0');
    expect(newestVersion([])).toBeUndefined();
  });
});

describe('B2: an existing tag of another image is never moved', () => {
  test('the chosen tag is free or already ours, whatever is taken', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a1b2c3d', 'v1.2.3', '20260206-160000'),
        fc.dictionary(
          fc.constantFrom('a1b2c3d', 'v1.2.3', 'v1.2.3-a1b2c3d', 'a1b2c3d-2', 'a1b2c3d-3'),
          fc.constantFrom('', 'ours', 'theirs'),
        ),
        (wanted, holders) => {
          const { tag } = freeTag(wanted, 'ours', 'a1b2c3d', (name) => holders[name]);
          expect([undefined, 'ours']).toContain(holders[tag]);
        },
      ),
    );
  });

  test('a re-run with another image gets a distinct tag', () => {
    const taken: Record<string, string> = { a1b2c3d: 'other' };
    expect(freeTag('a1b2c3d', 'new', 'a1b2c3d', (tag) => taken[tag])).toEqual({
      tag: 'a1b2c3d-2',
      taken: true,
    });
    expect(freeTag('a1b2c3d', 'other', 'a1b2c3d', (tag) => taken[tag])).toEqual({
      tag: 'a1b2c3d',
      taken: false,
    });
    expect(freeTag('v1.0.0', 'new', 'a1b2c3d', (tag) => (tag === 'v1.0.0' ? 'other' : undefined)).tag).toBe(
      'v1.0.0-a1b2c3d',
    );
  });
});
