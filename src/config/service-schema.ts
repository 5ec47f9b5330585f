import * as z from 'zod';
import { CATEGORIES } from '../analyze/plan.ts';
import { httpUrl, seconds, ServiceName } from './fields.ts';

/** One entry of `services`, and the health check that all of them begin with. */

export const HealthCheck = z.strictObject({
  url: httpUrl()
    .optional()
    .describe('As seen from the server. Without it: the image HEALTHCHECK, else staying up'),
  timeout: seconds(60, 'How long a container may take to become healthy (rule D2)'),
  retries: z.number().int().min(0).max(20).default(3).describe('Rounds before giving up (rule D2)'),
  container_port: z.number().int().min(1).max(65_535).optional().describe('Port inside the container'),
});
const HealthCheckOverride = z
  .strictObject({
    url: httpUrl().optional().describe('Overrides deploy.health_check.url'),
    timeout: z.number().positive().max(86_400).optional().describe('Overrides it, in seconds'),
    retries: z.number().int().min(0).max(20).optional().describe('Overrides it'),
    container_port: z.number().int().min(1).max(65_535).optional().describe('Port inside the container'),
  })
  .describe('Overrides deploy.health_check, key by key');

const Strategy = z
  .enum(['auto', 'start-first', 'stop-first'])
  .default('auto')
  .describe('How old and new change places; `auto` starts the new one first where nothing forbids it');

export const Service = z.strictObject({
  dockerfile: z
    .string()
    .min(1)
    .optional()
    .describe('That of build.docker, else `./Dockerfile.<name>`, where it is not given'),
  context: z.string().min(1).default('.').describe('Directory that the build sees'),
  target: z.string().min(1).optional().describe('Stage of a multi-stage Dockerfile'),
  paths: z.array(z.string().min(1)).default([]).describe('Extra globs that rebuild it'),
  categories: z
    .array(z.enum(CATEGORIES))
    .optional()
    .describe('Categories that rebuild it, besides shared and config'),
  compose_service: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'a service name of the compose file')
    .optional()
    .describe('Its name in the compose file'),
  health_check: HealthCheckOverride.optional(),
  strategy: Strategy,
  depends_on: z.array(ServiceName).default([]).describe('Deployment order; undone in reverse'),
  args: z.record(z.string(), z.string()).default({}).describe('Build arguments, besides build.args'),
});
