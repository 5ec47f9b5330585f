import * as z from 'zod';
import { ContainerFailure, Sample, ServiceOutcome } from '../deploy/result.ts';

export const SmokeCheck = z.object({
  service: z.string(),
  url: z.string(),
  passed: z.boolean(),
  status: z.number(),
  /** Milliseconds. */
  duration: z.number(),
  detail: z.string(),
});
export type SmokeCheck = z.infer<typeof SmokeCheck>;

export const WatchVerdict = z.object({
  service: z.string(),
  verdict: z.enum(['healthy', 'roll-back', 'inconclusive']),
  reason: z.string(),
  samples: z.array(Sample),
});
export type WatchVerdict = z.infer<typeof WatchVerdict>;

export const VerifyResult = z.object({
  status: z.enum(['passed', 'warning', 'failed', 'skipped']),
  smoke: z.array(SmokeCheck),
  watch: z.array(WatchVerdict),
  services: z.array(ServiceOutcome),
  rolled_back: z.array(z.string()),
  failure: ContainerFailure.optional(),
  manual_steps: z.array(z.string()),
  warnings: z.array(z.string()),
});
export type VerifyResult = z.infer<typeof VerifyResult>;
