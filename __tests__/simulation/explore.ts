import fc from 'fast-check';
import { scenario } from './scenarios.ts';
import { type Outcome, type Scenario, simulate } from './world/world.ts';

/** Scenarios of one go; shrinking starts from the one that fails. */
const BATCH = 50;

export interface Explored {
  deployments: number;
  scenarios: number;
  /** The smallest scenario that fails, what it violates, and how to see it again. */
  failure?: string;
}

/** Plays random scenarios until so many deployments were made; the same seed plays the same ones. */
export async function explored(
  { deployments, seed }: { deployments: number; seed: number },
  progress: (deployments: number) => void = () => undefined,
): Promise<Explored> {
  const result: Explored = { deployments: 0, scenarios: 0 };
  for (let batch = 0; result.deployments < deployments; batch += 1) {
    const checked = await fc.check(
      fc.asyncProperty(scenario, async (one) => {
        const outcome = await simulate(one);
        result.deployments += outcome.deployments;
        result.scenarios += 1;
        if (outcome.violations.length > 0) throw new Error(told(one, outcome));
      }),
      { seed: seed + batch, numRuns: BATCH, endOnFailure: false },
    );
    if (checked.failed) {
      const error = checked.errorInstance;
      const words = error instanceof Error ? error.message : String(error);
      const trace = error instanceof Error && !words.startsWith('violated') ? `\n${error.stack ?? ''}` : '';
      return {
        ...result,
        failure: `${words}${trace}\nAgain: npm run simulate -- --seed ${String(seed + batch)} --runs 1`,
      };
    }
    progress(result.deployments);
  }
  return result;
}

export function told(one: Scenario, { violations, world }: Outcome): string {
  const runs = world.jobs.map(
    ({ runner, step, ended }) =>
      `  ${runner.event.runId} ${step.action}: ${runner.dead ? 'killed' : (ended?.status ?? 'no end')} ${ended?.reason ?? ''}`.slice(
        0,
        200,
      ) +
      step.faults
        .map(
          ([at, fault]) =>
            `\n      ${fault} at ${String(at)} ${typeof at === 'number' ? (runner.effects[at] ?? '(not reached)') : ''}`,
        )
        .join(''),
  );
  return [
    'violated:',
    ...[...new Set(violations)].map((violation) => `  ${violation}`),
    'runs:',
    ...runs,
    `scenario: ${JSON.stringify(one)}`,
  ].join('\n');
}
