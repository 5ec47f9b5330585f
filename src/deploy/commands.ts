import type { Command } from '../server/target.ts';
import { COMPOSE_LABEL } from './plan.ts';
import type { MigrationPlan, ReleasePlan, ServicePlan } from './release.ts';

/** Every command a release runs on a server, as data. No string is glued into a shell text: scripts take arguments. */

const MINUTES = 60_000;

const sh = (title: string, script: string, args: readonly string[], input?: string): Command => ({
  title,
  argv: ['sh', '-c', script, 'sh', ...args],
  ...(input === undefined ? {} : { input }),
  timeout: MINUTES,
});

const compose = (plan: Pick<ReleasePlan, 'compose'>, file: string): readonly [string, ...string[]] => [
  'docker',
  'compose',
  '--project-directory',
  plan.compose.directory,
  '-f',
  file,
];

/**
 * Keeps owner and mode of the file that is there, and a copy of it for the way back; without one the copy is empty. The copy
 * never lies there without the new file until that one is renamed into place: this is how the way back knows.
 */
export function stageCompose(plan: ReleasePlan, source: string): Command {
  return sh(
    `write ${plan.compose.next}`,
    'set -e; mkdir -p "$1"; if [ -e "$2" ]; then cp -p "$2" "$3"; cp -p "$2" "$4.part"; mv -f "$4.part" "$4"; ' +
      'else : >"$3"; : >"$4"; fi; cat >"$3"',
    [plan.compose.directory, plan.compose.file, plan.compose.next, plan.compose.before],
    source,
  );
}

export const checkCompose = (plan: ReleasePlan): Command => ({
  title: 'have Compose check the new file',
  argv: [...compose(plan, plan.compose.next), 'config', '-q'],
  timeout: MINUTES,
});

/** Takes effect by one rename; running it twice is running it once. */
export const writeCompose = (plan: ReleasePlan): Command =>
  sh(`write ${plan.compose.file}`, 'if [ -e "$1" ]; then mv -f "$1" "$2"; fi', [
    plan.compose.next,
    plan.compose.file,
  ]);

/**
 * Back to the file before the release; without one, the file this release brought is removed. Only what this release has
 * written is replaced, and only once: what lies there before and afterwards may be a person's.
 */
export const restoreCompose = (plan: ReleasePlan): Command => {
  const { before, file, next, existed } = plan.compose;
  return sh(
    existed ? `put ${file} back` : `remove ${file}`,
    `if [ ! -e "$1" ] && [ -e "$2" ]; then ${existed ? 'mv -f "$2" "$3"' : 'rm -f "$3" "$2"'}; fi`,
    [next, before, file],
  );
};

/** At the very end of a release, when nothing can ask for the file before any more. The new file last, see above. */
export const dropStaged = (plan: ReleasePlan): Command =>
  sh('remove what was staged', 'rm -f "$@"', [
    plan.compose.before,
    `${plan.compose.before}.part`,
    plan.compose.override,
    plan.compose.next,
  ]);

/**
 * Traefik, Caddy and others find containers by the labels, nginx-proxy by variables, Docker's DNS by the hostname: a
 * candidate has none of them, or it would get requests. A variable is emptied, which nginx-proxy takes for none: Compose
 * cannot reset one that stands in a list or in an `env_file`. Its image has been sent: `run` must neither pull it nor build it.
 */
export const writeCandidateOverride = (plan: ReleasePlan, service: ServicePlan): Command =>
  sh(
    `keep proxies from the candidate of ${service.service}`,
    'cat >"$1"',
    [plan.compose.override],
    [
      'services:',
      `  ${JSON.stringify(service.compose_service)}:`,
      '    labels: !reset null',
      '    hostname: !reset null',
      '    pull_policy: never',
      ...(service.proxy_variables.length === 0 ? [] : ['    environment:']),
      ...service.proxy_variables.map((name) => `      ${JSON.stringify(name)}: ""`),
      '',
    ].join('\n'),
  );

/** Without host ports and without the service's alias, so no request reaches it. */
export function startCandidate(plan: ReleasePlan, service: ServicePlan): Command {
  return {
    title: `start the candidate of ${service.service}`,
    argv: [
      ...compose(plan, plan.compose.next),
      '-f',
      plan.compose.override,
      'run',
      '--detach',
      '--no-deps',
      '--quiet-pull',
      '--name',
      service.candidate,
      service.compose_service,
    ],
    timeout: 5 * MINUTES,
  };
}

/** Like a candidate: off traffic, without host ports, with the networks, variables and volumes of its service. */
export function runMigration(plan: ReleasePlan, migrate: MigrationPlan, service: ServicePlan): Command {
  return {
    title: `migrate with ${service.image}`,
    argv: [
      ...compose(plan, plan.compose.next),
      '-f',
      plan.compose.override,
      'run',
      '--rm',
      '--no-TTY',
      '--no-deps',
      '--quiet-pull',
      '--name',
      migrate.container,
      service.compose_service,
      ...migrate.argv,
    ],
    timeout: migrate.timeout * 1000,
  };
}

/** A fixed name is taken by the old container, so the new one is created under Compose's own and renamed later. */
export const writeOverride = (plan: ReleasePlan, service: ServicePlan): Command =>
  sh(
    `allow a second container of ${service.service}`,
    'cat >"$1"',
    [plan.compose.override],
    `services:\n  ${JSON.stringify(service.compose_service)}:\n    container_name: !reset null\n`,
  );

/** Compose itself creates the new container, so that it is exactly what `docker compose up` would have made. */
export function createBeside(plan: ReleasePlan, service: ServicePlan, count: number): Command {
  return {
    title: `create the new container of ${service.service}`,
    argv: [
      ...compose(plan, plan.compose.file),
      ...(service.container_name === '' ? [] : ['-f', plan.compose.override]),
      'up',
      '--no-start',
      '--no-deps',
      '--no-recreate',
      '--no-build',
      '--pull',
      'never',
      '--scale',
      `${service.compose_service}=${String(count)}`,
      service.compose_service,
    ],
    timeout: 5 * MINUTES,
  };
}

const docker = (title: string, args: readonly string[], timeout = MINUTES): Command => ({
  title,
  argv: ['docker', ...args],
  timeout,
});

export const tagImage = (service: ServicePlan): Command =>
  docker(`pin the image of ${service.service}`, ['tag', service.previous_id, service.pin]);
export const startContainer = (name: string, id: string): Command => docker(`start ${name}`, ['start', id]);
export const setRestart = (name: string, id: string, policy: string): Command =>
  docker(`set the restart policy of ${name} to ${policy}`, ['update', '--restart', policy, id]);
/** Uses the container's own stop signal and grace period; `seconds` is that period, for the time limit only. */
export const stopContainer = (name: string, id: string, seconds: number): Command =>
  docker(`stop ${name}`, ['stop', id], MINUTES + seconds * 1000);
/** The moment without service, in one round trip: the old ones stop, with their own grace period, the new ones start. */
export function swapContainers(
  service: ServicePlan,
  old: readonly { id: string; stopGracePeriod: number }[],
  created: readonly string[],
): Command {
  const grace = old.reduce((sum, container) => sum + container.stopGracePeriod * 1000, 0);
  return {
    ...sh(
      `stop the old and start the new container of ${service.service}`,
      'left=$1; shift; while [ "$left" -gt 0 ]; do docker stop "$1" >/dev/null || exit 90; shift; left=$((left - 1)); done; ' +
        'for id in "$@"; do docker start "$id" >/dev/null || exit 91; done',
      [String(old.length), ...old.map((container) => container.id), ...created],
    ),
    timeout: 2 * MINUTES + grace,
  };
}
export const removeContainer = (name: string, id: string): Command =>
  docker(`remove ${name}`, ['rm', '--force', id], 2 * MINUTES);
/** For what this release made: nobody has data in its anonymous volumes. Named ones stay. */
export const discardContainer = (name: string, id: string): Command =>
  docker(`remove ${name}`, ['rm', '--force', '--volumes', id], 2 * MINUTES);
export const renameContainer = (id: string, name: string): Command =>
  docker(`rename a container to ${name}`, ['rename', id, name]);
export const leaveNetwork = (network: string, id: string): Command =>
  docker(`take a container off ${network}`, ['network', 'disconnect', network, id]);
export const joinNetwork = (network: string, id: string, aliases: readonly string[]): Command =>
  docker(`connect a container to ${network}`, [
    'network',
    'connect',
    ...aliases.flatMap((alias) => ['--alias', alias]),
    network,
    id,
  ]);
/** With no lines the names mean again what Docker's DNS says. Docker itself writes the file anew when the proxy starts. */
export const pointHosts = (
  service: ServicePlan,
  proxy: { id: string; name: string },
  lines: string,
): Command => ({
  ...docker(`point ${proxy.name} at the containers of ${service.service}`, [
    'exec',
    '--interactive',
    '--user',
    '0',
    proxy.id,
    'sh',
    '-c',
    'kept=$(grep -v "# autopilot $1$" /etc/hosts); new=$(sed "s/$/ # autopilot $1/"); printf "%s\\n" "$kept" ${new:+"$new"} >/etc/hosts',
    'sh',
    service.compose_service,
  ]),
  input: lines === '' ? '' : `${lines}\n`,
});
export const runHook = (hook: { name: string }, argv: readonly [string, ...string[]]): Command => ({
  title: `tell ${hook.name}`,
  argv,
  timeout: MINUTES,
});
export const removeImage = (reference: string): Command =>
  docker(`remove image ${reference}`, ['image', 'rm', reference], 2 * MINUTES);

/** On the never-started containers that prove an image, and on nothing else. */
export const PROOF_LABEL = 'gonsautopilot.proof';

/**
 * Lists and inspect can lie about an image; creating a container from it cannot. That it could be created is the proof;
 * one that an engine leaves behind because it died in between goes with the old images (retire.ts).
 */
export const proveImage = (reference: string): Command =>
  sh(
    `prove that ${reference} can be started`,
    `prove() { docker create --label "$1" --pull never --network none "$2" \${3+"$3"}; }
id=$(prove "$2" "$1" 2>/dev/null || prove "$2" "$1" true) || exit
docker rm --volumes "$id" >/dev/null || :`,
    [reference, PROOF_LABEL],
  );

export const serviceLabels = (plan: Pick<ReleasePlan, 'project'>, service: ServicePlan): string[] => [
  `${COMPOSE_LABEL.project}=${plan.project}`,
  `${COMPOSE_LABEL.service}=${service.compose_service}`,
];
