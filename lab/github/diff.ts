/** The files between two trees, in the shape of GitHub's `files` arrays (without `patch`). */
import { git } from './git.ts';

export interface ChangedFile {
  sha: string;
  filename: string;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed';
  additions: number;
  deletions: number;
  changes: number;
  previous_filename?: string;
}

const STATUS: Record<string, ChangedFile['status']> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  T: 'modified',
  R: 'renamed',
  C: 'copied',
};

/** `from` undefined: against the empty tree. Renames as git -M finds them, in git's order. */
export async function changedFiles(
  dir: string,
  from: string | undefined,
  to: string,
): Promise<ChangedFile[]> {
  const range = from === undefined ? ['--root', to] : [from, to];
  const args = [
    '--git-dir',
    dir,
    'diff-tree',
    '-r',
    '-M',
    '-z',
    '--no-commit-id',
    '--raw',
    '--numstat',
    '--abbrev=64',
  ];
  const tokens = (await git([...args, ...range, '--'])).toString().split('\0');
  const files: ChangedFile[] = [];
  const byName = new Map<string, ChangedFile>();
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at++] ?? '';
    const raw = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(token);
    const counts = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(token);
    if (raw) {
      const letter = raw[5] ?? 'M';
      const first = tokens[at++] ?? '';
      const renamed = letter === 'R' || letter === 'C';
      const filename = renamed ? (tokens[at++] ?? '') : first;
      const sameContent = letter === 'M' && raw[3] === raw[4];
      const file: ChangedFile = {
        sha: (letter === 'D' ? raw[3] : raw[4]) ?? '',
        filename,
        status: sameContent ? 'changed' : (STATUS[letter] ?? 'modified'),
        additions: 0,
        deletions: 0,
        changes: 0,
        ...(renamed ? { previous_filename: first } : {}),
      };
      files.push(file);
      byName.set(filename, file);
    } else if (counts) {
      // With -z a rename has an empty name here, and both names follow.
      let name = counts[3] ?? '';
      if (name === '') {
        name = tokens[at + 1] ?? '';
        at += 2;
      }
      const file = byName.get(name);
      if (!file) continue;
      file.additions = Number(counts[1] === '-' ? 0 : counts[1]);
      file.deletions = Number(counts[2] === '-' ? 0 : counts[2]);
      file.changes = file.additions + file.deletions;
    }
  }
  return files;
}
