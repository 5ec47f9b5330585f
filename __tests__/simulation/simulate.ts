/** `npm run simulate -- --runs 100000 [--seed N]`: random deployments until so many were made; exit code 1 with the first scenario that fails. */
import { parseArgs } from 'node:util';
import { explored } from './explore.ts';

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const deployments = Number(values.runs ?? 2_000);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const started = performance.now();
const found = await explored({ deployments, seed }, (done) => {
  process.stdout.write(`\r${String(done)} deployments, ${((performance.now() - started) / 1000).toFixed(0)} s`);
});
process.stdout.write('\n');
if (found.failure) {
  console.error(found.failure);
  process.exitCode = 1;
} else {
  console.log(
    `${String(found.deployments)} random deployments in ${String(found.scenarios)} scenarios (seed ${String(seed)}): every invariant held.`,
  );
}
