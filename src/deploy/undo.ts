import { AutopilotError } from '../errors.ts';
import { argvText, quote } from '../server/shell.ts';
import type { Command } from '../server/target.ts';
import { removeCandidate, removeMigration } from './candidate.ts';
import { dropStaged, restoreCompose } from './commands.ts';
import { must, nothingLive, type ReleaseEffects } from './effects.ts';
import { patientWith } from './patience.ts';
import type { KeptContainer, ReleasePlan, ServicePlan } from './release.ts';
import { undoService } from './undo-service.ts';

export interface UndoRequest {
  /** For people and the journal. */
  reason: string;
  /** `leave`: a person has put something else in place, so the compose file is theirs as well. */
  composeFile?: 'restore' | 'leave';
  /** How far the release has come, as far as its own run knows; a later run asks the server. */
  reached?: 'preparing' | 'cutting over';
}

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
  /** Nothing is left to try: once the record holds it, what a person then makes of it stands. */
  asked?: boolean;
}

/**
 * Rule D3: puts every service of the release back, the last one first, and the compose file with them. Whatever part of
 * the release has happened, the end is the state before it; one failing undo does not stop the others.
 */
export async function undoRelease(
  plan: ReleasePlan,
  effects: ReleaseEffects,
  { reason, composeFile = 'restore', reached }: UndoRequest,
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
        effects.log.warning(`${LEFT_TO_SERVER} ${String(error)}`);
        outcome.leftToServer = true;
        return undefined;
      }
      outcome.failed[name] = error instanceof Error ? error.message : String(error);
      outcome.manualSteps.push(...steps);
      effects.log.error(`${name} could not be put back: ${String(error)}`);
      return undefined;
    }
  };
  // First of all: from here on a person's `docker compose up` brings back the old version as well.
  if (composeFile === 'restore')
    await attempt('the compose file', shown([restoreCompose(plan)]), () =>
      must(effects, restoreCompose(plan)),
    );
  await attempt('the migration', [], () => removeMigration(plan, effects));
  for (const service of [...plan.services].reverse()) {
    if (service.current) continue;
    const touched = await attempt(service.service, manualSteps(plan, service), async () => {
      // What a person has done to the old containers in the meantime is none of this release's business.
      if (reached !== 'preparing' && !(await nothingLive(plan, effects)))
        return undoService(plan, service, effects);
      await removeCandidate(service, effects);
      return false;
    });
    if (touched === true) outcome.rolledBack.push(service.service);
  }
  // What is staged must outlive a failed undo: it tells the next run how far the release had come.
  if (Object.keys(outcome.failed).length === 0 && !outcome.leftToServer) {
    if (composeFile === 'restore')
      await must(effects, dropStaged(plan)).catch((error: unknown) => {
        effects.log.warning(`Left behind on the server: ${plan.compose.before} (${String(error)})`);
      });
    await noted(effects, 'rolled_back', { reason });
  }
  return outcome;
}

/** The connection, and with it every other step. */
const isLost = (error: unknown): boolean => error instanceof AutopilotError && error.code === 'SSH_CONNECT';

export const LEFT_TO_SERVER =
  'The connection to the server is lost; the server puts the version before back by itself, and the next run looks at it first.';

/** What a person types, when the program could not. */
export function manualSteps(plan: ReleasePlan, service: ServicePlan): string[] {
  const running = service.kept.filter((container) => container.running);
  const own = `--filter label=com.docker.compose.project=${plan.project} --filter label=com.docker.compose.service=${service.compose_service}`;
  // Old and new ones may be of one image.
  const kept = service.kept.map(({ id }) => ` -e ${short(id)}`).join('');
  const others = `docker ps -aq ${own} --filter ancestor=${service.image}${kept === '' ? '' : ` | grep -v${kept}`}`;
  const steps = [`docker ps -a ${own}`, `docker rm -f $(${others})`];
  if (running.length === 0) return steps;
  const renames =
    service.container_name === ''
      ? []
      : running.map((container) => `docker rename ${short(container.id)} ${service.container_name}`);
  return [
    ...steps,
    ...renames,
    `docker start ${running.map((container) => short(container.id)).join(' ')}`,
    ...(service.strategy === 'start-first' ? running.flatMap((container) => rejoining(container)) : []),
  ];
}

/** An undoing that did not come to its end may have left the old one without its names. */
const rejoining = ({ id, networks }: KeptContainer): string[] =>
  Object.entries(networks)
    .filter(([, names]) => names.length > 0)
    .map(([network, names]) => {
      const aliases = names.map((name) => `--alias ${quote(name)}`).join(' ');
      const where = `${quote(network)} ${short(id)}`;
      return `docker network disconnect ${where}; docker network connect ${aliases} ${where}`;
    });

const short = (id: string) => id.slice(0, 12);

const shown = (commands: readonly Command[]) => commands.map((command) => argvText(command.argv));

/** A journal that cannot be written must not keep the old version from coming back. */
async function noted(effects: ReleaseEffects, event: string, data: Record<string, unknown>): Promise<void> {
  try {
    await effects.keeper.record(event, data);
  } catch (error) {
    effects.log.warning(`The server's journal could not be written (${event}): ${String(error)}`);
  }
}
