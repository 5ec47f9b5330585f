import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  deployTargetOf
} from "./chunk-CFYLDNZO.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/server/open.ts
async function checkAccess({ deploy, ...given }) {
  const target = deployTargetOf(deploy);
  if (target.kind === "local") return;
  const { checkCredentials } = await import("./credentials-XNVABW55.js");
  checkCredentials({ ...given, ...target });
}
__name(checkAccess, "checkAccess");
async function openTarget(options) {
  const { deploy, ...rest } = options;
  const path = deploy.path;
  if (path === void 0) {
    throw new AutopilotError("CONFIG_MISSING", {
      what: "`deploy.path` is missing.",
      fix: "Name the directory of the compose file on the server."
    });
  }
  const target = deployTargetOf(deploy);
  if (target.kind === "local") {
    const { openLocalTarget } = await import("./target-local-AF6AYEAY.js");
    return openLocalTarget({
      path,
      log: options.log,
      ...options.dockerHost === void 0 ? {} : { dockerHost: options.dockerHost }
    });
  }
  const { openSshTarget } = await import("./target-ssh-S5WZBAM7.js");
  return openSshTarget({ ...rest, host: target.host, port: target.port, user: target.user, path });
}
__name(openTarget, "openTarget");
export {
  checkAccess,
  openTarget
};
