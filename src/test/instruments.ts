import type { UnitSuite } from '../config/schema.ts';
import type { Recognised } from './command.ts';
import { goReader } from './reports/go.ts';
import { readJest } from './reports/jest.ts';
import { readJunit } from './reports/junit.ts';
import { readPlaywright } from './reports/playwright.ts';
import type { ReportReader } from './reports/reader.ts';
import type { Report } from './reports/report.ts';
import { tapReader } from './reports/tap.ts';

export type ReportKind = UnitSuite['report'];

/**
 * Where the report will be: a file of ours, the lines of the standard output, a document in the standard output, JUnit
 * files of the user's own, or nowhere.
 */
type Place =
  | { source: 'file'; file: string; read: (text: string) => Report }
  | { source: 'lines'; reader: ReportReader }
  | { source: 'stdout'; read: (text: string) => Report }
  | { source: 'junit-files' }
  | { source: 'none' };

export type Instrument = Place & {
  /** Appended to the command as arguments, never as text. */
  args: readonly string[];
  env: Record<string, string>;
};

const JSON_REPORTS = { jest: readJest, vitest: readJest, playwright: readPlaywright } as const;

/**
 * How to get a report out of a command. Arguments are added only where the command is known to take them; otherwise
 * the exit code judges (`source: 'none'`), unless the configuration names a report: then it is expected where that
 * kind of program leaves it. A reader of lines is of one run.
 */
export function instrument(
  wanted: ReportKind,
  command: Recognised,
  options: { report: string; coverage: 'measure' | 'leave'; goModule?: string | undefined },
): Instrument {
  const nowhere: Instrument = { source: 'none', args: [], env: {} };
  const { runner } = command;
  const kind = wanted === 'auto' ? runner : wanted;
  const injectable = command.takes !== 'nothing';
  switch (kind) {
    case 'jest':
    case 'vitest':
    case 'playwright': {
      const read = JSON_REPORTS[kind];
      if (injectable && runner === kind) {
        const file = `${options.report}.json`;
        const own = command.words.some(
          (word) => /^--(no-)?coverage/i.test(word) || word === '--collectCoverage',
        );
        const measure = options.coverage === 'measure' && !own;
        return { source: 'file', file, read, ...requestFor(kind, file, measure) };
      }
      return wanted === 'auto'
        ? nowhere
        : { source: 'stdout', read: (text) => read(jsonIn(text)), args: [], env: {} };
    }
    case 'pytest':
    case 'junit': {
      if (injectable && runner === 'pytest') {
        const file = `${options.report}.xml`;
        return { source: 'file', file, read: readJunit, args: [`--junitxml=${file}`], env: {} };
      }
      return wanted === 'junit' ? { source: 'junit-files', args: [], env: {} } : nowhere;
    }
    case 'go':
      if (wanted === 'auto' && !command.words.includes('-json')) return nowhere;
      return { source: 'lines', reader: goReader(options.goModule), args: [], env: {} };
    case 'node-test':
      // Its format depends on version and terminal; only what was asked for explicitly is relied on.
      if (
        !command.words.some((word) => /^--test-reporter(=|$)/.test(word)) ||
        !command.words.join(' ').includes('tap')
      ) {
        return nowhere;
      }
      return { source: 'lines', reader: tapReader(), args: [], env: {} };
    case 'tap':
      return { source: 'lines', reader: tapReader(), args: [], env: {} };
    default:
      return nowhere;
  }
}

function requestFor(kind: 'jest' | 'vitest' | 'playwright', file: string, measure: boolean) {
  if (kind === 'jest') {
    return { args: ['--json', `--outputFile=${file}`, ...(measure ? ['--coverage'] : [])], env: {} };
  }
  if (kind === 'vitest') {
    return { args: ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`], env: {} };
  }
  return {
    args: ['--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  };
}

/** The JSON document in an output that also holds other lines. */
function jsonIn(output: string): string {
  const start = output.search(/^\{/m);
  const end = output.lastIndexOf('}');
  return start < 0 ? '' : output.slice(start, end < start ? undefined : end + 1);
}
