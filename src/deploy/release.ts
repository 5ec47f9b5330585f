import * as z from 'zod';
import type { Service } from '../config/services.ts';
import { ProxyHook } from './proxy-hooks.ts';

/** A container that ran (or lay stopped) before this release, and survives until VERIFY has passed. */
export const KeptContainer = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  running: z.boolean(),
  /** The engine's restart policy for it. */
  restart: z.string().default(''),
  /** network -> the names it answers to there, so that it can be let into traffic again. */
  networks: z.record(z.string(), z.array(z.string())).default({}),
});
export type KeptContainer = z.infer<typeof KeptContainer>;

/** How one container shows that it is healthy (rule D2). */
export const Probe = z.object({
  /** As seen from the server; empty when the service has no health check URL. */
  url: z.string(),
  /** The same on the container's own address; null without a URL. */
  own: z.object({ port: z.number(), path: z.string(), scheme: z.enum(['http', 'https']) }).nullable(),
  /** Seconds for the whole proof. */
  timeout: z.number(),
  /** How often a crashed container is started again within that time. */
  retries: z.number(),
});
export type Probe = z.infer<typeof Probe>;

export const Strategy = z.enum(['start-first', 'stop-first']);
export type Strategy = z.infer<typeof Strategy>;

/** What the release does to one service. */
export const ServicePlan = z.object({
  service: z.string(),
  compose_service: z.string(),
  /** What will run. */
  image: z.string(),
  /** What runs now, as something that can be started again; empty for a first deployment. */
  previous: z.string(),
  /** Engine's id of the image that runs now; empty for a first deployment. */
  previous_id: z.string(),
  /** Tag that keeps the image that runs now from being lost. */
  pin: z.string(),
  strategy: Strategy,
  reason: z.string(),
  /** Nothing to do: this image with this configuration runs already. */
  current: z.boolean(),
  replicas: z.number().int(),
  kept: z.array(KeptContainer),
  /** Fixed name of the container, passed on from the old one to the new; empty without. */
  container_name: z.string(),
  /** Name of the candidate; empty when none can stand beside the old one. */
  candidate: z.string(),
  candidate_reason: z.string(),
  /** What has to be sent for it, in words for the plan's table. */
  to_send: z.string().default(''),
  /** Why the image needs no proof before its cut-over begins; empty when it does. */
  proven: z.string().default(''),
  /** Storage of a single writer that the candidate shares with the old container. */
  shared_volumes: z.array(z.string()),
  /** Environment variables by which proxies find containers; the candidate does without. */
  proxy_variables: z.array(z.string()),
  /** A proxy finds it by its labels or variables as soon as it starts, and keeps the address it had then. */
  found_by_labels: z.boolean().default(false),
  /** In front of it: told before the old container is stopped, and again when it is back. */
  proxies: z.array(ProxyHook).default([]),
  probe: Probe,
});
export type ServicePlan = z.infer<typeof ServicePlan>;

/** `deploy.migrate`, when the release changes its service. */
export const MigrationPlan = z.object({
  service: z.string(),
  container: z.string(),
  argv: z.array(z.string()),
  /** Seconds. */
  timeout: z.number(),
  irreversible: z.boolean(),
});
export type MigrationPlan = z.infer<typeof MigrationPlan>;

/**
 * Everything that doing, resuming, showing and undoing a release needs, as data: it stands in the server's journal and
 * in the hand-over file between the steps. Holds no secret: nothing of the services' environment is in it.
 */
export const ReleasePlan = z.object({
  pipeline_id: z.string(),
  /** By a person's word (rule R1), which counts as neither success nor failure; missing for a pipeline's release. */
  kind: z.literal('rollback').optional(),
  /** Compose's project name, the label of its containers. */
  project: z.string(),
  /** Own image tags begin with `<prefix>-<service>:`. */
  prefix: z.string(),
  compose: z.object({
    /** Absolute paths on the server. */
    directory: z.string(),
    file: z.string(),
    next: z.string(),
    before: z.string(),
    override: z.string(),
    existed: z.boolean(),
  }),
  /** Dependencies first; undone in reverse. */
  services: z.array(ServicePlan),
  migrate: MigrationPlan.optional(),
  warnings: z.array(z.string()),
});
export type ReleasePlan = z.infer<typeof ReleasePlan>;

/** One service to release and the image it shall run. */
export interface Wanted {
  service: Service;
  image: {
    reference: string;
    /** Empty in a dry run, which builds nothing. */
    id: string;
    /** Uncompressed bytes; 0 when nothing is built. */
    size: number;
    /** Where the server gets it instead, `registry/name@sha256:...` (`build.registry`). */
    pull?: string;
  };
  /** Bytes that the last release of this service sent. */
  lastSent?: number;
  /** Of an image that passed VERIFY before: when, e.g. `in run 20260206-160000-a1b2c3d`. */
  verified?: string;
}
