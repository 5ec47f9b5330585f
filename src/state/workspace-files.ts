import { lstat, mkdir, open, rm, rmdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkspaceFiles } from './cache.ts';

/**
 * The files of a workspace for the cache's copy. `root` is GITHUB_WORKSPACE and must be the working directory too, because
 * `@actions/cache` resolves paths against both. A cache entry is an archive that anybody may have made: links are never
 * followed, neither for the file nor for its folder, and only the one file is read or removed.
 */
export function workspaceFiles(root: string): WorkspaceFiles {
  return {
    async read(path, limit) {
      if (!(await isPlainFolder(dirname(join(root, path))))) return undefined;
      const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
        unlessMissing,
      );
      if (!file) return undefined;
      try {
        const status = await file.stat();
        if (!status.isFile()) throw new Error('the entry is no plain file');
        if (status.size > limit) throw new Error('the entry is too large');
        return await file.readFile('utf8');
      } finally {
        await file.close();
      }
    },

    async write(path, text) {
      const folder = dirname(join(root, path));
      await mkdir(folder, { recursive: true });
      if (!(await isPlainFolder(folder))) throw new Error(`${dirname(path)} is a link`);
      await rm(join(root, path), { force: true, recursive: true });
      await writeFile(join(root, path), text, { flag: 'wx', mode: 0o600 });
    },

    async remove(path) {
      const folder = dirname(join(root, path));
      if (!(await isPlainFolder(folder))) return;
      await rm(join(root, path), { force: true, recursive: true });
      // What else is in the folder is not ours.
      await rmdir(folder).catch(() => undefined);
    },
  };
}

async function isPlainFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessMissing))?.isDirectory() ?? false;
}

function unlessMissing(error: unknown): undefined {
  if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
  throw error;
}
