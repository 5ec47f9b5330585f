import { earlierUnrecorded, lastRelease, type ReleaseHandle } from '../deploy/index.ts';
import type { ReleasePlan } from '../deploy/release.ts';
import type { Target } from '../server/target.ts';
import { serverOf, tagOf, type PipelineContext } from './context.ts';
import type { RunFinished } from './events.ts';
import { isoWithOffset, ownId } from './id.ts';
import { applyEvent } from './record.ts';
import { recordRelease } from './registry.ts';

/** How a release ended that its own run could not record. */
export type Fate =
  | { kind: 'verified'; plan: ReleasePlan }
  | {
      kind: 'put-back';
      plan: ReleasePlan;
      services: string[];
      by: 'the server itself' | 'this run';
      undoFailed: string[];
    };

/** What the server's journal says about a release whose run never came back; undefined when there is nothing to settle. */
export async function fateOf(release: ReleaseHandle): Promise<Fate | undefined> {
  const { settled } = release;
  if (settled.state === 'verified-unrecorded') return { kind: 'verified', plan: settled.plan };
  if (settled.state === 'rolled-back') {
    const { plan, outcome } = settled;
    return {
      kind: 'put-back',
      plan,
      services: outcome.rolledBack,
      by: 'this run',
      undoFailed: Object.keys(outcome.failed),
    };
  }
  const journal = await release.keeper.journal();
  const { plan } = lastRelease(journal);
  const last = journal.findLast((entry) =>
    ['auto_reverted', 'recorded', 'rolled_back', 'left_running'].includes(entry.event),
  );
  if (plan === undefined || last?.event !== 'auto_reverted') return undefined;
  const services = plan.services.filter((service) => !service.current).map((service) => service.service);
  return { kind: 'put-back', plan, services: services.reverse(), by: 'the server itself', undoFailed: [] };
}

/** Of every release that the journal knows and no run recorded, in their order. */
async function fatesOf(release: ReleaseHandle): Promise<Fate[]> {
  const last = await fateOf(release);
  const earlier = earlierUnrecorded(await release.keeper.journal());
  return [
    ...earlier.map((plan): Fate => ({ kind: 'verified', plan })),
    ...(last === undefined ? [] : [last]),
  ];
}

/**
 * Records what earlier runs left unrecorded, from the server's journal: a verified release as the success it was, one
 * that was put back as cancelled, because its runner was lost and not its code (rule V4: that is no counted failure).
 */
export async function settleEarlier(context: PipelineContext, release: ReleaseHandle): Promise<void> {
  const fates = await fatesOf(release);
  if (fates.length === 0) return;
  for (const fate of fates) {
    context.effects.log.notice(notice(fate));
    await recordFate(context, fate);
  }
  await release.recorded();
}

function notice(fate: Fate): string {
  const { pipeline_id: id } = fate.plan;
  return fate.kind === 'verified'
    ? `Release ${id} was verified but never recorded; it is recorded now.`
    : `Release ${id} lost its runner and was put back by ${fate.by}: ${fate.services.join(', ') || 'nothing had been cut over'}.`;
}

/** The same where nothing may be refused for it: tells whether all of it is recorded, and warns. */
export async function settleEarlierOrWarn(
  context: PipelineContext,
  release: ReleaseHandle,
  warnings: string[],
): Promise<'recorded' | 'left'> {
  try {
    await settleEarlier(context, release);
    return 'recorded';
  } catch (error) {
    warnings.push((error as Error).message);
    return 'left';
  }
}

/** Writes the fate of a release into the record; once, however often it is asked. */
export async function recordFate(context: PipelineContext, fate: Fate): Promise<void> {
  const { config, effects, store, targetName } = context;
  const { plan } = fate;
  const at = isoWithOffset(effects.clock.now(), config.project.timezone);
  const commits = fate.kind === 'verified' ? await commitsOf(plan, await serverOf(context)) : {};
  await store.update(`Settle ${plan.pipeline_id}`, (state) => {
    const own = ownId(state.file, plan.pipeline_id, { target: targetName, runUrl: '' });
    const known = state.file.pipelines.find((run) => run.pipeline_id === own);
    if (known !== undefined && known.finished_at !== null && known.presumed_over !== true) return state;
    const event: RunFinished = {
      type: 'run-finished',
      id: `${own}.settled`,
      run: {
        pipeline_id: own,
        kind: plan.kind ?? 'pipeline',
        trigger: known?.trigger ?? 'unknown',
        started_at: known?.started_at ?? at,
        target: targetName,
      },
      status: fate.kind === 'verified' ? 'success' : 'cancelled',
      // A runner that only lost its server may still come and say how its run ended.
      ...(fate.kind === 'put-back' ? { presumed: true as const } : {}),
      finished_at: at,
      max_consecutive_failures: config.safety.max_consecutive_failures,
      ...(fate.kind === 'verified'
        ? { deployed: imagesOf(plan, 'image'), deployed_commits: commits }
        : {
            failure_reason: `the runner was lost; put back by ${fate.by}`,
            deployed: imagesOf(plan, 'previous'),
            rolled_back: fate.services,
            undo_failed: fate.undoFailed,
          }),
    };
    const file = applyEvent(state.file, event);
    if (fate.kind !== 'verified') return { ...state, file };
    const services = Object.fromEntries(
      plan.services.map((service) => {
        const commit = commits[service.service];
        return [
          service.service,
          { image: service.image, tag: tagOf(service.image), ...(commit === undefined ? {} : { commit }) },
        ];
      }),
    );
    const registry = recordRelease(
      state.registry,
      { services, pipeline_id: own, target: targetName, at },
      config.safety.keep_releases,
    );
    return { ...state, file, registry };
  });
}

const imagesOf = (plan: ReleasePlan, which: 'image' | 'previous') =>
  Object.fromEntries(plan.services.map((service) => [service.service, service[which]]));

/** The image says which commit it was built from. */
async function commitsOf(plan: ReleasePlan, target: Target): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const service of plan.services) {
    const revision = (await target.engine.image(service.image))?.labels['org.opencontainers.image.revision'];
    if (revision) found[service.service] = revision;
  }
  return found;
}
