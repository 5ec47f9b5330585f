import type { RunResult } from '../effects.ts';
import type { Check } from './result.ts';
import type { Report } from './reports/report.ts';

/** What became of a suite's report. */
export type Outcome =
  | { kind: 'report'; report: Report }
  /** The command has no report that could be asked for: its exit code judges. */
  | { kind: 'none' }
  /** There should be one. `why` ends the sentence "its report ...". */
  | { kind: 'broken'; why: string };

export interface Judged {
  checks: Check[];
  /** One line for the summary. */
  summary: string;
}

/** More than these are counted, not listed. */
const LISTED_FAILURES = 20;

const HINTS: readonly [RegExp, string][] = [
  [
    /Executable doesn't exist at|playwright install/,
    'add a step with `npx playwright install --with-deps` before this one',
  ],
  [
    /Cannot find module '|ERR_MODULE_NOT_FOUND|could not determine executable to run|: (?:not found|command not found)/,
    'install the dependencies in a step before this one, for example with `npm ci`',
  ],
  [
    /EADDRINUSE/,
    'another program uses the port; give each suite a port of its own, they run at the same time',
  ],
];

/**
 * Rule T3 for unit and e2e: every failed test is CRITICAL, and so is a command that did not come to a clean end, or whose
 * report is missing or cut off: what cannot be read has not passed. Coverage below its threshold, or a threshold
 * without any coverage to hold against it, is a WARNING.
 */
export function judge(input: {
  suite: string;
  command: string;
  /** Seconds. */
  limit: number;
  result: Pick<RunResult, 'code' | 'timedOut'>;
  tail: string;
  outcome: Outcome;
  threshold?: number | undefined;
  /** Lines, in percent. */
  coverage?: number | undefined;
}): Judged {
  const { suite, outcome, coverage, threshold } = input;
  const report = outcome.kind === 'report' ? outcome.report : undefined;
  const check = (severity: Check['severity'], message: string): Check => ({ suite, severity, message });
  const checks: Check[] = (report?.failures ?? []).slice(0, LISTED_FAILURES).map((failure) => ({
    ...check('CRITICAL', failure.message),
    ...(failure.file === undefined ? {} : { file: failure.file }),
    ...(failure.line === undefined ? {} : { line: failure.line }),
  }));
  const more = (report?.failures.length ?? 0) - checks.length;
  if (more > 0) checks.push(check('CRITICAL', `and ${more} more failures`));

  const end = howItEnded(input);
  if (end !== undefined && (checks.length === 0 || input.result.timedOut))
    checks.push(check('CRITICAL', end));
  if (end === undefined && outcome.kind === 'broken') {
    checks.push(check('CRITICAL', `\`${input.command}\` ended with success, but its report ${outcome.why}`));
  }
  if (report && checks.length === 0 && report.passed === 0) {
    checks.push(check('WARNING', 'no test ran'));
  }
  if (threshold !== undefined) {
    if (coverage === undefined) {
      checks.push(
        check(
          'WARNING',
          `coverage_threshold is ${threshold}%, but the suite wrote no coverage report that could be read`,
        ),
      );
    } else if (coverage < threshold) {
      checks.push(
        check(
          'WARNING',
          `coverage is ${percent(coverage)} of the lines, below the threshold of ${threshold}%`,
        ),
      );
    }
  }
  return { checks, summary: summaryOf(input, report, end) };
}

/** Rounded down, so that what is below a threshold never reads as if it had reached it. */
export function percent(value: number): string {
  return `${Math.floor(value * 10 + 1e-6) / 10}%`;
}

function howItEnded(input: Parameters<typeof judge>[0]): string | undefined {
  const { code, timedOut } = input.result;
  const command = `\`${input.command}\``;
  if (timedOut) return `${command} was stopped at its time limit of ${input.limit} s`;
  if (code === 0) return undefined;
  const hint = HINTS.find(([sign]) => sign.test(input.tail))?.[1];
  const fix = hint ? `; ${hint}` : '';
  if (code === 127) return `${command}: a program was not found${fix}`;
  if (code > 128) return `${command} was killed (exit code ${code})${fix}`;
  const why = input.outcome.kind === 'broken' ? ` and its report ${input.outcome.why}` : '';
  const although = input.outcome.kind === 'report' ? ' although no test failed' : '';
  return `${command} ended with exit code ${code}${although}${why}${fix}`;
}

function summaryOf(
  input: Parameters<typeof judge>[0],
  report: Report | undefined,
  end: string | undefined,
): string {
  const parts: string[] = [];
  if (report) {
    parts.push(`${report.passed} passed`);
    if (report.failures.length > 0) parts.push(`${report.failures.length} failed`);
    if (report.skipped > 0) parts.push(`${report.skipped} skipped`);
    if (report.flaky) parts.push(`${report.flaky} flaky`);
  }
  if (input.result.timedOut) parts.push(`stopped after ${input.limit} s`);
  else if (!report)
    parts.push(`${end === undefined ? 'passed' : 'failed'}, judged by its exit code ${input.result.code}`);
  else if (end !== undefined && report.failures.length === 0) parts.push(`exit code ${input.result.code}`);
  if (input.coverage !== undefined) parts.push(`coverage ${percent(input.coverage)}`);
  return parts.join(', ');
}
