import { setRestart } from './commands.ts';
import { must, type ReleaseEffects } from './effects.ts';
import type { KeptContainer, ReleasePlan, ServicePlan } from './release.ts';

/** Of the engine's policies the one that starts with the engine what somebody has stopped before. */
const ALWAYS = 'always';

const restarting = (service: ServicePlan): KeptContainer[] =>
  service.current ? [] : service.kept.filter((kept) => kept.running && kept.restart === ALWAYS);

/**
 * A release is left running: what it stopped stays stopped when the engine starts again, or both versions would serve. Never
 * a reason to fail.
 */
export async function keepStopped(plan: ReleasePlan, effects: ReleaseEffects): Promise<void> {
  for (const service of plan.services) {
    for (const kept of restarting(service)) {
      try {
        const now = await effects.target.engine.container(kept.id);
        if (now?.state !== 'exited') continue;
        await must(effects, setRestart(kept.name, kept.id, 'no'));
        effects.log.info(
          `${kept.name} no longer starts with the engine; to have that back with it: ${startsAgain(kept)}`,
        );
      } catch (error) {
        effects.log.warning(
          `${kept.name} is stopped, but may start with the engine and serve beside the new version: ${String(error)}`,
        );
      }
    }
  }
}

/** What a person types who goes back to the version before after all. */
export const restartSteps = (service: ServicePlan): string[] => restarting(service).map(startsAgain);

const startsAgain = ({ id, restart }: KeptContainer): string =>
  `docker update --restart ${restart} ${id.slice(0, 12)}`;
