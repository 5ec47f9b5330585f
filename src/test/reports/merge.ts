import type { Report } from './report.ts';

/** Several reports of one suite as one. */
export function mergeReports(reports: readonly Report[]): Report {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    reports.reduce((total, report) => total + report[key], 0);
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures: reports.flatMap((report) => report.failures),
  };
}
