import type { RollbackRegistry } from '../state/schema.ts';
import type { State } from '../state/files.ts';
import { announceLock } from './announce.ts';
import { headerOf, idIn, idOf } from './begin.ts';
import type { CarriedRun } from './carried.ts';
import { type PipelineContext, tagOf } from './context.ts';
import type { RunFinished } from './events.ts';
import { showDeployment } from './github-deployment.ts';
import { isoWithOffset } from './id.ts';
import type { ManualRollback } from './manual-rollback.ts';
import { ownReleases, type Whose, whoseOf } from './own-releases.ts';
import { applyEvent } from './record.ts';
import { recordRollback } from './registry.ts';

/** What a rollback by hand came to, and what its record needs besides. */
type Done = Pick<ManualRollback, 'status' | 'reason' | 'services' | 'targets'> & {
  /** Why a person wanted it. */
  asked: string;
  /** What ran before it, and the releases it chose from; of one that changed something. */
  running?: Readonly<Record<string, string>>;
  known?: RollbackRegistry;
  /** What an earlier run left and could not be put back. */
  undoFailed?: readonly string[];
};
type Run = Pick<CarriedRun, 'pipeline_id' | 'started_at' | 'commit'>;

/** Writes the record, and tells people of the lock (rule V4). Never rejects: what could not be written is a warning. */
export async function recordManualRollback(
  context: PipelineContext,
  run: Run,
  done: Done,
): Promise<Pick<ManualRollback, 'warnings'> & Partial<ManualRollback>> {
  const { event, effects, registryCache } = context;
  let written: { state: State; own: string };
  try {
    written = await record(context, run, done);
  } catch (error) {
    const warning = `The rollback could not be recorded: ${(error as Error).message}`;
    effects.log.warning(warning);
    return { warnings: [warning] };
  }
  const { own } = written;
  const now = { ...run, pipeline_id: own };
  const state = await announceLock(context, { ...now, failed: done.status === 'failed' }, written.state);
  await registryCache.save(state.registry, { run_id: event.runId, attempt: event.runAttempt });
  if (Object.keys(done.targets).length > 0) {
    const commits = new Set(Object.values(commitsOf(done)));
    const [only] = commits;
    await showDeployment(context, {
      pipelineId: own,
      // One commit has to stand for all of them, and of several none would be right.
      commit: only !== undefined && commits.size === 1 ? only : run.commit,
      task: 'rollback',
      state: done.status === 'success' ? 'success' : 'failure',
    });
  }
  const { lock } = state.file;
  return { pipelineId: own, locked: lock?.locked === true, lock, state, warnings: [] };
}

/** service -> commit of the image it goes back to, where the registry knows it. */
function commitsOf({ targets, known }: Done): Record<string, string> {
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, image]) => {
      const commit = known?.services[name]?.history.find((entry) => entry.image === image)?.commit;
      return commit === undefined ? [] : [[name, commit] as const];
    }),
  );
}

async function record(
  context: PipelineContext,
  run: Run,
  done: Done,
): Promise<{ state: State; own: string }> {
  const { config, effects, store } = context;
  const { asked, running = {}, undoFailed = [], ...outcome } = done;
  const at = isoWithOffset(effects.clock.now(), config.project.timezone);
  const good = outcome.status === 'success';
  const event: Omit<RunFinished, 'id' | 'run'> = {
    type: 'run-finished',
    status: outcome.status,
    finished_at: at,
    max_consecutive_failures: config.safety.max_consecutive_failures,
    stages: [{ name: 'rollback', status: good ? 'passed' : 'failed', reason: outcome.reason }],
    ...(good
      ? { deployed_commits: commitsOf(done) }
      : { failed_stage: 'rollback' as const, failure_reason: outcome.reason }),
    services: Object.keys(outcome.targets),
    deployed: Object.fromEntries(outcome.services.map(({ service, image }) => [service, image])),
    rolled_back: good ? Object.keys(outcome.targets) : [],
    undo_failed: [
      ...outcome.services.filter(({ status }) => status === 'undo-failed').map(({ service }) => service),
      ...undoFailed,
    ],
  };
  let own = run.pipeline_id;
  const state = await store.update(`rollback ${outcome.status}: ${run.pipeline_id}`, (before) => {
    own = idIn(before.file, context, run);
    const header = { ...headerOf(context, { ...run, pipeline_id: own }), reason: asked };
    return {
      ...before,
      file: applyEvent(before.file, {
        ...event,
        id: idOf(context, own, 'rollback'),
        run: { ...header, kind: 'rollback' },
      }),
      registry: good
        ? rolledBack(
            before.registry,
            whoseOf(context),
            { ...outcome, running },
            own,
            at,
            config.safety.keep_releases,
          )
        : before.registry,
    };
  });
  return { state, own };
}

function rolledBack(
  registry: RollbackRegistry,
  whose: Whose,
  { targets, running }: { targets: Record<string, string>; running: Readonly<Record<string, string>> },
  pipeline: string,
  at: string,
  keep: number,
) {
  const { services: known } = ownReleases(registry, whose);
  const services = Object.fromEntries(
    Object.entries(targets).map(([name, to]) => {
      const from = running[name] ?? known[name]?.current ?? undefined;
      return [name, { to, ...(from === undefined ? {} : { from: { image: from, tag: tagOf(from) } }) }];
    }),
  );
  const { target } = whose;
  return recordRollback(
    registry,
    { services, verdict: 'rolled-back', pipeline_id: pipeline, target, at },
    keep,
  );
}
