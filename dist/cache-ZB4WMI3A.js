import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  withLimit
} from "./chunk-K7Z7QXKG.js";
import {
  RollbackRegistry
} from "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/state/cache.ts
import { createHash } from "node:crypto";
var CACHE_PATH = ".gonsautopilot/rollback-registry.json";
var LIMIT = 15e3;
var MAX_SIZE = 2e6;
function createRegistryCache({
  cache,
  files,
  target,
  clock,
  log
}) {
  const prefix = `gonsautopilot-registry/${createHash("sha256").update(target).digest("hex").slice(0, 16)}/`;
  let silent = false;
  async function limited(call) {
    if (silent) throw new Error("it did not answer before");
    let settled = false;
    try {
      return await withLimit(clock, LIMIT, () => call().finally(() => settled = true));
    } finally {
      silent = !settled;
    }
  }
  __name(limited, "limited");
  async function withFile(what, work) {
    try {
      return await work();
    } catch (error) {
      log.warning(
        `The rollback registry could not be ${what} the Actions cache (${error.message}); the state branch has it.`
      );
      return void 0;
    } finally {
      await files.remove(CACHE_PATH).catch(() => void 0);
    }
  }
  __name(withFile, "withFile");
  return {
    restore: /* @__PURE__ */ __name((newerThan) => withFile("read from", async () => {
      await files.remove(CACHE_PATH);
      if (newerThan !== void 0) {
        const found = await limited(
          () => cache.restoreCache([CACHE_PATH], prefix, [], { lookupOnly: true })
        );
        const revision = /^(\d{1,15})-/.exec(found?.slice(prefix.length) ?? "")?.[1];
        if (revision === void 0 || Number(revision) <= newerThan) return void 0;
      }
      const key = await limited(() => cache.restoreCache([CACHE_PATH], prefix, []));
      if (key === void 0) return void 0;
      if (!key.startsWith(prefix)) throw new Error("it answered with a foreign entry");
      const text = await files.read(CACHE_PATH, MAX_SIZE);
      if (text === void 0) throw new Error("the entry holds no registry");
      return parsed(text);
    }), "restore"),
    save: /* @__PURE__ */ __name(async (registry, { run_id, attempt }) => {
      const saved = await withFile("saved in", async () => {
        await files.write(CACHE_PATH, `${JSON.stringify(registry)}
`);
        const key = `${prefix}${registry.revision}-${run_id}.${attempt}`;
        const id = await limited(() => cache.saveCache([CACHE_PATH], key));
        if (id === -1) throw new Error("it did not take the entry");
        return true;
      });
      return saved ?? false;
    }, "save")
  };
}
__name(createRegistryCache, "createRegistryCache");
function parsed(text) {
  if (text.length > MAX_SIZE) throw new Error("the entry is too large");
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("the entry is no JSON");
  }
  const registry = RollbackRegistry.safeParse(value);
  if (!registry.success) throw new Error("the entry has not the form of a registry");
  return registry.data;
}
__name(parsed, "parsed");
export {
  CACHE_PATH,
  createRegistryCache
};
