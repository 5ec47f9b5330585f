import * as z from 'zod';
import { Excerpt } from './excerpt.ts';
import { type ReportReader, readLines } from './reader.ts';
import { type Report, ReportUnreadable, failure } from './report.ts';

const Event = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  ImportPath: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
});
type Event = z.infer<typeof Event>;

const ENDS = ['pass', 'fail', 'skip', 'build-fail'];

/**
 * Reads the output of `go test -json`. `module` is the module's path (go.mod): with it, places are relative to the module.
 * A package that does not compile is one failure. Of a test's own output, beginning and end are kept until it ends.
 */
export function goReader(module = ''): ReportReader {
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const outputs = new Map<string, Excerpt>();
  const failedTests = new Set<string>();
  /** Tests with a subtest that failed. */
  const explained = new Set<string>();
  const unfinished = new Set<string>();
  let events = 0;

  function take(event: Event): void {
    const unit = event.Package ?? event.ImportPath ?? '';
    const key = `${unit}\0${event.Test ?? ''}`;
    if (event.Action === 'start' || event.Action === 'run') unfinished.add(key);
    else if (event.Action.endsWith('output')) {
      const output = outputs.get(key) ?? new Excerpt();
      output.add(event.Output ?? '');
      outputs.set(key, output);
    } else if (ENDS.includes(event.Action)) {
      end(event, unit, key);
      unfinished.delete(key);
      outputs.delete(key);
    }
  }

  function end(event: Event, unit: string, key: string): void {
    const output = outputs.get(key);
    if (event.Action === 'fail' && event.Test) {
      failedTests.add(unit);
      // A parent fails because of its subtests: only the innermost says why.
      if (!explained.has(key)) {
        report.failures.push(failureOf(event.Test, output?.text() ?? '', folderOf(unit, module)));
      }
      for (const parent of parentsOf(event.Test)) explained.add(`${unit}\0${parent}`);
    } else if (event.Action === 'build-fail' || (event.Action === 'fail' && !failedTests.has(unit))) {
      const tested = unit.split(' ')[0] ?? '';
      if (!failedTests.has(tested)) report.failures.push(failure(unit, output?.text() ?? ''));
      failedTests.add(tested);
    } else if (event.Test && event.Action === 'skip') report.skipped++;
    else if (event.Test) report.passed++;
  }

  return {
    line(text) {
      // What is no event was printed by another program, or is one too long to be kept: of a test's output, never of its end.
      const event = eventOf(text);
      if (!event) return;
      events++;
      take(event);
    },
    report() {
      if (events === 0) throw new ReportUnreadable('holds no `go test -json` event');
      if (unfinished.size > 0 && report.failures.length === 0) {
        throw new ReportUnreadable('ends in the middle: a test started and never ended');
      }
      return { ...report, failed: report.failures.length };
    },
  };
}

/** As `goReader`, of an output that is all there. */
export const readGo = (text: string, module?: string): Report => readLines(goReader(module), text);

function eventOf(line: string): Event | undefined {
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
