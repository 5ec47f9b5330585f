import { quote as q } from '../server/shell.ts';
import { pointHosts } from './commands.ts';
import type { ProxyHook } from './proxy-hooks.ts';
import type { ReleasePlan, ServicePlan } from './release.ts';

/**
 * What the armed script tells the proxies in front of a service, as `tellProxies` and `releaseProxies` do it for a runner:
 * before the new container goes, that the old one answers; afterwards, that names mean again what Docker's DNS says; and,
 * where the two never run together, only that they look again. That a proxy cannot be told is no reason to stop. Pure.
 */
export function proxyLines(
  plan: ReleasePlan,
  service: ServicePlan,
  step: 'point at the old' | 'let go' | 'look again',
): string[] {
  const hooks = service.proxies;
  if (hooks.length === 0) return [];
  const pointed = hooks.filter(
    (hook) => hook.hosts && (hook.compose_service !== '' || hook.container !== ''),
  );
  const point = (lines: string) => pointed.flatMap((hook) => each(plan, hook, [pointing(service, lines)]));
  const reload = hooks.flatMap((hook) => each(plan, hook, running(service, hook.reload)));
  switch (step) {
    case 'look again':
      return [...point('true'), ...reload];
    case 'point at the old':
      return [
        'pointed=yes',
        ...point(hostsLines(service)),
        ...pause(pointed.map((hook) => hook.lookup)),
        ...reload,
        ...pause(hooks.map((hook) => hook.settle)),
      ];
    case 'let go':
      return [
        ...point('true'),
        ...hooks.flatMap((hook) => each(plan, hook, running(service, hook.after))),
        // It may have looked up the address of the one that is gone now.
        'if [ "$pointed" = no ]; then',
        ...reload,
        'fi',
      ];
  }
}

/** Whole seconds: nothing else can be relied on. */
function pause(milliseconds: readonly number[]): string[] {
  const longest = Math.max(0, ...milliseconds);
  return longest === 0 ? [] : [`sleep ${String(Math.ceil(longest / 1000))}`];
}

/** `lines` prints what the proxy's /etc/hosts shall say of the service. */
function pointing(service: ServicePlan, lines: string): string {
  const words = pointHosts(service, { id: '{container}', name: '' }, '').argv.map(filled);
  return `${lines} | ${words.join(' ')} >/dev/null 2>&1 || pointed=no`;
}

function hostsLines({ kept }: ServicePlan): string {
  const lines = kept
    .filter((container) => container.running)
    .flatMap(({ id, networks }) =>
      Object.entries(networks)
        .filter(([, aliases]) => aliases.length > 0)
        .map(([network, aliases]) => `hosts_line "$proxy" ${[id, network, ...aliases].map(q).join(' ')}`),
    );
  return lines.length === 0 ? 'true' : `{ ${lines.join('; ')}; }`;
}

function running({ kept, compose_service: name }: ServicePlan, words: readonly string[]): string[] {
  if (words.length === 0) return [];
  const ids = kept.filter((container) => container.running).map((container) => q(container.id));
  const line = words.map((word) =>
    filled(word)
      .replaceAll('{addresses}', `'"$(addresses ${ids.join(' ')})"'`)
      .replaceAll('{service}', name),
  );
  return [`${line.join(' ')} >/dev/null 2>&1 || true`];
}

const filled = (word: string) => q(word).replaceAll('{container}', `'"$proxy"'`);

/** For every container of the proxy that runs; one on the server itself is told once. */
function each(plan: ReleasePlan, hook: ProxyHook, body: readonly string[]): string[] {
  if (body.length === 0) return [];
  const head =
    hook.compose_service === ''
      ? [`set -- ${q(hook.container || '-')}`, 'for proxy; do']
      : [`for proxy in $(proxies ${q(plan.project)} ${q(hook.compose_service)}); do`];
  return [...head, ...body.map((line) => `  ${line}`), 'done'];
}
