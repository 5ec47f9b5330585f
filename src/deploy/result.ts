import * as z from 'zod';
import { PlanRow } from './operations.ts';
import { ReleasePlan } from './release.ts';

/** Rule D1: one line of the gate's table. */
export const GateCheck = z.object({
  name: z.string(),
  service: z.string().optional(),
  passed: z.boolean(),
  detail: z.string(),
  fix: z.string().optional(),
});
export type GateCheck = z.infer<typeof GateCheck>;

/** What a dry run found out: what would be done, and whether the gate would let it. */
export const Preview = z.object({
  gate: z.array(GateCheck),
  services: z.array(PlanRow),
  /** In their order; empty when nothing has to be done. */
  operations: z.array(z.string()),
});
export type Preview = z.infer<typeof Preview>;

/** What runs now for one service, after whatever this run did. */
export const ServiceOutcome = z.object({
  service: z.string(),
  /** Image reference running now; empty when nothing runs. */
  image: z.string(),
  /** Image reference that ran before this run; empty for a first deployment. */
  previous: z.string(),
  strategy: z.enum(['start-first', 'stop-first']),
  status: z.enum(['deployed', 'rolled-back', 'untouched', 'undo-failed']),
  reason: z.string(),
  /** Bytes that were sent for its image in this run. */
  bytes_sent: z.number().optional(),
});
export type ServiceOutcome = z.infer<typeof ServiceOutcome>;

/** The failure of one container, for people: rule of the summary ("with the last log lines"). */
export const ContainerFailure = z.object({
  service: z.string(),
  reason: z.string(),
  exit_code: z.number().optional(),
  health_log: z.string().optional(),
  log_tail: z.string(),
});
export type ContainerFailure = z.infer<typeof ContainerFailure>;

/** One response-time sample of the watchdog's baseline; milliseconds. */
export const Sample = z.object({ at: z.number(), duration: z.number(), status: z.number() });
export type Sample = z.infer<typeof Sample>;

/** What VERIFY in a later step needs to take the release over: it goes through the hand-over file. */
export const ReleaseHandover = z.object({ nonce: z.string(), plan: ReleasePlan });
export type ReleaseHandover = z.infer<typeof ReleaseHandover>;

export const DeployResult = z.object({
  status: z.enum(['passed', 'warning', 'failed', 'skipped']),
  gate: z.array(GateCheck),
  services: z.array(ServiceOutcome),
  /** In the order in which they were put back (rule D3). */
  rolled_back: z.array(z.string()),
  failure: ContainerFailure.optional(),
  /** Commands a person must run, when something could not be undone; empty otherwise. */
  manual_steps: z.array(z.string()),
  /** Response times of the version before, by service, for the watchdog (rule V2). */
  baselines: z.record(z.string(), z.array(Sample)),
  /** Name of the server-side release that VERIFY confirms or rolls back. */
  release: z.string(),
  handover: ReleaseHandover.optional(),
  /** Why the stage failed, when it did: `GATE_FAILED`, `DEPLOY_FAILED`, `TRANSFER_FAILED`, ... */
  error: z.object({ code: z.string(), what: z.string(), why: z.string(), fix: z.string() }).optional(),
  warnings: z.array(z.string()),
});
export type DeployResult = z.infer<typeof DeployResult>;
