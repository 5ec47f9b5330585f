import { AutopilotError } from '../errors.ts';
import type { Container } from '../server/target.ts';
import {
  createBeside,
  joinNetwork,
  leaveNetwork,
  renameContainer,
  startContainer,
  stopContainer,
  swapContainers,
  writeOverride,
} from './commands.ts';
import { containersOf, must, newContainers, type ReleaseEffects } from './effects.ts';
import { failure, proveHealthy } from './health.ts';
import { namesOf } from './plan.ts';
import { NOTICED, releaseProxies, tellProxies, withoutHosts } from './proxy.ts';
import type { ReleasePlan, ServicePlan } from './release.ts';
import type { ContainerFailure } from './result.ts';

/**
 * Rule D2: puts the new container in the place of the old one, which is stopped and kept. Each step looks first whether
 * its effect is already there. Returns why the new one is not healthy; undoing is the caller's.
 */
export async function cutOver(
  plan: ReleasePlan,
  service: ServicePlan,
  effects: ReleaseEffects,
): Promise<ContainerFailure | undefined> {
  const created = await create(plan, service, effects);
  if (service.strategy === 'start-first' && service.kept.some((container) => container.running)) {
    for (const container of created) {
      const problem = await startBeside(service, container, effects);
      if (problem) return problem;
    }
    const live = await fresh(created, effects);
    await tellProxies(plan, service, live, effects);
    if (service.found_by_labels) await effects.clock.sleep(NOTICED, effects.signal);
    await stopKept(service, effects);
    await releaseProxies(plan, service, live, effects);
    await passNameOn(service, created, effects);
    return undefined;
  }
  // Names first: while the old one is down, nothing is done that could have been done before.
  await passNameOn(service, created, effects);
  const problem = await swap(service, created, effects);
  if (problem) return problem;
  // A proxy that looked the name up once holds the address of the old one, and the proof below may go through it.
  await tellProxies(plan, withoutHosts(service), await fresh(created, effects), effects);
  for (const container of created) {
    const unhealthy = await proveHealthy(
      { service: service.service, container: container.id, probe: service.probe, from: 'public' },
      effects,
    );
    if (unhealthy) return unhealthy;
  }
  return undefined;
}

async function swap(
  service: ServicePlan,
  created: readonly Container[],
  effects: ReleaseEffects,
): Promise<ContainerFailure | undefined> {
  const old = await stillUp(service, effects);
  const swapped = await effects.keeper.change(
    swapContainers(
      service,
      old,
      created.filter((container) => container.state !== 'running').map((container) => container.id),
    ),
  );
  if (swapped.code === 0) return undefined;
  const [first] = created;
  return failure(
    service,
    effects,
    first && (await effects.target.engine.container(first.id)),
    swapped.code === 90
      ? `The old container could not be stopped: ${swapped.stderr.trim().slice(-2000)}`
      : `It could not be started: ${swapped.stderr.trim().slice(-2000)}`,
  );
}

async function stillUp(service: ServicePlan, effects: ReleaseEffects): Promise<Container[]> {
  const found = await Promise.all(service.kept.map((kept) => effects.target.engine.container(kept.id)));
  return found.filter(
    (container) =>
      container !== undefined && !['exited', 'created', 'dead', 'removing'].includes(container.state),
  ) as Container[];
}

async function create(
  plan: ReleasePlan,
  service: ServicePlan,
  effects: ReleaseEffects,
): Promise<Container[]> {
  let created = await newContainers(effects, plan, service);
  if (created.length < service.replicas) {
    const existing = await containersOf(effects, plan, service);
    if (service.container_name !== '') await must(effects, writeOverride(plan, service));
    const count = existing.length + service.replicas - created.length;
    await must(effects, createBeside(plan, service, count));
    created = await newContainers(effects, plan, service);
  }
  if (created.length < service.replicas) {
    // Going on would stop the old one with nothing to take its place.
    throw new AutopilotError('DEPLOY_FAILED', {
      what: `Docker Compose did not create the new container of ${service.service}.`,
      why: `There are ${String(created.length)} of ${String(service.replicas)} with the image ${service.image}.`,
      fix: `Run on the server: docker compose -f ${plan.compose.file} config, and look at the image of ${service.compose_service}.`,
    });
  }
  return created;
}

/** Off traffic until it is proven: an unproven container must not carry the service's alias. */
async function startBeside(
  service: ServicePlan,
  container: Container,
  effects: ReleaseEffects,
): Promise<ContainerFailure | undefined> {
  const networks = Object.entries(container.networks).filter(
    ([, network]) => !service.found_by_labels && network.aliases.length > 0,
  );
  if (container.state !== 'running') {
    for (const [name] of networks) {
      await must(effects, leaveNetwork(name, container.id));
      await must(effects, joinNetwork(name, container.id, []));
    }
    const problem = await start(service, container, effects);
    if (problem) return problem;
  }
  const request = {
    service: service.service,
    container: container.id,
    probe: service.probe,
    from: 'own' as const,
  };
  const problem = await proveHealthy(request, effects);
  if (problem) return problem;
  const names = namesOf(container);
  for (const [name] of networks) {
    await must(effects, leaveNetwork(name, container.id));
    await must(effects, joinNetwork(name, container.id, names[name] ?? []));
  }
  // Its address changed when it joined; an app that listens on the one it was started with would be dead now.
  return networks.length === 0
    ? undefined
    : proveHealthy({ ...request, probe: { ...service.probe, retries: 0 } }, effects);
}

/** As the engine sees them now: their addresses changed when they joined. */
async function fresh(
  containers: readonly Pick<Container, 'id'>[],
  { target }: Pick<ReleaseEffects, 'target'>,
): Promise<Container[]> {
  const found = await Promise.all(containers.map((container) => target.engine.container(container.id)));
  return found.filter((container) => container !== undefined);
}

async function stopKept(service: ServicePlan, effects: ReleaseEffects): Promise<void> {
  for (const old of await stillUp(service, effects)) {
    await must(effects, stopContainer(old.name, old.id, old.stopGracePeriod));
  }
}

/** The kept one gives its fixed name to the new one, and gets it back when the release is undone. */
async function passNameOn(
  service: ServicePlan,
  created: readonly Container[],
  effects: ReleaseEffects,
): Promise<void> {
  const [container] = created;
  if (service.container_name === '' || !container) return;
  const holder = await effects.target.engine.container(service.container_name);
  if (holder?.id === container.id) return;
  if (holder && service.kept.some((kept) => kept.id === holder.id)) {
    // Of a release that `safety.auto_rollback: false` left to a person: two old ones cannot wait under one name.
    const older = await effects.target.engine.container(keptName(service));
    if (older && older.id !== holder.id && service.kept.some((kept) => kept.id === older.id))
      await must(effects, renameContainer(older.id, `${keptName(service)}-${older.id.slice(0, 12)}`));
    await must(effects, renameContainer(holder.id, keptName(service)));
  }
  await must(effects, renameContainer(container.id, service.container_name));
}

/** The name under which an old container waits whose fixed name was passed on. */
export const keptName = (service: Pick<ServicePlan, 'container_name'>): string =>
  `${service.container_name}-before`;

async function start(
  service: ServicePlan,
  container: Container,
  effects: ReleaseEffects,
): Promise<ContainerFailure | undefined> {
  const now = await effects.target.engine.container(container.id);
  if (now?.state === 'running') return undefined;
  const started = await effects.keeper.change(startContainer(container.name, container.id));
  if (started.code === 0) return undefined;
  return failure(
    service,
    effects,
    await effects.target.engine.container(container.id),
    `It could not be started: ${started.stderr.trim().slice(-2000)}`,
  );
}
