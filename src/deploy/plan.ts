import type { Container, EngineInfo } from '../server/target.ts';
import { type ComposeModel, proxyVariables, replicasOf } from './compose-model.ts';
import type { ReleasePlan, ServicePlan, Wanted } from './release.ts';
import { chooseStrategy } from './strategy.ts';

/** What the server looks like before anything is done; the only source of the plan. */
export interface Observation {
  /** The compose file with the wanted images in it, resolved by Compose. */
  model: ComposeModel;
  /** Containers of the project, stopped ones too, one-off ones not. */
  containers: Container[];
  /** compose service -> hash of its configuration, the one that Compose writes into the label of a container. */
  hashes: Record<string, string>;
  /** Image references that resolve on the server -> image id. */
  imageIds: Record<string, string>;
  engine: EngineInfo;
  /** Free bytes on the engine's data root. */
  freeDisk: number;
  /** The compose file on the server. */
  serverSource: string | undefined;
}

export interface PlanRequest {
  pipelineId: string;
  prefix: string;
  /** Absolute path of the compose file on the server. */
  composeFile: string;
  wanted: readonly Wanted[];
}

export const COMPOSE_LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  oneoff: 'com.docker.compose.oneoff',
  hash: 'com.docker.compose.config-hash',
} as const;

/** Rule D2, D3: the release as data, from what runs and what should. Pure. */
export function planRelease(observed: Observation, request: PlanRequest): ReleasePlan {
  const split = request.composeFile.lastIndexOf('/');
  const directory = request.composeFile.slice(0, split) || '/';
  const base = request.composeFile.slice(split + 1);
  const hidden = (suffix: string) => `${directory === '/' ? '' : directory}/.${base}.${suffix}`;
  return {
    pipeline_id: request.pipelineId,
    project: observed.model.name,
    prefix: request.prefix,
    compose: {
      directory,
      file: request.composeFile,
      next: hidden('next'),
      // Named for this release: a copy that an older one left behind must never be put back.
      before: hidden(`before-${request.pipelineId.replace(/[^\w.-]/g, '_')}`),
      override: hidden('override'),
      existed: observed.serverSource !== undefined,
    },
    services: request.wanted.map((wanted) => planService(observed, request, wanted)),
    warnings: [],
  };
}

function planService(observed: Observation, request: PlanRequest, { service, image }: Wanted): ServicePlan {
  const name = service.composeService;
  const model = observed.model.services[name];
  const own = observed.containers.filter((container) => container.labels[COMPOSE_LABEL.service] === name);
  const running = own.filter(
    (container) => container.state === 'running' || container.state === 'restarting',
  );
  const choice = chooseStrategy(observed.model, name, service.strategy);
  // The one that serves decides what "previous" means; a crashed predecessor is still better than none.
  const [before] = [...running, ...own];
  const pin = before
    ? `${request.prefix}-${service.name}:pinned-${before.imageId.replace(/^sha256:/, '').slice(0, 12)}`
    : '';
  const replicas = Math.max(1, running.length, model ? replicasOf(model) : 1);
  const current =
    running.length >= replicas &&
    running.every(
      (container) =>
        container.image === image.reference &&
        observed.imageIds[image.reference] === container.imageId &&
        container.labels[COMPOSE_LABEL.hash] === observed.hashes[name],
    );
  return {
    service: service.name,
    compose_service: name,
    image: image.reference,
    previous: before ? startable(observed, before, pin) : '',
    previous_id: before?.imageId ?? '',
    pin,
    strategy: choice.strategy,
    reason: own.length === 0 ? `first deployment; ${choice.reason}` : choice.reason,
    current,
    replicas,
    kept: own.map((container) => ({
      id: container.id,
      name: container.name,
      image: container.image,
      running: running.includes(container),
    })),
    container_name: model?.container_name ?? '',
    candidate: choice.noCandidate === '' ? `${observed.model.name}-${name}-candidate` : '',
    candidate_reason: choice.noCandidate,
    proxy_variables: model ? proxyVariables(model) : [],
    probe: {
      url: service.healthCheck.url ?? '',
      own: null,
      timeout: service.healthCheck.timeout,
      retries: service.healthCheck.retries,
    },
  };
}

/** A tag that moved on (`latest`) no longer names what ran; the pin tag does. */
function startable(observed: Observation, container: Container, pin: string): string {
  return observed.imageIds[container.image] === container.imageId ? container.image : pin;
}

export const OPERATION_KINDS = [
  'pin',
  'transfer',
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
    ? `start the new one${count} beside the old, off traffic, prove it, let it into traffic, stop ${names(service)}`
    : `create the new one${count}, stop ${names(service)}, start the new one, prove it`;
}

function describeUndo(service: ServicePlan): string {
  const kept = service.kept.filter((container) => container.running).map((container) => container.name);
  if (kept.length === 0) return 'remove the new one';
  return service.strategy === 'start-first'
    ? `start ${kept.join(', ')}, prove it, remove the new one`
    : `remove the new one, start ${kept.join(', ')}, prove it`;
}

/** The plan for people: a Markdown table of the services, and the list of operations under it. Pure. */
export function planTable(plan: ReleasePlan): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = plan.services.map((service) =>
    [
      service.service,
      service.previous === '' ? '(nothing)' : service.previous,
      service.image,
      service.current ? 'none' : service.strategy,
      service.current ? 'this image with this configuration runs already' : service.reason,
    ]
      .map(cell)
      .join(' | '),
  );
  const list = operations(plan).map(
    (operation, index) =>
      `${String(index + 1)}. ${operation.service === '' ? '' : `${operation.service}: `}${operation.description}`,
  );
  return [
    '| service | from | to | strategy | why |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...(list.length === 0 ? ['Nothing to do.'] : list),
  ].join('\n');
}
