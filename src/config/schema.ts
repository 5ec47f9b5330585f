import * as z from 'zod';
import { CATEGORIES } from '../analyze/plan.ts';
import { Migrate, Proxy, Target } from './deploy-schema.ts';
import { httpUrl, seconds, ServiceName, size } from './fields.ts';
import { HealthCheck, Service } from './service-schema.ts';
import { type E2eSuite as E2eSuiteSchema, Test, type UnitSuite as UnitSuiteSchema } from './test-schema.ts';

export { bytesOf } from './fields.ts';

/**
 * gonsautopilot.yaml: the one schema that gives types, defaults, errors and the published JSON Schema.
 * Names are the public contract (spec/interface.md); adding is fine, renaming is not. Durations are seconds
 * unless the description says otherwise, as users write them.
 */

/** Host with an optional port, then path components, as image names have them. */
const REGISTRY = /^[a-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/i;
const USER = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** The shape; the rules across keys are in cross-checks.ts. */
export const ConfigSchema = z.strictObject({
  project: z.strictObject({
    name: ServiceName.describe('Image names start with it'),
    type: z
      .enum(['fullstack', 'frontend', 'backend'])
      .default('fullstack')
      .describe('Which services there are, where neither `services` nor `build.docker` says'),
    timezone: z.string().default('UTC').describe('IANA name, for ids and timestamps'),
  }),
  services: z.record(ServiceName, Service).optional(),
  analyze: z
    .strictObject({
      patterns: z
        .partialRecord(z.enum(CATEGORIES), z.array(z.string().min(1)))
        .default({})
        .describe("Replaces that category's defaults; `...` in the list stands for them"),
      base: z
        .enum(['last-success', 'event'])
        .default('last-success')
        .describe('What changes are compared with (rule A9)'),
    })
    .prefault({}),
  test: Test.prefault({}),
  build: z
    .strictObject({
      docker: z
        .record(ServiceName, z.string().min(1))
        .optional()
        .describe('service -> Dockerfile, where `services` is not given'),
      tag_strategy: z
        .enum(['git-sha', 'semver', 'timestamp'])
        .default('git-sha')
        .describe('Of the image tags (rule B2)'),
      args: z.record(z.string(), z.string()).default({}).describe('Build arguments of every service'),
      secrets: z
        .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'))
        .default([])
        .describe(
          'Names of environment variables that a Dockerfile may mount as build secrets (`RUN --mount=type=secret,id=NAME`); in no layer and no log',
        ),
      cache: z
        .enum(['auto', 'off'])
        .default('auto')
        .describe(
          "`auto`: the cache service of GitHub where runner and builder have it, else a folder of the runner, or the builder's own; the log says which",
        ),
      registry: z
        .string()
        .regex(REGISTRY, 'a registry and a path, such as ghcr.io/me')
        .optional()
        .describe(
          'Push images there from the runner and pull them by digest on the server, instead of sending them over SSH; both log in themselves',
        ),
      platform: z.string().min(1).optional().describe('Of the server, e.g. linux/arm64'),
      timeout: seconds(1800, 'Time limit of one image'),
    })
    .prefault({}),
  deploy: z
    .strictObject({
      target: Target.optional(),
      user: z
        .string()
        .regex(USER, 'a user name of the server')
        .optional()
        .describe('`deploy` when neither it nor the target names one'),
      port: z
        .number()
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .describe('22 when neither it nor the target names one'),
      path: z
        .string()
        .regex(/^\/[^\0\r\n]*$/, 'an absolute path')
        .optional()
        .describe('Where the compose file lives on the server; `/srv/<project.name>` when not given'),
      method: z.enum(['docker-compose']).default('docker-compose'),
      compose_file: z
        .string()
        .regex(/^[^\0\r\n]+$/, 'the name of a file below deploy.path')
        .default('docker-compose.prod.yml')
        .describe('Below deploy.path'),
      min_free_disk: size('2GB', 'Free space that must remain on the data root of the engine (rule D1)'),
      health_check: HealthCheck.prefault({}),
      drift: z
        .enum(['fail', 'adopt', 'overwrite'])
        .default('adopt')
        .describe(
          "When the compose file on the server differs from the repository's by more than images: stop, use the server's with a warning, or use the repository's",
        ),
      migrate: Migrate.optional(),
      allow_older: z
        .boolean()
        .default(false)
        .describe(
          'Let a run deploy a commit that what runs already contains; the stage rollback is the way back',
        ),
      proxy: z
        .union([z.enum(['auto', 'none']), z.array(Proxy)])
        .default('auto')
        .describe(
          'Proxies that are told when containers change places; `auto` recognises nginx, HAProxy and Caddy in the compose file',
        ),
      lock_wait: z
        .number()
        .min(0)
        .max(86_400)
        .default(600)
        .describe('How long to wait for another deployment, in seconds'),
      heartbeat: z
        .number()
        .min(5)
        .max(600)
        .default(30)
        .describe('Silence after which the server rolls back by itself, in seconds'),
    })
    .prefault({}),
  verify: z
    .strictObject({
      smoke_test: z
        .strictObject({
          response_time_max: z.number().positive().default(3000).describe('Milliseconds'),
          endpoints: z.array(z.string().min(1)).default([]).describe("Relative to the health check's origin"),
        })
        .prefault({}),
      watchdog: z
        .strictObject({
          duration: z.number().min(0).max(3600).default(30).describe('Seconds; 0 switches it off'),
          interval: z.number().positive().max(600).default(5).describe('Seconds'),
          latency_spike_ratio: z
            .number()
            .gt(1)
            .default(2.0)
            .describe('Times the first response time; above it rolls back (rule V2)'),
        })
        .prefault({}),
    })
    .prefault({}),
  safety: z
    .strictObject({
      auto_rollback: z
        .boolean()
        .default(true)
        .describe('false: a release that VERIFY finds broken stays, and a person decides'),
      max_consecutive_failures: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe('At so many the pipeline locks (rule V4)'),
      keep_releases: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(5)
        .describe('Releases of a service that can be restored'),
      notify: z
        .strictObject({
          issue: z.boolean().default(true).describe('A lock opens an issue in the repository'),
          webhook: z
            .union([z.literal(''), httpUrl()])
            .default('')
            .describe('Told when the pipeline locks'),
        })
        .prefault({}),
    })
    .prefault({}),
  trigger: z
    .strictObject({
      branches: z
        .array(z.string().min(1))
        .default(['main', 'master'])
        .describe('Pushes to others are not deployed'),
    })
    .prefault({}),
});

/** The file as parsed, with every default in place. */
export type Config = z.output<typeof ConfigSchema>;
export type ProxySetting = Config['deploy']['proxy'];
export type Migration = NonNullable<Config['deploy']['migrate']>;
export type Drift = Config['deploy']['drift'];
export type HealthCheck = z.output<typeof HealthCheck>;
export type UnitSuite = z.output<typeof UnitSuiteSchema>;
export type E2eSuite = z.output<typeof E2eSuiteSchema>;
