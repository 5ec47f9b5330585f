import { AutopilotError } from '../errors.ts';
import { proveImage, discardContainer, startCandidate, writeCandidateOverride } from './commands.ts';
import { must, type ReleaseEffects } from './effects.ts';
import { failure, proveHealthy } from './health.ts';
import type { ReleasePlan, ServicePlan } from './release.ts';
import type { ContainerFailure } from './result.ts';

/**
 * Starts the new image beside the old one, off traffic, and proves it; the candidate is gone afterwards, whatever
 * happened. The old container is not touched. Returns why it is not healthy, or undefined when it is.
 */
export async function tryCandidate(
  plan: ReleasePlan,
  service: ServicePlan,
  effects: ReleaseEffects,
): Promise<ContainerFailure | undefined> {
  await must(effects, proveImage(service.image));
  if (service.candidate === '') return undefined;
  await removeCandidate(service, effects);
  await effects.keeper.record('candidate_started', {
    service: service.service,
    candidate: service.candidate,
  });
  await must(effects, writeCandidateOverride(plan, service));
  const started = await effects.keeper.change(startCandidate(plan, service));
  try {
    const container = await effects.target.engine.container(service.candidate);
    if (!container || (started.code !== 0 && container.state === 'created')) {
      const words = (started.stderr.trim() || started.stdout.trim()).slice(-2000);
      return await failure(service, effects, container, `It could not be started: ${words}`);
    }
    const failed = await proveHealthy(
      { service: service.service, container: container.id, probe: service.probe, from: 'own' },
      effects,
    );
    return failed && { ...failed, reason: `${failed.reason}${hint(service)}` };
  } finally {
    await removeCandidate(service, effects);
  }
}

function hint(service: ServicePlan): string {
  return service.shared_volumes.length === 0
    ? ''
    : ` It shared ${service.shared_volumes.join(', ')} with the old one; if it cannot, set \`services.${service.service}.strategy: stop-first\`.`;
}

/** One that was cut short must not go on changing data. */
export async function removeMigration({ migrate }: ReleasePlan, effects: ReleaseEffects): Promise<void> {
  const left = migrate && (await effects.target.engine.container(migrate.container));
  if (left) await must(effects, discardContainer(left.name, left.id));
}

/** A candidate that another run left behind goes the same way. */
export async function removeCandidate(service: ServicePlan, effects: ReleaseEffects): Promise<void> {
  if (service.candidate === '') return;
  const left = await effects.target.engine.container(service.candidate);
  if (!left) return;
  const removed = await effects.keeper.change(discardContainer(service.candidate, left.id));
  if (removed.code !== 0 && (await effects.target.engine.container(left.id))) {
    throw new AutopilotError('SERVER_COMMAND', {
      what: `The candidate ${service.candidate} cannot be removed.`,
      why: removed.stderr.trim(),
      fix: `Run on the server: docker rm --force ${service.candidate}`,
    });
  }
}
