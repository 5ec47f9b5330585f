import * as z from 'zod';
import { CATEGORIES } from '../analyze/plan.ts';
import { httpUrl, seconds, ServiceName, size } from './fields.ts';
import { type E2eSuite as E2eSuiteSchema, Test, type UnitSuite as UnitSuiteSchema } from './test-schema.ts';

export { bytesOf } from './fields.ts';

/**
 * gonsautopilot.yaml: the one schema that gives types, defaults, errors and the published JSON Schema.
 * Names are the public contract (spec/interface.md); adding is fine, renaming is not. Durations are seconds
 * unless the description says otherwise, as users write them.
 */

const HealthCheck = z.strictObject({
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

const Service = z.strictObject({
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

/** Host with an optional port, then path components, as image names have them. */
const REGISTRY = /^[a-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/i;
const PROXY_KEYS = 'one of service and container, or reload alone: a command on the server itself';
const Proxy = z
  .strictObject({
    service: z.string().min(1).optional().describe('Compose service that runs the proxy'),
    container: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'the name of a container')
      .optional()
      .describe('Its container, where it is not in the compose file'),
    kind: z
      .enum(['nginx', 'haproxy', 'caddy'])
      .optional()
      .describe('Which proxy it is, where its image does not say so'),
    reload: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe(
        'Command that makes it look its addresses up again, without a shell; in its container, else on the server. `{service}`, `{addresses}` and `{container}` are filled in. That of its kind where it is not given',
      ),
    hosts: z
      .boolean()
      .default(true)
      .describe(
        'Meanwhile point the name of the service at the proven containers in the /etc/hosts of the proxy',
      ),
    settle: z
      .number()
      .min(0)
      .max(600)
      .default(1)
      .describe('Time for requests under way before the old container is stopped, in seconds'),
    services: z.array(ServiceName).default([]).describe('Services behind it; all where it is not given'),
  })
  .refine(
    (entry) =>
      (entry.service === undefined) !== (entry.container === undefined) ||
      (entry.service === undefined && entry.reload !== undefined),
    PROXY_KEYS,
  );

const Migrate = z
  .strictObject({
    service: ServiceName.describe('Whose new image runs it'),
    command: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('Without a shell, such as `npx prisma migrate deploy`'),
    timeout: seconds(300, 'Time limit'),
    irreversible: z
      .boolean()
      .default(false)
      .describe(
        'The version before cannot run on its result: then nothing rolls back by itself, a person decides',
      ),
  })
  .describe('Run once in each release of the service, in the new image, before anything is started');

const USER = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const TARGET =
  /^(?:[A-Za-z_][A-Za-z0-9_.-]*@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;
const Target = z
  .string()
  .max(320)
  .regex(TARGET, 'host, user@host, user@host:port, or local')
  .describe('The server; `local` is the engine of this machine, without SSH');

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
