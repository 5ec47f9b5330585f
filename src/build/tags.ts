import type { Config } from '../config/schema.ts';

export type TagStrategy = Config['build']['tag_strategy'];

export interface TagSource {
  /** Full commit sha. */
  sha: string;
  /** `YYYYMMDD-HHMMSS`, the first part of the pipeline id. */
  timestamp: string;
  /** Tag names of the repository, any order. */
  repositoryTags: readonly string[];
}

export interface ChosenTag {
  tag: string;
  /** Set when the strategy could not be followed. */
  warning?: string;
}

const SEMVER = /^v?(\d+)\.(\d+)\.(\d+)$/;

/** Rule B2.3: the image tag by strategy. `semver` is the newest `v1.2.3` tag; without one, the commit, with a warning. */
export function chooseTag(strategy: TagStrategy, source: TagSource): ChosenTag {
  const short = source.sha.slice(0, 7);
  switch (strategy) {
    case 'git-sha':
      return { tag: short };
    case 'timestamp':
      return { tag: source.timestamp };
    case 'semver': {
      const newest = newestVersion(source.repositoryTags);
      if (newest !== undefined) return { tag: newest };
      return {
        tag: short,
        warning: `build.tag_strategy is semver, but the repository has no tag such as v1.2.3: the commit ${short} is used instead`,
      };
    }
  }
}

/** The greatest release version among tag names; pre-releases and other names do not count. */
export function newestVersion(tags: readonly string[]): string | undefined {
  const versions = tags.flatMap((tag) => {
    const match = SEMVER.exec(tag);
    return match ? [{ tag, numbers: match.slice(1).map(Number) }] : [];
  });
  versions.sort((a, b) => compare(b.numbers, a.numbers));
  return versions[0]?.tag;
}

function compare(a: number[], b: number[]): number {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * A tag that no other image holds: an existing tag may be what a rollback needs, so it is never moved.
 * `owner` says which image id holds a tag now (undefined: nobody; empty: somebody, id unknown).
 */
export function freeTag(
  wanted: string,
  imageId: string,
  shortSha: string,
  owner: (tag: string) => string | undefined,
): { tag: string; taken: boolean } {
  const candidates = [wanted];
  if (!wanted.includes(shortSha)) candidates.push(`${wanted}-${shortSha}`);
  const base = candidates.at(-1) ?? wanted;
  for (let attempt = 0; ; attempt += 1) {
    const tag = candidates[attempt] ?? `${base}-${attempt - candidates.length + 2}`;
    const holder = owner(tag);
    if (holder === undefined || holder === imageId) return { tag, taken: attempt > 0 };
  }
}
