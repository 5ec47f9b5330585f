import type { Container } from '../server/target.ts';
import {
  createBeside,
  joinNetwork,
  leaveNetwork,
  renameContainer,
  startContainer,
  stopContainer,
  writeOverride,
} from './commands.ts';
import { containersOf, must, newContainers, type ReleaseEffects } from './effects.ts';
import { failure, proveHealthy } from './health.ts';
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
    await stopKept(service, effects);
    await passNameOn(service, created, effects);
    return undefined;
  }
  await stopKept(service, effects);
  await passNameOn(service, created, effects);
  for (const container of created) {
    const problem =
      (await start(service, container, effects)) ??
      (await proveHealthy(
        { service: service.service, container: container.id, probe: service.probe, from: 'public' },
        effects,
      ));
    if (problem) return problem;
  }
  return undefined;
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
  return created;
}

/** Off traffic until it is proven: an unproven container must not carry the service's alias. */
async function startBeside(
  service: ServicePlan,
  container: Container,
  effects: ReleaseEffects,
): Promise<ContainerFailure | undefined> {
  const networks = Object.entries(container.networks).filter(([, network]) => network.aliases.length > 0);
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
  for (const [name, network] of networks) {
    // Docker adds the short id by itself, and refuses nothing when it is named twice; Compose does not name it.
    const aliases = network.aliases.filter((alias) => !container.id.startsWith(alias));
    await must(effects, leaveNetwork(name, container.id));
    await must(effects, joinNetwork(name, container.id, aliases));
  }
  // Its address changed when it joined; an app that listens on the one it was started with would be dead now.
  return networks.length === 0
    ? undefined
    : proveHealthy({ ...request, probe: { ...service.probe, retries: 0 } }, effects);
}

async function stopKept(service: ServicePlan, effects: ReleaseEffects): Promise<void> {
  for (const kept of service.kept) {
    const now = await effects.target.engine.container(kept.id);
    if (now && now.state !== 'exited' && now.state !== 'created' && now.state !== 'dead') {
      await must(effects, stopContainer(kept.name, kept.id, now.stopGracePeriod));
    }
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
