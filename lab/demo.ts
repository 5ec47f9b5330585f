/**
 * `npm run demo`: plays the story of an app through the bundled action, on real parts, and says what happened. Logs and job
 * summaries are kept in .lab/demo; nothing else stays behind.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Act, STORY } from './story.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { type PilotJob, startWorld, type World } from './world.ts';

const KEPT = fileURLToPath(new URL('../.lab/demo/', import.meta.url));
const say = (text = '') => void process.stdout.write(`${text}\n`);
const bold = (text: string) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string) => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[0m` : text);

/** The log as a person reads it: what programs of the project print is folded, as GitHub folds it. */
function folded(): (line: string) => void {
  let inOutput = false;
  return (line) => {
    if (/^Output of \S+$/.test(line)) inOutput = true;
    else if (/^::[0-9a-f]{32}::$/.test(line)) inOutput = false;
    else if (!inOutput && !/^\S+ \| /.test(line) && line !== '##[endgroup]') {
      say(dim('  | ') + line.replace(/^##\[group\](.*)$/, (_, title: string) => bold(title)));
    }
  };
}

async function play(act: Act, number: number, world: World, traffic: Traffic | undefined): Promise<string[]> {
  const started = performance.now();
  say(`\n${bold(`${number}. ${act.title}`)}\n   ${act.told}\n`);
  traffic?.report();
  const job = await act.play(world, { onLine: folded() });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const file = `${KEPT}${String(number).padStart(2, '0')}-${act.title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)}`;
  await writeFile(`${file}.md`, job.pilot.summary);
  await writeFile(`${file}.log`, job.log);
  const [frontend, backend] = [await world.version('frontend'), await world.version('backend')];
  say(`   => job ${job.conclusion} after ${seconds} s; frontend ${frontend} and backend ${backend} serve`);
  if (traffic !== undefined) {
    const { requests, failed, gap } = traffic.report();
    say(
      `   => ${requests} requests of users meanwhile, ${failed} failed, longest time without an answer ${gap} ms`,
    );
  }
  return problemsOf(act, job, { frontend, backend });
}

function problemsOf(act: Act, job: PilotJob, serves: Act['serves']): string[] {
  const wrong = Object.entries(act.expected).filter(([name, value]) => {
    const output = job.pilot.outputs[name] ?? '';
    return value === '*' ? ['', '{}', '[]'].includes(output) : output !== value;
  });
  const problems = wrong.map(
    ([name, value]) =>
      `${act.title}: output ${name} is ${job.pilot.outputs[name] ?? 'missing'}, expected ${value}`,
  );
  if (JSON.stringify(serves) !== JSON.stringify(act.serves)) {
    problems.push(`${act.title}: ${JSON.stringify(serves)} serves, expected ${JSON.stringify(act.serves)}`);
  }
  return problems;
}

async function main(): Promise<number> {
  const started = performance.now();
  await rm(KEPT, { recursive: true, force: true });
  await mkdir(KEPT, { recursive: true });
  say('Bringing up the lab: a GitHub, a cache service, a runner and a server of its own ...');
  // Shorter than a user would have them, so that the story fits into five minutes.
  const config = { 'verify.watchdog.duration': 15, 'deploy.health_check.timeout': 8 };
  const world = await startWorld({ config });
  const problems: string[] = [];
  let traffic: Traffic | undefined;
  try {
    say(
      `The lab is up after ${((performance.now() - started) / 1000).toFixed(1)} s: server ${world.server.address}, GitHub ${world.github.url}`,
    );
    for (const [index, act] of STORY.entries()) {
      problems.push(...(await play(act, index + 1, world, traffic)));
      traffic ??= startTraffic(`http://${world.server.address}:3000/api/version`);
    }
  } finally {
    await traffic?.stop();
    await world.close();
  }
  say(
    `\n${bold('The end')} after ${((performance.now() - started) / 1000).toFixed(0)} s. Job summaries and logs: ${KEPT}`,
  );
  for (const problem of problems) say(`WRONG: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
process.exit();
