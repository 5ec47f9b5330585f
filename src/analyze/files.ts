import { lstat, readFile, realpath } from 'node:fs/promises';
import { join, relative, isAbsolute } from 'node:path';
import type { Change } from './sources/changes.ts';

/** A regular file: its size in bytes, and its content unless that is larger than the limit it was read with. */
export interface FileContent {
  size: number;
  content?: Buffer;
}

/** Reads a file of the head commit; nothing for what is no regular file (symlinks, submodules, removed files). */
export type ReadFile = (path: string, limit: number) => Promise<FileContent | undefined>;

/** Reads from a checkout of the head commit. Links are not followed, in whatever part of the path. */
export function workspaceReader(workspace: string): ReadFile {
  return async (path, limit) => {
    const file = join(workspace, path);
    try {
      const { size, ...stats } = await lstat(file).then((found) => ({
        size: found.size,
        file: found.isFile(),
      }));
      if (!stats.file) return undefined;
      const inside = relative(await realpath(workspace), await realpath(file));
      if (inside !== path || isAbsolute(inside)) return undefined;
      return size > limit ? { size } : { size, content: await readFile(file) };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EACCES') return undefined;
      throw error;
    }
  };
}

/**
 * Reads by the checkout at the head commit. `read` reads the workspace; a file whose name is no UTF-8 is not found there,
 * and comes from git by its object name.
 */
export function checkoutReader(
  {
    prefix,
    read,
    blob,
  }: { prefix: string; read: ReadFile; blob: (sha: string, limit: number) => ReturnType<ReadFile> },
  changes: readonly Change[],
): ReadFile {
  const shas = new Map(changes.map(({ path, sha }) => [path, sha]));
  return async (path, limit) => {
    const found = await read(`${prefix}${path}`, limit);
    const sha = shas.get(path);
    return found ?? (path.includes('\uFFFD') && sha !== undefined ? blob(sha, limit) : undefined);
  };
}
