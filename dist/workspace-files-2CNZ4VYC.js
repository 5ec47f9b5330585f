import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/state/workspace-files.ts
import { lstat, mkdir, open, rm, rmdir, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import { dirname, join } from "node:path";
function workspaceFiles(root) {
  return {
    async read(path, limit) {
      if (!await isPlainFolder(dirname(join(root, path)))) return void 0;
      const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
        unlessMissing
      );
      if (!file) return void 0;
      try {
        const status = await file.stat();
        if (!status.isFile()) throw new Error("the entry is no plain file");
        if (status.size > limit) throw new Error("the entry is too large");
        return await file.readFile("utf8");
      } finally {
        await file.close();
      }
    },
    async write(path, text) {
      const folder = dirname(join(root, path));
      await mkdir(folder, { recursive: true });
      if (!await isPlainFolder(folder)) throw new Error(`${dirname(path)} is a link`);
      await rm(join(root, path), { force: true, recursive: true });
      await writeFile(join(root, path), text, { flag: "wx", mode: 384 });
    },
    async remove(path) {
      const folder = dirname(join(root, path));
      if (!await isPlainFolder(folder)) return;
      await rm(join(root, path), { force: true, recursive: true });
      await rmdir(folder).catch(() => void 0);
    }
  };
}
__name(workspaceFiles, "workspaceFiles");
async function isPlainFolder(path) {
  return (await lstat(path).catch(unlessMissing))?.isDirectory() ?? false;
}
__name(isPlainFolder, "isPlainFolder");
function unlessMissing(error) {
  if (error.code === "ENOENT") return void 0;
  throw error;
}
__name(unlessMissing, "unlessMissing");
export {
  workspaceFiles
};
