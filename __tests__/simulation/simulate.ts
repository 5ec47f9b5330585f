/**
 * `npm run simulate -- --runs 100000 [--seed N]`: random deployments until so many were made.
 * `npm run simulate -- --exhaustive [--layout NAME]`: every effect of a release hit, and every effect of the run after it;
 * for each layout of the compose file, or only for those that are named.
 * Exit code 1, and the smallest scenario, when something that must always be true was not.
 */
import { parseArgs } from 'node:util';
import { hitOnce, hitTwice } from './exhaustive.ts';
import { explored } from './explore.ts';
import { LAYOUTS } from './world/jobs.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    exhaustive: { type: 'boolean' },
    layout: { type: 'string', multiple: true },
  },
});
const unknown = values.layout?.filter((name) => !LAYOUTS.some((one) => one === name)) ?? [];
if (unknown.length > 0) {
  console.error(`There is no layout ${unknown.join(', ')}; there are ${LAYOUTS.join(', ')}.`);
  process.exit(2);
}
await (values.exhaustive ? exhaustive() : random());

async function random(): Promise<void> {
  const deployments = Number(values.runs ?? 2_000);
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const started = performance.now();
  const found = await explored({ deployments, seed }, (done) => {
    process.stdout.write(
      `\r${String(done)} deployments, ${((performance.now() - started) / 1000).toFixed(0)} s`,
    );
  });
  process.stdout.write('\n');
  if (found.failure !== undefined) {
    console.error(found.failure);
    process.exitCode = 1;
    return;
  }
  console.log(
    `${String(found.deployments)} random deployments in ${String(found.scenarios)} scenarios (seed ${String(seed)}): every invariant held.`,
  );
}

async function exhaustive(): Promise<void> {
  for (const layout of LAYOUTS.filter((name) => values.layout?.includes(name) ?? true)) {
    const once = await hitOnce(layout);
    console.log(
      `${layout}: hit once in ${String(once.hits)} ways, which lead to ${String(once.states.size)} states; ${String(once.failed.length)} went wrong.`,
    );
    const twice = await hitTwice(layout, once.states, {}, (states, hits) => {
      process.stdout.write(
        `\r${layout}: ${String(states)} of ${String(once.states.size)} states, ${String(hits)} hits`,
      );
    });
    console.log(
      `\n${layout}: the run after it hit too, ${String(twice.hits)} ways from there; ${String(twice.failed.length)} went wrong.`,
    );
    for (const hit of [...once.failed, ...twice.failed]) {
      console.error(JSON.stringify(hit));
      process.exitCode = 1;
    }
  }
}
