import { bytesOf } from '../config/schema.ts';
import type { CommandResult, Command, EngineInfo, Target } from '../server/target.ts';
import { proveImage } from './commands.ts';
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
  const checks: GateCheck[] = [
    {
      name: 'critical tests passed',
      passed: input.tests.passed,
      detail: input.tests.detail,
      ...(input.tests.passed ? {} : { fix: 'Repair what the tests found.' }),
    },
  ];
  for (const { service, image } of input.wanted) {
    const exists = await effects.imageExists(image.reference);
    checks.push({
      name: 'image exists',
      service: service.name,
      passed: exists,
      detail: exists ? image.reference : `${image.reference} does not exist`,
      ...(exists ? {} : { fix: 'Run the build stage in the same job.' }),
    });
  }
  const info = await attempt(() => effects.target.engine.info());
  checks.push(
    'value' in info
      ? { name: 'SSH connection', passed: true, detail: `${effects.target.name} answers` }
      : {
          name: 'SSH connection',
          passed: false,
          detail: info.problem,
          fix: 'Check that the user may reach the Docker engine: `docker version` on the server.',
        },
  );
  if ('value' in info) checks.push(...versionChecks(info.value), await diskCheck(info.value, input, effects));
  if (look.observed === undefined) {
    checks.push({
      name: 'compose file',
      passed: false,
      detail: look.problem,
      fix: 'Repair the compose file.',
    });
    return checks;
  }
  checks.push({
    name: 'compose file',
    passed: true,
    detail: `${look.plan.compose.file}${look.plan.compose.existed ? '' : ' (from the repository)'}`,
  });
  for (const wanted of input.wanted) {
    checks.push(await backupCheck(look.plan, wanted, look.observed, effects));
    checks.push(...strategyCheck(wanted, look.observed));
  }
  return checks;
}

async function diskCheck(info: EngineInfo, input: GateInput, effects: GateEffects): Promise<GateCheck> {
  const name = 'free disk';
  const need = bytesOf(input.minFreeDisk);
  const free = await attempt(() => effects.target.freeDisk(info.dataRoot));
  if (!('value' in free)) return { name, passed: false, detail: free.problem };
  // Rule D1 asks for *more* than that.
  const passed = free.value > need;
  return {
    name,
    passed,
    detail: `${gigabytes(free.value)} free on ${info.dataRoot}, more than ${gigabytes(need)} needed`,
    ...(passed ? {} : { fix: 'Free space on the server: `docker system df` shows what uses it.' }),
  };
}

function versionChecks(info: EngineInfo): GateCheck[] {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(info.compose) ?? []).slice(1).map(Number);
  const enough = major > OLDEST_COMPOSE[0] || (major === OLDEST_COMPOSE[0] && minor >= OLDEST_COMPOSE[1]);
  return [
    {
      name: 'Docker engine',
      passed: info.engine !== '',
      detail: info.engine === '' ? 'no engine answers' : `${info.engine}, ${info.store} image store`,
    },
    {
      name: 'Docker Compose',
      passed: enough,
      detail: info.compose === '' ? 'not installed' : info.compose,
      ...(enough
        ? {}
        : { fix: `Install Docker Compose ${OLDEST_COMPOSE.join('.')} or later on the server.` }),
    },
  ];
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

async function attempt<T>(body: () => Promise<T>): Promise<{ value: T } | { problem: string }> {
  try {
    return { value: await body() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
