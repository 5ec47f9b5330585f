import { mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WorkspaceFiles } from '../state/cache.ts';

/** The few files that the cache client packs; it resolves its paths against the workspace, and so does this. */
export function workspaceFiles(workspace: string): WorkspaceFiles {
  return {
    read: async (path, limit) => {
      const file = join(workspace, path);
      const size = await stat(file).then(
        (found) => found.size,
        () => undefined,
      );
      if (size === undefined) return undefined;
      if (size > limit) throw new Error(`${path} has ${size} bytes`);
      return readFile(file, 'utf8');
    },
    write: async (path, text) => {
      const file = join(workspace, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    },
    remove: async (path) => {
      const file = join(workspace, path);
      await rm(file, { force: true });
      // Only the folder that was made for it: one with other files in it stays.
      await rmdir(dirname(file)).catch(() => undefined);
    },
  };
}
