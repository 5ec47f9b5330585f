import * as z from 'zod';
import { type Report, ReportUnreadable, failure, parseJson } from './report.ts';

const Place = z.object({ file: z.string(), line: z.number() });
const Fault = z.object({
  message: z.string().optional(),
  value: z.string().optional(),
  location: Place.optional(),
});
const Test = z.object({
  status: z.string(),
  projectName: z.string().optional(),
  results: z.array(z.object({ error: Fault.nullish() })),
});
const Spec = z.object({ title: z.string(), file: z.string(), line: z.number(), tests: z.array(Test) });
const SuiteFields = z.object({ title: z.string(), specs: z.array(Spec).optional() });
type Suite = z.infer<typeof SuiteFields> & { suites?: Suite[] | undefined };
const Suite: z.ZodType<Suite> = SuiteFields.extend({ suites: z.lazy(() => z.array(Suite)).optional() });
const PlaywrightJson = z.object({
  config: z.object({ rootDir: z.string().optional() }).optional(),
  suites: z.array(Suite),
  errors: z.array(Fault).optional(),
});

/** Playwright's JSON reporter. A test that passed on a later try is flaky, and counts as passed. */
export function readPlaywright(text: string): Report {
  const parsed = PlaywrightJson.safeParse(parseJson(text));
  if (!parsed.success) throw new ReportUnreadable('is not a Playwright JSON report');
  const root = parsed.data.config?.rootDir;
  const report = { passed: 0, failed: 0, skipped: 0, flaky: 0, failures: [] } as Report & { flaky: number };
  const visit = (suite: Suite, titles: string[]) => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) count(spec, test, [...titles, spec.title].filter(Boolean).join(' › '));
    }
    for (const inner of suite.suites ?? []) visit(inner, [...titles, inner.title]);
  };
  const count = (spec: z.infer<typeof Spec>, test: z.infer<typeof Test>, title: string) => {
    if (test.status === 'skipped') report.skipped++;
    else if (test.status !== 'unexpected') {
      report.passed++;
      if (test.status === 'flaky') report.flaky++;
    } else {
      const fault = test.results.findLast((result) => result.error)?.error;
      const file = root && !spec.file.startsWith('/') ? `${root}/${spec.file}` : spec.file;
      const name = test.projectName ? `[${test.projectName}] ${title}` : title;
      report.failures.push(
        failure(name, fault?.message ?? fault?.value ?? '', fault?.location ?? { file, line: spec.line }),
      );
    }
  };
  for (const suite of parsed.data.suites) visit(suite, []);
  for (const fault of parsed.data.errors ?? []) {
    report.failures.push(failure('Playwright', fault.message ?? fault.value ?? 'failed', fault.location));
  }
  report.failed = report.failures.length;
  return report;
}
