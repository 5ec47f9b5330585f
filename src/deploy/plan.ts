import type { Migration, ProxySetting } from '../config/schema.ts';
import type { Container, EngineInfo } from '../server/target.ts';
import {
  type ComposeModel,
  foundByLabels,
  proxyVariables,
  replicasOf,
  singleWriterVolumes,
} from './compose-model.ts';
import { proxyHooks } from './proxy-hooks.ts';
import type { MigrationPlan, ReleasePlan, ServicePlan, Wanted } from './release.ts';
import { chooseStrategy } from './strategy.ts';
import { toSend } from './to-send.ts';

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
  /** Id of such an image -> everything that names it there. */
  tags: Record<string, string[]>;
  /** Id of such an image -> id of the run that built it; empty for one that is not ours. */
  builtBy: Record<string, string>;
  engine: EngineInfo;
  /** Free bytes on the engine's data root. */
  freeDisk: number;
  /** The compose file on the server. */
  serverSource: string | undefined;
}

export interface PlanRequest {
  pipelineId: string;
  /** Asked for by a person (rule R1). */
  kind?: 'rollback';
  prefix: string;
  /** Absolute path of the compose file on the server. */
  composeFile: string;
  wanted: readonly Wanted[];
  /** `deploy.proxy`; `auto` when not given. */
  proxy?: ProxySetting;
  migrate?: Migration | undefined;
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
  const services = request.wanted.map((wanted) => planService(observed, request, wanted));
  const migrate = planMigration(observed.model.name, services, request.migrate);
  return {
    pipeline_id: request.pipelineId,
    ...(request.kind ? { kind: request.kind } : {}),
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
    services,
    ...(migrate ? { migrate } : {}),
    warnings: services.flatMap((service) => unguarded(observed, service)),
  };
}

/** Such a proxy waits for the health check of a container; without one it asks a container that is still starting. */
function unguarded({ model, containers }: Observation, service: ServicePlan): string[] {
  const checked =
    model.services[service.compose_service]?.healthcheck !== undefined ||
    containers.some(
      (container) =>
        container.labels[COMPOSE_LABEL.service] === service.compose_service && container.health !== 'none',
    );
  if (!service.found_by_labels || service.current || service.strategy !== 'start-first' || checked) return [];
  return [
    `${service.service}: its proxy finds it by labels as soon as it starts. Give it a HEALTHCHECK, so that the proxy waits until it can answer.`,
  ];
}

function planMigration(
  project: string,
  services: readonly ServicePlan[],
  migration: Migration | undefined,
): MigrationPlan | undefined {
  const service = services.find((entry) => entry.service === migration?.service && !entry.current);
  if (!migration || !service) return undefined;
  const { command, timeout, irreversible } = migration;
  return {
    service: service.service,
    container: `${project}-${service.compose_service}-migrate`,
    argv: typeof command === 'string' ? command.split(/\s+/).filter(Boolean) : command,
    timeout,
    irreversible,
  };
}

/**
 * **Decided:** an image that ran on this server before (a release has pinned it as what it replaced) and passed VERIFY is
 * not started twice. Side by side, the cut-over proves it off traffic anyway, before the old one is touched. Stop-first too:
 * whoever asks for an older version mostly has one in place that does harm, a candidate would double the time until that
 * ends, and what is in place is kept and started again should the older one not come up. Only where a proxy finds
 * containers by labels nothing in the cut-over is off traffic, so there the candidate stays.
 */
function provenHere(
  observed: Observation,
  { prefix }: PlanRequest,
  { service, image, verified }: Wanted,
): string {
  const id = observed.imageIds[image.reference] ?? '';
  if (verified === undefined || !observed.tags[id]?.includes(pinOf(prefix, service.name, id))) return '';
  return `it ran on this server before, and passed VERIFY ${verified}`;
}

/** By the id, so that it can never name another image than the one that ran. */
const pinOf = (prefix: string, service: string, id: string): string =>
  `${prefix}-${service}:pinned-${id.replace(/^sha256:/, '').slice(0, 12)}`;

function planService(observed: Observation, request: PlanRequest, wanted: Wanted): ServicePlan {
  const { service, image } = wanted;
  const name = service.composeService;
  const model = observed.model.services[name];
  const own = observed.containers.filter((container) => container.labels[COMPOSE_LABEL.service] === name);
  const running = own.filter(
    (container) => container.state === 'running' || container.state === 'restarting',
  );
  const choice = chooseStrategy(observed.model, name, service.strategy);
  // The one that serves decides what "previous" means; a crashed predecessor is still better than none.
  const [before] = [...running, ...own];
  const pin = before ? pinOf(request.prefix, service.name, before.imageId) : '';
  const labelled = model !== undefined && foundByLabels(model);
  const exposed = labelled && choice.strategy === 'start-first';
  const proven = exposed ? '' : provenHere(observed, request, wanted);
  const noCandidate = choice.noCandidate || proven;
  const replicas = Math.max(1, running.length, model ? replicasOf(model) : 1);
  const current =
    running.length >= replicas &&
    running.every(
      (container) =>
        container.image === image.reference &&
        observed.imageIds[image.reference] === container.imageId &&
        isWanted(observed, request, image, container.imageId) &&
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
    to_send: toSend(observed, wanted, { first: own.length === 0, current }),
    replicas,
    kept: own.map((container) => ({
      id: container.id,
      name: container.name,
      image: container.image,
      running: running.includes(container),
      restart: container.restartPolicy,
      networks: namesOf(container),
    })),
    container_name: model?.container_name ?? '',
    candidate: noCandidate === '' ? `${observed.model.name}-${name}-candidate` : '',
    candidate_reason: noCandidate,
    proven,
    shared_volumes: own.length > 0 ? singleWriterVolumes(observed.model, name) : [],
    proxy_variables: model ? proxyVariables(model) : [],
    found_by_labels: labelled,
    proxies: proxyHooks(observed.model, service, request.proxy ?? 'auto'),
    probe: {
      url: service.healthCheck.url ?? '',
      own: null,
      timeout: service.healthCheck.timeout,
      retries: service.healthCheck.retries,
    },
  };
}

/**
 * Whether what the server has under the wanted tag is the image that was built (rule B2). Stores call one image by
 * different ids, and a run builds one image of a service. A dry run builds none, so that only the tag can be compared.
 */
const isWanted = (
  { builtBy }: Observation,
  { pipelineId }: PlanRequest,
  { id }: Wanted['image'],
  held: string,
): boolean => id === '' || id === held || builtBy[held] === pipelineId;

/** Docker adds the short id by itself, and refuses nothing when it is named twice; Compose does not name it. */
export function namesOf(container: Pick<Container, 'id' | 'networks'>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(container.networks).map(([network, { aliases }]) => [
      network,
      aliases.filter((alias) => !container.id.startsWith(alias)),
    ]),
  );
}

/** A tag that moved on (`latest`) no longer names what ran; the pin tag does. */
function startable(observed: Observation, container: Container, pin: string): string {
  return observed.imageIds[container.image] === container.imageId ? container.image : pin;
}
