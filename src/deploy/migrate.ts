import { AutopilotError } from '../errors.ts';
import { askPerson } from './asked.ts';
import { removeMigration } from './candidate.ts';
import { runMigration, writeCandidateOverride } from './commands.ts';
import { must, nothingLive, type ReleaseEffects } from './effects.ts';
import { keepStopped, restartSteps } from './left-running.ts';
import type { MigrationPlan, ReleasePlan, ServicePlan } from './release.ts';
import { manualSteps, undoRelease, type UndoOutcome, type UndoRequest } from './undo.ts';

const BEGAN = 'migrating';
const LAST = 4_000;

/**
 * `deploy.migrate`: once, in the new image, before anything of the new version runs. Throws DEPLOY_FAILED with its last
 * words when it fails or takes too long; its container is gone then.
 */
export async function migrate(
  plan: ReleasePlan,
  migration: MigrationPlan,
  service: ServicePlan,
  effects: ReleaseEffects,
): Promise<void> {
  await removeMigration(plan, effects);
  await must(effects, writeCandidateOverride(plan, service));
  await effects.keeper.record(BEGAN, {
    service: service.service,
    image: service.image,
    irreversible: migration.irreversible,
  });
  const done = await effects.keeper.change(runMigration(plan, migration, service));
  const words = `${done.stdout}\n${done.stderr}`.trim().slice(-LAST);
  if (done.code === 0) {
    if (words !== '') effects.log.foreign(words);
    return;
  }
  await removeMigration(plan, effects);
  throw new AutopilotError('DEPLOY_FAILED', {
    what:
      done.code === 124
        ? `The migration of ${service.service} took longer than ${String(migration.timeout)} s and was ended.`
        : `The migration of ${service.service} failed with exit code ${String(done.code)}.`,
    why: words,
    fix: 'The old version serves on. Look at what the migration left in the database before the next run.',
  });
}

/**
 * Puts the release back; but one marked irreversible whose migration has begun only as far as nothing of it is live: what
 * is live stays, and a person decides. Either way the outcome has a failed service then, which locks the pipeline.
 */
export async function undoOrAsk(
  plan: ReleasePlan,
  effects: ReleaseEffects,
  request: UndoRequest,
): Promise<UndoOutcome> {
  if (plan.migrate?.irreversible !== true) return undoRelease(plan, effects, request);
  const stage = await stageOf(plan, effects, request);
  if (stage === 'not migrated') return undoRelease(plan, effects, request);
  const { service } = plan.migrate;
  if (stage === 'migrated') {
    const outcome = await undoRelease(plan, effects, request);
    const why = `its migration is marked irreversible and has begun; the version before runs on what it left`;
    effects.log.error(`${service}: ${why}. A person has to look at it.`);
    const asking = {
      ...outcome,
      failed: { ...outcome.failed, [service]: why },
      manualSteps: [...outcome.manualSteps, `# ${service}: ${why}; see that it works, then unlock`],
    };
    // What could not be put back is tried again, by the next run or by the server, and only then a person is asked.
    const tryAgain = outcome.leftToServer || Object.keys(outcome.failed).length > 0;
    return tryAgain ? asking : askPerson(asking, effects);
  }
  const why = 'the release is marked irreversible: it is left running, and a person decides';
  effects.log.error(`${why[0]?.toUpperCase() ?? ''}${why.slice(1)}. ${request.reason}`);
  await keepStopped(plan, effects);
  const changing = plan.services.filter((entry) => !entry.current);
  const outcome: UndoOutcome = {
    rolledBack: [],
    failed: Object.fromEntries(changing.map((entry) => [entry.service, why])),
    manualSteps: [
      '# only if the version before can run on the migrated data:',
      ...[...changing].reverse().flatMap((entry) => [...manualSteps(plan, entry), ...restartSteps(entry)]),
    ],
    leftToServer: false,
    leftRunning: true,
  };
  return askPerson(outcome, effects);
}

/** Such a release was never armed: where the server cannot be asked, nobody puts back what this run has made live. */
async function stageOf(
  plan: ReleasePlan,
  effects: ReleaseEffects,
  { reached }: UndoRequest,
): Promise<'not migrated' | 'migrated' | 'live'> {
  try {
    const journal = await effects.keeper.journal();
    const own = journal.slice(journal.findLastIndex((entry) => entry.event === 'plan') + 1);
    if (!own.some((entry) => entry.event === BEGAN)) return 'not migrated';
    return (await nothingLive(plan, effects)) ? 'migrated' : 'live';
  } catch (error) {
    if (reached === undefined) throw error;
    return reached === 'cutting over' ? 'live' : 'not migrated';
  }
}
