import { keptName } from './cut-over.ts';
import { quote as q } from '../server/shell.ts';
import { pointHosts } from './commands.ts';
import type { ProxyHook } from './proxy-hooks.ts';
import type { ReleasePlan, ServicePlan } from './release.ts';

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
    'failed=0',
    FUNCTIONS,
    ...compose(plan),
    ...services.flatMap((service) => revertService(plan, service)),
    `rm -f ${q(plan.compose.next)} ${q(plan.compose.override)}`,
    'exit "$failed"',
    '',
  ].join('\n');
}

/** New containers are those of the service with the new image that were not there before: observed, not remembered. */
const FUNCTIONS = `rejoin() {
  # $1 id, $2 network, then the names it answers to there
  id=$1 network=$2
  shift 2
  has=$(docker inspect --format "{{range \\$name, \\$entry := .NetworkSettings.Networks}}{{if eq \\$name \\"$network\\"}}{{range \\$entry.Aliases}}{{.}} {{end}}{{end}}{{end}}" "$id" 2>/dev/null)
  case " $has" in *" $1 "*) return 0 ;; esac
  docker network disconnect "$network" "$id" >/dev/null 2>&1
  for name; do
    shift
    set -- "$@" --alias "$name"
  done
  docker network connect "$@" "$network" "$id" >/dev/null || failed=1
}
addresses() {
  docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$@" 2>/dev/null |
    while read -r address _; do printf '%s' "$comma$address" && comma=,; done
}
proxies() {
  # $1 project, $2 compose service
  docker ps --quiet --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2"
}
is_running() { [ "$(docker inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }
new_containers() {
  # $1 project, $2 compose service, $3 image, $4 ids that stay
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" \\
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False | while read -r id; do
    case " $4 " in *" $id "*) continue ;; esac
    [ "$(docker inspect --format '{{.Config.Image}}' "$id" 2>/dev/null)" = "$3" ] && echo "$id"
  done
}
remove_new() {
  for id in $(new_containers "$@"); do
    docker stop "$id" >/dev/null 2>&1
    docker rm --force --volumes "$id" >/dev/null || failed=1
  done
}
start_old() {
  is_running "$1" || docker start "$1" >/dev/null || failed=1
}
wait_old() {
  # $1 id, $2 seconds: until its HEALTHCHECK, if it has one, is content
  left=$2
  while [ "$left" -gt 0 ]; do
    state=$(docker inspect --format '{{.State.Running}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$1" 2>/dev/null)
    case $state in 'true ' | 'true healthy') return 0 ;; esac
    sleep 1
    left=$((left - 1))
  done
  failed=1
}`;

function compose(plan: ReleasePlan): string[] {
  const { before, file, next, existed } = plan.compose;
  if (!existed) return [`rm -f ${q(file)}`];
  return [
    `if [ -e ${q(before)} ]; then`,
    `  { cp -p ${q(before)} ${q(next)} && mv -f ${q(next)} ${q(file)}; } || failed=1`,
    'fi',
  ];
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
  const start = running.map((kept) => `start_old ${q(kept.id)}`);
  const wait = running.map((kept) => `wait_old ${q(kept.id)} ${String(Math.ceil(service.probe.timeout))}`);
  const candidate =
    service.candidate === '' ? [] : [`docker rm --force ${q(service.candidate)} >/dev/null 2>&1 || true`];
  const names = running.flatMap((kept) =>
    Object.entries(kept.networks)
      .filter(([, aliases]) => aliases.length > 0)
      .map(([network, aliases]) => `rejoin ${[kept.id, network, ...aliases].map(q).join(' ')}`),
  );
  const tell = service.proxies.flatMap((hook) => tellProxy(plan, service, hook));
  const settle = tell.length === 0 ? [] : [...tell, 'sleep 1'];
  return service.strategy === 'start-first'
    ? [...candidate, ...start, ...wait, ...names, ...settle, remove, ...tell, ...rename]
    : [...candidate, remove, ...rename, ...start, ...tell, ...wait];
}

/** Nobody waits for requests to drain here; what counts is that the proxy finds the old container again. */
function tellProxy(plan: ReleasePlan, service: ServicePlan, hook: ProxyHook): string[] {
  const ids = service.kept.filter((kept) => kept.running).map((kept) => q(kept.id));
  const words = hook.reload.map((word) =>
    q(word)
      .replaceAll('{container}', `'"$proxy"'`)
      .replaceAll('{addresses}', `'"$(comma= && addresses ${ids.join(' ')})"'`)
      .replaceAll('{service}', service.compose_service),
  );
  const onServer = hook.compose_service === '' && hook.container === '';
  const each =
    hook.compose_service === ''
      ? [`set -- ${q(hook.container || '-')}`, 'for proxy; do']
      : [`for proxy in $(proxies ${q(plan.project)} ${q(hook.compose_service)}); do`];
  const clear = pointHosts(service, { id: '{container}', name: '' }, '')
    .argv.map(q)
    .join(' ')
    .replaceAll('{container}', `'"$proxy"'`);
  return [
    ...each,
    ...(hook.hosts && !onServer ? [`  ${clear} </dev/null >/dev/null 2>&1 || true`] : []),
    ...(words.length === 0 ? ['  :'] : [`  ${words.join(' ')} >/dev/null 2>&1 || true`]),
    'done',
  ];
}
