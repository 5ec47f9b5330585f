import { simulate, quietStep, good } from '/work/wt/simulation/__tests__/simulation/world/world.ts';
const t=performance.now();
const o = await simulate({seed:1, layout:'side-by-side', autoRollback:true, steps:[
 {...quietStep, changes:{api:good(),web:good()}},
 {...quietStep, changes:{api:{kind:'sick',stop:300}}},
]});
console.log(o.violations, o.deployments, performance.now()-t, 'ms', o.world.scheduler.steps);
for (const j of o.world.jobs) { console.log(j.step.action, j.ended, j.runner.effects.length); }
if (process.argv[2]) console.log(o.world.jobs[0].runner.effects.join('\n'), o.world.jobs[0].runner.lines.join('\n'));
