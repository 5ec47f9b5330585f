import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  array,
  boolean,
  number,
  object,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/deploy/proxy-hooks.ts
var ProxyHook = object({
  /** For people: `nginx (compose service proxy)`. */
  name: string(),
  /** Compose service that runs it; empty when it is found by `container`, or runs on the server itself. */
  compose_service: string(),
  container: string(),
  /** Puts the service's name with the proven addresses into the /etc/hosts of the proxy while it looks them up. */
  hosts: boolean(),
  /** Milliseconds until a look-up sees what was put there. */
  lookup: number(),
  /** On the server; `{container}`, `{service}` and `{addresses}` are filled in. Empty: it needs no telling. */
  reload: array(string()),
  /** The same, once the old container is gone. */
  after: array(string()),
  /** Milliseconds that requests under way get before the old container is stopped. */
  settle: number(),
  /** Configured by a person: then a proxy that cannot be told fails the release. A recognised one only warns. */
  required: boolean()
});
var PROXY_KINDS = ["nginx", "haproxy", "caddy"];
var RECIPES = {
  // Looks names up once, when it reads its configuration; with a `resolver` it remembers them for as long as Docker's DNS
  // says, which is ten minutes.
  nginx: {
    lookup: 0,
    reload: ["docker", "exec", "{container}", "nginx", "-s", "reload"],
    after: [
      "docker",
      "exec",
      "{container}",
      "sh",
      "-c",
      'if nginx -T 2>/dev/null | grep -Eq "^[[:space:]]*resolver[[:space:]]"; then nginx -s reload; fi'
    ]
  },
  // Without a master process the signal would end it.
  haproxy: {
    lookup: 0,
    reload: [
      "sh",
      "-c",
      'if [ "$(docker top "$1" | grep -c haproxy)" -lt 2 ]; then echo "haproxy runs without -W, so it cannot reload" >&2; exit 3; fi; docker kill --signal USR2 "$1"',
      "sh",
      "{container}"
    ],
    after: []
  },
  // Looks names up for each new connection, from a copy of /etc/hosts that is up to 5 s old; the reload closes the
  // connections it still holds to the old container.
  caddy: {
    lookup: 5500,
    reload: [
      "docker",
      "exec",
      "{container}",
      "sh",
      "-c",
      'exec caddy reload --force --config "$1" --adapter caddyfile',
      "sh",
      "/etc/caddy/Caddyfile"
    ],
    after: []
  }
};
var SETTLE = 1e3;
var NOT_ASKED = { lookup: 0, reload: [], after: [] };
function proxyKind(image) {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return PROXY_KINDS.find((kind) => new RegExp(`^${kind}([-:@]|$)`).test(name));
}
__name(proxyKind, "proxyKind");
function proxyHooks(model, service, setting) {
  if (setting === "none") return [];
  if (setting === "auto") return recognised(model, service.composeService);
  return setting.filter((entry) => entry.services.length === 0 || entry.services.includes(service.name)).filter((entry) => entry.service !== service.composeService).map((entry) => configured(model, entry));
}
__name(proxyHooks, "proxyHooks");
function recognised(model, composeService) {
  const networks = Object.keys(model.services[composeService]?.networks ?? {});
  return Object.entries(model.services).flatMap(([name, candidate]) => {
    const kind = proxyKind(candidate.image ?? "");
    const reaches = Object.keys(candidate.networks).some((network) => networks.includes(network));
    if (kind === void 0 || name === composeService || !reaches) return [];
    return [
      {
        name: `${kind} (compose service ${name})`,
        compose_service: name,
        container: "",
        hosts: true,
        ...RECIPES[kind],
        settle: SETTLE,
        required: false
      }
    ];
  });
}
__name(recognised, "recognised");
function configured(model, entry) {
  const { service = "", container = "", reload, settle, hosts } = entry;
  const kind = entry.kind ?? proxyKind(model.services[service]?.image ?? "");
  const recipe = kind === void 0 ? NOT_ASKED : RECIPES[kind];
  const words = typeof reload === "string" ? reload.split(/\s+/).filter(Boolean) : reload;
  const inside = service !== "" || container !== "";
  const where = service !== "" ? `compose service ${service}` : container || "the server";
  return {
    name: `${kind ?? "proxy"} (${where})`,
    compose_service: service,
    container,
    hosts: hosts && inside,
    lookup: recipe.lookup,
    reload: words === void 0 ? recipe.reload : inside ? ["docker", "exec", "{container}", ...words] : words,
    after: words === void 0 ? recipe.after : [],
    settle: settle * 1e3,
    required: true
  };
}
__name(configured, "configured");

export {
  ProxyHook,
  proxyHooks
};
