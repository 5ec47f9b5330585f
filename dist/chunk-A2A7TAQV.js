import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  proxyHooks
} from "./chunk-RZNKN4MS.js";
import {
  array,
  boolean,
  looseObject,
  number,
  prettifyError,
  record,
  string,
  union,
  unknown
} from "./chunk-4JOCUQ4S.js";
import {
  size
} from "./chunk-ANS66LPE.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/deploy/compose-model.ts
var Port = looseObject({
  target: number().int(),
  /** A string, possibly a range; missing when Docker chooses the host port. */
  published: string().optional(),
  protocol: string().default("tcp")
});
var Mount = looseObject({
  type: string(),
  source: string().optional(),
  target: string(),
  read_only: boolean().default(false)
});
var Network = looseObject({
  ipv4_address: string().optional(),
  ipv6_address: string().optional(),
  mac_address: string().optional()
}).nullable();
var ComposeService = looseObject({
  image: string().optional(),
  profiles: array(string()).default([]),
  container_name: string().optional(),
  hostname: string().optional(),
  network_mode: string().optional(),
  mac_address: string().optional(),
  ports: array(Port).default([]),
  expose: array(union([string(), number()])).default([]),
  volumes: array(Mount).default([]),
  labels: record(string(), unknown()).default({}),
  healthcheck: looseObject({ disable: boolean().optional() }).optional(),
  environment: record(string(), unknown()).default({}),
  networks: record(string(), Network).default({}),
  scale: number().int().optional(),
  deploy: looseObject({ replicas: number().int().optional() }).optional()
});
var ComposeModel = looseObject({
  /** Project name: the label that every container of it carries. */
  name: string(),
  services: record(string(), ComposeService).default({})
});
function parseComposeModel(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable("it is not JSON", cause);
  }
  const parsed = ComposeModel.safeParse(value);
  if (!parsed.success) throw unreadable(prettifyError(parsed.error));
  return parsed.data;
}
__name(parseComposeModel, "parseComposeModel");
function unreadable(why, cause) {
  return new AutopilotError("SERVER_COMPOSE", {
    what: "The answer of `docker compose config --format json` on the server cannot be read.",
    why,
    fix: "Install Docker Compose 2.20 or later on the server (`docker compose version` shows which it is).",
    cause
  });
}
__name(unreadable, "unreadable");
function replicasOf(service) {
  return service.deploy?.replicas ?? service.scale ?? 1;
}
__name(replicasOf, "replicasOf");
function fixedHostPorts(service) {
  return service.ports.map((port) => port.published ?? "").filter((published) => /^\d+$/.test(published) && published !== "0");
}
__name(fixedHostPorts, "fixedHostPorts");
function fixedAddresses(service) {
  return Object.values(service.networks).flatMap(
    (network) => [network?.ipv4_address, network?.ipv6_address].filter((address) => address !== void 0)
  );
}
__name(fixedAddresses, "fixedAddresses");
function fixedMacAddresses(service) {
  return [
    service.mac_address,
    ...Object.values(service.networks).map((network) => network?.mac_address)
  ].filter((address) => address !== void 0);
}
__name(fixedMacAddresses, "fixedMacAddresses");
function lookedUpHostname(service) {
  return Object.keys(service.networks).length > 0 ? service.hostname : void 0;
}
__name(lookedUpHostname, "lookedUpHostname");
var SHARED_BY_NATURE = /(^|\/)(docker|podman|containerd)\.sock$|^\/etc\/(localtime|timezone)$|\.sock$/;
var CONFIGURATION_FILE = /\.(?!db$|sqlite3?$)[A-Za-z0-9]+$/;
function singleWriterVolumes(model, name) {
  const service = model.services[name];
  if (!service || replicasOf(service) > 1) return [];
  return service.volumes.filter((mount) => (mount.type === "volume" || mount.type === "bind") && !mount.read_only).filter((mount) => mount.source !== void 0 && !SHARED_BY_NATURE.test(mount.source)).filter((mount) => mount.type === "volume" || !CONFIGURATION_FILE.test(mount.source ?? "")).map((mount) => mount.source ?? "").filter(
    (source) => !Object.entries(model.services).some(
      ([other, candidate]) => other !== name && candidate.volumes.some((mount) => mount.source === source && !mount.read_only)
    )
  );
}
__name(singleWriterVolumes, "singleWriterVolumes");
var PROXY_VARIABLES = ["VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS", "VIRTUAL_PATH", "LETSENCRYPT_HOST"];
var PROXY_LABEL = /^(traefik|caddy(_\d+)?)(\.|$)/;
function foundByLabels(service) {
  return service.labels["traefik.enable"] !== "false" && (Object.keys(service.labels).some((label) => PROXY_LABEL.test(label)) || proxyVariables(service).length > 0);
}
__name(foundByLabels, "foundByLabels");
function proxyVariables(service) {
  return PROXY_VARIABLES.filter((name) => name in service.environment);
}
__name(proxyVariables, "proxyVariables");

// src/deploy/strategy.ts
function chooseStrategy(model, composeService, asked) {
  const service = model.services[composeService];
  if (!service)
    return { strategy: "stop-first", reason: "not in the compose file", noCandidate: "", impossible: "" };
  const addresses = fixedAddresses(service);
  const macAddresses = fixedMacAddresses(service);
  const hostname = foundByLabels(service) ? void 0 : lookedUpHostname(service);
  const mode = service.network_mode ?? "";
  const borrowed = mode === "host" || /^(service|container):/.test(mode);
  const volumes = singleWriterVolumes(model, composeService);
  const ports = fixedHostPorts(service);
  const place = [
    ...borrowed ? [`it uses network mode \`${mode}\``] : [],
    ...addresses.length > 0 ? [`it has the fixed address ${addresses.join(", ")}`] : [],
    ...macAddresses.length > 0 ? [`it has the fixed MAC address ${macAddresses.join(", ")}`] : []
  ];
  const ownPorts = ports.length > 0 ? [`it publishes host port ${ports.join(", ")}`] : [];
  const lookedUp = hostname === void 0 ? [] : [`under its hostname ${hostname} a new container gets requests at once`];
  const writer = volumes.length > 0 ? [`only one container may write to ${volumes.join(", ")}`] : [];
  const name = service.container_name === void 0 ? [] : [`its container_name is ${service.container_name}`];
  const noCandidate = [...place, ...asked === "stop-first" ? writer : []].join("; ");
  const forbidden = [...ownPorts, ...place, ...lookedUp];
  if (asked === "start-first") {
    return {
      strategy: forbidden.length > 0 ? "stop-first" : "start-first",
      reason: "asked for by the configuration",
      noCandidate,
      impossible: forbidden.join("; ")
    };
  }
  if (asked === "stop-first") {
    return { strategy: "stop-first", reason: "asked for by the configuration", noCandidate, impossible: "" };
  }
  const reasons = [...forbidden, ...name, ...writer];
  return reasons.length > 0 ? { strategy: "stop-first", reason: reasons.join("; "), noCandidate, impossible: "" } : {
    strategy: "start-first",
    reason: "nothing forbids two containers side by side",
    noCandidate,
    impossible: ""
  };
}
__name(chooseStrategy, "chooseStrategy");

// src/deploy/to-send.ts
function toSend({ imageIds }, { image, lastSent }, found) {
  if (found.current) return "nothing";
  if (imageIds[image.reference] !== void 0) return "nothing, it is there";
  if (image.pull !== void 0) return "nothing, the server pulls it";
  if (found.first) return image.size > 0 ? `${size(image.size)}, compressed` : "the whole image, compressed";
  const whole = image.size > 0 ? ` of ${size(image.size)}` : "";
  const last = lastSent === void 0 ? "" : `; last time ${size(lastSent)}`;
  return `what differs${whole}${last}`;
}
__name(toSend, "toSend");

// src/deploy/plan.ts
var COMPOSE_LABEL = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  oneoff: "com.docker.compose.oneoff",
  hash: "com.docker.compose.config-hash"
};
function planRelease(observed, request) {
  const split = request.composeFile.lastIndexOf("/");
  const directory = request.composeFile.slice(0, split) || "/";
  const base = request.composeFile.slice(split + 1);
  const hidden = /* @__PURE__ */ __name((suffix) => `${directory === "/" ? "" : directory}/.${base}.${suffix}`, "hidden");
  const services = request.wanted.map((wanted) => planService(observed, request, wanted));
  const migrate = planMigration(observed.model.name, services, request.migrate);
  return {
    pipeline_id: request.pipelineId,
    ...request.kind ? { kind: request.kind } : {},
    project: observed.model.name,
    prefix: request.prefix,
    compose: {
      directory,
      file: request.composeFile,
      next: hidden("next"),
      // Named for this release: a copy that an older one left behind must never be put back.
      before: hidden(`before-${request.pipelineId.replace(/[^\w.-]/g, "_")}`),
      override: hidden("override"),
      existed: observed.serverSource !== void 0
    },
    services,
    ...migrate ? { migrate } : {},
    warnings: services.flatMap((service) => unguarded(observed, service))
  };
}
__name(planRelease, "planRelease");
function unguarded({ model, containers }, service) {
  const checked = model.services[service.compose_service]?.healthcheck !== void 0 || containers.some(
    (container) => container.labels[COMPOSE_LABEL.service] === service.compose_service && container.health !== "none"
  );
  if (!service.found_by_labels || service.current || service.strategy !== "start-first" || checked) return [];
  return [
    `${service.service}: its proxy finds it by labels as soon as it starts. Give it a HEALTHCHECK, so that the proxy waits until it can answer.`
  ];
}
__name(unguarded, "unguarded");
function planMigration(project, services, migration) {
  const service = services.find((entry) => entry.service === migration?.service && !entry.current);
  if (!migration || !service) return void 0;
  const { command, timeout, irreversible } = migration;
  return {
    service: service.service,
    container: `${project}-${service.compose_service}-migrate`,
    argv: typeof command === "string" ? command.split(/\s+/).filter(Boolean) : command,
    timeout,
    irreversible
  };
}
__name(planMigration, "planMigration");
function provenHere(observed, { prefix }, { service, image, verified }) {
  const id = observed.imageIds[image.reference] ?? "";
  if (verified === void 0 || !observed.tags[id]?.includes(pinOf(prefix, service.name, id))) return "";
  return `it ran on this server before, and passed VERIFY ${verified}`;
}
__name(provenHere, "provenHere");
var pinOf = /* @__PURE__ */ __name((prefix, service, id) => `${prefix}-${service}:pinned-${id.replace(/^sha256:/, "").slice(0, 12)}`, "pinOf");
function planService(observed, request, wanted) {
  const { service, image } = wanted;
  const name = service.composeService;
  const model = observed.model.services[name];
  const own = observed.containers.filter((container) => container.labels[COMPOSE_LABEL.service] === name);
  const running = own.filter(
    (container) => container.state === "running" || container.state === "restarting"
  );
  const choice = chooseStrategy(observed.model, name, service.strategy);
  const [before] = [...running, ...own];
  const pin = before ? pinOf(request.prefix, service.name, before.imageId) : "";
  const labelled = model !== void 0 && foundByLabels(model);
  const exposed = labelled && choice.strategy === "start-first";
  const proven = exposed ? "" : provenHere(observed, request, wanted);
  const noCandidate = choice.noCandidate || proven;
  const replicas = Math.max(1, running.length, model ? replicasOf(model) : 1);
  const current = running.length >= replicas && running.every(
    (container) => container.image === image.reference && observed.imageIds[image.reference] === container.imageId && isWanted(observed, request, image, container.imageId) && container.labels[COMPOSE_LABEL.hash] === observed.hashes[name]
  );
  return {
    service: service.name,
    compose_service: name,
    image: image.reference,
    previous: before ? startable(observed, before, pin) : "",
    previous_id: before?.imageId ?? "",
    pin,
    strategy: choice.strategy,
    reason: own.length === 0 ? `first deployment; ${choice.reason}` : choice.reason,
    current,
    to_send: toSend(observed, wanted, { first: own.length === 0, current }),
    replicas,
    kept: own.map((container) => ({
      id: container.id,
      name: container.name,
      image: container.image,
      running: running.includes(container),
      restart: container.restartPolicy,
      networks: namesOf(container)
    })),
    container_name: model?.container_name ?? "",
    candidate: noCandidate === "" ? `${observed.model.name}-${name}-candidate` : "",
    candidate_reason: noCandidate,
    proven,
    shared_volumes: own.length > 0 ? singleWriterVolumes(observed.model, name) : [],
    proxy_variables: model ? proxyVariables(model) : [],
    found_by_labels: labelled,
    proxies: proxyHooks(observed.model, service, request.proxy ?? "auto"),
    probe: {
      url: service.healthCheck.url ?? "",
      own: null,
      timeout: service.healthCheck.timeout,
      retries: service.healthCheck.retries
    }
  };
}
__name(planService, "planService");
var isWanted = /* @__PURE__ */ __name(({ builtBy }, { pipelineId }, { id }, held) => id === "" || id === held || builtBy[held] === pipelineId, "isWanted");
function namesOf(container) {
  return Object.fromEntries(
    Object.entries(container.networks).map(([network, { aliases }]) => [
      network,
      aliases.filter((alias) => !container.id.startsWith(alias))
    ])
  );
}
__name(namesOf, "namesOf");
function startable(observed, container, pin) {
  return observed.imageIds[container.image] === container.imageId ? container.image : pin;
}
__name(startable, "startable");

// src/deploy/commands.ts
var MINUTES = 6e4;
var sh = /* @__PURE__ */ __name((title, script, args, input) => ({
  title,
  argv: ["sh", "-c", script, "sh", ...args],
  ...input === void 0 ? {} : { input },
  timeout: MINUTES
}), "sh");
var compose = /* @__PURE__ */ __name((plan, file) => [
  "docker",
  "compose",
  "--project-directory",
  plan.compose.directory,
  "-f",
  file
], "compose");
function stageCompose(plan, source) {
  return sh(
    `write ${plan.compose.next}`,
    'set -e; mkdir -p "$1"; if [ -e "$2" ]; then cp -p "$2" "$3"; cp -p "$2" "$4.part"; mv -f "$4.part" "$4"; else : >"$3"; : >"$4"; fi; cat >"$3"',
    [plan.compose.directory, plan.compose.file, plan.compose.next, plan.compose.before],
    source
  );
}
__name(stageCompose, "stageCompose");
var checkCompose = /* @__PURE__ */ __name((plan) => ({
  title: "have Compose check the new file",
  argv: [...compose(plan, plan.compose.next), "config", "-q"],
  timeout: MINUTES
}), "checkCompose");
var writeCompose = /* @__PURE__ */ __name((plan) => sh(`write ${plan.compose.file}`, 'if [ -e "$1" ]; then mv -f "$1" "$2"; fi', [
  plan.compose.next,
  plan.compose.file
]), "writeCompose");
var restoreCompose = /* @__PURE__ */ __name((plan) => {
  const { before, file, next, existed } = plan.compose;
  return sh(
    existed ? `put ${file} back` : `remove ${file}`,
    `if [ ! -e "$1" ] && [ -e "$2" ]; then ${existed ? 'mv -f "$2" "$3"' : 'rm -f "$3" "$2"'}; fi`,
    [next, before, file]
  );
}, "restoreCompose");
var dropStaged = /* @__PURE__ */ __name((plan) => sh("remove what was staged", 'rm -f "$@"', [
  plan.compose.before,
  `${plan.compose.before}.part`,
  plan.compose.override,
  plan.compose.next
]), "dropStaged");
var writeCandidateOverride = /* @__PURE__ */ __name((plan, service) => sh(
  `keep proxies from the candidate of ${service.service}`,
  'cat >"$1"',
  [plan.compose.override],
  [
    "services:",
    `  ${JSON.stringify(service.compose_service)}:`,
    "    labels: !reset null",
    "    hostname: !reset null",
    "    pull_policy: never",
    ...service.proxy_variables.length === 0 ? [] : ["    environment:"],
    ...service.proxy_variables.map((name) => `      ${JSON.stringify(name)}: ""`),
    ""
  ].join("\n")
), "writeCandidateOverride");
function startCandidate(plan, service) {
  return {
    title: `start the candidate of ${service.service}`,
    argv: [
      ...compose(plan, plan.compose.next),
      "-f",
      plan.compose.override,
      "run",
      "--detach",
      "--no-deps",
      "--quiet-pull",
      "--name",
      service.candidate,
      service.compose_service
    ],
    timeout: 5 * MINUTES
  };
}
__name(startCandidate, "startCandidate");
function runMigration(plan, migrate, service) {
  return {
    title: `migrate with ${service.image}`,
    argv: [
      ...compose(plan, plan.compose.next),
      "-f",
      plan.compose.override,
      "run",
      "--rm",
      "--no-TTY",
      "--no-deps",
      "--quiet-pull",
      "--name",
      migrate.container,
      service.compose_service,
      ...migrate.argv
    ],
    timeout: migrate.timeout * 1e3
  };
}
__name(runMigration, "runMigration");
var writeOverride = /* @__PURE__ */ __name((plan, service) => sh(
  `allow a second container of ${service.service}`,
  'cat >"$1"',
  [plan.compose.override],
  `services:
  ${JSON.stringify(service.compose_service)}:
    container_name: !reset null
`
), "writeOverride");
function createBeside(plan, service, count) {
  return {
    title: `create the new container of ${service.service}`,
    argv: [
      ...compose(plan, plan.compose.file),
      ...service.container_name === "" ? [] : ["-f", plan.compose.override],
      "up",
      "--no-start",
      "--no-deps",
      "--no-recreate",
      "--no-build",
      "--pull",
      "never",
      "--scale",
      `${service.compose_service}=${String(count)}`,
      service.compose_service
    ],
    timeout: 5 * MINUTES
  };
}
__name(createBeside, "createBeside");
var docker = /* @__PURE__ */ __name((title, args, timeout = MINUTES) => ({
  title,
  argv: ["docker", ...args],
  timeout
}), "docker");
var tagImage = /* @__PURE__ */ __name((service) => docker(`pin the image of ${service.service}`, ["tag", service.previous_id, service.pin]), "tagImage");
var startContainer = /* @__PURE__ */ __name((name, id) => docker(`start ${name}`, ["start", id]), "startContainer");
var setRestart = /* @__PURE__ */ __name((name, id, policy) => docker(`set the restart policy of ${name} to ${policy}`, ["update", "--restart", policy, id]), "setRestart");
var stopContainer = /* @__PURE__ */ __name((name, id, seconds) => docker(`stop ${name}`, ["stop", id], MINUTES + seconds * 1e3), "stopContainer");
function swapContainers(service, old, created) {
  const grace = old.reduce((sum, container) => sum + container.stopGracePeriod * 1e3, 0);
  return {
    ...sh(
      `stop the old and start the new container of ${service.service}`,
      'left=$1; shift; while [ "$left" -gt 0 ]; do docker stop "$1" >/dev/null || exit 90; shift; left=$((left - 1)); done; for id in "$@"; do docker start "$id" >/dev/null || exit 91; done',
      [String(old.length), ...old.map((container) => container.id), ...created]
    ),
    timeout: 2 * MINUTES + grace
  };
}
__name(swapContainers, "swapContainers");
var removeContainer = /* @__PURE__ */ __name((name, id) => docker(`remove ${name}`, ["rm", "--force", id], 2 * MINUTES), "removeContainer");
var discardContainer = /* @__PURE__ */ __name((name, id) => docker(`remove ${name}`, ["rm", "--force", "--volumes", id], 2 * MINUTES), "discardContainer");
var renameContainer = /* @__PURE__ */ __name((id, name) => docker(`rename a container to ${name}`, ["rename", id, name]), "renameContainer");
var leaveNetwork = /* @__PURE__ */ __name((network, id) => docker(`take a container off ${network}`, ["network", "disconnect", network, id]), "leaveNetwork");
var joinNetwork = /* @__PURE__ */ __name((network, id, aliases) => docker(`connect a container to ${network}`, [
  "network",
  "connect",
  ...aliases.flatMap((alias) => ["--alias", alias]),
  network,
  id
]), "joinNetwork");
var pointHosts = /* @__PURE__ */ __name((service, proxy, lines) => ({
  ...docker(`point ${proxy.name} at the containers of ${service.service}`, [
    "exec",
    "--interactive",
    "--user",
    "0",
    proxy.id,
    "sh",
    "-c",
    'kept=$(grep -v "# autopilot $1$" /etc/hosts); new=$(sed "s/$/ # autopilot $1/"); printf "%s\\n" "$kept" ${new:+"$new"} >/etc/hosts',
    "sh",
    service.compose_service
  ]),
  input: lines === "" ? "" : `${lines}
`
}), "pointHosts");
var runHook = /* @__PURE__ */ __name((hook, argv) => ({
  title: `tell ${hook.name}`,
  argv,
  timeout: MINUTES
}), "runHook");
var removeImage = /* @__PURE__ */ __name((reference) => docker(`remove image ${reference}`, ["image", "rm", reference], 2 * MINUTES), "removeImage");
var PROOF_LABEL = "gonsautopilot.proof";
var proveImage = /* @__PURE__ */ __name((reference) => sh(
  `prove that ${reference} can be started`,
  `prove() { docker create --label "$1" --pull never --network none "$2" \${3+"$3"}; }
id=$(prove "$2" "$1" 2>/dev/null || prove "$2" "$1" true) || exit
docker rm --volumes "$id" >/dev/null || :`,
  [reference, PROOF_LABEL]
), "proveImage");
var serviceLabels = /* @__PURE__ */ __name((plan, service) => [
  `${COMPOSE_LABEL.project}=${plan.project}`,
  `${COMPOSE_LABEL.service}=${service.compose_service}`
], "serviceLabels");

export {
  parseComposeModel,
  chooseStrategy,
  COMPOSE_LABEL,
  planRelease,
  namesOf,
  stageCompose,
  checkCompose,
  writeCompose,
  restoreCompose,
  dropStaged,
  writeCandidateOverride,
  startCandidate,
  runMigration,
  writeOverride,
  createBeside,
  tagImage,
  startContainer,
  setRestart,
  stopContainer,
  swapContainers,
  removeContainer,
  discardContainer,
  renameContainer,
  leaveNetwork,
  joinNetwork,
  pointHosts,
  runHook,
  removeImage,
  PROOF_LABEL,
  proveImage,
  serviceLabels
};
