import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/action/workspace-files.ts
import { mkdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
function workspaceFiles(workspace) {
  return {
    read: /* @__PURE__ */ __name(async (path, limit) => {
      const file = join(workspace, path);
      const size = await stat(file).then(
        (found) => found.size,
        () => void 0
      );
      if (size === void 0) return void 0;
      if (size > limit) throw new Error(`${path} has ${size} bytes`);
      return readFile(file, "utf8");
    }, "read"),
    write: /* @__PURE__ */ __name(async (path, text) => {
      const file = join(workspace, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }, "write"),
    remove: /* @__PURE__ */ __name(async (path) => {
      const file = join(workspace, path);
      await rm(file, { force: true });
      await rmdir(dirname(file)).catch(() => void 0);
    }, "remove")
  };
}
__name(workspaceFiles, "workspaceFiles");
export {
  workspaceFiles
};
