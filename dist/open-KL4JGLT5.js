import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/server/open.ts
var DEFAULT_USER = "deploy";
function parseTarget(deploy) {
  const text = deploy.target ?? "";
  const [, user, host = "", port] = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === "") {
    throw new AutopilotError("CONFIG_MISSING", {
      what: "`deploy.target` is missing.",
      fix: "Name the server (user@host) or `local`."
    });
  }
  return {
    host: host.replace(/^\[|\]$/g, ""),
    port: port === void 0 ? deploy.port ?? 22 : Number(port),
    user: user ?? deploy.user ?? DEFAULT_USER
  };
}
__name(parseTarget, "parseTarget");
async function openTarget(options) {
  const { deploy, ...rest } = options;
  const path = deploy.path;
  if (path === void 0) {
    throw new AutopilotError("CONFIG_MISSING", {
      what: "`deploy.path` is missing.",
      fix: "Name the directory of the compose file on the server."
    });
  }
  if (deploy.target === "local") {
    const { openLocalTarget } = await import("./target-local-AMY5T3O3.js");
    return openLocalTarget({
      path,
      log: options.log,
      ...options.dockerHost === void 0 ? {} : { dockerHost: options.dockerHost }
    });
  }
  const { openSshTarget } = await import("./target-ssh-PPCOCSM4.js");
  return openSshTarget({ ...rest, ...parseTarget(deploy), path });
}
__name(openTarget, "openTarget");
export {
  openTarget,
  parseTarget
};
