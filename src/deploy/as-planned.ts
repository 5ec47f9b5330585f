import { AutopilotError } from '../errors.ts';
import { containersOf, type ReleaseEffects } from './effects.ts';
import type { ReleasePlan } from './release.ts';

/**
 * Preparing takes minutes, in which a person may work on the server. A container that came since would be neither kept nor
 * new, and serve on beside the new version; what replaced the compose file would be written over unread. Throws
 * DEPLOY_FAILED then; nothing is live yet.
 */
export async function mustBeAsPlanned(
  plan: ReleasePlan,
  serverSource: string | undefined,
  effects: Pick<ReleaseEffects, 'target'>,
): Promise<void> {
  const changes: string[] = [];
  if ((await effects.target.readFile(plan.compose.file)) !== serverSource)
    changes.push(`${plan.compose.file} was changed`);
  for (const service of plan.services.filter((entry) => !entry.current)) {
    const now = await containersOf(effects, plan, service);
    const came = now.filter(({ id }) => !service.kept.some((kept) => kept.id === id));
    const gone = service.kept.filter((kept) => kept.running && !now.some(({ id }) => id === kept.id));
    changes.push(
      ...came.map((container) => `the container ${container.name} of ${service.service} was created`),
      ...gone.map((container) => `the container ${container.name} of ${service.service} was removed`),
    );
  }
  if (changes.length === 0) return;
  throw new AutopilotError('DEPLOY_FAILED', {
    what: 'Somebody else has changed the server while the release was prepared.',
    why: `Since it was planned, ${changes.join(', ')}.`,
    fix: 'Nothing of the release is live, and what was changed stands. Run the job again.',
  });
}
