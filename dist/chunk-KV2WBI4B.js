import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  ProxyHook
} from "./chunk-CNL77JEK.js";
import {
  _enum,
  array,
  boolean,
  literal,
  number,
  object,
  record,
  string
} from "./chunk-T4VTEUJ4.js";

// src/deploy/release.ts
var KeptContainer = object({
  id: string(),
  name: string(),
  image: string(),
  running: boolean(),
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

export {
  ReleasePlan
};
