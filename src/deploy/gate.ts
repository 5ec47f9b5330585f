import { bytesOf, type Drift } from '../config/schema.ts';
import type { CommandResult, Command, EngineInfo, Target } from '../server/target.ts';
import { proveImage } from './commands.ts';
import { markerOf, markerPath } from './marker.ts';
import type { Observed } from './observe.ts';
import type { ReleasePlan, Wanted } from './release.ts';
import type { GateCheck } from './result.ts';
import { chooseStrategy } from './strategy.ts';

export interface GateInput {
  /** What TEST said: no CRITICAL check failed. */
  tests: { passed: boolean; detail: string };
  wanted: readonly Wanted[];
  /** As in the configuration: `2GB`, or bytes. */
  minFreeDisk: string | number;
  /** `project.name`. */
  prefix: string;
  /** `deploy.drift`; `adopt` when not given. */
  drift?: Drift;
}

export interface GateEffects {
  target: Pick<Target, 'name' | 'engine' | 'freeDisk'>;
  /** Whether the engine that built it still has the image. */
  imageExists: (reference: string) => Promise<boolean>;
  /** Runs the proof of the backup. A dry run has none, and looks only. */
  change: ((command: Command) => Promise<CommandResult>) | undefined;
}

/** What looking at the server gave: the plan, or why it could not be made. */
export type Look =
  { observed: Observed; plan: ReleasePlan } | { observed: undefined; plan: undefined; problem: string };

/** The oldest Compose whose `--no-recreate`, `config --format json` and `!reset` behave as the release needs. */
const OLDEST_COMPOSE = [2, 20] as const;

/**
 * Rule D1: every check runs for every service, and all failures are shown at once. Changes nothing; the proof of a backup
 * creates a container and removes it.
 */
export async function gate(input: GateInput, look: Look, effects: GateEffects): Promise<GateCheck[]> {
  // What is asked of runner and server goes side by side; the table keeps its order.
  const checks = await Promise.all([
    [testsCheck(input)],
    Promise.all(input.wanted.map((wanted) => imageCheck(wanted, effects))),
    serverChecks(input, look, effects),
    composeChecks(input, look, effects),
  ]);
  return checks.flat();
}

function testsCheck({ tests: { passed, detail } }: GateInput): GateCheck {
  return {
    name: 'critical tests passed',
    passed,
    detail,
    ...(passed ? {} : { fix: 'Repair what the tests found.' }),
  };
}

async function imageCheck({ service, image }: Wanted, effects: GateEffects): Promise<GateCheck> {
  const exists = await effects.imageExists(image.reference);
  return {
    name: 'image exists',
    service: service.name,
    passed: exists,
    detail: exists ? image.reference : `${image.reference} does not exist`,
    ...(exists ? {} : { fix: 'Run the build stage in the same job.' }),
  };
}

async function serverChecks(input: GateInput, look: Look, effects: GateEffects): Promise<GateCheck[]> {
  const name = 'SSH connection';
  const info = await attempt(() => effects.target.engine.info());
  if ('problem' in info) {
    const fix = 'Check that the user may reach the Docker engine: `docker version` on the server.';
    return [{ name, passed: false, detail: info.problem, fix }];
  }
  return [
    { name, passed: true, detail: `${effects.target.name} answers` },
    engineCheck(info.value, input),
    composeVersionCheck(info.value),
    await diskCheck(info.value, input, look, effects),
  ];
}

async function composeChecks(input: GateInput, look: Look, effects: GateEffects): Promise<GateCheck[]> {
  const name = 'compose file';
  if (look.observed === undefined)
    return [{ name, passed: false, detail: look.problem, fix: 'Repair the compose file.' }];
  const { observed, plan } = look;
  const { file, existed } = plan.compose;
  const services: GateCheck[] = [];
  // The keeper does one thing at a time.
  for (const wanted of input.wanted)
    services.push(await backupCheck(plan, wanted, observed, effects), ...strategyCheck(wanted, observed));
  return [
    { name, passed: true, detail: `${file}${existed ? '' : ' (from the repository)'}` },
    markerCheck(look, input, effects),
    driftCheck(look, input),
    ...services,
  ];
}

async function diskCheck(
  info: EngineInfo,
  input: GateInput,
  look: Look,
  effects: GateEffects,
): Promise<GateCheck> {
  const name = 'free disk';
  const sizes = input.wanted
    .filter(({ image }) => look.observed?.imageIds[image.reference] !== image.id)
    .map(({ image }) => image.size);
  const arriving = sizes.reduce((sum, size) => sum + size, 0);
  const need = bytesOf(input.minFreeDisk) + arriving;
  const free = await attempt(() => effects.target.freeDisk(info.dataRoot));
  if (!('value' in free)) return { name, passed: false, detail: free.problem };
  // Rule D1 asks for *more* than that.
  const passed = free.value > need;
  return {
    name,
    passed,
    detail: `${gigabytes(free.value)} free on ${info.dataRoot}, more than ${gigabytes(need)} needed${arriving > 0 ? `, ${gigabytes(arriving)} of it for the images` : ''}`,
    ...(passed ? {} : { fix: 'Free space on the server: `docker system df` shows what uses it.' }),
  };
}

function engineCheck(info: EngineInfo, { wanted }: GateInput): GateCheck {
  const name = 'Docker engine';
  if (info.engine === '') return { name, passed: false, detail: 'no engine answers' };
  const detail = `${info.engine}, ${info.store} image store`;
  // A health check URL is asked at the container's own address, before anything of the service is published.
  if (!info.rootless || wanted.every(({ service }) => service.healthCheck.url === undefined)) {
    return { name, passed: true, detail };
  }
  return {
    name,
    passed: false,
    detail: `${detail}, rootless: the addresses of its containers cannot be reached from the server`,
    fix: 'Rootless engines are not supported with health check URLs: deploy to an engine that runs as root.',
  };
}

function composeVersionCheck(info: EngineInfo): GateCheck {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(info.compose) ?? []).slice(1).map(Number);
  const enough = major > OLDEST_COMPOSE[0] || (major === OLDEST_COMPOSE[0] && minor >= OLDEST_COMPOSE[1]);
  return {
    name: 'Docker Compose',
    passed: enough,
    detail: info.compose === '' ? 'not installed' : info.compose,
    ...(enough ? {} : { fix: `Install Docker Compose ${OLDEST_COMPOSE.join('.')} or later on the server.` }),
  };
}

/** The folder on the server is the one that is meant: that of this project, on this server. */
function markerCheck(
  { observed, plan }: Extract<Look, { plan: ReleasePlan }>,
  input: GateInput,
  { target }: GateEffects,
): GateCheck {
  const name = 'environment';
  const { directory } = plan.compose;
  const meant = markerOf(input.prefix, target);
  const found = observed.marker;
  if (found === undefined) return { name, passed: true, detail: `${directory} is not marked yet` };
  const passed = found.project === meant.project && found.target === meant.target;
  return {
    name,
    passed,
    detail: passed
      ? `${directory} belongs to ${meant.project} on ${meant.target}`
      : `${directory} belongs to project ${found.project} on ${found.target}, not to ${meant.project} on ${meant.target}`,
    ...(passed
      ? {}
      : {
          fix: `Correct \`project.name\`, \`deploy.target\` or \`deploy.path\`; if the folder has moved on purpose, remove ${markerPath(directory)} on the server.`,
        }),
  };
}

function driftCheck({ observed, plan }: Extract<Look, { plan: ReleasePlan }>, input: GateInput): GateCheck {
  const name = 'compose file drift';
  const { drift = 'adopt' } = input;
  if (observed.drift === '') return { name, passed: true, detail: 'none' };
  if (drift !== 'fail') {
    const used = drift === 'adopt' ? "the server's file is used" : "the repository's file is used";
    return { name, passed: true, detail: `\`deploy.drift\` is ${drift}: ${used}` };
  }
  return {
    name,
    passed: false,
    detail: `${plan.compose.file} on the server (-) differs from the repository's (+):\n${observed.drift}`,
    fix: 'Make the two files the same, or set `deploy.drift` to adopt or overwrite.',
  };
}

async function backupCheck(
  plan: ReleasePlan,
  wanted: Wanted,
  observed: Observed,
  effects: GateEffects,
): Promise<GateCheck> {
  const check = { name: 'previous image backed up', service: wanted.service.name };
  const service = plan.services.find((entry) => entry.service === wanted.service.name);
  if (!service || service.previous_id === '') {
    return { ...check, passed: true, detail: 'first deployment: there is nothing to back up' };
  }
  const proven = effects.change
    ? (await effects.change(proveImage(service.previous_id))).code === 0
    : (await effects.target.engine.image(service.previous_id)) !== undefined;
  const kept = observed.containers.find((container) => container.imageId === service.previous_id);
  return {
    ...check,
    passed: proven,
    detail: proven
      ? `${service.previous}, pinned as ${service.pin}`
      : `the image of ${kept?.name ?? 'the running container'} cannot be started again`,
    ...(proven || !kept
      ? {}
      : { fix: `Save what runs as an image: docker commit ${kept.name} ${service.pin}` }),
  };
}

function strategyCheck({ service }: Wanted, observed: Observed): GateCheck[] {
  const { impossible } = chooseStrategy(observed.model, service.composeService, service.strategy);
  if (impossible === '') return [];
  return [
    {
      name: 'strategy',
      service: service.name,
      passed: false,
      detail: `start-first is not possible: ${impossible}`,
      fix: `Set \`services.${service.name}.strategy\` to auto, or change the compose file.`,
    },
  ];
}

/** Every check, the failed ones marked, as a Markdown table. Pure. */
export function gateTable(checks: readonly GateCheck[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', '<br>');
  return [
    '| gate | | what |',
    '| --- | --- | --- |',
    ...checks.map(
      (check) =>
        `| ${cell(check.name)}${check.service === undefined ? '' : ` (${cell(check.service)})`} | ${check.passed ? 'ok' : 'FAILED'} | ${cell(check.detail)} |`,
    ),
  ].join('\n');
}

async function attempt<T>(body: () => Promise<T>): Promise<{ value: T } | { problem: string }> {
  try {
    return { value: await body() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
