import { stripVTControlCharacters } from 'node:util';

/** One failed test, with the place to look at where the report knows it. */
export interface Failure {
  message: string;
  /** As the report has it: absolute, or relative to the suite's working directory. */
  file?: string;
  line?: number;
}

/** What every report format comes down to. */
export interface Report {
  passed: number;
  failed: number;
  skipped: number;
  /** Passed only when tried again. */
  flaky?: number;
  failures: Failure[];
  /** Lines covered, in percent, when the report itself carries coverage. */
  coverage?: number;
}

/** A report that is missing, cut off or not what it should be. The message ends a sentence: "the report ...". */
export class ReportUnreadable extends Error {
  override readonly name = 'ReportUnreadable';
}

const LONGEST_MESSAGE = 600;

/** A failure as one short text: colours out, the stack cut, never longer than an annotation can show. */
export function failure(
  title: string,
  detail: string,
  place: { file?: string; line?: number } = {},
): Failure {
  const plain = stripVTControlCharacters(detail)
    .split('\n')
    .filter((line) => !/^\s+at\s/.test(line))
    .join('\n')
    .trim();
  const message = plain ? `${title}: ${plain}` : title;
  return {
    message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message,
    ...(place.file ? { file: place.file } : {}),
    ...(place.line && place.line > 0 ? { line: place.line } : {}),
  };
}

/** JSON of a report; cut-off or foreign text is a ReportUnreadable. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new ReportUnreadable('is empty');
  try {
    return JSON.parse(text);
  } catch {
    throw new ReportUnreadable('is not complete JSON: the program ended before it had written it');
  }
}
