import type { ChangedFile } from '../plan.ts';

/** A changed path with what its content is called in git, where the source of the answer knows it. */
export interface Change extends ChangedFile {
  sha?: string;
}

/** Which files differ between two commits, and where that answer came from. */
export interface Changes {
  files: Change[];
  /** `git`, `compare`, `tree-walk`, `pull-request`, `same-commit`, `everything`. */
  source: string;
  /** The commit compared with; empty when everything counts as changed. */
  base: string;
  /** Files changed, but outside of the project. */
  elsewhere?: boolean;
  /** `everything` only: why. */
  reason?: string;
  /** `everything` only: not even the list of files could be had, so `files` says nothing. */
  unknown?: boolean;
}

/** One path of a git tree: mode and object name are its whole identity. */
export interface TreeEntry {
  path: string;
  mode: string;
  sha: string;
}

const SUBMODULE = '160000';
const SYMLINK = '120000';
const kind = (mode: string): string => (mode === SUBMODULE || mode === SYMLINK ? mode : 'file');

/** The difference of two complete lists of entries, in the statuses of `git diff --no-renames`. */
export function differenceOf(base: Iterable<TreeEntry>, head: Iterable<TreeEntry>): Difference[] {
  const before = new Map<string, TreeEntry[]>();
  for (const entry of base) put(before, entry.path, entry);
  const differences: Difference[] = [];
  const left: TreeEntry[] = [];
  for (const entry of head) {
    if (!take(before, entry.path, (old) => old.sha === entry.sha && old.mode === entry.mode))
      left.push(entry);
  }
  for (const entry of left) {
    const old = take(before, entry.path, () => true);
    differences.push({ path: entry.path, ...(old && { old }), new: entry });
  }
  for (const olds of before.values()) for (const old of olds) differences.push({ path: old.path, old });
  return differences;
}

/** Two names that are no UTF-8 may look the same, so one path may stand for several entries. */
export function put<T>(entries: Map<string, T[]>, path: string, entry: T): void {
  const there = entries.get(path);
  if (there) there.push(entry);
  else entries.set(path, [entry]);
}

export function take<T>(
  entries: Map<string, T[]>,
  path: string,
  wanted: (entry: T) => boolean,
): T | undefined {
  const there = entries.get(path) ?? [];
  const at = there.findIndex(wanted);
  return at === -1 ? undefined : there.splice(at, 1)[0];
}

/** What a path was and what it is; at least one of the two is there. */
export interface Difference {
  path: string;
  old?: TreeEntry;
  new?: TreeEntry;
}

/**
 * Statuses, and renames where a removed and an added file have the same content: both paths are changed, and a person
 * reads one line instead of two.
 */
export function toChanges(differences: readonly Difference[]): Change[] {
  const removed = new Map<string, string[]>();
  for (const { path, old, new: now } of differences) {
    if (old && !now && old.mode !== SUBMODULE) {
      removed.set(old.sha, [...(removed.get(old.sha) ?? []), path]);
    }
  }
  const movedAway = new Set<string>();
  const changes: Change[] = [];
  for (const { path, old, new: now } of differences) {
    if (!now) continue;
    const { sha } = now;
    if (old) {
      changes.push({ path, status: kind(old.mode) === kind(now.mode) ? 'modified' : 'changed', sha });
      continue;
    }
    const previous = removed.get(sha)?.shift();
    if (previous === undefined) {
      changes.push({ path, status: 'added', sha });
    } else {
      movedAway.add(previous);
      changes.push({ path, status: 'renamed', previous_path: previous, sha });
    }
  }
  for (const { path, new: now } of differences) {
    if (!now && !movedAway.has(path)) changes.push({ path, status: 'removed' });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
