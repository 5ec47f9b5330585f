/** `npm run lab [-- --servers a,b]`: a lab to look around in, until Ctrl-C. */
import { parseArgs } from 'node:util';
import { startLab, type Lab } from './index.ts';

const HELP = `usage: npm run lab [-- --servers NAME[,NAME...]]
Brings a lab up on this machine, says how to look around in it, and takes it away at Ctrl-C. Needs root.
`;

function guide(lab: Lab, seconds: string): string {
  const docker = lab.engine.own ? `DOCKER_HOST=${lab.engine.env['DOCKER_HOST']} docker` : 'docker';
  const servers = lab.servers.map(
    (server) => `
server ${server.name}: ${server.address}, host key ${server.hostFingerprint}
  ${server.sshCommand().join(' ')}
  ${server.sshCommand('root').join(' ')}
  logs: ${server.directory}/disk/run/lab/`,
  );
  return `The lab is up (${seconds} s), everything of it is in ${lab.site.directory}
${servers.join('\n')}

the runner's engine (${lab.engine.own ? 'the lab started it' : 'it was here already'}): ${lab.images.join(', ')}
  ${docker} buildx build ...
  ${docker} save IMAGE | ${lab.servers[0]?.sshCommand().join(' ') ?? 'ssh ...'} docker load

Ports that a server's containers publish answer at its address. Ctrl-C ends the lab and removes all of it.
`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { servers: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  const start = performance.now();
  const lab = await startLab({ servers: (values.servers ?? 'server').split(',') });
  process.stdout.write(guide(lab, ((performance.now() - start) / 1000).toFixed(1)));
  // A pending promise alone does not keep the process.
  const alive = setInterval(() => undefined, 60_000);
  await ended;
  clearInterval(alive);
  process.stdout.write('\nending the lab ...');
  await lab.close();
  process.stdout.write(' nothing of it is left\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
