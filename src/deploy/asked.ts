import * as z from 'zod';
import type { JournalEntry } from '../server/target.ts';
import type { ReleaseEffects } from './effects.ts';
import type { UndoOutcome } from './undo.ts';

const ASKED = 'person_asked';
/** The state branch holds the question, so that the pipeline was locked until a person had decided. */
const ANSWERED = new Set(['recorded', 'settled']);

const Asked = z.object({
  rolled_back: z.array(z.string()),
  failed: z.record(z.string(), z.string()),
  manual_steps: z.array(z.string()),
  left_running: z.boolean(),
});

/**
 * Writes what only a person can decide into the server's journal: until the record holds it too, every run finds it there
 * and asks again. Gives the outcome that says so. Never rejects: without the line the next run looks for itself.
 */
export async function askPerson(outcome: UndoOutcome, effects: ReleaseEffects): Promise<UndoOutcome> {
  const data: z.infer<typeof Asked> = {
    rolled_back: outcome.rolledBack,
    failed: outcome.failed,
    manual_steps: outcome.manualSteps,
    left_running: outcome.leftRunning === true,
  };
  await effects.keeper.record(ASKED, data).catch((error: unknown) => {
    effects.log.warning(`The server's journal could not be written: ${String(error)}`);
  });
  return { ...outcome, asked: true };
}

/** The question that nobody has recorded yet, in the journal of one release. Pure. */
export function askedIn(journal: readonly JournalEntry[]): UndoOutcome | undefined {
  const index = journal.findLastIndex(({ event }) => event === ASKED);
  const asked = Asked.safeParse(journal[index]?.data);
  if (!asked.success || journal.slice(index).some(({ event }) => ANSWERED.has(event))) return undefined;
  const {
    rolled_back: rolledBack,
    failed,
    manual_steps: manualSteps,
    left_running: leftRunning,
  } = asked.data;
  return { rolledBack, failed, manualSteps, leftToServer: false, leftRunning, asked: true };
}
