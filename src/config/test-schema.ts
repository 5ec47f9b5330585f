import * as z from 'zod';
import { httpUrl, seconds, ServiceName } from './fields.ts';

/** The `test` section: four suites, of which unit and e2e may be several. */

const suiteFields = {
  command: z
    .string()
    .min(1)
    .optional()
    .describe('Without it: `npm test` for unit, `npx playwright test` for e2e'),
  enabled: z.boolean().default(true),
  scope: z.enum(['frontend', 'backend', 'all']).default('all').describe('Which side of the project it tests'),
  report: z
    .enum(['auto', 'jest', 'vitest', 'playwright', 'junit', 'go', 'tap', 'none'])
    .default('auto')
    .describe('Form of the results'),
  working_directory: z.string().default('.').describe('Inside the project'),
};
export const UnitSuite = z.strictObject({
  ...suiteFields,
  coverage_threshold: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'Lines, in percent; below it is a WARNING (rule T3). Not given: 80, and only where the tests measure coverage by themselves',
    ),
  timeout: seconds(600, 'Time limit'),
});
export const E2eSuite = z.strictObject({
  ...suiteFields,
  browser: z.enum(['chromium', 'firefox', 'webkit']).default('chromium'),
  timeout: seconds(900, 'Time limit'),
});
const SUITE_KEYS = new Set([...Object.keys(UnitSuite.shape), ...Object.keys(E2eSuite.shape)]);

/** Several named suites: an object whose values are all objects and none of whose keys belongs to a suite. */
function isNamed(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length > 0 &&
    entries.every(([key, entry]) => !SUITE_KEYS.has(key) && entry !== null && typeof entry === 'object')
  );
}

/** Schemas that take one suite or several named ones, and the suite they take; for the published JSON Schema. */
export const ONE_OR_NAMED = new Map<unknown, z.ZodType>();

/**
 * One shape inside the program: a record of named suites; '' is the name of a single one. Decided before parsing
 * instead of by a union, whose errors would speak of both forms.
 */
function oneOrNamed<T extends z.ZodType>(suite: T) {
  const many = z.record(ServiceName, suite);
  const schema = z.unknown().transform((value, context): Record<string, z.output<T>> => {
    const parsed = isNamed(value) ? many.safeParse(value) : suite.safeParse(value);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as never);
      return z.NEVER;
    }
    return (isNamed(value) ? parsed.data : { '': parsed.data }) as Record<string, z.output<T>>;
  });
  ONE_OR_NAMED.set(schema, suite);
  return schema;
}

export const Test = z.strictObject({
  unit: oneOrNamed(UnitSuite).prefault({}),
  e2e: oneOrNamed(E2eSuite).prefault({}),
  performance: z
    .strictObject({
      tool: z.enum(['lighthouse']).default('lighthouse'),
      url: httpUrl().default('http://localhost:3000').describe('The page that is measured'),
      start: z.string().min(1).optional().describe('Command that serves the page while it is measured'),
      command: z.string().min(1).optional().describe('Own way to start Lighthouse'),
      min_score: z.number().min(0).max(100).default(70).describe('Below it is a WARNING (rule T3)'),
      enabled: z.boolean().default(true),
      timeout: seconds(300, 'Time limit'),
      working_directory: z.string().default('.').describe('Inside the project'),
    })
    .prefault({}),
  security: z
    .strictObject({
      enabled: z.boolean().default(true),
      audit: z.boolean().default(true).describe('npm audit'),
      block_severity: z
        .enum(['low', 'moderate', 'high', 'critical'])
        .default('high')
        .describe('From it on a vulnerability is CRITICAL, below it a WARNING (rule T3)'),
      timeout: seconds(120, 'Time limit'),
      working_directory: z.string().default('.').describe('Inside the project'),
    })
    .prefault({}),
});
