import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GitHubApi } from '../../../src/github/api.ts';
import { applyEvent } from '../../../src/pipeline/record.ts';
import { createStateStore } from '../../../src/state/branch.ts';
import type { State } from '../../../src/state/files.ts';
import { finished } from '../../helpers/record-events.ts';
import { fixedRandom, GitDataDouble, memoryLog, virtualClock } from '../../helpers/git-data-double.ts';

const BRANCH = 'autopilot-state';
const PIPELINE = 'state/pipeline.json';
const REGISTRY = 'state/rollback-registry.json';

function storeOf(double: GitDataDouble, over: { api?: GitHubApi; renderReadme?: () => string } = {}) {
  const clock = virtualClock();
  const log = memoryLog();
  const store = createStateStore({
    github: over.api ?? double.api(),
    branch: BRANCH,
    clock,
    random: fixedRandom,
    log,
    renderReadme: over.renderReadme ?? ((file) => `# ${file.stats.total_runs} runs\n`),
  });
  return { store, clock, log };
}

const record =
  (number: number, status: 'success' | 'failed' = 'success') =>
  ({ file, registry }: State): State => ({ file: applyEvent(file, finished(number, status)), registry });

function recorded(double: GitDataDouble): { runs: string[]; total: number } {
  const file = JSON.parse(double.text(BRANCH, PIPELINE) ?? '{}');
  return {
    runs: file.pipelines.map((run: { pipeline_id: string }) => run.pipeline_id),
    total: file.stats.total_runs,
  };
}

async function withOneRun(): Promise<GitDataDouble> {
  const double = new GitDataDouble();
  await storeOf(double).store.update('first', record(1));
  double.requests.length = 0;
  return double;
}

describe('S1: the state branch', () => {
  it('S1: a branch that does not exist is an empty state, in one request and without a write', async () => {
    const double = new GitDataDouble();
    const state = await storeOf(double).store.read();
    expect(state).toMatchObject({ file: { pipelines: [], current: null }, registry: { revision: 0 } });
    expect(state.head).toBeUndefined();
    expect(double.requests).toHaveLength(1);
    expect(double.refs.size).toBe(0);
  });

  it('S1: the first write makes an orphan branch that holds the three files and starts no workflow', async () => {
    const double = new GitDataDouble();
    const { store } = storeOf(double);
    const { head } = await store.update('Record run 1', record(1));
    expect(double.refs.get(BRANCH)).toBe(head);
    expect(double.commits.get(head ?? '')?.parents).toEqual([]);
    expect(
      double
        .entriesOf(head ?? '')
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['README.md', PIPELINE, REGISTRY]);
    expect(double.log(BRANCH)[0]).toBe('Record run 1\n\n[skip ci]');
    expect(double.text(BRANCH, 'README.md')).toBe('# 1 runs\n');
    expect(double.text(BRANCH, PIPELINE)?.endsWith('}\n')).toBe(true);
  });

  it('S1: few requests: four a read, one when nothing has changed, seven a cold and four a warm update', async () => {
    const double = await withOneRun();
    const { store } = storeOf(double);
    const spent = async (work: () => Promise<unknown>) => {
      double.requests.length = 0;
      await work();
      return double.requests.length;
    };
    expect(await spent(() => store.read())).toBe(4);
    expect(await spent(() => store.read())).toBe(1);
    expect(await spent(() => store.update('2', record(2)))).toBe(4);
    expect(await spent(() => storeOf(double).store.update('3', record(3)))).toBe(7);
  });

  it('S1: keeps what it does not know: other files, keys of a newer version', async () => {
    const double = await withOneRun();
    const file = JSON.parse(double.text(BRANCH, PIPELINE) ?? '{}');
    file.future = { a: [1] };
    file.pipelines[0].note = 'by hand';
    file.pipelines[0].decisions = [{ action: 'skip_x', reason: 'y', agent: 'analyst' }];
    file.pipelines[0].changes.categories.mobile = ['ios/App.swift'];
    double.push(BRANCH, { [PIPELINE]: JSON.stringify(file), LICENSE: 'MIT' });
    await storeOf(double).store.update('second', record(2));
    const written = JSON.parse(double.text(BRANCH, PIPELINE) ?? '{}');
    expect(written.future).toEqual(file.future);
    expect(written.pipelines[0]).toEqual(file.pipelines[0]);
    expect(double.text(BRANCH, 'LICENSE')).toBe('MIT');
  });

  it('S1: reads and writes files of more than 1 MB', async () => {
    const double = await withOneRun();
    const file = { ...JSON.parse(double.text(BRANCH, PIPELINE) ?? '{}'), ballast: 'x'.repeat(1_500_000) };
    double.push(BRANCH, { [PIPELINE]: JSON.stringify(file) });
    await storeOf(double).store.update('second', record(2));
    expect(recorded(double)).toEqual({ runs: ['run-1', 'run-2'], total: 2 });
  });

  it('S1: a reducer that changes nothing writes nothing', async () => {
    const double = await withOneRun();
    const head = double.refs.get(BRANCH);
    await storeOf(double).store.update('again', record(1));
    await storeOf(double).store.update('copy', (state) => structuredClone(state));
    expect(double.refs.get(BRANCH)).toBe(head);
  });

  it('S1: a status page that cannot be rendered costs a warning, not the record', async () => {
    const double = await withOneRun();
    const { store, log } = storeOf(double, {
      renderReadme: () => {
        throw new Error('no template');
      },
    });
    await store.update('second', record(2));
    expect(recorded(double).total).toBe(2);
    expect(double.text(BRANCH, 'README.md')).toBe('# 1 runs\n');
    expect(log.warnings).toEqual([expect.stringContaining('no template')]);
  });

  it('S1: an error of the reducer comes out as it is, after one try', async () => {
    const double = await withOneRun();
    let calls = 0;
    const broken = storeOf(double).store.update('x', () => {
      calls += 1;
      throw new TypeError('mine');
    });
    await expect(broken).rejects.toThrow(new TypeError('mine'));
    expect(calls).toBe(1);
  });

  it('S1: nothing is written that could not be read again', async () => {
    const double = await withOneRun();
    const head = double.refs.get(BRANCH);
    const broken = storeOf(double).store.update('x', ({ file, registry }) => ({
      file: { ...file, current: 7 as unknown as string },
      registry,
    }));
    await expect(broken).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(double.refs.get(BRANCH)).toBe(head);
  });
});

describe('S1: a damaged state branch is never replaced silently', () => {
  const good = JSON.stringify({
    pipelines: [],
    current: null,
    stats: { total_runs: 0, success_count: 0, failure_count: 0, consecutive_failures: 0 },
  });
  const registry = '{"services":{}}';
  const cases: [string, Record<string, string>, RegExp][] = [
    ['empty', { [PIPELINE]: '', [REGISTRY]: registry }, /pipeline\.json/],
    ['half-written', { [PIPELINE]: good.slice(0, 40), [REGISTRY]: registry }, /pipeline\.json/],
    ['binary', { [PIPELINE]: '\u0000\u0001', [REGISTRY]: registry }, /pipeline\.json/],
    ['a list', { [PIPELINE]: '[]', [REGISTRY]: registry }, /pipeline\.json/],
    ['null', { [PIPELINE]: 'null', [REGISTRY]: registry }, /pipeline\.json/],
    [
      'wrong type',
      { [PIPELINE]: good.replace('"pipelines":[]', '"pipelines":{}'), [REGISTRY]: registry },
      /pipeline\.json/,
    ],
    [
      'without statistics',
      { [PIPELINE]: '{"pipelines":[],"current":null}', [REGISTRY]: registry },
      /pipeline\.json/,
    ],
    ['merge markers', { [PIPELINE]: `<<<<<<< HEAD\n${good}`, [REGISTRY]: registry }, /pipeline\.json/],
    [
      'a registry of the wrong shape',
      { [PIPELINE]: good, [REGISTRY]: '{"services":[]}' },
      /rollback-registry\.json/,
    ],
    ['no registry', { [PIPELINE]: good }, /rollback-registry\.json/],
    ['no record', { [REGISTRY]: registry }, /pipeline\.json/],
    ["the user's own code", { 'src/index.ts': 'export {}', 'package.json': '{}' }, /holds something else/],
    ['too large', { [PIPELINE]: `${good}${' '.repeat(20_000_001)}`, [REGISTRY]: registry }, /pipeline\.json/],
  ];

  it.each(cases)('S1: %s', async (_name, files, named) => {
    const double = new GitDataDouble();
    const head = double.push(BRANCH, files);
    const { store } = storeOf(double);
    for (const work of [store.read(), store.update('x', record(1))]) {
      await expect(work).rejects.toMatchObject({
        code: 'STATE_CORRUPT',
        message: expect.stringMatching(named),
        fix: expect.stringContaining('branch'),
      });
    }
    expect(double.refs.get(BRANCH)).toBe(head);
  });

  it('S1: a file without the keys that this project added is read (the original form)', async () => {
    const double = new GitDataDouble();
    double.push(BRANCH, { [PIPELINE]: `\uFEFF${good}`, [REGISTRY]: registry });
    await expect(storeOf(double).store.read()).resolves.toMatchObject({
      file: { applied_events: [], lock: null, deployed_commits: {} },
      registry: { revision: 0 },
    });
  });

  it('S1: a branch without any file is an empty state, and is written on top of', async () => {
    const double = new GitDataDouble();
    const head = double.push(BRANCH, {});
    await storeOf(double).store.update('first', record(1));
    expect(double.commits.get(double.refs.get(BRANCH) ?? '')?.parents).toEqual([head]);
  });
});

describe('S1: nothing is lost and nothing is recorded twice', () => {
  it('S1: the first write of two at once: both are recorded', async () => {
    const double = new GitDataDouble();
    const [first, second] = [storeOf(double), storeOf(double)];
    double.failNext(/POST .*refs/, async () => {
      await second.store.update('second', record(2));
    });
    await first.store.update('first', record(1));
    expect(recorded(double)).toEqual({ runs: ['run-1', 'run-2'], total: 2 });
    expect(first.clock.slept).toHaveLength(1);
  });

  it('S1: a branch deleted in the middle is made again', async () => {
    const double = await withOneRun();
    double.failNext(/PATCH/, () => void double.refs.delete(BRANCH));
    await storeOf(double).store.update('second', record(2));
    expect(recorded(double).runs).toEqual(['run-2']);
  });

  const calls = [
    'GET .*ref/',
    'GET .*trees',
    'GET .*blobs',
    'POST .*trees',
    'POST .*commits',
    'PATCH .*refs',
  ];
  const faults = ['lost', 'unavailable', 'cut'] as const;
  it.each(calls.flatMap((call) => faults.map((fault) => [call, fault] as const)))(
    'S1: %s %s: recorded once',
    async (call, fault) => {
      const double = await withOneRun();
      double.failNext(new RegExp(call), fault);
      const { store } = storeOf(double);
      await store.update('second', record(2, 'failed'));
      expect(recorded(double)).toEqual({ runs: ['run-1', 'run-2'], total: 2 });
      expect(double.log(BRANCH)).toHaveLength(2);
    },
  );

  it('S1: half a file is not taken for a damaged one', async () => {
    const double = await withOneRun();
    double.failNext(/GET .*blobs/, 'short');
    expect((await storeOf(double).store.read()).file.current).toBe('run-1');
  });

  it('S1: a lost answer and a rival right behind it: recorded once', async () => {
    const double = await withOneRun();
    double.failNext(/PATCH/, 'lost');
    double.failNext(/GET .*ref\//, () => undefined);
    double.failNext(/GET .*ref\//, async () => {
      await storeOf(double).store.update('rival', record(3));
    });
    await storeOf(double).store.update('second', record(2));
    expect(recorded(double)).toEqual({ runs: ['run-1', 'run-2', 'run-3'], total: 3 });
  });

  it('S1: a stale head right after the own write is not believed', async () => {
    const double = await withOneRun();
    const { store, clock } = storeOf(double);
    await store.update('second', record(2));
    double.failNext(/GET .*ref\//, 'stale');
    expect((await store.read()).file.current).toBe('run-2');
    double.failNext(/GET .*ref\//, 'stale');
    await store.update('third', record(3));
    expect(recorded(double).runs).toEqual(['run-1', 'run-2', 'run-3']);
    expect(clock.slept).toEqual([]);
  });

  it('S1: a stale head right after the branch was made is not believed', async () => {
    const double = new GitDataDouble();
    const { store } = storeOf(double);
    await store.update('first', record(1));
    double.failNext(/GET .*ref\//, 'stale');
    expect((await store.read()).file.current).toBe('run-1');
  });

  it('S1: stale reads while somebody else is writing lose nothing', async () => {
    const double = await withOneRun();
    const { store } = storeOf(double);
    await store.update('second', record(2));
    await storeOf(double).store.update('rival', record(3));
    for (let times = 0; times < 4; times += 1) double.failNext(/GET .*ref\//, 'stale');
    await store.update('fourth', record(4));
    expect(recorded(double)).toEqual({ runs: ['run-1', 'run-2', 'run-3', 'run-4'], total: 4 });
  });

  it('S1: gives up after ten lost races and says so; waits grow, with jitter, to five seconds', async () => {
    const double = await withOneRun();
    for (let number = 100; number < 120; number += 1) {
      double.failNext(/PATCH/, async () => {
        const rival = JSON.parse(double.text(BRANCH, PIPELINE) ?? '{}');
        double.push(BRANCH, { [PIPELINE]: JSON.stringify({ ...rival, rival: number }) });
      });
    }
    const { store, clock } = storeOf(double);
    await expect(store.update('second', record(2))).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    expect(clock.slept).toHaveLength(9);
    expect(Math.max(...clock.slept)).toBeLessThanOrEqual(5000);
    expect(clock.slept[3]).toBeGreaterThan(clock.slept[0] ?? 0);
  });

  it('S1: GitHub down: bounded, GITHUB_UNAVAILABLE', async () => {
    const double = await withOneRun();
    for (let times = 0; times < 5; times += 1) double.failNext(/GET/, 'unavailable');
    await expect(storeOf(double).store.read()).rejects.toMatchObject({ code: 'GITHUB_UNAVAILABLE' });
    expect(double.requests).toHaveLength(3);
  });

  it('S1: a token that must not write is told which permission is missing', async () => {
    const double = new GitDataDouble();
    const refuse = () => {
      throw Object.assign(new Error('Not Found'), { status: 404 });
    };
    for (let times = 0; times < 3; times += 1) double.failNext(/POST .*trees/, refuse);
    await expect(storeOf(double).store.update('x', record(1))).rejects.toMatchObject({
      code: 'GITHUB_PERMISSION',
      fix: expect.stringContaining('contents: write'),
    });
  });

  it('S1: writers interleaved at any step, with lost answers and stale reads, lose nothing', async () => {
    const faulty = fc.record({
      route: fc.constantFrom(
        /GET .*ref\//,
        /GET .*blobs/,
        /POST .*trees/,
        /POST .*commits/,
        /POST .*refs/,
        /PATCH/,
      ),
      fault: fc.constantFrom('lost' as const, 'cut' as const, 'stale' as const),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 4 }),
        fc.array(faulty, { maxLength: 2 }),
        async (scheduler, writers, armed) => {
          const double = new GitDataDouble();
          double.gate = (route, writer) => scheduler.schedule(Promise.resolve(), `${writer} ${route}`);
          for (const { route, fault } of armed) double.failNext(route, fault);
          const all = Promise.all(
            Array.from({ length: writers }, async (_, writer) => {
              const { store } = storeOf(double, { api: double.api(`writer ${writer}`) });
              await store.update('one', record(writer * 10 + 1, 'failed'));
              await store.update('two', record(writer * 10 + 2));
            }),
          );
          await scheduler.waitFor(all);
          const { runs, total } = recorded(double);
          const expected = Array.from({ length: writers }, (_, writer) => [writer * 10 + 1, writer * 10 + 2]);
          expect(runs).toEqual(expected.flat().map((number) => `run-${number}`));
          expect(total).toBe(writers * 2);
          expect(double.log(BRANCH)).toHaveLength(writers * 2);
        },
      ),
      { numRuns: 60 },
    );
  });
});
