import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  ProxyHook
} from "./chunk-RZNKN4MS.js";
import {
  _enum,
  array,
  boolean,
  literal,
  number,
  object,
  record,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/deploy/release.ts
var KeptContainer = object({
  id: string(),
  name: string(),
  image: string(),
  running: boolean(),
  /** The engine's restart policy for it. */
  restart: string().default(""),
  /** network -> the names it answers to there, so that it can be let into traffic again. */
  networks: record(string(), array(string())).default({})
});
var Probe = object({
  /** As seen from the server; empty when the service has no health check URL. */
  url: string(),
  /** The same on the container's own address; null without a URL. */
  own: object({ port: number(), path: string(), scheme: _enum(["http", "https"]) }).nullable(),
  /** Seconds for the whole proof. */
  timeout: number(),
  /** How often a crashed container is started again within that time. */
  retries: number()
});
var Strategy = _enum(["start-first", "stop-first"]);
var ServicePlan = object({
  service: string(),
  compose_service: string(),
  /** What will run. */
  image: string(),
  /** What runs now, as something that can be started again; empty for a first deployment. */
  previous: string(),
  /** Engine's id of the image that runs now; empty for a first deployment. */
  previous_id: string(),
  /** Tag that keeps the image that runs now from being lost. */
  pin: string(),
  strategy: Strategy,
  reason: string(),
  /** Nothing to do: this image with this configuration runs already. */
  current: boolean(),
  replicas: number().int(),
  kept: array(KeptContainer),
  /** Fixed name of the container, passed on from the old one to the new; empty without. */
  container_name: string(),
  /** Name of the candidate; empty when none can stand beside the old one. */
  candidate: string(),
  candidate_reason: string(),
  /** What has to be sent for it, in words for the plan's table. */
  to_send: string().default(""),
  /** Why the image needs no proof before its cut-over begins; empty when it does. */
  proven: string().default(""),
  /** Storage of a single writer that the candidate shares with the old container. */
  shared_volumes: array(string()),
  /** Environment variables by which proxies find containers; the candidate does without. */
  proxy_variables: array(string()),
  /** A proxy finds it by its labels or variables as soon as it starts, and keeps the address it had then. */
  found_by_labels: boolean().default(false),
  /** In front of it: told before the old container is stopped, and again when it is back. */
  proxies: array(ProxyHook).default([]),
  probe: Probe
});
var MigrationPlan = object({
  service: string(),
  container: string(),
  argv: array(string()),
  /** Seconds. */
  timeout: number(),
  irreversible: boolean()
});
var ReleasePlan = object({
  pipeline_id: string(),
  /** By a person's word (rule R1), which counts as neither success nor failure; missing for a pipeline's release. */
  kind: literal("rollback").optional(),
  /** Compose's project name, the label of its containers. */
  project: string(),
  /** Own image tags begin with `<prefix>-<service>:`. */
  prefix: string(),
  compose: object({
    /** Absolute paths on the server. */
    directory: string(),
    file: string(),
    next: string(),
    before: string(),
    override: string(),
    existed: boolean()
  }),
  /** Dependencies first; undone in reverse. */
  services: array(ServicePlan),
  migrate: MigrationPlan.optional(),
  warnings: array(string())
});

// src/deploy/operations.ts
function operations(plan) {
  const changing = plan.services.filter((service) => !service.current);
  if (changing.length === 0) return [];
  const each = /* @__PURE__ */ __name((build) => changing.flatMap(build), "each");
  return [
    ...each(
      (service) => service.pin === "" ? [] : [op("pin", service.service, `keep the image that runs now as ${service.pin}`, "", "prepare")]
    ),
    op(
      "stage-compose",
      "",
      `write the new compose file to ${plan.compose.next} and have Compose check it`,
      `remove ${plan.compose.next}`,
      "prepare"
    ),
    op(
      "transfer",
      "",
      `send ${changing.map((service) => service.image).join(", ")} and prove each by \`docker create\``,
      "",
      "prepare"
    ),
    ...plan.migrate === void 0 ? [] : [
      op(
        "migrate",
        plan.migrate.service,
        `run \`${plan.migrate.argv.join(" ")}\` once in the new image, for at most ${String(plan.migrate.timeout)} s${plan.migrate.irreversible ? "; from here on nothing rolls back by itself" : ""}`,
        "",
        "prepare"
      )
    ],
    ...each((service) => [
      service.candidate === "" ? op(
        "candidate",
        service.service,
        `no candidate (${service.candidate_reason}); the image is proven by \`docker create\` only`,
        "",
        "prepare"
      ) : op(
        "candidate",
        service.service,
        `start ${service.image} as ${service.candidate}, off traffic, until it is healthy; then remove it`,
        `remove ${service.candidate}`,
        "prepare"
      )
    ]),
    op(
      "write-compose",
      "",
      `${plan.compose.existed ? "replace" : "create"} ${plan.compose.file} by one rename`,
      plan.compose.existed ? `put ${plan.compose.before} back` : `remove ${plan.compose.file}`,
      "cut-over"
    ),
    ...each((service) => [
      op("cut-over", service.service, describeCutOver(service), describeUndo(service), "cut-over")
    ]),
    ...each(
      (service) => service.kept.length === 0 ? [] : [op("retire", service.service, `after VERIFY: remove ${names(service)}`, "", "confirm")]
    ),
    op("prune", "", "after VERIFY: remove own images beyond `safety.keep_releases`", "", "confirm")
  ];
}
__name(operations, "operations");
function op(kind, service, description, undo, phase) {
  return { kind, service, description, undo, phase };
}
__name(op, "op");
var names = /* @__PURE__ */ __name((service) => service.kept.map((container) => container.name).join(", "), "names");
function describeCutOver(service) {
  const count = service.replicas === 1 ? "" : ` (${String(service.replicas)} containers)`;
  const running = service.kept.some((container) => container.running);
  if (!running) return `create and start the new one${count}, prove it`;
  return service.strategy === "start-first" ? `start the new one${count} beside the old, off traffic, prove it, let it into traffic${told(service)}, stop ${names(service)}` : `create the new one${count}, stop ${names(service)}, start the new one${told(service)}, prove it`;
}
__name(describeCutOver, "describeCutOver");
var told = /* @__PURE__ */ __name(({ proxies }) => proxies.length === 0 ? "" : `, tell ${proxies.map((hook) => hook.name).join(" and ")}`, "told");
function describeUndo(service) {
  const kept = service.kept.filter((container) => container.running).map((container) => container.name);
  if (kept.length === 0) return "remove the new one";
  return service.strategy === "start-first" ? `start ${kept.join(", ")}, prove it${told(service)}, remove the new one` : `remove the new one, start ${kept.join(", ")}, prove it`;
}
__name(describeUndo, "describeUndo");
var PlanRow = object({
  service: string(),
  from: string(),
  to: string(),
  /** `none`: nothing has to be done. */
  strategy: _enum(["none", ...Strategy.options]),
  why: string(),
  send: string()
});
function planRows(plan) {
  return plan.services.map((service) => ({
    service: service.service,
    from: service.previous === "" ? "(nothing)" : service.previous,
    to: service.image,
    strategy: service.current ? "none" : service.strategy,
    why: service.current ? "this image with this configuration runs already" : service.reason,
    send: service.to_send
  }));
}
__name(planRows, "planRows");
var operationLines = /* @__PURE__ */ __name((plan) => operations(plan).map(({ service, description }) => `${service === "" ? "" : `${service}: `}${description}`), "operationLines");
function planTable(plan) {
  const cell = /* @__PURE__ */ __name((text) => text.replaceAll("|", "\\|").replaceAll("\n", " "), "cell");
  const rows = planRows(plan).map(
    ({ service, from, to, strategy, why, send }) => [service, from, to, strategy, why, send].map(cell).join(" | ")
  );
  const list = operationLines(plan).map((line, index) => `${String(index + 1)}. ${line}`);
  return [
    "| service | from | to | strategy | why | to send |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
    ...list.length === 0 ? ["Nothing to do."] : list
  ].join("\n");
}
__name(planTable, "planTable");

export {
  ReleasePlan,
  operations,
  PlanRow,
  planRows,
  operationLines,
  planTable
};
