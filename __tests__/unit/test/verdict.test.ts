import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Check, SuiteResult } from '../../../src/test/result.ts';
import { WARNINGS_THAT_BLOCK, suiteStatus, verdict } from '../../../src/test/verdict.ts';

const check = (severity: Check['severity']): Check => ({ suite: 'unit', severity, message: 'x' });
const suite = (status: SuiteResult['status']): SuiteResult => ({
  name: 'unit',
  kind: 'unit',
  status,
  duration: 1,
  summary: '',
  tail: '',
});
const many = (count: number, severity: Check['severity']) =>
  Array.from({ length: count }, () => check(severity));

describe('verdict', () => {
  test.each([
    ['nothing found', [], 'passed'],
    ['one WARNING', many(1, 'WARNING'), 'warning'],
    ['four WARNINGs', many(4, 'WARNING'), 'warning'],
    ['five WARNINGs', many(5, 'WARNING'), 'failed'],
    ['one CRITICAL', many(1, 'CRITICAL'), 'failed'],
    ['CRITICAL among WARNINGs', [check('WARNING'), check('CRITICAL')], 'failed'],
  ] as const)('T2: %s', (_name, checks, status) => {
    expect(verdict([suite('passed')], [...checks]).status).toBe(status);
  });

  test('T3: five WARNINGs add one CRITICAL that says so', () => {
    const { checks } = verdict([suite('warning')], many(5, 'WARNING'));
    expect(checks).toHaveLength(6);
    expect(checks.at(-1)).toEqual({
      suite: 'verdict',
      severity: 'CRITICAL',
      message: '5 warnings in one run; 5 or more stop the pipeline',
    });
  });

  test.each([
    ['nothing ran, nothing found', [], [], 'skipped'],
    ['everything skipped', ['skipped'], [], 'skipped'],
    ['everything skipped, but a secret was found', ['skipped'], ['CRITICAL'], 'failed'],
    ['everything skipped, with a remark', ['skipped'], ['WARNING'], 'warning'],
    ['one ran', ['skipped', 'passed'], [], 'passed'],
  ] as const)('T2: %s', (_name, suites, severities, status) => {
    expect(verdict(suites.map(suite), severities.map(check)).status).toBe(status);
  });

  const checks = fc.array(
    fc.constantFrom('CRITICAL', 'WARNING').map((severity) => check(severity as never)),
    {
      maxLength: 12,
    },
  );

  test('T2, T3: failed exactly when one is CRITICAL or the WARNINGs are too many, whatever the order', () => {
    fc.assert(
      fc.property(checks, (found) => {
        const warnings = found.filter(({ severity }) => severity === 'WARNING').length;
        const fails = warnings >= WARNINGS_THAT_BLOCK || warnings < found.length;
        const { status } = verdict([suite('passed')], found);
        expect(status).toBe(fails ? 'failed' : warnings > 0 ? 'warning' : 'passed');
        expect(verdict([suite('passed')], found.toReversed()).status).toBe(status);
      }),
    );
  });

  test('T2: one more check never makes a verdict better', () => {
    const rank = ['skipped', 'passed', 'warning', 'failed'];
    fc.assert(
      fc.property(checks, fc.constantFrom('CRITICAL', 'WARNING'), (found, severity) => {
        const before = rank.indexOf(verdict([suite('passed')], found).status);
        const after = rank.indexOf(verdict([suite('passed')], [...found, check(severity as never)]).status);
        expect(after).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  test('T2: a status of failed always has a CRITICAL check that explains it', () => {
    fc.assert(
      fc.property(checks, (found) => {
        const result = verdict([suite('passed')], found);
        expect(suiteStatus(result.checks)).toBe(result.status);
      }),
    );
  });
});
