/** `npm run lab`: a whole world to look around in and to play with, until Ctrl-C. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startWorld, type World } from './world.ts';

const HELP = `usage: npm run lab [-- --servers NAME[,NAME...]]
Brings a lab up on this machine (a GitHub with the example shop, a cache service, a runner, servers of their own), says how to
look around in it, and takes it away at Ctrl-C. Needs root.
`;

const COMMANDS = `Type here:
  deploy                     a push to main, as examples/workflows/deploy.yml runs it
  break | repair             commits a backend that is never healthy, or a healthy one
  stage NAME [input=value]   a workflow_dispatch, e.g. \`stage rollback services=frontend reason=colours\`, \`stage status\`
  versions                   what serves now
  help, exit`;

const say = (text: string) => void process.stdout.write(`${text}\n`);

function guide({ lab, github }: World, clone: string, seconds: string): string {
  const docker = lab.engine.own ? `DOCKER_HOST=${lab.engine.env['DOCKER_HOST']} docker` : 'docker';
  const servers = lab.servers.map(
    (server) => `server ${server.name}: ${server.address}, host key ${server.hostFingerprint}
  ${server.sshCommand().join(' ')}
  ${server.sshCommand('root').join(' ')}
  logs: ${server.directory}/disk/run/lab/`,
  );
  return `The lab is up (${seconds} s), everything of it is in ${lab.site.directory}

${servers.join('\n\n')}

GitHub: ${github.url}
  git clone ${clone}

the runner's engine (${lab.engine.own ? 'the lab started it' : 'it was here already'}): ${lab.images.join(', ')}
  ${docker} image ls

Ports that a server's containers publish answer at its address: the shop at http://${lab.servers[0]?.address ?? ''}:3000
Ctrl-C ends the lab and removes all of it.
${COMMANDS}`;
}

let released = 0;
async function backend(world: World, behaviour: string): Promise<string> {
  released += 1;
  const version = `1.0.${released}`;
  return world.push(
    { 'backend/release.js': world.release('backend', version, behaviour) },
    `Backend ${version}`,
  );
}

/** One line of the person at the terminal; false ends the lab. */
async function obey(world: World, line: string): Promise<boolean> {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const inputs = (from: readonly string[]) =>
    Object.fromEntries(from.map((word) => [word.split('=')[0] ?? '', word.split('=').slice(1).join('=')]));
  switch (verb) {
    case 'deploy':
      say(`job ${(await world.deploy({ onLine: say })).conclusion}`);
      break;
    case 'stage':
      say(
        `job ${(await world.dispatch(words[0] ?? '', inputs(words.slice(1)), { onLine: say })).conclusion}`,
      );
      break;
    case 'break':
      say(`pushed ${await backend(world, 'unhealthy')}`);
      break;
    case 'repair':
      say(`pushed ${await backend(world, 'healthy')}`);
      break;
    case 'versions':
      for (const service of ['frontend', 'backend'] as const)
        say(`${service} ${await world.version(service)}`);
      break;
    case 'exit':
      return false;
    default:
      say(COMMANDS);
  }
  return true;
}

async function signalled(): Promise<void> {
  // A pending promise alone does not keep the process.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  clearInterval(alive);
}

async function converse(world: World): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: 'lab> ' });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => terminal.close());
  terminal.once('SIGINT', () => terminal.close());
  terminal.prompt();
  for await (const line of terminal) {
    const going = await obey(world, line).catch((error: unknown) => {
      say(`failed: ${error instanceof Error ? error.message : String(error)}`);
      return true;
    });
    if (!going) return;
    terminal.prompt();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { servers: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const start = performance.now();
  const world = await startWorld({ servers: (values.servers ?? 'server').split(',') });
  try {
    const token = world.github.token({ contents: 'write', issues: 'write' });
    const clone = `${world.github.serverUrl.replace('://', `://x-access-token:${token}@`)}/gons/shop.git`;
    say(guide(world, clone, ((performance.now() - start) / 1000).toFixed(1)));
    // Without a terminal there is nobody to type: the lab stays until a signal ends it.
    await (process.stdin.isTTY ? converse(world) : signalled());
  } finally {
    process.stdout.write('\nending the lab ...');
    await world.close();
    process.stdout.write(' nothing of it is left\n');
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
