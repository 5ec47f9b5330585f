import type { CarriedRun, RunEnd } from './carried.ts';
import { announceLock } from './announce.ts';
import { headerOf, idIn, idOf, isRecorded } from './begin.ts';
import { overtakenRuns } from './abandoned.ts';
import { type PipelineContext, tagOf } from './context.ts';
import { escalationOf } from './escalation.ts';
import type { RunFinished } from './events.ts';
import { showRun } from './github-deployment.ts';
import { isoWithOffset } from './id.ts';
import { applyEvent } from './record.ts';
import { recordRelease, recordRollback } from './registry.ts';
import type { ServiceOutcome } from '../deploy/result.ts';
import type { State } from '../state/files.ts';

/** A run with its end, as people and outputs see it. */
export interface FinishedRun {
  run: CarriedRun & { end: RunEnd };
  locked: boolean;
  /** Rule V4: Markdown, from the second failure in a row on. */
  analysis?: string;
  /** service -> image running now, as far as this run knows. */
  deployed: Record<string, string>;
  /** Services put back, in that order. */
  rolledBack: string[];
  /** Why the record could not be written, if it could not, and who may yet do it. */
  unrecorded?: string;
  state?: State;
}

/**
 * The end of a run: one write of the record (rule S1) and the registry (rule S2, only for what was verified), then the
 * escalation (rule V4). A good deployment is not failed because GitHub was down: what could not be recorded is said, and
 * stays unrecorded in the run, so that the job tries it once more at its end.
 */
export async function finishRun(
  context: PipelineContext,
  carried: CarriedRun,
  attempt: 'first' | 'last' = 'first',
): Promise<FinishedRun> {
  // What is recorded, announced and shown from here on holds no secret.
  let run = context.effects.mask({ ...carried, end: carried.end ?? endOf(carried) });
  const outcome = outcomeOf(context, run);
  if (context.server.release?.fateUnknown === true)
    return {
      run: { ...run, recorded: true },
      locked: false,
      ...outcome,
      unrecorded: 'only the server knows what became of its release.',
    };
  if (run.recorded || !isRecorded(context))
    return { run: { ...run, recorded: true }, locked: run.end.status === 'locked', ...outcome };
  let recorded: State;
  try {
    const written = await record(context, run, outcome);
    recorded = written.state;
    run = { ...run, pipeline_id: written.own, recorded: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const unrecorded = `${why} ${whatNow(context, run, attempt)}`;
    context.effects.log.warning(`This run could not be recorded: ${unrecorded}`);
    return { run, locked: run.end.status === 'locked', ...outcome, unrecorded };
  }
  await context.server.release?.recorded();
  const { report } = escalationOf(recorded.file, run.pipeline_id);
  const { status } = run.end;
  if (status === 'success') await saveCache(context, recorded);
  const state = await announceLock(context, { ...run, failed: status === 'failed' }, recorded);
  await showRun(context, run);
  return {
    run,
    locked: state.file.lock?.locked === true,
    ...(report === undefined || status !== 'failed' ? {} : { analysis: report }),
    ...outcome,
    state,
  };
}

/** Who else may record it: whoever reads in the server's journal what became of a release, else only this job. */
function whatNow(
  context: PipelineContext,
  run: CarriedRun & { end: RunEnd },
  attempt: 'first' | 'last',
): string {
  const verified = run.end.status === 'success' && run.verify !== undefined;
  const live = run.deploy?.services.some(({ status }) => status === 'deployed') === true;
  if (verified || (live && isAbandoned(context, run)))
    return "The next run records it from the server's journal.";
  return attempt === 'first'
    ? 'It is tried again when the job ends.'
    : 'The record does not say how it ended.';
}

/** A run whose stages all came to their end is a success only when it deployed and verified. */
function endOf(run: CarriedRun): RunEnd {
  if (run.verify !== undefined) return { status: 'success', reason: 'verified' };
  const last = run.stages.at(-1)?.name ?? 'nothing';
  return { status: 'cancelled', reason: `the job ended after ${last}: no step ran the stages after it` };
}

function outcomeOf(context: PipelineContext, run: CarriedRun): Pick<FinishedRun, 'deployed' | 'rolledBack'> {
  const services = isAbandoned(context, run)
    ? (run.deploy?.services ?? []).map(asPutBack)
    : (run.verify?.services ?? run.deploy?.services ?? []);
  const deployed = Object.fromEntries(
    services.flatMap(({ service, image }) => (image === '' ? [] : [[service, image]])),
  );
  // Deployed with what they depend on first, put back in reverse (rule D3).
  const back = services.filter(({ status }) => status === 'rolled-back').map(({ service }) => service);
  return { deployed, rolledBack: back.reverse() };
}

/**
 * Live and never judged: the server puts it back as soon as this run is gone. Not what is marked irreversible, which was
 * never armed; nor where only the server knows whether VERIFY's word has reached it.
 */
function isAbandoned({ server, config }: PipelineContext, { deploy, verify, end }: CarriedRun): boolean {
  if (deploy === undefined || verify !== undefined || server.release?.fateUnknown === true) return false;
  // `post` found in the server's journal that it was verified.
  if (end?.status === 'success') return false;
  const { migrate } = config.deploy;
  const changed = deploy.services.filter(({ status }) => status === 'deployed');
  return !(migrate?.irreversible === true && changed.some(({ service }) => service === migrate.service));
}

const asPutBack = (service: ServiceOutcome): ServiceOutcome =>
  service.status === 'deployed' ? { ...service, image: service.previous, status: 'rolled-back' } : service;

async function record(
  context: PipelineContext,
  run: CarriedRun & { end: RunEnd },
  { deployed, rolledBack }: Pick<FinishedRun, 'deployed' | 'rolledBack'>,
): Promise<{ state: State; own: string }> {
  const { config, effects, store } = context;
  const { end, analyze } = run;
  const at = isoWithOffset(effects.clock.now(), config.project.timezone);
  const services = run.verify?.services ?? run.deploy?.services ?? [];
  const verified = end.status === 'success' && run.verify !== undefined;
  const event: Omit<RunFinished, 'id' | 'run' | 'deployed_commits'> = {
    type: 'run-finished',
    status: end.status,
    finished_at: at,
    max_consecutive_failures: config.safety.max_consecutive_failures,
    stages: run.stages,
    ...(analyze === undefined
      ? {}
      : {
          changes: { categories: analyze.categories },
          decisions: analyze.decisions,
          services: analyze.services,
        }),
    ...(end.status === 'failed' && end.stage !== undefined ? { failed_stage: end.stage } : {}),
    ...(['failed', 'cancelled', 'locked'].includes(end.status) ? { failure_reason: end.reason } : {}),
    ...(end.log_extract === undefined ? {} : { log_extract: end.log_extract }),
    deployed,
    rolled_back: rolledBack,
    ...bytesSent(run),
    undo_failed: [
      ...new Set([
        ...services.filter(({ status }) => status === 'undo-failed').map(({ service }) => service),
        ...(end.undo_failed ?? []),
      ]),
    ],
  };
  let own = run.pipeline_id;
  const state = await store.update(`${end.status}: ${run.pipeline_id}`, (before) => {
    own = idIn(before.file, context, run);
    const named = { ...run, pipeline_id: own };
    const finished = { ...event, id: idOf(context, own, 'finished'), run: headerOf(context, named) };
    const file = applyEvent(before.file, {
      ...finished,
      ...(verified ? { deployed_commits: commitsAfter(before, context, named) } : {}),
    });
    const now = { at, startedAt: run.started_at, pipelineId: own, target: context.targetName };
    const over = verified ? overtakenRuns(file, now, event.max_consecutive_failures) : [];
    return {
      ...before,
      file: over.reduce(applyEvent, file),
      registry: registryAfter(before, context, named, at),
    };
  });
  return { state, own };
}

function bytesSent({ deploy }: CarriedRun): Pick<RunFinished, 'bytes_sent'> {
  const sent = (deploy?.services ?? []).flatMap(({ service, bytes_sent: bytes }) =>
    bytes === undefined ? [] : [[service, bytes] as const],
  );
  return sent.length === 0 ? {} : { bytes_sent: Object.fromEntries(sent) };
}

/**
 * Rule A9. A service that this commit does not change is as good as deployed from it, so that its next comparison starts
 * here too; but only if what is recorded for it is still what this run compared with. A service that was never deployed
 * there has nothing to compare with, and a rollback may have moved one meanwhile.
 */
function commitsAfter(
  { file }: State,
  { services, targetName }: Pick<PipelineContext, 'services' | 'targetName'>,
  run: CarriedRun,
): Record<string, string> {
  const before = file.deployed_commits[targetName] ?? {};
  const { services: now = [], bases = {} } = run.analyze ?? {};
  const unmoved = (name: string) => before[name] !== undefined && before[name] === bases[name];
  const there = services.filter(({ name }) => now.includes(name) || unmoved(name));
  return Object.fromEntries(there.map(({ name }) => [name, run.commit]));
}

/** Written once, when a release is verified, and when one was put back: never at build (the original's first fault). */
function registryAfter(
  state: State,
  { config, targetName: target }: PipelineContext,
  run: CarriedRun & { end: RunEnd },
  at: string,
) {
  const keep = config.safety.keep_releases;
  const services = run.verify?.services ?? run.deploy?.services ?? [];
  const image = (reference: string) => ({ image: reference, tag: tagOf(reference), commit: run.commit });
  if (run.end.status === 'success' && run.verify !== undefined) {
    const released = services.filter((service) => service.status === 'deployed');
    return recordRelease(
      state.registry,
      {
        services: Object.fromEntries(released.map((one) => [one.service, image(one.image)])),
        pipeline_id: run.pipeline_id,
        target,
        at,
      },
      keep,
    );
  }
  const back = services.filter((service) => service.status === 'rolled-back' && service.previous !== '');
  const failed = new Map(run.build?.images.map((one) => [one.service, one.reference]));
  const steps = back.flatMap(({ service, previous }) => {
    const from = failed.get(service);
    return from === undefined ? [] : [[service, { from: image(from), to: previous }] as const];
  });
  if (steps.length === 0) return state.registry;
  return recordRollback(
    state.registry,
    { services: Object.fromEntries(steps), verdict: 'failed', pipeline_id: run.pipeline_id, target, at },
    keep,
  );
}

async function saveCache({ registryCache, event }: PipelineContext, { registry }: State): Promise<void> {
  await registryCache.save(registry, { run_id: event.runId, attempt: event.runAttempt });
}
