import { Excerpt } from './excerpt.ts';
import { type ReportReader, readLines } from './reader.ts';
import { type Report, ReportUnreadable, failure } from './report.ts';

const POINT = /^( *)(not )?ok\b *\d* *(?:- )?(.*)$/;
const PLAN = /^( *)1\.\.(\d+)/;

interface Point {
  indent: number;
  ok: boolean;
  title: string;
  diagnosis: Excerpt;
}

/**
 * Reads the Test Anything Protocol, with subtests and YAML diagnoses as `node --test` writes them. Only innermost points
 * count; fewer points than planned is a report that was cut off. Of a diagnosis, beginning and end are kept.
 */
export function tapReader(): ReportReader {
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  /** The point before, and the last one: it is counted when its diagnosis is over. */
  let before: Point | undefined;
  let last: Point | undefined;
  let outermost = 0;
  let planned: number | undefined;
  let bailed: string | undefined;
  let inDiagnosis = false;

  function count(point: Point): void {
    // A point behind deeper ones sums them up.
    if (before && before.indent > point.indent && !(report.failures.length === 0 && !point.ok)) return;
    if (/#\s*(skip|todo)\b/i.test(point.title)) report.skipped++;
    else if (point.ok) report.passed++;
    else report.failures.push(failureOf(point));
  }

  function next(point?: Point): void {
    if (last) count(last);
    before = last;
    last = point;
    if (point?.indent === 0) outermost++;
  }

  return {
    line(text) {
      if (inDiagnosis) {
        if (/^ *\.\.\.$/.test(text)) inDiagnosis = false;
        else last?.diagnosis.add(`${text.trim()}\n`);
        return;
      }
      if (last && /^ *---$/.test(text)) {
        inDiagnosis = true;
        return;
      }
      const plan = PLAN.exec(text);
      if (plan?.[1] === '') planned = Number(plan[2]);
      if (text.startsWith('Bail out!')) bailed = text.slice('Bail out!'.length).trim();
      const [found, indent = '', not, title = ''] = POINT.exec(text) ?? [];
      if (found !== undefined) next({ indent: indent.length, ok: !not, title, diagnosis: new Excerpt() });
    },
    report() {
      if (last === undefined && planned === undefined && bailed === undefined) {
        throw new ReportUnreadable('holds no TAP');
      }
      next();
      if (bailed !== undefined) report.failures.push(failure('Bail out!', bailed));
      else if (planned === undefined || outermost < planned) {
        throw new ReportUnreadable('ends before the last planned test');
      }
      return { ...report, failed: report.failures.length };
    },
  };
}

/** As `tapReader`, of a text that is all there. */
export const readTap = (text: string): Report => readLines(tapReader(), text);

function failureOf(point: Point) {
  const diagnosis = point.diagnosis.text().trimEnd().split('\n');
  const value = (key: string) => {
    const start = diagnosis.findIndex((line) => line.startsWith(`${key}:`));
    if (start < 0) return '';
    const own = diagnosis[start]?.slice(key.length + 1).trim() ?? '';
    if (!/^[|>]-?$/.test(own)) return own.replace(/^(['"])(.*)\1$/, '$2');
    const rest = diagnosis.slice(start + 1);
    const end = rest.findIndex((line) => /^[A-Za-z_]+:(\s|$)/.test(line));
    return rest.slice(0, end < 0 ? undefined : end).join('\n');
  };
  const [, file, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(value('location')) ?? [];
  const detail = value('error') || value('message');
  return failure(
    point.title,
    detail,
    file ? { file: file.replace(/^file:\/\//, ''), line: Number(line) } : {},
  );
}
