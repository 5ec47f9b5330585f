import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/build/cache.ts
import { join } from "node:path";
function cacheServiceOf(env) {
  const names = [
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_RESULTS_URL",
    "ACTIONS_CACHE_URL",
    "ACTIONS_CACHE_SERVICE_V2"
  ];
  const found = names.flatMap((name) => env[name] ? [[name, env[name]]] : []);
  const usable = found.some(([name]) => name.endsWith("TOKEN")) && found.some(([name]) => name.endsWith("URL"));
  return usable ? Object.fromEntries(found) : {};
}
__name(cacheServiceOf, "cacheServiceOf");
function kindOf(builder, { cacheService, toolCache }) {
  const only = "that of the builder on this runner only";
  const lost = `${only}, so that a fresh runner begins without:`;
  const service = Object.keys(cacheService).length > 0;
  if (!builder.exportsCache) {
    if (!service || builder.command === "docker") return { kind: "none", note: only };
    const why = "the engine's own builder, with the classic image store, can keep none elsewhere";
    return {
      kind: "none",
      note: `${lost} ${why}. docker/setup-buildx-action before this step brings one that can`
    };
  }
  const spoken = builder.speaksCacheServiceV2 || (cacheService["ACTIONS_CACHE_SERVICE_V2"] ?? "") === "";
  if (service && spoken) return { kind: "service" };
  if (toolCache !== void 0 && builder.driver !== "docker")
    return { kind: "folder", path: join(toolCache, "gonsautopilot-build") };
  if (!service) return { kind: "none", note: only };
  return {
    kind: "none",
    note: `${lost} the cache service of GitHub needs Buildx 0.21 and BuildKit 0.20, or later`
  };
}
__name(kindOf, "kindOf");
function cacheNote(builder, environment) {
  const found = kindOf(builder, environment);
  switch (found.kind) {
    case "service":
      return "Build cache: the cache service of GitHub";
    case "folder":
      return `Build cache: ${found.path}`;
    case "none":
      return `Build cache: ${found.note}`;
  }
}
__name(cacheNote, "cacheNote");
function cacheOf(builder, environment, { scope, mode }) {
  const found = kindOf(builder, environment);
  if (mode === "off" || found.kind === "none") return { from: [], to: [], env: {} };
  if (found.kind === "service") {
    return {
      from: [`type=gha,scope=${scope}`],
      // A cache that cannot be written is no reason to fail a build.
      to: [`type=gha,mode=max,ignore-error=true,scope=${scope}`],
      env: environment.cacheService
    };
  }
  const old = join(found.path, scope);
  return {
    from: [`type=local,src=${old}`],
    to: [`type=local,mode=max,ignore-error=true,dest=${old}.next`],
    env: {},
    replace: { old, new: `${old}.next` }
  };
}
__name(cacheOf, "cacheOf");
async function keepCache({ replace }, { run, log }) {
  if (replace === void 0) return;
  const steps = [
    ["rm", "-rf", "--", replace.old],
    ["mv", "--", replace.new, replace.old]
  ];
  for (const step of steps) {
    const done = await run(step);
    if (done.code !== 0) return log.warning(`The build cache was not kept: ${done.stderr.trim()}`);
  }
}
__name(keepCache, "keepCache");

export {
  cacheServiceOf,
  cacheNote,
  cacheOf,
  keepCache
};
