import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { CoverageMap, coveredLines } from '../coverage/istanbul.ts';
import { type Failure, type Report, ReportUnreadable, failure, parseJson } from './report.ts';

const Assertion = z.object({
  status: z.string(),
  fullName: z.string().optional(),
  title: z.string().optional(),
  failureMessages: z.array(z.string()).nullish(),
  location: z.object({ line: z.number() }).nullish(),
});
const File = z.object({
  name: z.string(),
  status: z.string(),
  message: z.string().nullish(),
  assertionResults: z.array(Assertion),
});
const JestJson = z.object({ testResults: z.array(File), coverageMap: CoverageMap.nullish().catch(null) });

/** The JSON reporter of Jest, and of Vitest, which writes the same form. */
export function readJest(text: string): Report {
  const parsed = JestJson.safeParse(parseJson(text));
  if (!parsed.success) throw new ReportUnreadable('is not a Jest or Vitest JSON report');
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const file of parsed.data.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') report.passed++;
      else if (test.status === 'failed') report.failures.push(failureOf(test, file.name));
      else report.skipped++;
    }
    // A file that could not be loaded has no tests in it, only a message.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      const detail = file.message ?? '';
      report.failures.push(failure('the test file failed', detail, place(detail, file.name)));
    }
  }
  report.failed = report.failures.length;
  if (parsed.data.coverageMap) {
    const coverage = coveredLines(parsed.data.coverageMap);
    if (coverage !== undefined) report.coverage = coverage;
  }
  return report;
}

function failureOf(test: z.infer<typeof Assertion>, file: string): Failure {
  const detail = (test.failureMessages ?? []).join('\n');
  const found = place(detail, file);
  const line = found.line ?? test.location?.line;
  return failure(test.fullName ?? test.title ?? 'a test', detail, line ? { file, line } : found);
}

/** The line of the test file that the stack passes through: where a person wants to look. */
function place(detail: string, file: string): { file: string; line?: number } {
  const plain = stripVTControlCharacters(detail);
  const at = plain.indexOf(`${file}:`);
  const line = at < 0 ? Number.NaN : Number.parseInt(plain.slice(at + file.length + 1), 10);
  return Number.isInteger(line) ? { file, line } : { file };
}
