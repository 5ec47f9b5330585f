import type { Clock } from '../effects.ts';
import type { Container, Keeper, Target } from '../server/target.ts';
import { startContainer } from './commands.ts';
import type { Probe } from './release.ts';
import type { ContainerFailure } from './result.ts';

/** Successes in a row that count as healthy. */
export const STREAK = 3;
const POLL = 150;
/** Milliseconds that a container without URL and HEALTHCHECK must stay up. */
export const STAY_UP = 5_000;
const LOG_LINES = 30;

export interface HealthEffects {
  target: Target;
  keeper: Pick<Keeper, 'change'>;
  clock: Clock;
  /** Ends the proof early, by its reason. */
  signal?: AbortSignal;
}

export interface HealthRequest {
  service: string;
  container: string;
  probe: Probe;
  /** `own`: on the container's own address, off traffic. `public`: at the URL, as users reach it. */
  from: 'own' | 'public';
  /**
   * An old one, which may know nothing of the URL of the new version: one that goes on answering that nothing is there is
   * not waited for any longer.
   */
  servedBefore?: boolean;
}

/**
 * Rule D2: healthy means that the check answers 200 several times in a row *and* the restart count stands still; without
 * a URL the image's HEALTHCHECK decides, and without that staying up. **Decided:** `timeout` bounds the whole proof, wrong
 * answers within it do not matter, and `retries` is how often a crashed container may start again within it.
 * Returns the failure for people, or undefined when it is healthy.
 */
export async function proveHealthy(
  request: HealthRequest,
  effects: HealthEffects,
): Promise<ContainerFailure | undefined> {
  const { target, clock, keeper } = effects;
  const deadline = clock.now().getTime() + request.probe.timeout * 1000;
  const first = await target.engine.container(request.container);
  if (!first) return failure(request, effects, undefined, 'The container does not exist any more.');
  let streak = 0;
  let crashes = 0;
  let restarts = first.restartCount;
  let upSince = clock.now().getTime();
  let elsewhereSince: number | undefined;
  let last = 'it has not answered yet';

  while (true) {
    const container = await target.engine.container(request.container);
    if (!container)
      return failure(request, effects, undefined, 'The container was removed while it was checked.');
    const fallen = container.state === 'exited' || container.state === 'dead';
    if (fallen || container.restartCount > restarts) {
      crashes += fallen ? 1 : container.restartCount - restarts;
      restarts = container.restartCount;
      streak = 0;
      upSince = clock.now().getTime();
      if (crashes > request.probe.retries) {
        return failure(
          request,
          effects,
          container,
          `It crashed ${String(crashes)} times (${ending(container)}).`,
        );
      }
      // A restart policy brings it back by itself, and then the state is `restarting`, not `exited`.
      if (fallen) await keeper.change(startContainer(container.name, container.id));
    } else if (container.state === 'running') {
      const answer = await look(request, container, target, clock.now().getTime() - upSince);
      last = answer.detail;
      streak = answer.good ? streak + 1 : 0;
      if (answer.final || streak >= STREAK) {
        const after = await target.engine.container(request.container);
        if (after?.state === 'running' && after.restartCount === restarts) return undefined;
        streak = 0;
        continue;
      }
      const now = clock.now().getTime();
      elsewhereSince = answer.elsewhere === true ? (elsewhereSince ?? now) : undefined;
      if (request.servedBefore && elsewhereSince !== undefined && now - elsewhereSince >= STAY_UP)
        return failure(request, effects, container, `Not healthy: ${last}.`);
    } else {
      streak = 0;
    }
    if (clock.now().getTime() >= deadline) {
      return failure(
        request,
        effects,
        await target.engine.container(request.container),
        `Not healthy within ${String(request.probe.timeout)} s: ${last}.`,
      );
    }
    effects.signal?.throwIfAborted();
    await clock.sleep(POLL, effects.signal);
  }
}

interface Look {
  good: boolean;
  /** No further look is needed. */
  final: boolean;
  /** The app answers, and says that there is nothing at this URL. */
  elsewhere?: boolean;
  detail: string;
}

async function look(request: HealthRequest, container: Container, target: Target, up: number): Promise<Look> {
  const { probe } = request;
  if (probe.url === '' || (request.from === 'own' && probe.own === null)) {
    if (container.health !== 'none') {
      const good = container.health === 'healthy';
      return { good, final: good, detail: `its HEALTHCHECK says ${container.health}` };
    }
    return { good: up >= STAY_UP, final: up >= STAY_UP, detail: 'it has not been up long enough' };
  }
  const where = endpoint(request, container);
  if (!where) return { good: false, final: false, detail: 'it has no address of its own' };
  const answer = await target.http(where.url, {
    timeout: 5_000,
    ...(where.address === undefined ? {} : { address: where.address }),
  });
  return {
    good: answer.status === 200,
    final: false,
    // What is only not ready yet says so with 5xx.
    elsewhere: answer.status >= 300 && answer.status < 500,
    detail:
      answer.status === 0
        ? `${where.url} does not answer (${answer.error ?? 'no connection'})`
        : `${where.url} answers ${String(answer.status)}`,
  };
}

/** The URL keeps its host name, so that an app that checks it is content; the connection goes to the container. */
function endpoint(
  request: HealthRequest,
  container: Container,
): { url: string; address?: string } | undefined {
  const { probe } = request;
  if (request.from === 'public' || probe.own === null) return { url: probe.url };
  const address = Object.values(container.networks)
    .map((network) => network.address)
    .find((candidate) => candidate !== '');
  const host = new URL(probe.url).hostname;
  // On the host's network the container has no address but the server's own.
  if (address === undefined && container.networkMode === 'host') return { url: probe.url };
  if (address === undefined) return undefined;
  return { url: `${probe.own.scheme}://${host}:${String(probe.own.port)}${probe.own.path}`, address };
}

/** Why a container ended, in words. */
export function ending(container: Container): string {
  return container.oomKilled ? 'killed for its use of memory' : `exit code ${String(container.exitCode)}`;
}

/** What people need to see about a container that failed: reason, exit code, health log, last log lines. */
export async function failure(
  request: Pick<HealthRequest, 'service'>,
  effects: Pick<HealthEffects, 'target'>,
  container: Container | undefined,
  reason: string,
): Promise<ContainerFailure> {
  const tail = container ? await effects.target.engine.logs(container.id, LOG_LINES).catch(() => '') : '';
  return {
    service: request.service,
    reason,
    ...(container && container.state !== 'running' ? { exit_code: container.exitCode } : {}),
    ...(container && container.healthLog !== '' ? { health_log: container.healthLog } : {}),
    log_tail: tail.split('\n').slice(-LOG_LINES).join('\n'),
  };
}
