import * as z from 'zod';
import { seconds, ServiceName } from './fields.ts';

/** The parts of `deploy` that have keys or a syntax of their own. */

const PROXY_KEYS = 'one of service and container, or reload alone: a command on the server itself';
export const Proxy = z
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

export const Migrate = z
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

const TARGET =
  /^(?:[A-Za-z_][A-Za-z0-9_.-]*@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;
export const Target = z
  .string()
  .max(320)
  .regex(TARGET, 'host, user@host, user@host:port, or local')
  .describe('The server; `local` is the engine of this machine, without SSH');
