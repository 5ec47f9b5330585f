import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/analyze/files.ts
import { lstat, readFile, realpath } from "node:fs/promises";
import { join, relative, isAbsolute } from "node:path";
function workspaceReader(workspace) {
  return async (path, limit) => {
    const file = join(workspace, path);
    try {
      const { size, ...stats } = await lstat(file).then((found) => ({
        size: found.size,
        file: found.isFile()
      }));
      if (!stats.file) return void 0;
      const inside = relative(await realpath(workspace), await realpath(file));
      if (inside !== path || isAbsolute(inside)) return void 0;
      return size > limit ? { size } : { size, content: await readFile(file) };
    } catch (error) {
      const code = error.code;
      if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "EACCES") return void 0;
      throw error;
    }
  };
}
__name(workspaceReader, "workspaceReader");
function checkoutReader({
  prefix,
  read,
  blob
}, changes) {
  const shas = new Map(changes.map(({ path, sha }) => [path, sha]));
  return async (path, limit) => {
    const found = await read(`${prefix}${path}`, limit);
    const sha = shas.get(path);
    return found ?? (path.includes("\uFFFD") && sha !== void 0 ? blob(sha, limit) : void 0);
  };
}
__name(checkoutReader, "checkoutReader");

export {
  workspaceReader,
  checkoutReader
};
