import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyEvent, emptyPipelineFile, KEPT_EVENTS, KEPT_RUNS } from '../../../src/pipeline/record.ts';
import type { RecordEvent, RunFinished } from '../../../src/pipeline/events.ts';
import { eventId } from '../../../src/pipeline/events.ts';
import { parsePipelineFile } from '../../../src/state/files.ts';
import { PipelineFile } from '../../../src/state/schema.ts';
import { finished, header } from '../../helpers/record-events.ts';

const after = (...events: RecordEvent[]) => events.reduce(applyEvent, emptyPipelineFile());

describe('S1: the form of the record', () => {
  it('S1: holds a run as the original example shows it', () => {
    const run = header(1, { pipeline_id: '20260206-160000-a1b2c3d', trigger: 'manual' });
    const file = after(
      { type: 'run-started', id: eventId({ run_id: '7', attempt: 1 }, 'started'), run },
      {
        type: 'stage-finished',
        id: '7.1.analyze',
        run,
        stage: { name: 'analyze', status: 'passed' },
        changes: { categories: { frontend: ['src/pages/a.tsx'], backend: [] } },
        decisions: [{ action: 'skip_backend_test', reason: 'no backend file changed' }],
      },
      finished(1, 'success', { run, id: '7.1.finished', stages: [{ name: 'test', status: 'passed' }] }),
    );
    expect(file.pipelines).toEqual([
      expect.objectContaining({
        pipeline_id: '20260206-160000-a1b2c3d',
        status: 'success',
        trigger: 'manual',
        started_at: run.started_at,
        finished_at: run.started_at,
        stages: [
          { name: 'analyze', status: 'passed' },
          { name: 'test', status: 'passed' },
        ],
        changes: { categories: { frontend: ['src/pages/a.tsx'], backend: [] } },
        decisions: [{ action: 'skip_backend_test', reason: 'no backend file changed' }],
      }),
    ]);
    expect(file.current).toBe('20260206-160000-a1b2c3d');
    expect(file.stats).toEqual({
      total_runs: 1,
      success_count: 1,
      failure_count: 0,
      consecutive_failures: 0,
    });
  });

  it('S1: records the end of a run whose earlier events were lost', () => {
    const file = after(finished(1, 'failed'));
    expect(file.pipelines[0]).toMatchObject({ status: 'failed', failed_stage: 'test' });
  });

  it('S1: an event that comes after the end adds its stage and changes no status', () => {
    const late: RecordEvent = {
      type: 'stage-finished',
      id: '1.1.build',
      run: header(1),
      stage: { name: 'build', status: 'passed' },
    };
    const file = after(finished(1, 'failed'), late);
    expect(file.pipelines[0]).toMatchObject({ status: 'failed', stages: [late.stage] });
  });

  it('S1: `current` is the newest run, whatever the order in which runs end', () => {
    const file = after(finished(2, 'success'), finished(1, 'success'));
    expect(file.current).toBe('run-2');
    expect(file.pipelines.map((run) => run.pipeline_id)).toEqual(['run-1', 'run-2']);
  });

  it('S1: keeps the last runs and goes on counting; huge runs do not push the file over 1 MB', () => {
    const paths = Array.from({ length: 3000 }, (_, index) => `${'long/'.repeat(30)}file-${index}.ts`);
    let file = emptyPipelineFile();
    for (let number = 0; number < KEPT_RUNS + 50; number += 1) {
      file = applyEvent(
        file,
        finished(number, 'success', {
          changes: { categories: { backend: paths, frontend: paths } },
          failure_reason: 'x'.repeat(100_000),
        }),
      );
    }
    expect(file.stats.total_runs).toBe(KEPT_RUNS + 50);
    expect(file.pipelines.length).toBeGreaterThanOrEqual(10);
    expect(file.pipelines.at(-1)?.changes).toMatchObject({ total_files: 6000 });
    expect(JSON.stringify(file, null, 2).length).toBeLessThan(1_000_000);
    let small = emptyPipelineFile();
    for (let number = 0; number < KEPT_RUNS + 50; number += 1)
      small = applyEvent(small, finished(number, 'success'));
    expect(small.pipelines).toHaveLength(KEPT_RUNS);
  });
});

describe('V4: counting and the lock', () => {
  it('V4: locks exactly at the third failure in a row, not at the second or fourth', () => {
    const files = [1, 2, 3].map((count) =>
      after(...Array.from({ length: count }, (_, index) => finished(index, 'failed'))),
    );
    expect(files.map(({ lock }) => lock?.locked ?? false)).toEqual([false, false, true]);
    expect(files[2]?.lock).toMatchObject({
      pipeline_id: 'run-2',
      reason: '3 failures in a row, the last in test',
    });
  });

  it.each([1, 2, 5])('V4: the maximum is the configured one (%i)', (max) => {
    const failures = Array.from({ length: max }, (_, index) =>
      finished(index, 'failed', { max_consecutive_failures: max }),
    );
    expect(after(...failures.slice(1)).lock).toBeNull();
    expect(after(...failures).lock?.locked).toBe(true);
  });

  it.each(['skipped', 'cancelled', 'locked'] as const)('V4: a %s run neither counts nor resets', (status) => {
    const file = after(finished(1, 'failed'), finished(2, 'failed'), finished(3, status));
    expect(file.stats).toEqual({
      total_runs: 2,
      success_count: 0,
      failure_count: 2,
      consecutive_failures: 2,
    });
    expect(file.lock).toBeNull();
    expect(applyEvent(file, finished(4, 'failed')).lock?.locked).toBe(true);
  });

  it.each(['success', 'failed'] as const)(
    'V4: a manual rollback (%s) neither counts nor resets',
    (status) => {
      const run = header(3, { kind: 'rollback', actor: 'ada', reason: 'checkout broken' });
      const file = after(finished(1, 'failed'), finished(2, 'failed'), finished(3, status, { run }));
      expect(file.stats).toEqual({
        total_runs: 2,
        success_count: 0,
        failure_count: 2,
        consecutive_failures: 2,
      });
      expect(file.pipelines[2]).toMatchObject({
        kind: 'rollback',
        actor: 'ada',
        reason: 'checkout broken',
        status,
      });
    },
  );

  it('V4: a dry run leaves no trace at all', () => {
    const file = after(finished(1, 'failed'));
    const dry = finished(2, 'success', { run: header(2, { kind: 'dry' }) });
    expect(applyEvent(file, dry)).toBe(file);
  });

  it('V4: a success sets the counter to 0, and opens no lock', () => {
    const locked = after(finished(1, 'failed'), finished(2, 'failed'), finished(3, 'failed'));
    const file = applyEvent(locked, finished(4, 'success'));
    expect(file.stats.consecutive_failures).toBe(0);
    expect(file.lock).toEqual(locked.lock);
  });

  it.each(['pipeline', 'rollback'] as const)('V4: a %s run whose undoing failed locks at once', (kind) => {
    const file = after(
      finished(1, 'failed', {
        run: header(1, { kind }),
        undo_failed: ['backend'],
        rolled_back: ['frontend'],
      }),
    );
    expect(file.lock).toMatchObject({ locked: true, reason: 'the rollback of backend failed' });
    expect(file.pipelines[0]).toMatchObject({ undo_failed: ['backend'], rolled_back: ['frontend'] });
  });

  it.each([
    [
      'the third failure',
      { consecutive_failures: 0 },
      [4, 5, 6],
      {},
      '3 failures in a row, the last in test',
    ],
    ['one more, where the counter stood', {}, [4], {}, '4 failures in a row, the last in test'],
    [
      'a rollback that failed',
      {},
      [4],
      { undo_failed: ['web'], max_consecutive_failures: 9 },
      'the rollback of web failed',
    ],
  ])(
    'V4: after a lock that a person opened in the file, %s locks again',
    (_what, stats, runs, over, reason) => {
      const locked = after(finished(1, 'failed'), finished(2, 'failed'), finished(3, 'failed'));
      const byHand = {
        ...locked,
        stats: { ...locked.stats, ...stats },
        lock: { ...locked.lock, locked: false },
      };
      const opened = parsePipelineFile(JSON.stringify(byHand), 'autopilot-state');
      expect(opened.lock).toBeNull();
      const again = runs.reduce((file, run) => applyEvent(file, finished(run, 'failed', over)), opened);
      expect(again.lock).toMatchObject({ locked: true, reason, pipeline_id: `run-${runs.at(-1)}` });
    },
  );

  it('V4: of a lock that a person opened, the word alone is enough', () => {
    const opened = { ...emptyPipelineFile(), lock: { locked: false } };
    expect(parsePipelineFile(JSON.stringify(opened), 'autopilot-state').lock).toBeNull();
    const torn = JSON.stringify({ ...opened, lock: { locked: true } });
    expect(() => parsePipelineFile(torn, 'autopilot-state')).toThrow(
      expect.objectContaining({ code: 'STATE_CORRUPT', why: expect.stringContaining('lock.reason') }),
    );
  });

  it('V4: only an unlock opens; it sets the counter to 0 and names actor and reason', () => {
    const locked = after(finished(1, 'failed'), finished(2, 'failed'), finished(3, 'failed'));
    const unlock: RecordEvent = {
      type: 'lock-cleared',
      id: '9.1.unlock',
      at: '2026-01-02T00:00:00Z',
      run: header(9, { kind: 'unlock', actor: 'ada', reason: 'fixed the database' }),
    };
    const file = applyEvent(locked, unlock);
    expect(file.lock).toBeNull();
    expect(file.stats).toEqual({ ...locked.stats, consecutive_failures: 0 });
    expect(file.pipelines.at(-1)).toMatchObject({
      kind: 'unlock',
      status: 'success',
      actor: 'ada',
      reason: 'fixed the database',
    });
    expect(applyEvent(file, finished(10, 'failed')).lock).toBeNull();
  });

  it('V4: the lock keeps its first reason, and remembers its issue', () => {
    const set = (number: number): RecordEvent => ({
      type: 'lock-set',
      id: `${number}.1.lock`,
      at: '2026-01-01T00:00:00Z',
      reason: `reason ${number}`,
      run: header(number),
    });
    const announced: RecordEvent = { type: 'lock-announced', id: '1.1.issue', issue: 12, run: header(1) };
    expect(after(set(1), set(2), announced).lock).toMatchObject({ reason: 'reason 1', issue: 12 });
    expect(after(announced).lock).toBeNull();
  });

  it('V4: a post step that reports another end does not count the run twice', () => {
    const file = after(finished(1, 'failed'), finished(1, 'cancelled', { id: '1.1.post' }));
    expect(file.pipelines[0]?.status).toBe('failed');
    expect(file.stats.total_runs).toBe(1);
  });
});

describe('A9: the commits that a target runs', () => {
  const commits = (sha: string) => ({ deployed_commits: { frontend: sha } });

  it('A9: notes them by target and service, and keeps the other services', () => {
    const file = after(
      finished(1, 'success', { deployed_commits: { frontend: 'a', backend: 'a' } }),
      finished(2, 'success', commits('b')),
      finished(3, 'success', { ...commits('c'), run: header(3, { target: 'local' }) }),
    );
    expect(file.deployed_commits).toEqual({
      'deploy@192.0.2.1': { frontend: 'b', backend: 'a' },
      local: { frontend: 'c' },
    });
  });

  it('A9: a run recorded late never hides a newer one', () => {
    const file = after(finished(2, 'success', commits('new')), finished(1, 'success', commits('old')));
    expect(file.deployed_commits['deploy@192.0.2.1']).toEqual({ frontend: 'new' });
  });

  it('A9: a failed run notes nothing', () => {
    expect(after(finished(1, 'failed')).deployed_commits).toEqual({});
  });
});

describe('every run is recorded exactly once', () => {
  const end = fc.record({
    number: fc.nat(30),
    status: fc.constantFrom<RunFinished['status']>('success', 'failed', 'skipped', 'locked', 'cancelled'),
    kind: fc.constantFrom('pipeline' as const, 'rollback' as const, 'dry' as const),
    undo: fc.boolean(),
  });
  const events = fc
    .uniqueArray(end, { selector: ({ number }) => number, maxLength: 30 })
    .map((ends) =>
      ends.flatMap(({ number, status, kind, undo }): RecordEvent[] => {
        const run = header(number, { kind });
        return [
          { type: 'run-started', id: `${number}.1.started`, run },
          { type: 'stage-finished', id: `${number}.1.test`, run, stage: { name: 'test', status: 'passed' } },
          finished(number, status, {
            run,
            ...(undo && status === 'failed' ? { undo_failed: ['backend'] } : {}),
          }),
          ...(number % 7 === 0
            ? [
                {
                  type: 'lock-cleared' as const,
                  id: `${number}.1.unlock`,
                  at: run.started_at,
                  run: header(number + 100, { kind: 'unlock' }),
                },
              ]
            : []),
        ];
      }),
    )
    .chain((list) =>
      fc.tuple(
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.array(fc.nat(Math.max(0, list.length - 1)), { maxLength: 20 }),
      ),
    );

  it('S1: any order with any duplicates gives the statistics of the runs themselves', () => {
    fc.assert(
      fc.property(events, ([order, repeats]) => {
        let file = emptyPipelineFile();
        let locked = false;
        for (const event of order) {
          const next = applyEvent(file, event);
          // Only an unlock opens.
          if (locked && event.type !== 'lock-cleared') expect(next.lock?.locked).toBe(true);
          locked = next.lock?.locked ?? false;
          if (next.stats.consecutive_failures >= 3) expect(locked).toBe(true);
          file = next;
        }
        for (const index of repeats) {
          const event = order[index];
          if (event) expect(applyEvent(file, event)).toBe(file);
        }
        const counted = file.pipelines.filter((run) => run.kind === undefined);
        const ended = (status: string) => counted.filter((run) => run.status === status).length;
        expect(file.stats).toMatchObject({
          total_runs: ended('success') + ended('failed'),
          success_count: ended('success'),
          failure_count: ended('failed'),
        });
        expect(file.stats.consecutive_failures).toBeLessThanOrEqual(file.stats.failure_count);
        const ids = file.pipelines.map((run) => run.pipeline_id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(file.current).toBe(ids.at(-1) ?? null);
        const starts = file.pipelines.map((run) => Date.parse(run.started_at));
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        expect(PipelineFile.parse(JSON.parse(JSON.stringify(file)))).toEqual(file);
      }),
      { numRuns: 150 },
    );
  });

  it('S1: the retry of an event from a hundred runs ago is still recognised', () => {
    let file = emptyPipelineFile();
    for (let number = 0; number < 100; number += 1) {
      for (const stage of [
        'started',
        'analyze',
        'test',
        'build',
        'deploy',
        'verify',
        'rollback',
        'lock',
        'issue',
      ]) {
        file = applyEvent(file, { type: 'run-started', id: `${number}.1.${stage}`, run: header(number) });
      }
      file = applyEvent(file, finished(number, 'failed'));
    }
    expect(applyEvent(file, finished(0, 'failed'))).toBe(file);
    expect(file.applied_events.length).toBeLessThanOrEqual(KEPT_EVENTS);
  });

  it('S1: keys of a newer version stay', () => {
    const file = { ...after(finished(1, 'success')), future: { a: 1 } };
    expect(applyEvent(file, finished(2, 'success'))).toMatchObject({ future: { a: 1 } });
  });
});
