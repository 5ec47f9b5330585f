import { countAdvisories, judgeAudit, readAudit } from './audit.ts';
import type { TestEffects } from './effects.ts';
import { execute } from './execute.ts';
import type { Ran, Surroundings } from './ran.ts';
import type { Project, Suite } from './suites.ts';

/** The lock file says which package manager knows the versions. */
const MANAGERS: readonly [string, readonly [string, ...string[]]][] = [
  ['package-lock.json', ['npm', 'audit', '--json']],
  ['npm-shrinkwrap.json', ['npm', 'audit', '--json']],
  ['pnpm-lock.yaml', ['pnpm', 'audit', '--json']],
  ['yarn.lock', ['yarn', 'audit', '--json']],
];

/** Asks the registry about known vulnerabilities. One that cannot be asked is a WARNING with the reason, never a pass. */
export async function runSecurity(
  suite: Extract<Suite, { kind: 'security' }>,
  project: Project,
  around: Surroundings,
  effects: TestEffects,
): Promise<Ran> {
  const unavailable = (why: string): Ran => ({
    checks: [{ suite: suite.name, severity: 'WARNING', message: `the audit could not run: ${why}` }],
    summary: 'could not run',
  });
  const argv = MANAGERS.find(([file]) => project.files.includes(file))?.[1];
  if (argv === undefined) return unavailable('there is no lock file; commit package-lock.json');
  const result = await execute(
    suite.name,
    argv,
    {
      cwd: around.folder,
      timeout: suite.settings.timeout * 1000,
      ...(around.signal ? { signal: around.signal } : {}),
    },
    around.output,
    effects,
  );
  if (result.timedOut) return unavailable(`it took longer than ${suite.settings.timeout} s`);
  if (result.code === 127) return unavailable(`${argv[0]} is not installed`);
  const audit = readAudit(result.stdout);
  if (audit.kind === 'unavailable') return unavailable(audit.why);
  return {
    checks: judgeAudit(suite.name, audit.advisories, suite.settings.block_severity),
    summary: countAdvisories(audit.advisories),
  };
}
