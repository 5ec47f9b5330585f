import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/test/effects.ts
import { readFile, readdir, stat } from "node:fs/promises";
var absent = /* @__PURE__ */ __name((error) => {
  if (["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code ?? "")) return void 0;
  throw error;
}, "absent");
var realFiles = {
  read: /* @__PURE__ */ __name((path) => readFile(path, "utf8").catch(absent), "read"),
  changedAt: /* @__PURE__ */ __name((path) => stat(path).then((found) => found.mtimeMs, absent), "changedAt"),
  list: /* @__PURE__ */ __name(async (path) => await readdir(path).catch(absent) ?? [], "list")
};
var realProbe = /* @__PURE__ */ __name(async (url, timeout) => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeout), redirect: "manual" });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return void 0;
  }
}, "realProbe");
var STAMP_SLACK = 100;
var startOf = /* @__PURE__ */ __name(({ clock }) => clock.now().getTime() - STAMP_SLACK, "startOf");
async function readFresh(path, start, files) {
  return (await files.changedAt(path) ?? 0) < start ? void 0 : files.read(path);
}
__name(readFresh, "readFresh");

export {
  realFiles,
  realProbe,
  startOf,
  readFresh
};
