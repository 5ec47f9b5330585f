import type { JournalEntry } from '../server/target.ts';
import { askedIn } from './asked.ts';
import { nothingLive, type ReleaseEffects } from './effects.ts';
import { undoOrAsk } from './migrate.ts';
import { ReleasePlan } from './release.ts';
import { retireKept, retireStaged } from './retire.ts';
import type { UndoOutcome } from './undo.ts';

/** What an earlier run left, and what became of it. */
export type Settlement =
  | { state: 'nothing' }
  /** Was put back now, as far as it could be. */
  | { state: 'rolled-back'; plan: ReleasePlan; outcome: UndoOutcome; warnings: string[] }
  /** Is good and runs; only the record on the state branch is missing. */
  | { state: 'verified-unrecorded'; plan: ReleasePlan };

export type JournalState = 'nothing' | 'unsettled' | 'verified';

/** Events after which a release needs nothing any more. `left_running`: a person decides (`safety.auto_rollback: false`). */
const SETTLED = new Set(['settled', 'rolled_back', 'recorded', 'left_running']);
/** The server puts the release back when the runner is lost from here on; before, it only removes candidates. */
export const CUTTING_OVER = 'cutting_over';

const isSettled = (events: readonly string[]): boolean =>
  events.some((event) => SETTLED.has(event)) ||
  (events.includes('auto_reverted') &&
    events.some((event) => event === CUTTING_OVER || event === 'cut_over'));

/** Reads the last release out of the journal. A broken line counts as not written. Pure. */
export function lastRelease(journal: readonly JournalEntry[]): {
  state: JournalState;
  plan?: ReleasePlan;
  /** What a person was left with, where no run has recorded it yet. */
  asked?: UndoOutcome;
} {
  const index = journal.findLastIndex((entry) => entry.event === 'plan');
  const entry = journal[index];
  const parsed = entry && ReleasePlan.safeParse(entry.data);
  if (!parsed?.success) return { state: 'nothing' };
  const plan = parsed.data;
  // Whoever settles it may be a later run, so it is the order that counts, not the pipeline id.
  const later = journal.slice(index + 1);
  const asked = askedIn(later);
  if (asked) return { state: 'unsettled', plan, asked };
  const events = later.map(({ event }) => event);
  if (isSettled(events)) return { state: 'nothing', plan };
  return { state: events.includes('verified') ? 'verified' : 'unsettled', plan };
}

/**
 * Releases before the last one that were verified and that no run recorded: a person may roll back while GitHub is down, and
 * then the journal is the only one who knows of the release before. Oldest first. Pure.
 */
export function earlierUnrecorded(journal: readonly JournalEntry[]): ReleasePlan[] {
  const open = journal.slice(journal.findLastIndex(({ event }) => event === 'settled') + 1);
  const starts = open.flatMap(({ event }, index) => (event === 'plan' ? [index] : []));
  return starts.slice(0, -1).flatMap((start, place) => {
    const events = open.slice(start, starts[place + 1]).map(({ event }) => event);
    const plan = ReleasePlan.safeParse(open[start]?.data);
    const wanted = events.includes('verified') && !isSettled(events);
    return wanted && plan.success ? [plan.data] : [];
  });
}

/** True when the run that made the last release saw its end, and so left nothing behind. */
function cameToItsEnd(journal: readonly JournalEntry[]): boolean {
  const index = journal.findLastIndex((entry) => entry.event === 'plan');
  return journal.slice(index + 1).some((entry) => entry.event === 'settled');
}

/**
 * Settles what an earlier run left, before anything new begins: before cut-over: its candidates go; cut over but not
 * verified, or half rolled back: it is put back; verified, or left to a person, but not recorded: reported, so that the
 * pipeline records it.
 */
export async function recover(effects: ReleaseEffects): Promise<Settlement> {
  const journal = await effects.keeper.journal();
  const { state, plan, asked } = lastRelease(journal);
  if (!plan || state !== 'unsettled') {
    // Killed between `verified` and disarming: what is still armed must never undo a good release.
    await effects.keeper.disarm();
    if (plan && !cameToItsEnd(journal)) {
      const left = await (state === 'verified' ? retireKept(plan, effects) : retireStaged(plan, effects));
      for (const warning of left) effects.log.warning(warning);
    }
    return plan && state === 'verified' ? { state: 'verified-unrecorded', plan } : { state: 'nothing' };
  }
  if (asked) return { state: 'rolled-back', plan, outcome: asked, warnings: [] };
  effects.log.notice(`Release ${plan.pipeline_id} was left half-finished; it is put back first.`);
  const { services, warnings } = (await nothingLive(plan, effects))
    ? { services: plan.services, warnings: [] }
    : await stillOurs(plan, effects);
  const repaired = services.length < plan.services.length;
  // Gone where an undoing that did not come to its end has put it back already.
  if (repaired && (await effects.target.readFile(plan.compose.before)) !== undefined)
    warnings.push(
      `${plan.compose.file} is left as it is too; the file before that release is ${plan.compose.before}.`,
    );
  const outcome = await undoOrAsk({ ...plan, services }, effects, {
    reason: 'left half-finished by an earlier run',
    composeFile: repaired ? 'leave' : 'restore',
  });
  // What could not be reached stays armed: the server puts it back once this run is gone.
  if (outcome.manualSteps.length === 0 && !outcome.leftToServer) await effects.keeper.disarm();
  return { state: 'rolled-back', plan, outcome, warnings };
}

/** Where the old containers are gone, a person has put something else there: that is not ours to undo. */
async function stillOurs(
  plan: ReleasePlan,
  effects: ReleaseEffects,
): Promise<{ services: ReleasePlan['services']; warnings: string[] }> {
  const services: ReleasePlan['services'] = [];
  const warnings: string[] = [];
  for (const service of plan.services) {
    const running = service.kept.filter((kept) => kept.running);
    const found = await Promise.all(running.map((kept) => effects.target.engine.container(kept.id)));
    if (running.length > 0 && found.some((container) => container === undefined)) {
      warnings.push(
        `${service.service}: the old container of release ${plan.pipeline_id} is gone, so somebody has repaired it by hand; it is left as it is.`,
      );
    } else services.push(service);
  }
  return { services, warnings };
}
