import type { Check, SuiteResult, TestResult } from './result.ts';

/** Rule T3: this many WARNINGs in one run become one CRITICAL. */
export const WARNINGS_THAT_BLOCK = 5;

/** What the checks of one suite make of it. */
export function suiteStatus(checks: readonly Pick<Check, 'severity'>[]): 'passed' | 'warning' | 'failed' {
  if (checks.some((check) => check.severity === 'CRITICAL')) return 'failed';
  return checks.length > 0 ? 'warning' : 'passed';
}

/**
 * Rules T2 and T3: one verdict for the whole stage. `skipped` when nothing ran and nothing was found. Five WARNINGs or
 * more add one CRITICAL check of their own, so that the record says what stopped the pipeline.
 */
export function verdict(suites: SuiteResult[], found: Check[]): TestResult {
  const warnings = found.filter((check) => check.severity === 'WARNING').length;
  const checks: Check[] =
    warnings < WARNINGS_THAT_BLOCK
      ? found
      : [
          ...found,
          {
            suite: 'verdict',
            severity: 'CRITICAL',
            message: `${warnings} warnings in one run; ${WARNINGS_THAT_BLOCK} or more stop the pipeline`,
          },
        ];
  const ran = suites.some((suite) => suite.status !== 'skipped');
  return { status: ran || checks.length > 0 ? suiteStatus(checks) : 'skipped', suites, checks };
}
