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
 * Rule B2: a tag that no other image holds, because a rollback may need that one, or what serves. `isFree` says so of one
 * tag. With `again` only those with the time of this run in them come into question: they are no other run's.
 */
export async function freeTag(
  wanted: string,
  { sha, timestamp }: Pick<TagSource, 'sha' | 'timestamp'>,
  again: boolean,
  isFree: (tag: string) => Promise<boolean>,
): Promise<{ tag: string; taken: boolean }> {
  const shortSha = sha.slice(0, 7);
  const ofCommit = wanted.includes(shortSha) ? wanted : `${wanted}-${shortSha}`;
  const ofRun = ofCommit.includes(timestamp) ? ofCommit : `${ofCommit}-${timestamp}`;
  const candidates = [...new Set([wanted, ofCommit, ofRun])];
  for (let attempt = 0; ; attempt += 1) {
    const tag = candidates[attempt] ?? `${ofRun}-${attempt - candidates.length + 2}`;
    if (again && !tag.includes(timestamp)) continue;
    if (await isFree(tag)) return { tag, taken: tag !== wanted };
  }
}
