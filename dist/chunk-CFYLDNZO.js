import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/config/deploy-target.ts
var DEFAULT_USER = "deploy";
var DEFAULT_PORT = 22;
function parseTarget(target) {
  const at = target.indexOf("@");
  const address = target.slice(at + 1);
  const colon = address.startsWith("[") ? address.indexOf(":", address.indexOf("]")) : address.indexOf(":");
  const host = (colon === -1 ? address : address.slice(0, colon)).replace(/^\[(.*)\]$/, "$1");
  return {
    host,
    ...colon === -1 ? {} : { port: Number(address.slice(colon + 1)) },
    ...at === -1 ? {} : { user: target.slice(0, at) }
  };
}
__name(parseTarget, "parseTarget");
function deployTargetOf(deploy) {
  const { target = "local" } = deploy;
  if (target === "local") return { kind: "local" };
  const { host, port, user } = parseTarget(target);
  return {
    kind: "ssh",
    host,
    port: port ?? deploy.port ?? DEFAULT_PORT,
    user: user ?? deploy.user ?? DEFAULT_USER
  };
}
__name(deployTargetOf, "deployTargetOf");

export {
  parseTarget,
  deployTargetOf
};
