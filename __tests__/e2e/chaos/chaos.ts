/**
 * `npm run chaos -- --kills 50 [--seed N] [--from K] [--to L]`: `kill -9` of the runner at so many random moments of real
 * deployments, one half with a fixed host port, the other behind nginx; a slice of the plan with `--from` and `--to`.
 * Needs what `npm test` installs, as root. Exit code 1, and how to repeat it, when anything was not as it must be.
 */
import { parseArgs } from 'node:util';
import { type Campaign, campaign, complaint, type Struck } from './campaign.ts';
import type { Front } from './chaos-world.ts';
import { told } from './kills.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { kills: text, seed: text, from: text, to: text } });
const kills = Number(values.kills ?? 50);
const plan: Campaign = {
  kills,
  seed: values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed),
  from: Number(values.from ?? 0),
  to: Number(values.to ?? kills),
  front: (index) => (index < kills / 2 ? 'port' : 'nginx'),
};

console.log(`seed ${String(plan.seed)}`);
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const all = await campaign(plan, (struck) => {
  const { index, kill, front, turn } = struck;
  console.log(
    `${String(index).padStart(3)} ${front.padEnd(5)} ${told(kill)}; after "${turn.last.slice(0, 70)}": ` +
      `one version after ${seconds(turn.served)}, settled by ${turn.settledBy}, all well after ${seconds(turn.well)}; ` +
      `${String(turn.users.failed)} of ${String(turn.users.requests)} requests failed, longest without an answer ${seconds(turn.users.gap)}`,
  );
  if (turn.violations.length > 0) console.error(complaint(struck, plan));
});
report(all);

function report(all: readonly Struck[]): void {
  const by = new Map<string, number>();
  for (const { turn } of all) by.set(turn.settledBy, (by.get(turn.settledBy) ?? 0) + 1);
  const longest = (of: (struck: Struck) => number) => seconds(Math.max(0, ...all.map(of)));
  const users = (of: Front) => {
    const those = all.filter(({ front }) => front === of).map(({ turn }) => turn.users);
    const sum = (one: 'requests' | 'failed') => those.reduce((total, each) => total + each[one], 0);
    return `${of}: ${String(sum('failed'))} of ${String(sum('requests'))} requests failed, longest time without an answer ${seconds(Math.max(0, ...those.map(({ gap }) => gap)))}`;
  };
  const wrong = all.filter(({ turn }) => turn.violations.length > 0);
  console.log(
    [
      `${String(all.length)} kills, seed ${String(plan.seed)}; settled by: ${[...by].map(([who, times]) => `${who} ${String(times)}`).join(', ')}.`,
      `Longest time until one version served everywhere: ${longest(({ turn }) => turn.served)}; until all was well: ${longest(({ turn }) => turn.well)}.`,
      `Users meanwhile, the next run included: ${users('port')}; ${users('nginx')}.`,
      `${String(wrong.length)} went wrong${wrong.length === 0 ? '.' : `: ${wrong.map(({ index }) => String(index)).join(', ')}.`}`,
    ].join('\n'),
  );
  if (wrong.length > 0 || all.length === 0) process.exitCode = 1;
}
