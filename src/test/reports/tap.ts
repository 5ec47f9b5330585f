import { type Report, ReportUnreadable, failure } from './report.ts';

const POINT = /^( *)(not )?ok\b *\d* *(?:- )?(.*)$/;
const PLAN = /^( *)1\.\.(\d+)/;

interface Point {
  indent: number;
  ok: boolean;
  title: string;
  diagnosis: string[];
}

/**
 * Test Anything Protocol, with subtests and YAML diagnoses as `node --test` writes them. Only innermost points count;
 * fewer points than planned is a report that was cut off.
 */
export function readTap(text: string): Report {
  const points: Point[] = [];
  let planned: number | undefined;
  let bailed: string | undefined;
  let inDiagnosis = false;
  for (const line of text.split(/\r?\n/)) {
    const last = points.at(-1);
    if (inDiagnosis) {
      if (/^ *\.\.\.$/.test(line)) inDiagnosis = false;
      else last?.diagnosis.push(line.trim());
      continue;
    }
    if (last && /^ *---$/.test(line)) {
      inDiagnosis = true;
      continue;
    }
    const plan = PLAN.exec(line);
    if (plan?.[1] === '') planned = Number(plan[2]);
    if (line.startsWith('Bail out!')) bailed = line.slice('Bail out!'.length).trim();
    const point = POINT.exec(line);
    if (point)
      points.push({ indent: point[1]?.length ?? 0, ok: !point[2], title: point[3] ?? '', diagnosis: [] });
  }
  if (points.length === 0 && planned === undefined && bailed === undefined) {
    throw new ReportUnreadable('holds no TAP');
  }
  const report = reportOf(points);
  if (bailed !== undefined) report.failures.push(failure('Bail out!', bailed));
  else if (planned === undefined || points.filter((point) => point.indent === 0).length < planned) {
    throw new ReportUnreadable('ends before the last planned test');
  }
  report.failed = report.failures.length;
  return report;
}

function reportOf(points: Point[]): Report {
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before && before.indent > point.indent && !(report.failures.length === 0 && !point.ok)) return;
    const directive = /#\s*(skip|todo)\b/i.exec(point.title);
    if (directive) report.skipped++;
    else if (point.ok) report.passed++;
    else report.failures.push(failureOf(point));
  });
  return report;
}

function failureOf(point: Point) {
  const value = (key: string) => {
    const start = point.diagnosis.findIndex((line) => line.startsWith(`${key}:`));
    if (start < 0) return '';
    const own = point.diagnosis[start]?.slice(key.length + 1).trim() ?? '';
    if (!/^[|>]-?$/.test(own)) return own.replace(/^(['"])(.*)\1$/, '$2');
    const rest = point.diagnosis.slice(start + 1);
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
