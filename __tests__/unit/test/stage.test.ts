import { existsSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Plan } from '../../../src/analyze/plan.ts';
import type { RunResult } from '../../../src/effects.ts';
import type { TestEffects } from '../../../src/test/effects.ts';
import { HEARTBEAT } from '../../../src/test/execute.ts';
import { type TestInput, test as runTests } from '../../../src/test/stage.ts';
import { configOf, memoryLog, project, realEffects, repository } from './helpers.ts';

async function run(
  files: Record<string, string>,
  settings: Record<string, unknown>,
  suites: string[],
  more: Partial<TestInput> & { findings?: Plan['findings'] } = {},
) {
  const place = await project(files);
  if (existsSync(join(repository, 'node_modules'))) {
    symlinkSync(join(repository, 'node_modules'), join(place.workspace, 'node_modules'));
  }
  const effects = realEffects();
  const plan = { suites, findings: more.findings ?? [] };
  const result = await runTests({ config: configOf(settings), plan, ...place, ...more }, effects);
  const suite = (name: string) => result.suites.find((each) => each.name === name);
  return { ...place, result, suite, said: effects.log.said };
}

const sum = 'export const sum = (a, b) => {\n  if (a === 99) {\n    return 0;\n  }\n  return a + b;\n};\n';
const jestProject = {
  'package.json': JSON.stringify({
    type: 'module',
    scripts: { test: 'NODE_OPTIONS=--experimental-vm-modules jest' },
    jest: { transform: {}, testEnvironment: 'node' },
  }),
  'sum.js': sum,
  'sum.test.js':
    "import { sum } from './sum.js';\ntest('adds', () => expect(sum(1, 2)).toBe(3));\ntest.skip('later', () => {});\n",
};
const failing =
  "import { sum } from './sum.js';\n\ntest('adds', () => {\n  expect(sum(1, 2)).toBe(4);\n});\n";

describe('unit suites by the real Jest', () => {
  test('T2: passes, with counts from the report', async () => {
    const { result, suite, said } = await run(jestProject, {}, ['unit']);
    expect(suite('unit')).toMatchObject({ status: 'passed', summary: '1 passed, 1 skipped', tail: '' });
    expect(result).toMatchObject({ status: 'passed', checks: [] });
    expect(said.some(({ kind, text }) => kind === 'foreign' && text.includes('Tests:'))).toBe(true);
  }, 60_000);

  test('T3: a failed test is CRITICAL and annotated where it stands, from the root of the repository', async () => {
    const files = Object.fromEntries(
      Object.entries({ ...jestProject, 'sum.test.js': failing }).map(([path, text]) => [`app/${path}`, text]),
    );
    const { result, said } = await run(files, { unit: { working_directory: 'app' } }, ['unit']);
    expect(result.status).toBe('failed');
    expect(result.checks).toMatchObject([{ severity: 'CRITICAL', file: 'app/sum.test.js', line: 4 }]);
    const error = said.find(({ kind }) => kind === 'error');
    expect(error?.place).toEqual({ file: 'app/sum.test.js', line: 4 });
    expect(error?.text).toMatch(/^unit: adds: .*Expected: 4/s);
  }, 60_000);

  test('T3: coverage of lines below its threshold is a WARNING, without any setting in Jest', async () => {
    const { result, suite } = await run(jestProject, { unit: { coverage_threshold: 90 } }, ['unit']);
    expect(suite('unit')?.status).toBe('warning');
    expect(result.checks[0]?.message).toMatch(/^coverage is 75% of the lines, below the threshold of 90%$/);
  }, 60_000);

  test('T1: two named suites beside each other, each with its own report', async () => {
    const unit = {
      good: { command: 'npm test -- sum' },
      bad: { command: 'npm test -- other' },
    };
    const files = { ...jestProject, 'other.test.js': failing };
    const { suite, result } = await run(files, { unit }, ['unit:good', 'unit:bad']);
    expect(suite('unit:good')).toMatchObject({ status: 'passed', summary: '1 passed, 1 skipped' });
    expect(suite('unit:bad')).toMatchObject({ status: 'failed', summary: '0 passed, 1 failed' });
    expect(result.checks).toMatchObject([{ suite: 'unit:bad', file: 'other.test.js' }]);
  }, 60_000);
});

describe('commands', () => {
  const command = (text: string, more: Record<string, unknown> = {}) =>
    run({}, { unit: { command: text, ...more } }, ['unit']);

  test.each([
    ['true', 'passed', 'passed, judged by its exit code 0'],
    ['exit 3', 'failed', 'failed, judged by its exit code 3'],
    ['no-such-program --x', 'failed', 'failed, judged by its exit code 127'],
    ['false; true', 'failed', 'failed, judged by its exit code 1'],
    ['false | cat', 'failed', 'failed, judged by its exit code 1'],
    ['kill -9 $$', 'failed', 'failed, judged by its exit code 137'],
    ["printf '%s' \"$0 it's\" '&&' | grep -q \"it's\"", 'passed', 'passed, judged by its exit code 0'],
  ])('T2: %s: %s', async (text, status, summary) => {
    expect((await command(text)).suite('unit')).toMatchObject({ status, summary });
  });

  test('T1: the time limit ends the whole process tree', async () => {
    const tree = 'echo $$ > pid; (sleep 300 & echo $! > child; wait) & wait';
    const { suite, result, workspace } = await command(tree, { timeout: 1 });
    expect(suite('unit')).toMatchObject({ status: 'failed', summary: 'stopped after 1 s' });
    expect(result.checks[0]?.message).toContain('was stopped at its time limit of 1 s');
    for (const file of ['pid', 'child']) await gone(Number(readFileSync(join(workspace, file), 'utf8')));
  }, 20_000);

  test('TAP, as it was asked for', async () => {
    const tap = await command("printf 'TAP version 13\\nok 1\\nnot ok 2 - sums\\n1..2\\n'; exit 1", {
      report: 'tap',
    });
    expect(tap.suite('unit')?.summary).toBe('1 passed, 1 failed');
  });

  test('TAP of the real `node --test`', async () => {
    const { suite, result } = await run(
      {
        'a.test.mjs':
          "import test from 'node:test';\nimport assert from 'node:assert';\ntest('outer', async (t) => {\n  await t.test('good', () => {});\n  await t.test('bad', () => assert.equal(1, 2));\n});\n",
      },
      { unit: { command: 'node --test --test-reporter=tap a.test.mjs' } },
      ['unit'],
    );
    expect(suite('unit')?.summary).toBe('1 passed, 1 failed');
    expect(result.checks).toMatchObject([{ file: 'a.test.mjs', line: 5 }]);
  });

  test('JUnit files of this run, not of an earlier one', async () => {
    const old = { 'reports/old.xml': '<testsuite><testcase name="a"><failure/></testcase></testsuite>' };
    const settings = {
      unit: { command: 'touch -d "1 hour ago" reports/old.xml; cp new reports/new.xml', report: 'junit' },
    };
    const good = await run({ ...old, new: '<testsuite><testcase name="a"/></testsuite>' }, settings, [
      'unit',
    ]);
    expect(good.suite('unit')).toMatchObject({ status: 'passed', summary: '1 passed' });
    const cut = await run({ ...old, new: '<testsuite><testcase name="a"/>' }, settings, ['unit']);
    expect(cut.result.checks[0]?.message).toMatch(/ended with success, but its report is not complete XML/);
    const none = await run(
      old,
      { unit: { command: 'touch -d "1 hour ago" reports/old.xml', report: 'junit' } },
      ['unit'],
    );
    expect(none.result.checks[0]?.message).toMatch(/ended with success, but its report was not found in/);
  });

  test('a report that an earlier run left in the same place is not the one of this run', async () => {
    const place = await project({ jest: '#!/bin/sh\nexit 0\n' });
    const left = join(place.temp, 'test-unit.json');
    writeFileSync(left, JSON.stringify({ testResults: [] }));
    utimesSync(left, 0, 0);
    const config = configOf({ unit: { command: 'chmod +x jest && PATH=$PWD:$PATH jest' } });
    const result = await runTests(
      { config, plan: { suites: ['unit'], findings: [] }, ...place },
      realEffects(),
    );
    expect(result.checks[0]?.message).toMatch(/ended with success, but its report was never written$/);
  });

  test('a huge output is printed with its middle left out, and only its end is kept', async () => {
    const { suite, said } = await command('seq 1 100000; exit 1');
    const printed = said.find(({ kind }) => kind === 'foreign')?.text ?? '';
    expect(printed).toMatch(/^1\n2\n.*\n\.\.\. 98000 lines left out \.\.\.\n.*\n100000$/s);
    expect(suite('unit')?.tail.split('\n')).toHaveLength(40);
    expect(suite('unit')?.tail).toMatch(/\n100000$/);
  });

  test.each([
    ['without projects', 'export default {};', '--browser=firefox'],
    ['with projects', "export default { projects: [{ name: 'firefox' }] };", '--project=firefox'],
  ])('e2e in another browser, a configuration %s', async (_name, text, option) => {
    const { suite, said } = await run(
      { 'playwright.config.js': text, playwright: '#!/bin/sh\necho "$*"\nexit 1\n' },
      { e2e: { command: 'chmod +x playwright && PATH=$PWD:$PATH playwright test', browser: 'firefox' } },
      ['e2e'],
    );
    expect(suite('e2e')?.status).toBe('failed');
    expect(said.find(({ kind }) => kind === 'foreign')?.text).toBe(`test --reporter=list,json ${option}`);
  });
});

describe('the stage', () => {
  test('T1: suites run at the same time, and their outputs do not mix', async () => {
    // Each waits for the other: one after the other they would never end.
    const meet = (own: string, other: string) =>
      `touch ${own}; for i in 1 2 3; do echo ${own}; done; until [ -e ${other} ]; do sleep 0.05; done; echo ${own}`;
    const unit = { a: { command: meet('a', 'b'), timeout: 20 }, b: { command: meet('b', 'a'), timeout: 20 } };
    const { result, said } = await run({}, { unit }, ['unit:a', 'unit:b']);
    expect(result.status).toBe('passed');
    const outputs = said.filter(({ kind }) => ['group', 'foreign', 'end'].includes(kind));
    expect(outputs.map(({ kind }) => kind)).toEqual(['group', 'foreign', 'end', 'group', 'foreign', 'end']);
    expect(
      outputs
        .map(({ text }) => text)
        .filter((text) => text.includes('\n'))
        .sort(),
    ).toEqual(['a\na\na\na', 'b\nb\nb\nb']);
    expect(said.filter(({ text }) => /^unit:[ab] started$/.test(text))).toHaveLength(2);
    expect(said.filter(({ text }) => /^unit:[ab] passed after \d/.test(text))).toHaveLength(2);
  }, 30_000);

  test('A3 to A7: what the plan leaves out or the configuration switches off is skipped with its reason', async () => {
    const settings = { unit: { command: 'touch ran' }, e2e: { command: 'touch ran', enabled: false } };
    const { result, workspace } = await run({}, settings, ['e2e']);
    expect(result.status).toBe('skipped');
    expect(result.suites.map(({ name, status, summary }) => [name, status, summary])).toEqual([
      ['unit', 'skipped', 'not needed for this change'],
      ['e2e', 'skipped', 'switched off in the configuration'],
      ['performance', 'skipped', 'not needed for this change'],
      ['security', 'skipped', 'not needed for this change'],
    ]);
    expect(existsSync(join(workspace, 'ran'))).toBe(false);
  });

  test('layer 1: a secret in the changed files stops before anything of the project is run', async () => {
    const findings: Plan['findings'] = [
      { rule: 'secret', severity: 'CRITICAL', file: 'config.js', line: 3, message: 'an AWS key' },
    ];
    const { result, workspace, said } = await run({}, { unit: { command: 'touch ran' } }, ['unit'], {
      findings,
    });
    expect(result.status).toBe('failed');
    expect(result.suites[0]).toMatchObject({ status: 'skipped' });
    expect(existsSync(join(workspace, 'ran'))).toBe(false);
    expect(said.find(({ kind }) => kind === 'error')?.place).toEqual({ file: 'config.js', line: 3 });
  });

  test('T3: WARNINGs of different origin add up to one CRITICAL', async () => {
    const finding = (file: string) =>
      ({ rule: 'large-file', severity: 'WARNING', file, message: 'large' }) as const;
    const findings = ['a', 'b', 'c', 'd'].map(finding);
    const four = await run({}, { unit: { command: 'true' } }, ['unit'], { findings });
    expect(four.result.status).toBe('warning');
    const settings = { unit: { command: 'true', coverage_threshold: 80 } };
    const five = await run({}, settings, ['unit'], { findings });
    expect(five.result.status).toBe('failed');
    expect(five.result.checks.at(-1)).toMatchObject({ suite: 'verdict', severity: 'CRITICAL' });
    expect(five.suite('unit')?.status).toBe('warning');
  });

  test('annotations: ten at most are shown for a step, so one is left for the step itself', async () => {
    const findings: Plan['findings'] = Array.from({ length: 30 }, (_, at) => ({
      rule: 'secret',
      severity: 'CRITICAL',
      file: `f${at}`,
      message: 'x',
    }));
    const { said } = await run({}, {}, [], { findings });
    expect(said.filter(({ kind }) => kind === 'error')).toHaveLength(9);
    expect(said.filter(({ kind, text }) => kind === 'info' && text.startsWith('changes: x'))).toHaveLength(
      21,
    );
  });

  test('cancelled: rejects with the reason, after everything that was started has ended', async () => {
    const stop = new AbortController();
    const place = await project({});
    const settings = { unit: { command: 'echo $$ > pid; sleep 300 & wait' } };
    const input = { config: configOf(settings), plan: { suites: ['unit'], findings: [] }, ...place };
    const running = runTests({ ...input, signal: stop.signal }, realEffects());
    const file = join(place.workspace, 'pid');
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await wait(20);
    stop.abort(new Error('cancelled by a person'));
    await expect(running).rejects.toThrow('cancelled by a person');
    await gone(Number(readFileSync(file, 'utf8')));
  }, 20_000);

  test('T1: a suite that takes long says so every 30 seconds', async () => {
    let now = 0;
    let finish: (result: RunResult) => void = () => undefined;
    const result = (code: number): RunResult => ({
      code,
      stdout: '',
      stderr: '',
      timedOut: false,
      duration: 0,
    });
    const log = memoryLog();
    const effects: TestEffects = {
      ...realEffects(),
      log,
      run: (argv) =>
        argv.at(-1) === ':' ? Promise.resolve(result(0)) : new Promise((done) => (finish = done)),
      clock: {
        now: () => new Date(now),
        async sleep(milliseconds, signal) {
          expect(milliseconds).toBe(HEARTBEAT);
          await new Promise((resolve) => setImmediate(resolve));
          signal?.throwIfAborted();
          now += milliseconds;
          if (now >= 4 * HEARTBEAT) finish(result(0));
        },
      },
    };
    const place = await project({});
    const config = configOf({ unit: { command: 'slow' } });
    await runTests({ config, plan: { suites: ['unit'], findings: [] }, ...place }, effects);
    expect(log.said.map(({ text }) => text).filter((text) => text.includes('running'))).toEqual([
      'unit has been running for 30 s',
      'unit has been running for 60 s',
      'unit has been running for 90 s',
      'unit has been running for 120 s',
    ]);
  });

  test('a runner without bash uses sh', async () => {
    const seen: (readonly string[])[] = [];
    const effects: TestEffects = {
      ...realEffects(),
      run: async (argv) => {
        seen.push(argv);
        return { code: argv[0] === 'bash' ? 127 : 0, stdout: '', stderr: '', timedOut: false, duration: 0 };
      },
    };
    const place = await project({});
    const config = configOf({ unit: { command: ' make test\n' } });
    await runTests({ config, plan: { suites: ['unit'], findings: [] }, ...place }, effects);
    expect(seen.at(-1)).toEqual(['sh', '-e', '-c', 'make test']);
  });
});

async function gone(pid: number): Promise<void> {
  const alive = () => {
    try {
      // A zombie whose parent has not yet looked is dead for our purpose.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  for (let tries = 0; alive() && tries < 100; tries++) await wait(50);
  expect(alive()).toBe(false);
}
