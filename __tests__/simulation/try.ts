import { simulate, quietStep, good, type Scenario } from './world/world.ts';
import type { Fault } from './world/runner.ts';
const layout = (process.argv[2] ?? 'side-by-side') as Scenario['layout'];
const kind = (process.argv[3] ?? 'all') as 'all'|'steps';
const faults = (process.argv[4] ?? 'kill-before,kill-after,fail-before,fail-after').split(',') as Fault[];
const stop = Number(process.argv[5] ?? 300);
const base = (f: (readonly [number, Fault])[]): Scenario => ({seed:1, layout, autoRollback:true, steps:[
 {...quietStep, changes:{api:{kind:'good',stop},web:{kind:'good',stop}}},
 {...quietStep, kind, changes:{api:{kind:'good',stop},web:{kind:'good',stop}}, faults: f},
]});
const first = await simulate(base([]));
console.log('clean', first.violations);
const effects = first.world.jobs[1]!.runner.effects;
console.log(effects.length, 'effects');
const t=performance.now(); let runs=0; const seen = new Map<string,string[]>();
for (let k=0;k<effects.length;k++) for (const fault of faults) {
  const o = await simulate(base([[k,fault]])); runs++;
  const v=[...new Set(o.violations)];
  if (v.length) { const key=v.map(x=>x.replace(/v\d+-/g,'v-').replace(/\d{8}-\d{6}-\w+/g,'ID')).join(' | '); const list=seen.get(key)??[]; list.push(`${k} ${fault} ${effects[k]}`); seen.set(key,list); }
}
console.log(runs, 'runs', Math.round(performance.now()-t), 'ms');
for (const [key,list] of seen) console.log(`\n### ${key}\n   ${list.length}: ${list.slice(0,8).join('\n      ')}`);
