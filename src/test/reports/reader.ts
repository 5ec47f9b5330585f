import type { RunOptions } from '../../effects.ts';
import type { Report } from './report.ts';

/** Reads a report line by line while its program runs, and keeps no more of it than the report needs. */
export interface ReportReader {
  /** Takes the next line, without its end. Never throws: a line that makes no sense is one of another program. */
  line(text: string): void;
  /** After the last line. One that was cut off, or is none, is a ReportUnreadable. */
  report(): Report;
}

/** A line is cut behind that many characters: one that never ends must not fill the memory. */
const LONGEST_LINE = 1_000_000;

/** Takes the lines of a program's standard output into the reader, a long one put together from its pieces. */
export function linesInto(reader: ReportReader): NonNullable<RunOptions['onLine']> {
  let begun = '';
  return (piece, stream, goesOn = false) => {
    if (stream !== 'stdout') return;
    if (begun.length < LONGEST_LINE) begun += piece;
    if (goesOn) return;
    const line = begun;
    begun = '';
    reader.line(line);
  };
}

/** The report of a text that is all there. */
export function readLines(reader: ReportReader, text: string): Report {
  for (const line of text.split(/\r?\n/)) reader.line(line);
  return reader.report();
}
