import { readFileSync } from 'node:fs';
import { removeCandidateLines } from './candidate-script.ts';
import { keptName } from './cut-over.ts';
import { NOTICED } from './proxy.ts';
import { quote as q } from '../server/shell.ts';
import type { KeptContainer, ReleasePlan, ServicePlan } from './release.ts';
import { proxyLines } from './script-proxies.ts';

/**
 * What the keeper runs when its runner has gone silent between cut-over and verified: the same way back as `undoRelease`,
 * as one POSIX sh text that needs nothing but docker. Running it twice is running it once. Ends with 0 when every service
 * is back. Pure.
 */
export function revertScript(plan: ReleasePlan): string {
  const services = [...plan.services].reverse().filter((service) => !service.current);
  return [
    '# Puts back what release ' + plan.pipeline_id.replace(/[^\w.-]/g, '_') + ' changed.',
    // Which functions are called depends on the release, and paths may hold a dollar sign.
    '# shellcheck disable=SC2317,SC2016',
    FUNCTIONS,
    ...compose(plan),
    ...services.flatMap((service) => revertService(plan, service)),
    // The new file last, see `stageCompose`.
    `rm -f ${q(plan.compose.before)} ${q(plan.compose.override)} ${q(plan.compose.next)}`,
    'exit "$failed"',
    '',
  ].join('\n');
}

const FUNCTIONS = readFileSync(new URL('./undo.sh', import.meta.url), 'utf8');

/** As `restoreCompose` does it: while the new file waits, it has not taken the place of the one that is there. */
function compose(plan: ReleasePlan): string[] {
  const { before, file, next, existed } = plan.compose;
  const back = existed ? `mv -f ${q(before)} ${q(file)}` : `rm -f ${q(file)} ${q(before)}`;
  return [`if [ ! -e ${q(next)} ] && [ -e ${q(before)} ]; then`, `  ${back} || failed=1`, 'fi'];
}

function revertService(plan: ReleasePlan, service: ServicePlan): string[] {
  const running = service.kept.filter((kept) => kept.running);
  const ids = service.kept.map((kept) => kept.id).join(' ');
  const remove = `remove_new ${q(plan.project)} ${q(service.compose_service)} ${q(service.image)} ${q(ids)}`;
  const owner = service.kept.find((kept) => kept.name === service.container_name);
  const rename =
    service.container_name === '' || !owner
      ? []
      : [
          `if docker inspect ${q(keptName(service))} >/dev/null 2>&1; then`,
          `  docker rename ${q(owner.id)} ${q(service.container_name)} || failed=1`,
          'fi',
        ];
  const candidate = service.candidate === '' ? [] : removeCandidateLines(service.candidate);
  const start = running.map((kept) => `start_old ${q(kept.id)}`);
  const wait = running.map((kept) => waitOld(service, kept));
  const way = service.strategy === 'stop-first' ? stopFirst() : startFirst();
  return ['was=$failed failed=0', ...candidate, ...way, '[ "$was" = 0 ] || failed=1'];

  function stopFirst(): string[] {
    const there = running.map((kept) => `must_exist ${q(kept.id)}`);
    const again = proxyLines(plan, service, 'look again');
    return [...there, ...unlessFailed([remove, ...rename, ...start, ...again, ...wait])];
  }

  /** The new one may be all that answers: it goes when the old one is back. */
  function startFirst(): string[] {
    const named = running.flatMap((kept) => networksOf(kept).map((entry) => ({ ...entry, id: kept.id })));
    const hide = service.found_by_labels
      ? []
      : named.map(({ id, network }) => `hide_old ${q(id)} ${q(network)}`);
    const names = named.map(
      ({ id, network, aliases }) => `rejoin ${[id, network, ...aliases].map(q).join(' ')}`,
    );
    const leave = [
      ...(service.found_by_labels ? [`sleep ${String(NOTICED / 1000)}`] : []),
      ...proxyLines(plan, service, 'point at the old'),
      remove,
      ...proxyLines(plan, service, 'let go'),
      ...rename,
    ];
    return [...hide, ...start, ...wait, ...unlessFailed(names), ...unlessFailed(leave)];
  }
}

/** What must not be done for a service of which something before has failed. */
const unlessFailed = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['if [ "$failed" = 0 ]; then', ...lines.map((line) => `  ${line}`), 'fi'];

function waitOld({ probe }: ServicePlan, { id }: KeptContainer): string {
  const asked = probe.own === null ? [] : [probe.own.scheme, String(probe.own.port), probe.own.path];
  return `wait_old ${[id, String(Math.ceil(probe.timeout)), ...asked].map(q).join(' ')}`;
}

const networksOf = ({ networks }: KeptContainer) =>
  Object.entries(networks)
    .filter(([, aliases]) => aliases.length > 0)
    .map(([network, aliases]) => ({ network, aliases }));
