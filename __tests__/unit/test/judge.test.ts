import { describe, expect, test } from '@jest/globals';
import { type Outcome, judge } from '../../../src/test/judge.ts';
import type { Report } from '../../../src/test/reports/report.ts';

const report = (part: Partial<Report> = {}): Outcome => ({
  kind: 'report',
  report: { passed: 3, failed: 0, skipped: 0, failures: [], ...part },
});
const failures = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ message: `test ${at}`, file: 'a.ts', line: 1 }));
const input = (part: Partial<Parameters<typeof judge>[0]> = {}) => ({
  suite: 'unit',
  command: 'npm test',
  limit: 60,
  result: { code: 0, timedOut: false },
  tail: '',
  outcome: report(),
  ...part,
});
const ended = (code: number) => ({ result: { code, timedOut: false } });
const found = (part: Parameters<typeof input>[0]) =>
  judge(input(part)).checks.map((check) => `${check.severity} ${check.message}`);

describe('judge', () => {
  test.each<[string, Parameters<typeof input>[0], string[]]>([
    ['everything passed', {}, []],
    ['passed without a report', { outcome: { kind: 'none' } }, []],
    ['a failed test', { ...ended(1), outcome: report({ failures: failures(1) }) }, ['CRITICAL test 0']],
    [
      'a failed test although the command says success',
      { outcome: report({ failures: failures(1) }) },
      ['CRITICAL test 0'],
    ],
    [
      'no failed test, but no success',
      ended(1),
      ['CRITICAL `npm test` ended with exit code 1 although no test failed'],
    ],
    [
      'failed without a report',
      { ...ended(2), outcome: { kind: 'none' } },
      ['CRITICAL `npm test` ended with exit code 2'],
    ],
    [
      'a program that does not exist',
      { ...ended(127), outcome: { kind: 'none' }, tail: 'bash: jest: command not found' },
      [
        'CRITICAL `npm test`: a program was not found; install the dependencies in a step before this one, for example with `npm ci`',
      ],
    ],
    [
      'killed',
      { ...ended(137), outcome: { kind: 'none' } },
      ['CRITICAL `npm test` was killed (exit code 137)'],
    ],
    [
      'over its time limit',
      { result: { code: 137, timedOut: true }, outcome: { kind: 'broken', why: 'is empty' } },
      ['CRITICAL `npm test` was stopped at its time limit of 60 s'],
    ],
    [
      'over its time limit after a failure',
      { result: { code: 137, timedOut: true }, outcome: report({ failures: failures(1) }) },
      ['CRITICAL test 0', 'CRITICAL `npm test` was stopped at its time limit of 60 s'],
    ],
    [
      'success without the report',
      { outcome: { kind: 'broken', why: 'was never written' } },
      ['CRITICAL `npm test` ended with success, but its report was never written'],
    ],
    [
      'failure with half a report',
      { ...ended(1), outcome: { kind: 'broken', why: 'is not complete JSON' } },
      ['CRITICAL `npm test` ended with exit code 1 and its report is not complete JSON'],
    ],
    [
      'no browser',
      { ...ended(1), outcome: { kind: 'none' }, tail: "browserType.launch: Executable doesn't exist at /x" },
      [
        'CRITICAL `npm test` ended with exit code 1; add a step with `npx playwright install --with-deps` before this one',
      ],
    ],
    ['no test at all', { outcome: report({ passed: 0 }) }, ['WARNING no test ran']],
    ['coverage at the threshold', { threshold: 80, coverage: 80 }, []],
    [
      'coverage just below it',
      { threshold: 80, coverage: 79.999 },
      ['WARNING coverage is 79.9% of the lines, below the threshold of 80%'],
    ],
    [
      'a threshold and no coverage',
      { threshold: 80 },
      ['WARNING coverage_threshold is 80%, but the suite wrote no coverage report that could be read'],
    ],
    ['coverage without a threshold', { coverage: 1 }, []],
    ['a threshold of zero and coverage of zero', { threshold: 0, coverage: 0 }, []],
  ])('T3: %s', (_name, part, expected) => {
    expect(found(part)).toEqual(expected);
  });

  test('T3: thousands of failures are counted, not listed', () => {
    const { checks, summary } = judge(input({ ...ended(1), outcome: report({ failures: failures(5_000) }) }));
    expect(checks).toHaveLength(21);
    expect(checks.at(-1)?.message).toBe('and 4980 more failures');
    expect(summary).toBe('3 passed, 5000 failed');
  });

  test.each<[Parameters<typeof input>[0], string]>([
    [
      { outcome: report({ skipped: 2, flaky: 1 }), coverage: 87.54 },
      '3 passed, 2 skipped, 1 flaky, coverage 87.5%',
    ],
    [{ outcome: { kind: 'none' } }, 'passed, judged by its exit code 0'],
    [{ ...ended(3), outcome: { kind: 'none' } }, 'failed, judged by its exit code 3'],
    [ended(1), '3 passed, exit code 1'],
    [{ result: { code: 137, timedOut: true }, outcome: { kind: 'none' } }, 'stopped after 60 s'],
  ])('summary %#', (part, expected) => {
    expect(judge(input(part)).summary).toBe(expected);
  });
});
