import type { Clock, Log } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import { argvText } from '../server/shell.ts';
import type { Command, CommandResult, Container, Keeper, Target } from '../server/target.ts';
import { serviceLabels } from './commands.ts';
import { COMPOSE_LABEL } from './plan.ts';
import type { ReleasePlan, ServicePlan } from './release.ts';

/** What carrying a release out needs from the outside. */
export interface ReleaseEffects {
  target: Target;
  keeper: Keeper;
  clock: Clock;
  log: Log;
  /** Ends waiting; what was done by then is undone without it. */
  signal?: AbortSignal;
}

/** Runs one change under the lock. Throws SERVER_COMMAND, with the command's own words, when it fails. */
export async function must(
  effects: Pick<ReleaseEffects, 'keeper'>,
  command: Command,
): Promise<CommandResult> {
  const result = await effects.keeper.change(command);
  if (result.code === 0) return result;
  throw new AutopilotError('SERVER_COMMAND', {
    what: `Could not ${command.title}: the command ended with exit code ${String(result.code)}.`,
    why: (result.stderr.trim() || result.stdout.trim()).slice(-4000),
    fix: `Try it on the server: ${argvText(command.argv)}`,
  });
}

/** Containers of the service now, one-off ones (candidates) not. */
export async function containersOf(
  effects: Pick<ReleaseEffects, 'target'>,
  plan: ReleasePlan,
  service: ServicePlan,
): Promise<Container[]> {
  const all = await effects.target.engine.containers(serviceLabels(plan, service));
  return all.filter((container) => !/^true$/i.test(container.labels[COMPOSE_LABEL.oneoff] ?? ''));
}

/** What this release created: observed, not remembered, so that a step that is run twice is run once. */
export async function newContainers(
  effects: Pick<ReleaseEffects, 'target'>,
  plan: ReleasePlan,
  service: ServicePlan,
): Promise<Container[]> {
  const kept = new Set(service.kept.map((container) => container.id));
  const now = await containersOf(effects, plan, service);
  return now.filter((container) => !kept.has(container.id) && container.image === service.image);
}

/** The first operation of the cut-over puts the new compose file in place; before it the old version is as it was. */
export async function nothingLive(
  plan: ReleasePlan,
  { target }: Pick<ReleaseEffects, 'target'>,
): Promise<boolean> {
  return (await target.readFile(plan.compose.next)) !== undefined;
}
