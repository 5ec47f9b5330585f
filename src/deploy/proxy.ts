import type { Container } from '../server/target.ts';
import { COMPOSE_LABEL } from './plan.ts';
import { pointHosts, runHook } from './commands.ts';
import { must, type ReleaseEffects } from './effects.ts';
import type { ProxyHook } from './proxy-hooks.ts';
import type { ReleasePlan, ServicePlan } from './release.ts';

/** Milliseconds until proxies that follow the engine's events have noticed a container: Traefik gathers them for 2 s. */
export const NOTICED = 3_000;

/**
 * Tells every proxy in front of the service that `onTraffic` are the containers that answer, and waits until requests that
 * went elsewhere have had their time: afterwards the others can be stopped without losing one. Each of them must be
 * healthy and carry the service's name already. Throws when a proxy that a person configured cannot be told.
 */
export async function tellProxies(
  plan: ReleasePlan,
  service: ServicePlan,
  onTraffic: readonly Container[],
  effects: ReleaseEffects,
): Promise<void> {
  if (service.proxies.length === 0) return;
  const told: ProxyHook[] = [];
  const point = async (hook: ProxyHook, proxy: Container) => {
    const lines = hook.hosts ? hostsLines(proxy, onTraffic) : '';
    if (lines !== '') await must(effects, pointHosts(service, proxy, lines));
    return lines !== '';
  };
  let lookup = 0;
  const ready: (() => Promise<void>)[] = [];
  for (const hook of service.proxies) {
    await attempt(hook, effects, async () => {
      const proxies = await proxiesOf(plan, hook, effects);
      for (const proxy of proxies) {
        if (proxy && (await point(hook, proxy))) lookup = Math.max(lookup, hook.lookup);
        ready.push(() =>
          attempt(hook, effects, async () => {
            await reload(hook, hook.reload, service, proxy, onTraffic, effects);
            told.push(hook);
          }),
        );
      }
    });
  }
  if (lookup > 0) await effects.clock.sleep(lookup, effects.signal);
  for (const each of ready) await each();
  const settle = Math.max(0, ...told.map((hook) => hook.settle));
  if (settle > 0) await effects.clock.sleep(settle, effects.signal);
}

/** Where old and new never answer together there is nothing to choose between: a look-up finds the right one. */
export const withoutHosts = (service: ServicePlan): ServicePlan => ({
  ...service,
  proxies: service.proxies.map((hook) => ({ ...hook, hosts: false, settle: 0 })),
});

/** Once nothing but what is on traffic is left: names mean again what Docker's DNS says. Never a reason to fail. */
export async function releaseProxies(
  plan: ReleasePlan,
  service: ServicePlan,
  onTraffic: readonly Container[],
  effects: ReleaseEffects,
): Promise<void> {
  await clearHosts(plan, service, effects);
  for (const hook of service.proxies.filter((entry) => entry.after.length > 0)) {
    await attempt({ ...hook, required: false }, effects, async () => {
      for (const proxy of await proxiesOf(plan, hook, effects)) {
        await reload(hook, hook.after, service, proxy, onTraffic, effects);
      }
    });
  }
}

/** Names mean again what Docker's DNS says. Never a reason to fail. */
export async function clearHosts(
  plan: ReleasePlan,
  service: ServicePlan,
  effects: ReleaseEffects,
): Promise<void> {
  for (const hook of service.proxies.filter((entry) => entry.hosts)) {
    await attempt({ ...hook, required: false }, effects, async () => {
      for (const proxy of await proxiesOf(plan, hook, effects)) {
        if (proxy) await must(effects, pointHosts(service, proxy, ''));
      }
    });
  }
}

async function reload(
  hook: ProxyHook,
  words: readonly string[],
  service: ServicePlan,
  proxy: Container | undefined,
  onTraffic: readonly Container[],
  effects: ReleaseEffects,
): Promise<void> {
  const addresses = onTraffic.flatMap((container) => addressFor(proxy, container) ?? []);
  const [program, ...rest] = words.map((word) =>
    word
      .replaceAll('{container}', proxy?.id ?? '')
      .replaceAll('{service}', service.compose_service)
      .replaceAll('{addresses}', addresses.join(',')),
  );
  if (program !== undefined) await must(effects, runHook(hook, [program, ...rest]));
}

/** Running containers of the proxy; undefined stands for one that runs on the server itself. */
async function proxiesOf(
  plan: ReleasePlan,
  hook: ProxyHook,
  { target, log }: ReleaseEffects,
): Promise<(Container | undefined)[]> {
  if (hook.compose_service === '' && hook.container === '') return [undefined];
  const found =
    hook.container === ''
      ? await target.engine.containers([
          `${COMPOSE_LABEL.project}=${plan.project}`,
          `${COMPOSE_LABEL.service}=${hook.compose_service}`,
        ])
      : [await target.engine.container(hook.container)];
  const running = found.filter((container) => container?.state === 'running');
  if (running.length === 0) log.info(`${hook.name} does not run, so nobody has to tell it anything.`);
  return running;
}

async function attempt(hook: ProxyHook, effects: ReleaseEffects, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (hook.required || effects.signal?.aborted) throw error;
    effects.log.warning(
      `${hook.name} could not be told of the change: ${error instanceof Error ? `${error.message} ${(error as { why?: string }).why ?? ''}` : String(error)}`,
    );
  }
}

/** Where the proxy reaches the container: on a network that both are on. */
function addressFor(proxy: Container | undefined, container: Container): string | undefined {
  return Object.entries(container.networks)
    .filter(([name, { address }]) => address !== '' && (proxy === undefined || name in proxy.networks))
    .map(([, { address }]) => address)[0];
}

/** Every name that the service answers to on a network of the proxy, with the address there. */
function hostsLines(proxy: Container, onTraffic: readonly Container[]): string {
  return onTraffic
    .flatMap((container) =>
      Object.entries(container.networks)
        .filter(([name]) => name in proxy.networks)
        .map(([, { address, aliases }]) => ({
          address,
          names: aliases.filter((alias) => !container.id.startsWith(alias) && alias !== container.name),
        })),
    )
    .filter(({ address, names }) => address !== '' && names.length > 0)
    .map(({ address, names }) => `${address} ${names.join(' ')}`)
    .join('\n');
}
