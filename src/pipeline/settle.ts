import { earlierUnrecorded, lastRelease, type ReleaseHandle, undoneResult } from '../deploy/index.ts';
import type { ReleasePlan } from '../deploy/release.ts';
import type { DeployResult } from '../deploy/result.ts';
import type { Target } from '../server/target.ts';
import { serverOf, tagOf, type PipelineContext } from './context.ts';
import type { RunEnd } from './carried.ts';
import type { RunFinished } from './events.ts';
import { isoWithOffset, ownId } from './id.ts';
import { applyEvent } from './record.ts';
import { recordRelease } from './registry.ts';
import { failedWith, type StageOutcome } from './run.ts';

/** How a release ended that its own run could not record. */
export type Fate =
  | { kind: 'verified'; plan: ReleasePlan }
  | {
      kind: 'put-back';
      plan: ReleasePlan;
      result: DeployResult;
      by: 'the server itself' | 'this run';
      /** What could not be: locks at once (rule V4). */
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
      result: undoneResult(plan, outcome, 'its runner was lost'),
      by: 'this run',
      undoFailed: release.refusal?.undoFailed ?? [],
    };
  }
  const journal = await release.keeper.journal();
  const { plan } = lastRelease(journal);
  const last = journal.findLast((entry) =>
    ['auto_reverted', 'recorded', 'rolled_back', 'left_running'].includes(entry.event),
  );
  if (plan === undefined || last?.event !== 'auto_reverted') return undefined;
  const services = plan.services.filter((service) => !service.current).map((service) => service.service);
  const outcome = { rolledBack: services.reverse(), failed: {}, manualSteps: [], leftToServer: false };
  const result = undoneResult(plan, outcome, 'its runner was lost');
  return { kind: 'put-back', plan, result, by: 'the server itself', undoFailed: [] };
}

/** What DEPLOY is known to have come to, once its release was put back: services, and steps for a person, as they are now. */
export function asFound(deployed: DeployResult | undefined, result: DeployResult): DeployResult {
  const { rolled_back, manual_steps } = result;
  const services = result.services.map((now) => ({
    ...deployed?.services.find(({ service }) => service === now.service),
    ...now,
  }));
  return { ...result, ...deployed, services, rolled_back, manual_steps };
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
  if (fate.kind === 'verified') return `Release ${id} was verified but never recorded; it is recorded now.`;
  if (fate.undoFailed.length > 0)
    return `Release ${id} lost its runner: ${endOf(fate)}. That locks the pipeline.`;
  return `Release ${id} lost its runner and was put back by ${fate.by}: ${fate.result.rolled_back.join(', ') || 'nothing had been cut over'}.`;
}

/** For people. */
export const endOf = ({ by, undoFailed }: Fate & { kind: 'put-back' }): string =>
  undoFailed.length > 0 ? couldNot(undoFailed) : `put back by ${by}`;

export const couldNot = (names: readonly string[]): string => `${names.join(', ')} could not be put back`;

/**
 * Rule V4: what an earlier run left could not be put back, so this one fails, and the pipeline is locked at once, by the
 * record of either. Undefined when there is nothing of that kind.
 */
export async function refuseUnsettled(
  context: PipelineContext,
  release: ReleaseHandle,
): Promise<(StageOutcome & { end: Omit<RunEnd, 'stage'> }) | undefined> {
  const { refusal } = release;
  if (refusal === undefined) return undefined;
  const warnings: string[] = [];
  await settleEarlierOrWarn(context, release, warnings);
  for (const warning of warnings) context.effects.log.warning(warning);
  const { end, ...outcome } = failedWith(refusal.error);
  return { ...outcome, end: { ...end, undo_failed: refusal.undoFailed } };
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
        ? { deployed: imagesOf(plan), deployed_commits: commits }
        : {
            failure_reason: `the runner was lost; ${endOf(fate)}`,
            deployed: Object.fromEntries(fate.result.services.map(({ service, image }) => [service, image])),
            rolled_back: fate.result.rolled_back,
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

const imagesOf = (plan: ReleasePlan) =>
  Object.fromEntries(plan.services.map((service) => [service.service, service.image]));

/** The image says which commit it was built from. */
async function commitsOf(plan: ReleasePlan, target: Target): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const service of plan.services) {
    const revision = (await target.engine.image(service.image))?.labels['org.opencontainers.image.revision'];
    if (revision) found[service.service] = revision;
  }
  return found;
}
