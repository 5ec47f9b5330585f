import { AutopilotError } from '../errors.ts';
import { argvText } from '../server/shell.ts';
import type { Command, Container } from '../server/target.ts';
import { removeCandidate, removeMigration } from './candidate.ts';
import {
  dropStaged,
  joinNetwork,
  leaveNetwork,
  discardContainer,
  renameContainer,
  restoreCompose,
  startContainer,
  stopContainer,
} from './commands.ts';
import { must, newContainers, type ReleaseEffects } from './effects.ts';
import { proveHealthy } from './health.ts';
import { clearHosts, releaseProxies, tellProxies, withoutHosts } from './proxy.ts';
import type { KeptContainer, ReleasePlan, ServicePlan } from './release.ts';

/** Milliseconds that an engine gets to answer again while something is put back. */
const ENGINE_PATIENCE = 60_000;
/** What a command and a question to the engine (SERVER_COMMAND, SERVER_DOCKER) say of one that is not there. */
const ENGINE_AWAY =
  /Cannot connect to the Docker daemon|error during connect|raw stream connection|ECONNREFUSED|ECONNRESET|connection reset|socket hang up/i;

export interface UndoOutcome {
  /** Services put back, in the order in which it happened (rule D3). */
  rolledBack: string[];
  /** service -> why it could not be put back. */
  failed: Record<string, string>;
  /** Commands for a person, exact and in order; empty when everything was put back. */
  manualSteps: string[];
  /** The connection was lost on the way: the keeper, which is armed, puts everything back without this run. */
  leftToServer: boolean;
  /** The release stays, because it cannot be undone: a person decides. */
  leftRunning?: boolean;
}

/**
 * Rule D3: puts every service of the release back, the last one first, and the compose file with them. Whatever part of
 * the release has happened, the end is the state before it; one failing undo does not stop the others.
 */
export async function undoRelease(
  plan: ReleasePlan,
  effects: ReleaseEffects,
  reason: string,
): Promise<UndoOutcome> {
  const outcome: UndoOutcome = { rolledBack: [], failed: {}, manualSteps: [], leftToServer: false };
  await noted(effects, 'rolling_back', { reason });
  const patiently = patientWith(effects);
  const attempt = async (name: string, steps: string[], body: () => Promise<unknown>) => {
    if (outcome.leftToServer) return undefined;
    try {
      return await patiently(body);
    } catch (error) {
      if (isLost(error)) {
        effects.log.warning(`${LEFT_TO_SERVER} ${describe(error)}`);
        outcome.leftToServer = true;
        return undefined;
      }
      outcome.failed[name] = error instanceof Error ? error.message : String(error);
      outcome.manualSteps.push(...steps);
      effects.log.error(`${name} could not be put back: ${describe(error)}`);
      return undefined;
    }
  };
  // First of all: from here on a person's `docker compose up` brings back the old version as well.
  await attempt('the compose file', shown([restoreCompose(plan)]), () => must(effects, restoreCompose(plan)));
  await attempt('the migration', [], () => removeMigration(plan, effects));
  for (const service of [...plan.services].reverse()) {
    if (service.current) continue;
    const touched = await attempt(service.service, manualSteps(plan, service), () =>
      undoService(plan, service, effects),
    );
    if (touched === true) outcome.rolledBack.push(service.service);
  }
  // The copy of the compose file must outlive a failed undo: the next run needs it.
  if (Object.keys(outcome.failed).length === 0 && !outcome.leftToServer) {
    await must(effects, dropStaged(plan)).catch((error: unknown) => {
      effects.log.warning(`Left behind on the server: ${plan.compose.before} (${describe(error)})`);
    });
    await noted(effects, 'rolled_back', { reason });
  }
  return outcome;
}

/**
 * An engine that is being restarted, by an update in the night, is the reason of many a failure and answers again soon: a
 * step that met it is taken again, until a minute after the undoing began. Each step can be taken twice.
 */
function patientWith({ clock, log, target }: ReleaseEffects) {
  const until = clock.now().getTime() + ENGINE_PATIENCE;
  let said = false;
  return async <Result>(body: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        return await body();
      } catch (error) {
        if (!isEngineAway(error) || clock.now().getTime() >= until) throw error;
        if (!said)
          log.info(`The engine on ${target.name} does not answer; waiting for it: ${describe(error)}`);
        said = true;
        await clock.sleep(1_000);
      }
    }
  };
}

/** Not the app that is not healthy: its probe may have been refused as well, and waiting for the engine would not help. */
const isEngineAway = (error: unknown): boolean =>
  error instanceof AutopilotError &&
  (error.code === 'SERVER_COMMAND' || error.code === 'SERVER_DOCKER') &&
  ENGINE_AWAY.test(describe(error));

/** The connection, and with it every other step. */
const isLost = (error: unknown): boolean => error instanceof AutopilotError && error.code === 'SSH_CONNECT';

export const LEFT_TO_SERVER =
  'The connection to the server is lost; the server puts the version before back by itself, and the next run looks at it first.';

/** True when something of the service had to be put back. */
async function undoService(
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
  for (const kept of down) {
    if (service.strategy === 'start-first' && !service.found_by_labels) await keepOffTraffic(kept, effects);
    await must(effects, startContainer(kept.name, kept.id));
  }
  await started();
  for (const kept of down) {
    const from = service.strategy === 'start-first' ? ('own' as const) : ('public' as const);
    const problem = await proveHealthy(
      { service: service.service, container: kept.id, probe: service.probe, from },
      effects,
    );
    if (problem) {
      throw new AutopilotError('ROLLBACK_FAILED', {
        what: `The old container ${kept.name} of ${service.service} was started again but is not healthy.`,
        why: problem.reason,
        fix: `Look at it on the server: docker logs ${kept.name}`,
      });
    }
  }
  await letIntoTraffic(service, [], effects);
}

async function giveNameBack(service: ServicePlan, effects: ReleaseEffects): Promise<void> {
  const owner = service.kept.find((kept) => kept.name === service.container_name);
  if (service.container_name === '' || !owner) return;
  const now = await effects.target.engine.container(owner.id);
  const holder = await effects.target.engine.container(service.container_name);
  if (!now || holder) return;
  await must(effects, renameContainer(owner.id, service.container_name));
}

/** What a person types, when the program could not. */
export function manualSteps(plan: ReleasePlan, service: ServicePlan): string[] {
  const running = service.kept.filter((container) => container.running);
  const steps = [
    `docker ps -a --filter label=com.docker.compose.project=${plan.project} --filter label=com.docker.compose.service=${service.compose_service}`,
    `docker rm -f $(docker ps -aq --filter ancestor=${service.image} --filter label=com.docker.compose.project=${plan.project} --filter label=com.docker.compose.service=${service.compose_service})`,
  ];
  if (running.length === 0) return steps;
  const renames =
    service.container_name === ''
      ? []
      : running.map((kept) => `docker rename ${kept.id.slice(0, 12)} ${service.container_name}`);
  return [...steps, ...renames, `docker start ${running.map((kept) => kept.id.slice(0, 12)).join(' ')}`];
}

const shown = (commands: readonly Command[]) => commands.map((command) => argvText(command.argv));

const describe = (error: unknown) => (error instanceof AutopilotError ? error.toString() : String(error));

/** A journal that cannot be written must not keep the old version from coming back. */
async function noted(effects: ReleaseEffects, event: string, data: Record<string, unknown>): Promise<void> {
  try {
    await effects.keeper.record(event, data);
  } catch (error) {
    effects.log.warning(`The server's journal could not be written (${event}): ${describe(error)}`);
  }
}
