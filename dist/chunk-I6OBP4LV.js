import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/build/builder.ts
import { join } from "node:path";
var NO_ENVIRONMENT = { has: /* @__PURE__ */ __name(() => false, "has"), cacheService: {} };
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
async function findBuilder(run, warn) {
  const buildx = await run(["docker", "buildx", "version"]);
  const inspected = buildx.code === 0 ? await run(["docker", "buildx", "inspect"]) : void 0;
  const engine = await run(["docker", "info", "--format", "{{json .DriverStatus}}"]);
  if (inspected?.code === 0) return readBuilder(inspected.stdout, engine.stdout);
  if (engine.code !== 0) {
    throw new AutopilotError("BUILD_FAILED", {
      what: "Docker does not answer on this runner",
      why: (engine.stderr || engine.stdout).trim().slice(0, 500),
      fix: "Use a runner with a Docker engine (ubuntu-latest has one), and check that this user may use it."
    });
  }
  warn(
    "docker buildx is not installed: plain `docker build` is used, without build secrets, parallel stages and a build cache that outlives the runner"
  );
  return { command: "docker", driver: "", rewritesTimestamps: false, exportsCache: false };
}
__name(findBuilder, "findBuilder");
function readBuilder(inspected, driverStatus) {
  const driver = /^Driver:\s*(\S+)/m.exec(inspected)?.[1] ?? "docker";
  const containerd = driverStatus.includes("io.containerd.snapshotter");
  const versions = [...inspected.matchAll(/^Build[Kk]it(?: version)?:\s*v?(\d+)\.(\d+)/gm)];
  const recent = versions.length > 0 && versions.every(([, major, minor]) => Number(major) > 0 || Number(minor) >= 13);
  const own = driver !== "docker";
  return {
    command: "buildx",
    driver,
    // The engine's own builder unpacks what it builds, which BuildKit refuses together with rewritten timestamps.
    rewritesTimestamps: recent && own,
    exportsCache: own || containerd
  };
}
__name(readBuilder, "readBuilder");
function cacheOf(builder, environment, { scope, mode }) {
  if (mode === "off" || !builder.exportsCache) return { from: [], to: [], env: {} };
  if (Object.keys(environment.cacheService).length > 0) {
    return {
      from: [`type=gha,scope=${scope}`],
      // A cache that cannot be written is no reason to fail a build.
      to: [`type=gha,mode=max,ignore-error=true,scope=${scope}`],
      env: environment.cacheService
    };
  }
  if (environment.toolCache === void 0 || builder.driver === "docker")
    return { from: [], to: [], env: {} };
  const old = join(environment.toolCache, "gonsautopilot-build", scope);
  return {
    from: [`type=local,src=${old}`],
    to: [`type=local,mode=max,ignore-error=true,dest=${old}.next`],
    env: {},
    replace: { old, new: `${old}.next` }
  };
}
__name(cacheOf, "cacheOf");

export {
  NO_ENVIRONMENT,
  cacheServiceOf,
  findBuilder,
  cacheOf
};
