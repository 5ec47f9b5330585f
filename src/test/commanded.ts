import { isAbsolute, join, relative, resolve } from 'node:path';
import type { RunResult } from '../effects.ts';
import { recognise } from './command.ts';
import { findCoverage } from './coverage/find.ts';
import { type TestEffects, readFresh, startOf } from './effects.ts';
import { execute, shellCommand } from './execute.ts';
import { type Instrument, instrument } from './instruments.ts';
import { type Outcome, judge } from './judge.ts';
import { readIfJunit } from './reports/junit.ts';
import { mergeReports } from './reports/merge.ts';
import { linesInto } from './reports/reader.ts';
import { type Report, ReportUnreadable } from './reports/report.ts';
import type { Ran, Surroundings } from './ran.ts';
import { DEFAULT_COMMANDS, PLAYWRIGHT_CONFIG, type Project, type Suite } from './suites.ts';

/** Where the usual JUnit writers leave their file, below the suite's folder. */
const JUNIT_FOLDERS = [
  '.',
  'reports',
  'test-results',
  'test-reports',
  'build/test-results/test',
  'target/surefire-reports',
];

/** Of line coverage, in percent. */
const DEFAULT_THRESHOLD = 80;

/** Runs a unit or e2e suite: the user's own command, its report, its coverage, its judgement. */
export async function runCommanded(
  suite: Extract<Suite, { kind: 'unit' | 'e2e' }>,
  project: Project,
  around: Surroundings,
  effects: TestEffects,
): Promise<Ran> {
  const { settings } = suite;
  const command = (settings.command ?? DEFAULT_COMMANDS[suite.kind]).trim();
  const known = recognise(command, project.manifest?.scripts);
  const threshold = suite.kind === 'unit' ? suite.settings.coverage_threshold : undefined;
  const tool = instrument(settings.report, known, {
    report: around.report,
    coverage: threshold === undefined ? 'leave' : 'measure',
    goModule: await goModule(around.folder, effects),
  });
  const browser = suite.kind === 'e2e' ? suite.settings.browser : 'chromium';
  // Chromium is what Playwright uses anyway; another browser is asked for where the command can be told.
  const told = browser !== 'chromium' && known.runner === 'playwright';
  const args = told ? [await browserOption(browser, project, around.folder, effects)] : [];
  const started = startOf(effects);
  const result = await execute(
    suite.name,
    shellCommand(around.shell, command, known.takes, [...tool.args, ...args]),
    {
      cwd: around.folder,
      env: tool.env,
      timeout: settings.timeout * 1000,
      ...(around.signal ? { signal: around.signal } : {}),
      ...(tool.source === 'lines' ? { onLine: linesInto(tool.reader) } : {}),
    },
    around.output,
    effects,
  );
  const outcome = await outcomeOf(tool, result, around.folder, started, effects);
  const coverage = await coverageOf(outcome, suite, around.folder, started, effects);
  const tail = around.output.tail();
  const judged = judge({
    suite: suite.name,
    command,
    limit: settings.timeout,
    result,
    tail,
    outcome,
    // Who named no threshold is held to the default only where there is something to hold against it.
    threshold: threshold ?? (suite.kind === 'unit' && coverage !== undefined ? DEFAULT_THRESHOLD : undefined),
    coverage,
  });
  return {
    ...judged,
    checks: judged.checks.map((check) =>
      check.file === undefined ? check : { ...check, file: fromRoot(check.file, around) },
    ),
  };
}

/** Playwright refuses `--browser` where its configuration has projects; there the browser is the name of one. */
async function browserOption(browser: string, project: Project, folder: string, { files }: TestEffects) {
  const file = project.files.find((name) => PLAYWRIGHT_CONFIG.test(name));
  const text = file === undefined ? '' : ((await files.read(join(folder, file))) ?? '');
  return /\bprojects\s*:/.test(text) ? `--project=${browser}` : `--browser=${browser}`;
}

async function outcomeOf(
  tool: Instrument,
  result: RunResult,
  folder: string,
  started: number,
  effects: TestEffects,
): Promise<Outcome> {
  if (tool.source === 'none') return { kind: 'none' };
  try {
    if (tool.source === 'lines') return { kind: 'report', report: tool.reader.report() };
    if (tool.source === 'stdout') return { kind: 'report', report: tool.read(result.stdout) };
    if (tool.source === 'file') {
      const text = await readFresh(tool.file, started, effects.files);
      return text === undefined
        ? { kind: 'broken', why: 'was never written' }
        : { kind: 'report', report: tool.read(text) };
    }
    const reports = await junitReports(folder, started, effects);
    return reports.length === 0
      ? { kind: 'broken', why: `was not found in ${JUNIT_FOLDERS.join(', ')}` }
      : { kind: 'report', report: mergeReports(reports) };
  } catch (error) {
    if (error instanceof ReportUnreadable) return { kind: 'broken', why: error.message };
    throw error;
  }
}

async function goModule(folder: string, { files }: TestEffects): Promise<string | undefined> {
  return /^module\s+(\S+)/m.exec((await files.read(join(folder, 'go.mod'))) ?? '')?.[1];
}

async function junitReports(folder: string, started: number, effects: TestEffects): Promise<Report[]> {
  const reports: Report[] = [];
  for (const inside of JUNIT_FOLDERS) {
    for (const name of await effects.files.list(join(folder, inside))) {
      const path = join(folder, inside, name);
      // In the folder itself only names that say so: other XML lies about there.
      if (!name.endsWith('.xml') || (inside === '.' && !/junit|test|report/i.test(name))) continue;
      const text = await readFresh(path, started, effects.files);
      const report = text === undefined ? undefined : readIfJunit(text);
      if (report !== undefined) reports.push(report);
    }
  }
  return reports;
}

async function coverageOf(
  outcome: Outcome,
  suite: Suite,
  folder: string,
  started: number,
  { files }: TestEffects,
): Promise<number | undefined> {
  if (outcome.kind === 'report' && outcome.report.coverage !== undefined) return outcome.report.coverage;
  if (suite.kind !== 'unit') return undefined;
  const name = suite.name.slice(suite.kind.length + 1);
  return (await findCoverage(files, folder, name, started))?.percent;
}

/** Annotations want paths from the repository's root; one outside of it stays absolute. */
function fromRoot(file: string, around: Surroundings): string {
  const path = relative(around.root, resolve(around.folder, file));
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
