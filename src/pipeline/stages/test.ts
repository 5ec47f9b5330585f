import { test } from '../../test/stage.ts';
import type { CarriedRun } from '../carried.ts';
import { needed } from '../carried.ts';
import type { PipelineContext } from '../context.ts';
import type { StageOutcome } from '../run.ts';
import { isTrial } from '../trial.ts';

/** Stage TEST (rules T1 to T3). A dry run says which suites would run. */
export async function testStage(context: PipelineContext, run: CarriedRun): Promise<StageOutcome> {
  const { config, effects, directory, temporary, event } = context;
  const plan = needed(run, 'analyze', 'test');
  const suites = plan.suites.join(', ') || 'none';
  if (context.dryRun) return { status: 'skipped', reason: `dry run: would run ${suites}` };
  const result = await test(
    { config, plan, workspace: directory, root: event.workspace, temp: temporary, signal: effects.signal },
    { run: effects.run, clock: effects.clock, log: effects.log, ...effects.test },
  );
  const found = { test: result };
  if (result.status === 'failed') {
    const critical = result.checks.filter((check) => check.severity === 'CRITICAL');
    const reason = `${critical.length} CRITICAL check(s) failed, the first: ${critical[0]?.suite ?? ''}: ${critical[0]?.message ?? ''}`;
    const failed = result.suites.filter((suite) => suite.status === 'failed');
    const extract = failed.map((suite) => `${suite.name}\n${suite.tail}`).join('\n');
    return { status: 'failed', reason, found, end: { status: 'failed', reason, log_extract: extract } };
  }
  if (isTrial(event)) {
    return {
      status: result.status,
      found,
      end: { status: 'success', reason: `${event.eventName} runs are tested, not deployed` },
    };
  }
  if (plan.services.length === 0) {
    return {
      status: result.status,
      found,
      end: { status: 'success', reason: 'nothing that is built has changed' },
    };
  }
  return { status: result.status, found };
}
