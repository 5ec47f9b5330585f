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
  const { sha, timestamp } = source;
  const free = (wanted: string, taken: readonly string[], again = false) =>
    freeTag(wanted, { sha, timestamp }, again, async (tag) => !taken.includes(tag));

  test('the chosen tag is free, whatever is taken, and no other run can choose it of a commit that was built before', async () => {
    const own = 'a1b2c3d-20260206-160000';
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('a1b2c3d', 'v1.2.3', timestamp),
        fc.subarray(['a1b2c3d', 'v1.2.3', 'v1.2.3-a1b2c3d', own, `${own}-2`, `v1.2.3-${own}`, timestamp]),
        fc.boolean(),
        async (wanted, taken, again) => {
          const { tag } = await free(wanted, taken, again);
          expect(taken).not.toContain(tag);
          if (again) expect(tag).toContain(timestamp);
        },
      ),
    );
  });

  test.each([
    ['a1b2c3d', ['a1b2c3d'], false, 'a1b2c3d-20260206-160000'],
    ['a1b2c3d', [], true, 'a1b2c3d-20260206-160000'],
    ['a1b2c3d', ['a1b2c3d-20260206-160000'], true, 'a1b2c3d-20260206-160000-2'],
    ['v1.0.0', ['v1.0.0'], false, 'v1.0.0-a1b2c3d'],
    ['v1.0.0', [], true, 'v1.0.0-a1b2c3d-20260206-160000'],
    [timestamp, [timestamp], false, '20260206-160000-a1b2c3d'],
  ])('%s, while %j are taken, built again: %s -> %s', async (wanted, taken, again, tag) => {
    expect(await free(wanted, taken, again)).toEqual({
      tag,
      taken: true,
    });
  });
});
