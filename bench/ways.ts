/** The ways to bring images to a server that the bench compares, each over the same shaped line. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../lab/process.ts';
import type { TestEngine } from '../__tests__/e2e/transfer-support.ts';
import type { SendReport, SendRequest } from './send.ts';

export interface Sent {
  reference: string;
  id: string;
}

export interface Road {
  runner: TestEngine;
  server: TestEngine;
  /** Where the line to the server begins. */
  host: string;
  port: number;
}

export interface Way {
  name: string;
  /** Once for each server, before anything is measured. */
  prepare?(road: Road): Promise<void>;
  send(road: Road, images: readonly Sent[]): Promise<void>;
}

const q = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
const script = (text: string, road: Road) =>
  must(['bash', '-o', 'pipefail', '-c', text], { env: road.runner.env });
function options(road: Road, portFlag: '-p' | '-P', keyFile = road.server.server.privateKeyPath): string {
  const { server } = road.server;
  const hosts = keyFile === KEY_INSIDE ? HOSTS_INSIDE : server.knownHostsPath;
  return `-F /dev/null ${portFlag} ${road.port} -i ${q(keyFile)} -o BatchMode=yes -o UserKnownHostsFile=${q(hosts)} -o HostKeyAlias=${server.address}`;
}
const ssh = (road: Road, keyFile?: string) => `ssh ${options(road, '-p', keyFile)} deploy@${road.host}`;
const names = (images: readonly Sent[]) => images.map((image) => q(image.reference)).join(' ');

const KEY_INSIDE = '/root/bench-key';
const HOSTS_INSIDE = '/root/bench-known-hosts';

/** As the action does it; without a folder for signatures, layers are sent whole. */
export const autopilot = (name: string, signatures?: string): Way => ({
  name,
  async send(road, images) {
    const { server } = road.server;
    const request: SendRequest = {
      host: road.host,
      port: road.port,
      user: server.user,
      keyFile: server.privateKeyPath,
      knownHosts: server.knownHosts.split(' ').slice(1).join(' '),
      images: [...images],
      dockerHost: String(road.runner.env['DOCKER_HOST']),
      ...(signatures === undefined ? {} : { signatures }),
    };
    const sender = fileURLToPath(new URL('send.ts', import.meta.url));
    const report = JSON.parse(await must([process.execPath, sender, JSON.stringify(request)])) as SendReport;
    if (report.warnings.length > 0) throw new Error(report.warnings.join('\n'));
  },
});

export const GZIP: Way = {
  name: '`docker save \\| gzip \\| ssh docker load`',
  async send(road, images) {
    await script(`docker save ${names(images)} | gzip | ${ssh(road)} docker load`, road);
  },
};

export const SIGNATURES = '/home/deploy/app/.gonsautopilot/layers';

export const WAYS: Way[] = [
  autopilot('GonsAutoPilot', SIGNATURES),
  GZIP,
  {
    name: 'save, scp, load',
    async send(road, images) {
      const file = join(road.server.server.directory, 'bench.tar');
      await script(
        `docker save -o ${q(file)} ${names(images)} && scp -q ${options(road, '-P')} ${q(file)} deploy@${road.host}:bench.tar && ${ssh(road)} 'docker load -i bench.tar && rm bench.tar' && rm ${q(file)}`,
        road,
      );
    },
  },
  {
    name: 'push to a registry on the server, through an SSH tunnel',
    async prepare({ runner, server }) {
      // In the runner's own machine, because its engine is what connects to the tunnel.
      const put = (path: string, from: string) =>
        must(['install', '-m', '600', from, join(runner.server.directory, 'disk', path)]);
      await put(KEY_INSIDE, server.server.privateKeyPath);
      await put(HOSTS_INSIDE, server.server.knownHostsPath);
      const { stderr, code } = await server.server.exec(
        'mkdir -p /srv/registry && cd /srv && printf "version: 0.1\\nstorage:\\n  filesystem:\\n    rootdirectory: /srv/registry\\nhttp:\\n  addr: 127.0.0.1:5000\\n" >/srv/registry.yml && (setsid --fork /opt/docker-registry serve /srv/registry.yml >/srv/registry.log 2>&1 </dev/null) && for try in $(seq 100); do wget -q -O /dev/null http://127.0.0.1:5000/v2/ && exit 0; sleep 0.1; done; cat /srv/registry.log >&2; exit 1',
      );
      if (code !== 0) throw new Error(`no registry: ${stderr}`);
    },
    async send(road, images) {
      const login = ssh(road, KEY_INSIDE).replace(/^ssh /, '');
      const there = images.map(({ reference }) => `localhost:5000/${reference}`);
      const tunnel = `ssh -f -N -M -S /root/tunnel -o ExitOnForwardFailure=yes -L 5000:127.0.0.1:5000 ${login}`;
      const push = images.map(
        ({ reference }, index) =>
          `docker tag ${q(reference)} ${there[index]} && docker push -q ${there[index]}`,
      );
      const pull = images.map(
        ({ reference }, index) => `docker pull -q ${there[index]} && docker tag ${there[index]} ${reference}`,
      );
      const run = `${tunnel} && ${push.join(' && ')} && ssh ${login} ${q(pull.join(' && '))}; code=$?; ssh -S /root/tunnel -O exit ${login} 2>/dev/null; exit $code`;
      const { code, stderr } = await road.runner.server.exec(run);
      if (code !== 0) throw new Error(`registry: ${stderr}`);
    },
  },
];
