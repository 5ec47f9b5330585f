import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Clock, Log } from '../../../src/effects.ts';
import { AutopilotError } from '../../../src/errors.ts';
import { type CarriedRun, RUN_STAGES, type RunStage } from '../../../src/pipeline/carried.ts';
import { runStages, type StageFunction, type StageOutcome } from '../../../src/pipeline/run.ts';

const EMPTY: CarriedRun = {
  pipeline_id: '20261123-120000-a1b2c3d',
  started_at: '2026-11-23T12:00:00+00:00',
  commit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
  stages: [],
  recorded: false,
};

function effects() {
  let milliseconds = 0;
  const lines: string[] = [];
  const say = (message: string) => void lines.push(message);
  const clock: Clock = { now: () => new Date((milliseconds += 10)), sleep: async () => undefined };
  const log: Log = {
    info: say,
    debug: say,
    notice: say,
    warning: say,
    error: say,
    foreign: say,
    group: (_title, body) => body(),
  };
  return { clock, log, lines, signal: new AbortController().signal };
}

type Behaviour = 'passed' | 'warning' | 'fails' | 'throws' | 'ends';

function stagesOf(behaviours: readonly Behaviour[], called: RunStage[]) {
  const outcome = async (behaviour: Behaviour): Promise<StageOutcome> => {
    if (behaviour === 'throws') throw new AutopilotError('INTERNAL', { what: 'broke' });
    if (behaviour === 'fails')
      return { status: 'failed', reason: 'no', end: { status: 'failed', reason: 'no' } };
    if (behaviour === 'ends')
      return { status: 'passed', end: { status: 'skipped', reason: 'nothing changed' } };
    return { status: behaviour };
  };
  const entries = RUN_STAGES.map((name, index): [RunStage, StageFunction] => [
    name,
    async () => {
      called.push(name);
      return outcome(behaviours[index] ?? 'passed');
    },
  ]);
  return Object.fromEntries(entries) as Record<RunStage, StageFunction>;
}

describe('the order of the stages', () => {
  test('T2, D1: after the first stage that ends the run nothing else runs, and every stage is in the record', async () => {
    const behaviour = fc.constantFrom<Behaviour>('passed', 'warning', 'fails', 'throws', 'ends');
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { minLength: 5, maxLength: 5 }), async (behaviours) => {
        const called: RunStage[] = [];
        const run = await runStages(EMPTY, RUN_STAGES, stagesOf(behaviours, called), effects());
        const ending = behaviours.findIndex((one) => one !== 'passed' && one !== 'warning');
        expect(called).toEqual(RUN_STAGES.slice(0, ending < 0 ? undefined : ending + 1));
        expect(run.stages.map((stage) => stage.name)).toEqual([...RUN_STAGES]);
        for (const stage of run.stages.slice(called.length)) expect(stage.status).toBe('skipped');
        expect(run.end?.stage).toBe(ending < 0 ? undefined : RUN_STAGES[ending]);
      }),
    );
  });

  test('one step for each stage gives the same run as all stages in one step', async () => {
    const behaviours: Behaviour[] = ['passed', 'warning', 'fails', 'passed', 'passed'];
    const together = await runStages(EMPTY, RUN_STAGES, stagesOf(behaviours, []), effects());
    let apart = EMPTY;
    for (const name of RUN_STAGES)
      apart = await runStages(apart, [name], stagesOf(behaviours, []), effects());
    expect(apart).toEqual(together);
  });

  test('a stage that throws fails the run with its message, and what to do is in the log', async () => {
    const { log, lines, clock, signal } = effects();
    const stages = stagesOf([], []);
    stages.build = async () => {
      throw new AutopilotError('BUILD_FAILED', { what: 'No Dockerfile', fix: 'Add the file' });
    };
    const run = await runStages(EMPTY, RUN_STAGES, stages, { clock, log, signal });
    expect(run.end).toMatchObject({
      status: 'failed',
      stage: 'build',
      reason: 'No Dockerfile [BUILD_FAILED]',
    });
    expect(lines.join('\n')).toContain('What to do: Add the file');
  });

  test('V4: a stage that failed because the job was cancelled under it is no failure', async () => {
    const { log, clock } = effects();
    const cancelled = new AbortController();
    const stages = stagesOf(['passed', 'passed', 'passed', 'fails'], []);
    const { deploy } = stages;
    stages.deploy = (run) => {
      cancelled.abort();
      return deploy(run);
    };
    const run = await runStages(EMPTY, RUN_STAGES, stages, { clock, log, signal: cancelled.signal });
    expect(run.end).toMatchObject({ status: 'cancelled', stage: 'deploy' });
  });

  test('V4: what could not be put back when the job was cancelled locks all the same', async () => {
    const controller = new AbortController();
    const stages = stagesOf([], []);
    stages.deploy = async () => {
      controller.abort();
      return { status: 'failed', end: { status: 'failed', reason: 'stuck', undo_failed: ['web'] } };
    };
    const run = await runStages(EMPTY, RUN_STAGES, stages, { ...effects(), signal: controller.signal });
    expect(run.end).toMatchObject({ status: 'cancelled', undo_failed: ['web'] });
  });

  test('a cancelled job ends the run as cancelled, which is no failure (V4)', async () => {
    const controller = new AbortController();
    const stages = stagesOf([], []);
    stages.test = async () => {
      controller.abort();
      throw new Error('killed');
    };
    const run = await runStages(EMPTY, RUN_STAGES, stages, { ...effects(), signal: controller.signal });
    expect(run.end).toMatchObject({ status: 'cancelled', stage: 'test' });
    expect(run.stages.map((stage) => stage.status)).toEqual([
      'passed',
      'skipped',
      'skipped',
      'skipped',
      'skipped',
    ]);
  });
});
