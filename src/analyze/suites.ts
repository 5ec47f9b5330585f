import type { Config } from '../config/schema.ts';
import type { Category, Decision, SuiteKind } from './plan.ts';

/** A suite of the configuration under the name it has in plan and record: `unit`, or `unit:frontend`. */
export interface Suite {
  name: string;
  kind: SuiteKind;
  scope: 'frontend' | 'backend' | 'all';
  enabled: boolean;
}

/** Every suite of the configuration, in the order of rule T1. */
export function suitesOf(config: Config): Suite[] {
  const { unit, e2e, performance, security } = config.test;
  const named = (kind: 'unit' | 'e2e', suites: Config['test']['unit'] | Config['test']['e2e']): Suite[] =>
    Object.entries(suites).map(([name, { scope, enabled }]) => ({
      name: name === '' ? kind : `${kind}:${name}`,
      kind,
      scope,
      enabled,
    }));
  return [
    ...named('unit', unit),
    ...named('e2e', e2e),
    { name: 'performance', kind: 'performance', scope: 'all', enabled: performance.enabled },
    { name: 'security', kind: 'security', scope: 'all', enabled: security.enabled },
  ];
}

/** What the changed files mean for the tests. */
export interface Touched {
  /** Categories with a changed file. */
  categories: ReadonlySet<Category>;
  /** What the changed test files test; `shared` where nobody can tell. */
  testSides: ReadonlySet<Category>;
  /** A dependency manifest or lock file is among them. */
  manifest: boolean;
  /** It is not known what changed, or nothing was deployed yet. */
  everything: boolean;
}

type Side = 'frontend' | 'backend';

/**
 * Rules A3 to A7: which suites run, and a decision for every one that does not (rule A8).
 * A changed test file counts for the side it tests, so that a component with its test is still "only frontend".
 */
export function chooseSuites(
  suites: readonly Suite[],
  touched: Touched,
): { run: string[]; decisions: Decision[] } {
  const skips = skipsOf(touched);
  const decisions = new Map<string, Decision>();
  const run: string[] = [];
  for (const suite of suites) {
    const decision = suite.enabled
      ? skips.find((skip) => skip.applies(suite))?.decision
      : {
          action: `skip_${suite.kind}_test`,
          reason: `test.${suite.name.replace(':', '.')} is disabled in the configuration`,
        };
    if (decision === undefined) run.push(suite.name);
    else decisions.set(`${decision.action} ${decision.reason}`, decision);
  }
  // Rule A3 is recorded even where one suite tests both sides and cannot be split.
  for (const { decision, always } of skips) {
    if (always === true && ![...decisions.values()].includes(decision)) {
      const whole = 'no suite has the scope backend, so nothing could be left out';
      decisions.set(decision.action, { ...decision, reason: `${decision.reason}; ${whole}` });
    }
  }
  return { run, decisions: [...decisions.values()] };
}

interface Skip {
  applies(suite: Suite): boolean;
  decision: Decision;
  always?: boolean;
}

function skipsOf({ categories, testSides, manifest, everything }: Touched): Skip[] {
  const has = (category: Category) => categories.has(category);
  const backend = has('backend') || has('database');
  const code = has('frontend') || backend || has('shared');
  // Rule A6, and A7 where only tests changed.
  if (everything || has('shared') || (has('config') && code)) return [];
  if (has('config')) return onlyConfig(has('test'), manifest);
  const side: Side | undefined =
    has('frontend') && !backend ? 'frontend' : backend && !has('frontend') ? 'backend' : undefined;
  if (side === undefined) return [];
  const skips: Skip[] = [];
  const other: Side = side === 'frontend' ? 'backend' : 'frontend';
  const own: readonly Category[] = side === 'frontend' ? ['frontend'] : ['backend', 'database'];
  if ([...testSides].every((tested) => own.includes(tested))) {
    skips.push({
      applies: (suite) => suite.scope === other,
      decision: { action: `skip_${other}_test`, reason: `no ${other} file changed` },
      ...(side === 'frontend' && { always: true }),
    });
  }
  if (side === 'backend') {
    skips.push({
      applies: (suite) => suite.kind === 'performance',
      decision: { action: 'skip_performance_test', reason: 'only backend changed' },
    });
  }
  return skips;
}

/** Rule A5. */
function onlyConfig(tests: boolean, manifest: boolean): Skip[] {
  const skips: Skip[] = [];
  if (!tests) {
    skips.push({
      applies: (suite) => suite.kind === 'unit',
      decision: { action: 'skip_unit_test', reason: 'only configuration changed' },
    });
  }
  if (!manifest) {
    skips.push({
      applies: (suite) => suite.kind === 'security',
      decision: {
        action: 'skip_security_test',
        reason: 'only configuration changed, and no dependency manifest',
      },
    });
  }
  return skips;
}
