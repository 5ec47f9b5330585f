import * as z from 'zod';
import { type ReleasePlan, type ServicePlan, Strategy } from './release.ts';

export const OPERATION_KINDS = [
  'pin',
  'transfer',
  'migrate',
  'stage-compose',
  'candidate',
  'write-compose',
  'cut-over',
  'retire',
  'prune',
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** One step of a release: shown by a dry run, executed, journalled, resumed and walked backwards. */
export interface Operation {
  kind: OperationKind;
  /** Empty when it is about the whole release. */
  service: string;
  description: string;
  /** What undoing it means; empty where there is nothing to undo. */
  undo: string;
  /** `prepare` leaves traffic alone; `confirm` happens only once VERIFY has passed. */
  phase: 'prepare' | 'cut-over' | 'confirm';
}

/**
 * The list, in order: everything is prepared and every candidate of every service is proven before the first service
 * is cut over, so that a broken backend never causes the frontend to be touched. Pure.
 */
export function operations(plan: ReleasePlan): Operation[] {
  const changing = plan.services.filter((service) => !service.current);
  if (changing.length === 0) return [];
  const each = (build: (service: ServicePlan) => Operation[]) => changing.flatMap(build);
  return [
    ...each((service) =>
      service.pin === ''
        ? []
        : [op('pin', service.service, `keep the image that runs now as ${service.pin}`, '', 'prepare')],
    ),
    op(
      'stage-compose',
      '',
      `write the new compose file to ${plan.compose.next} and have Compose check it`,
      `remove ${plan.compose.next}`,
      'prepare',
    ),
    op(
      'transfer',
      '',
      `send ${changing.map((service) => service.image).join(', ')} and prove each by \`docker create\``,
      '',
      'prepare',
    ),
    ...(plan.migrate === undefined
      ? []
      : [
          op(
            'migrate',
            plan.migrate.service,
            `run \`${plan.migrate.argv.join(' ')}\` once in the new image, for at most ${String(plan.migrate.timeout)} s${plan.migrate.irreversible ? '; from here on nothing rolls back by itself' : ''}`,
            '',
            'prepare',
          ),
        ]),
    ...each((service) => [
      service.candidate === ''
        ? op(
            'candidate',
            service.service,
            `no candidate (${service.candidate_reason}); the image is proven by \`docker create\` only`,
            '',
            'prepare',
          )
        : op(
            'candidate',
            service.service,
            `start ${service.image} as ${service.candidate}, off traffic, until it is healthy; then remove it`,
            `remove ${service.candidate}`,
            'prepare',
          ),
    ]),
    op(
      'write-compose',
      '',
      `${plan.compose.existed ? 'replace' : 'create'} ${plan.compose.file} by one rename`,
      plan.compose.existed ? `put ${plan.compose.before} back` : `remove ${plan.compose.file}`,
      'cut-over',
    ),
    ...each((service) => [
      op('cut-over', service.service, describeCutOver(service), describeUndo(service), 'cut-over'),
    ]),
    ...each((service) =>
      service.kept.length === 0
        ? []
        : [op('retire', service.service, `after VERIFY: remove ${names(service)}`, '', 'confirm')],
    ),
    op('prune', '', 'after VERIFY: remove own images beyond `safety.keep_releases`', '', 'confirm'),
  ];
}

function op(
  kind: OperationKind,
  service: string,
  description: string,
  undo: string,
  phase: Operation['phase'],
): Operation {
  return { kind, service, description, undo, phase };
}

const names = (service: ServicePlan) => service.kept.map((container) => container.name).join(', ');

function describeCutOver(service: ServicePlan): string {
  const count = service.replicas === 1 ? '' : ` (${String(service.replicas)} containers)`;
  const running = service.kept.some((container) => container.running);
  if (!running) return `create and start the new one${count}, prove it`;
  return service.strategy === 'start-first'
    ? `start the new one${count} beside the old, off traffic, prove it, let it into traffic${told(service)}, stop ${names(service)}`
    : `create the new one${count}, stop ${names(service)}, start the new one${told(service)}, prove it`;
}

const told = ({ proxies }: ServicePlan) =>
  proxies.length === 0 ? '' : `, tell ${proxies.map((hook) => hook.name).join(' and ')}`;

function describeUndo(service: ServicePlan): string {
  const kept = service.kept.filter((container) => container.running).map((container) => container.name);
  if (kept.length === 0) return 'remove the new one';
  return service.strategy === 'start-first'
    ? `start ${kept.join(', ')}, prove it${told(service)}, remove the new one`
    : `remove the new one, start ${kept.join(', ')}, prove it`;
}

/** One service of the plan, for people. */
export const PlanRow = z.object({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  /** `none`: nothing has to be done. */
  strategy: z.enum(['none', ...Strategy.options]),
  why: z.string(),
  send: z.string(),
});
export type PlanRow = z.infer<typeof PlanRow>;

/** Pure. */
export function planRows(plan: ReleasePlan): PlanRow[] {
  return plan.services.map((service) => ({
    service: service.service,
    from: service.previous === '' ? '(nothing)' : service.previous,
    to: service.image,
    strategy: service.current ? 'none' : service.strategy,
    why: service.current ? 'this image with this configuration runs already' : service.reason,
    send: service.to_send,
  }));
}

/** The operations as lines, without their numbers. Pure. */
export const operationLines = (plan: ReleasePlan): string[] =>
  operations(plan).map(({ service, description }) => `${service === '' ? '' : `${service}: `}${description}`);

/** The plan for the log: a Markdown table of the services, and the list of operations under it. Pure. */
export function planTable(plan: ReleasePlan): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = planRows(plan).map(({ service, from, to, strategy, why, send }) =>
    [service, from, to, strategy, why, send].map(cell).join(' | '),
  );
  const list = operationLines(plan).map((line, index) => `${String(index + 1)}. ${line}`);
  return [
    '| service | from | to | strategy | why | to send |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...(list.length === 0 ? ['Nothing to do.'] : list),
  ].join('\n');
}
