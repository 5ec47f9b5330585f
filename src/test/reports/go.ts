import * as z from 'zod';
import { type Report, ReportUnreadable, failure } from './report.ts';

const Event = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  ImportPath: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
});

/**
 * The output of `go test -json`. `module` is the module's path (go.mod): with it, places are relative to the module.
 * A package that does not compile is one failure.
 */
export function readGo(text: string, module = ''): Report {
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const outputs = new Map<string, string>();
  const failedTests = new Set<string>();
  /** Tests with a subtest that failed. */
  const explained = new Set<string>();
  const unfinished = new Set<string>();
  let events = 0;
  for (const line of text.split('\n')) {
    const event = eventOf(line);
    if (!event) continue;
    events++;
    const unit = event.Package ?? event.ImportPath ?? '';
    const key = `${unit}\0${event.Test ?? ''}`;
    if (event.Action === 'start' || event.Action === 'run') unfinished.add(key);
    else if (event.Action.endsWith('output'))
      outputs.set(key, (outputs.get(key) ?? '') + (event.Output ?? ''));
    else if (['pass', 'fail', 'skip', 'build-fail'].includes(event.Action)) {
      unfinished.delete(key);
      if (event.Action === 'fail' && event.Test) {
        failedTests.add(unit);
        // A parent fails because of its subtests: only the innermost says why.
        if (!explained.has(key)) {
          report.failures.push(failureOf(event.Test, outputs.get(key) ?? '', folderOf(unit, module)));
        }
        for (const parent of parentsOf(event.Test)) explained.add(`${unit}\0${parent}`);
      } else if (event.Action === 'build-fail' || (event.Action === 'fail' && !failedTests.has(unit))) {
        if (!failedTests.has(unit.split(' ')[0] ?? ''))
          report.failures.push(failure(unit, outputs.get(key) ?? ''));
        failedTests.add(unit.split(' ')[0] ?? '');
      } else if (event.Test && event.Action === 'skip') report.skipped++;
      else if (event.Test) report.passed++;
    }
  }
  if (events === 0) throw new ReportUnreadable('holds no `go test -json` event');
  if (unfinished.size > 0 && report.failures.length === 0) {
    throw new ReportUnreadable('ends in the middle: a test started and never ended');
  }
  report.failed = report.failures.length;
  return report;
}

function eventOf(line: string): z.infer<typeof Event> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return Event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** `TestX` and `TestX/a` of `TestX/a/b`. */
function parentsOf(test: string): string[] {
  const names = test.split('/');
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join('/'));
}

function failureOf(test: string, output: string, folder: string) {
  const text = output
    .split('\n')
    .filter((line) => !/^\s*(=== |--- )/.test(line))
    .join('\n');
  const [, file, line] = /^\s*([\w.-]+\.go):(\d+):/m.exec(text) ?? [];
  return failure(test, text, file ? { file: folder + file, line: Number(line) } : {});
}

function folderOf(unit: string, module: string): string {
  if (!module || unit === module || !unit.startsWith(`${module}/`)) return '';
  return `${unit.slice(module.length + 1)}/`;
}
