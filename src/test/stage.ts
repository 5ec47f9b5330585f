import { join, resolve } from 'node:path';
import type { Plan } from '../analyze/plan.ts';
import type { Config } from '../config/schema.ts';
import { runCommanded } from './commanded.ts';
import type { TestEffects } from './effects.ts';
import { findShell } from './execute.ts';
import { Output } from './output.ts';
import { runPerformance } from './performance.ts';
import type { Ran, Surroundings } from './ran.ts';
import type { Check, SuiteResult, TestResult } from './result.ts';
import { runSecurity } from './security.ts';
import { type Project, type Suite, absence, lookAt, suitesOf } from './suites.ts';
import { suiteStatus, verdict } from './verdict.ts';

export interface TestInput {
  config: Config;
  plan: Pick<Plan, 'suites' | 'findings'>;
  /** The project's folder, absolute. */
  workspace: string;
  /** The repository's root, absolute; annotations point from there. The workspace when missing. */
  root?: string;
  /** An existing folder for reports, absolute, not inside the project. */
  temp: string;
  signal?: AbortSignal;
}

/** The runner shows ten annotations of a kind for a step; one is left for the failure of the step itself. */
const ANNOTATIONS = 9;

/**
 * TEST (rules T1 to T3): the suites of the plan, side by side, then one verdict. Never rejects because of what a
 * project's tests do; what the analysis found in the changed files (secrets and the like) counts like any other
 * check, and where that is CRITICAL nothing is run at all. Rejects with the reason of `signal` when that is aborted,
 * after everything that was started has ended.
 */
export async function test(input: TestInput, effects: TestEffects): Promise<TestResult> {
  const { config, plan, workspace } = input;
  const found: Check[] = plan.findings.map((finding) => ({
    suite: 'changes',
    severity: finding.severity,
    message: finding.message,
    file: finding.file,
    ...(finding.line === undefined ? {} : { line: finding.line }),
  }));
  const blocked = found.some((check) => check.severity === 'CRITICAL');
  const shell = await findShell(effects);
  const projects = new Map<string, Promise<Project>>();
  const look = (folder: string) => {
    const known = projects.get(folder) ?? lookAt(effects.files, folder);
    projects.set(folder, known);
    return known;
  };
  const printing = inTurn();

  const settled = await Promise.allSettled(
    suitesOf(config).map(async (suite): Promise<{ result: SuiteResult; checks: Check[] }> => {
      const folder = resolve(workspace, suite.settings.working_directory);
      const project = await look(folder);
      const reason = reasonToSkip(suite, plan, blocked) ?? absence(suite, project);
      if (reason !== undefined) {
        // Only a plan that wanted it makes its absence worth a line.
        if (plan.suites.includes(suite.name)) effects.log.info(`${suite.name} skipped: ${reason}`);
        return {
          result: { ...base(suite), status: 'skipped', duration: 0, summary: reason, tail: '' },
          checks: [],
        };
      }
      const around: Surroundings = {
        folder,
        root: input.root ?? workspace,
        report: join(input.temp, `test-${suite.name.replace(':', '-')}`),
        shell,
        output: new Output(),
        ...(input.signal ? { signal: input.signal } : {}),
      };
      return runOne(suite, project, around, effects, printing);
    }),
  );

  input.signal?.throwIfAborted();
  const outcomes = settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
  const result = verdict(
    outcomes.map((outcome) => outcome.result),
    [...found, ...outcomes.flatMap((outcome) => outcome.checks)],
  );
  annotate(result.checks, effects);
  return result;
}

function reasonToSkip(suite: Suite, plan: TestInput['plan'], blocked: boolean): string | undefined {
  if (!suite.settings.enabled) return 'switched off in the configuration';
  if (!plan.suites.includes(suite.name)) return 'not needed for this change';
  return blocked ? 'not run: the changed files themselves must be put right first' : undefined;
}

const base = (suite: Suite) => ({ name: suite.name, kind: suite.kind });

async function runOne(
  suite: Suite,
  project: Project,
  around: Surroundings,
  effects: TestEffects,
  printing: (body: () => Promise<void>) => Promise<void>,
): Promise<{ result: SuiteResult; checks: Check[] }> {
  const started = effects.clock.now().getTime();
  effects.log.info(`${suite.name} started`);
  const ran = await runKind(suite, project, around, effects);
  const duration = effects.clock.now().getTime() - started;
  const status = suiteStatus(ran.checks);
  const line = `${suite.name} ${status} after ${(duration / 1000).toFixed(1)} s: ${ran.summary}`;
  await printing(async () => {
    effects.log.info(line);
    if (around.output.isEmpty) return;
    await effects.log.group(`Output of ${suite.name}`, async () => effects.log.foreign(around.output.text()));
  });
  const tail = status === 'passed' ? '' : around.output.tail();
  return { result: { ...base(suite), status, duration, summary: ran.summary, tail }, checks: ran.checks };
}

function runKind(suite: Suite, project: Project, around: Surroundings, effects: TestEffects): Promise<Ran> {
  switch (suite.kind) {
    case 'unit':
    case 'e2e':
      return runCommanded(suite, project, around, effects);
    case 'performance':
      return runPerformance(suite, around, effects);
    case 'security':
      return runSecurity(suite, project, around, effects);
  }
}

/** One after the other, so that the group of one suite never holds lines of another. */
function inTurn(): (body: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (body) => (last = last.then(body, body));
}

function annotate(checks: readonly Check[], { log }: TestEffects): void {
  const place = (check: Check) =>
    check.file === undefined
      ? undefined
      : { file: check.file, ...(check.line === undefined ? {} : { line: check.line }) };
  const say = (check: Check) => `${check.suite}: ${check.message}`;
  const critical = checks.filter((check) => check.severity === 'CRITICAL');
  // What points into a file is worth an annotation more than what does not.
  const shown = critical
    .toSorted((one, other) => Number(!one.file) - Number(!other.file))
    .slice(0, ANNOTATIONS);
  for (const check of critical) {
    if (shown.includes(check)) log.error(say(check), place(check));
    else log.info(`${say(check)}${check.file ? ` (${check.file}:${check.line ?? 1})` : ''}`);
  }
  const warnings = checks.filter((check) => check.severity === 'WARNING');
  for (const check of warnings.slice(0, ANNOTATIONS)) log.warning(say(check), place(check));
  for (const check of warnings.slice(ANNOTATIONS)) log.info(say(check));
}
