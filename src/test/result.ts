import * as z from 'zod';

export const Severity = z.enum(['CRITICAL', 'WARNING']);

/** One thing that was checked and did not hold. */
export const Check = z.object({
  suite: z.string(),
  severity: Severity,
  message: z.string(),
  file: z.string().optional(),
  line: z.number().int().optional(),
});
export type Check = z.infer<typeof Check>;

export const SuiteResult = z.object({
  name: z.string(),
  kind: z.enum(['unit', 'e2e', 'performance', 'security']),
  status: z.enum(['passed', 'warning', 'failed', 'skipped']),
  /** Milliseconds. */
  duration: z.number(),
  /** One line for the summary, e.g. `42 passed, 1 failed, coverage 87.5%`. */
  summary: z.string(),
  /** Last lines of the output, kept for failures. */
  tail: z.string(),
});
export type SuiteResult = z.infer<typeof SuiteResult>;

/** Rule T2: the verdict of the whole stage. */
export const TestResult = z.object({
  status: z.enum(['passed', 'warning', 'failed', 'skipped']),
  suites: z.array(SuiteResult),
  checks: z.array(Check),
});
export type TestResult = z.infer<typeof TestResult>;
