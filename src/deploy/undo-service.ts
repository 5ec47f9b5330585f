import { AutopilotError } from '../errors.ts';
import type { Container } from '../server/target.ts';
import { removeCandidate } from './candidate.ts';
import {
  discardContainer,
  joinNetwork,
  leaveNetwork,
  renameContainer,
  startContainer,
  stopContainer,
} from './commands.ts';
import { must, newContainers, type ReleaseEffects } from './effects.ts';
import { proveHealthy } from './health.ts';
import { clearHosts, NOTICED, releaseProxies, tellProxies, withoutHosts } from './proxy.ts';
import type { KeptContainer, ReleasePlan, ServicePlan } from './release.ts';

/**
 * Rule D3 for one service: its old containers answer again as before, the new ones are gone. Can be taken twice. True when
 * something had to be put back.
 */
export async function undoService(
  plan: ReleasePlan,
  service: ServicePlan,
  effects: ReleaseEffects,
): Promise<boolean> {
  await removeCandidate(service, effects);
  const created = await newContainers(effects, plan, service);
  const down = await keptAndDown(service, effects);
  await letIntoTraffic(service, down, effects);
  if (created.length === 0 && down.length === 0) {
    // An undoing that was cut short may have left names pointing at addresses that will change one day.
    await clearHosts(plan, service, effects);
    await giveNameBack(service, effects);
    return false;
  }
  const everStarted = down.length > 0 || created.some((container) => container.state !== 'created');

  if (service.strategy === 'start-first') {
    // The new one may be broken, but it may also be all that answers: it goes when the old one is back.
    await startKept(service, down, effects);
    if (service.found_by_labels && down.length > 0) await effects.clock.sleep(NOTICED);
    const back = await keptNow(service, effects);
    const seen = down.length > 0 || created.some((container) => onTraffic(service, container));
    if (seen) await tellProxies(plan, leniently(service), back, effects);
    await remove();
    if (seen) await releaseProxies(plan, service, back, effects);
  } else {
    await remove();
    await giveNameBack(service, effects);
    await startKept(service, down, effects, () =>
      keptNow(service, effects).then((back) =>
        tellProxies(plan, leniently(withoutHosts(service)), back, effects),
      ),
    );
  }
  await giveNameBack(service, effects);
  return everStarted;

  async function remove(): Promise<void> {
    for (const container of created) {
      if (container.state === 'running') {
        await effects.keeper.change(stopContainer(container.name, container.id, container.stopGracePeriod));
      }
      await must(effects, discardContainer(container.name, container.id));
    }
  }
}

async function keptAndDown(service: ServicePlan, effects: ReleaseEffects): Promise<KeptContainer[]> {
  const down: KeptContainer[] = [];
  for (const kept of service.kept.filter((container) => container.running)) {
    const now = await effects.target.engine.container(kept.id);
    if (!now) {
      throw new AutopilotError('ROLLBACK_IMPOSSIBLE', {
        what: `The old container ${kept.name} of ${service.service} does not exist any more.`,
        why: 'It was removed by something else than this release.',
        fix: `Start the old image again: set \`image: ${service.previous}\` in the compose file and run docker compose up -d.`,
      });
    }
    if (now.state !== 'running' && now.state !== 'restarting') down.push(kept);
  }
  return down;
}

/** Carries the name by which proxies find the service. */
const onTraffic = (service: ServicePlan, container: Container): boolean =>
  container.state === 'running' &&
  Object.values(container.networks).some(({ aliases }) => aliases.includes(service.compose_service));

/** Undoing goes on whatever a proxy says. */
const leniently = (service: ServicePlan): ServicePlan => ({
  ...service,
  proxies: service.proxies.map((hook) => ({ ...hook, required: false })),
});

async function keptNow(service: ServicePlan, { target }: ReleaseEffects): Promise<Container[]> {
  const running = service.kept.filter((container) => container.running);
  const found = await Promise.all(running.map((kept) => target.engine.container(kept.id)));
  return found.filter((container) => container !== undefined);
}

/** Off traffic until it is proven, as a new one is. */
async function keepOffTraffic(kept: KeptContainer, effects: ReleaseEffects): Promise<void> {
  const now = await effects.target.engine.container(kept.id);
  for (const [network, names] of Object.entries(kept.networks)) {
    if (names.length === 0) continue;
    if (now && network in now.networks) await must(effects, leaveNetwork(network, kept.id));
    await must(effects, joinNetwork(network, kept.id, []));
  }
}

/** Those that lost their names in an undoing that was cut short get them back, and so do those just proven. */
async function letIntoTraffic(
  service: ServicePlan,
  except: readonly KeptContainer[],
  effects: ReleaseEffects,
): Promise<void> {
  if (service.strategy !== 'start-first') return;
  for (const kept of service.kept.filter((container) => container.running)) {
    if (except.includes(kept)) continue;
    const now = await effects.target.engine.container(kept.id);
    for (const [network, names] of Object.entries(kept.networks)) {
      const there = now?.networks[network];
      if (!now || names.every((name) => there?.aliases.includes(name))) continue;
      if (there) await must(effects, leaveNetwork(network, kept.id));
      await must(effects, joinNetwork(network, kept.id, names));
    }
  }
}

async function startKept(
  service: ServicePlan,
  down: readonly KeptContainer[],
  effects: ReleaseEffects,
  started: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const since = new Map<string, string | undefined>();
  for (const kept of down) {
    if (service.strategy === 'start-first' && !service.found_by_labels) await keepOffTraffic(kept, effects);
    await must(effects, startContainer(kept.name, kept.id));
    since.set(kept.id, (await effects.target.engine.container(kept.id))?.startedAt);
  }
  await started();
  for (const kept of down) await proveBack(service, kept, since.get(kept.id), effects);
  await letIntoTraffic(service, [], effects);
}

/**
 * The release may have changed where the service answers, and the old one does not know that: one that stays up, and whose
 * HEALTHCHECK is content if it has one, goes back all the same, for it served before. As the armed script has it (undo.sh).
 */
async function proveBack(
  service: ServicePlan,
  kept: KeptContainer,
  since: string | undefined,
  effects: ReleaseEffects,
): Promise<void> {
  const problem = await proveHealthy(
    {
      service: service.service,
      container: kept.id,
      probe: service.probe,
      from: service.strategy === 'start-first' ? 'own' : 'public',
      servedBefore: true,
    },
    effects,
  );
  if (!problem) return;
  const now = await effects.target.engine.container(kept.id);
  if (now?.state === 'running' && now.startedAt === since && ['none', 'healthy'].includes(now.health)) {
    effects.log.warning(
      `${service.service}: the old container ${kept.name} runs again and stays up, and serves as before; but it does not answer where the new version would. ${problem.reason}`,
    );
    return;
  }
  throw new AutopilotError('ROLLBACK_FAILED', {
    what: `The old container ${kept.name} of ${service.service} was started again but is not healthy.`,
    why: problem.reason,
    fix: `Look at it on the server: docker logs ${kept.name}`,
  });
}

async function giveNameBack(service: ServicePlan, effects: ReleaseEffects): Promise<void> {
  const owner = service.kept.find((kept) => kept.name === service.container_name);
  if (service.container_name === '' || !owner) return;
  const now = await effects.target.engine.container(owner.id);
  const holder = await effects.target.engine.container(service.container_name);
  if (!now || holder) return;
  await must(effects, renameContainer(owner.id, service.container_name));
}
