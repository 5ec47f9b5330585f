/**
 * An image registry (Debian's `docker-registry`) on a machine of its own in a lab's network, for `build.registry`:
 *
 *     const registry = await startRegistry(site, { directory });       // where its program is kept between tests
 *     registry.address;                                               // 198.18.1.12:5000, for image names
 *     await login(registry, env);                                     // as a workflow's login step does
 *     await registry.stop(); await registry.start();                  // connections are refused in between
 *
 * Every machine of the lab may use it without TLS. Ends with its site.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackages } from './engine.ts';
import { bootMachine } from './machine.ts';
import { must, until } from './process.ts';
import type { Site } from './site.ts';

export interface LabRegistry {
  /** Host and port, the first part of an image's name. */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  /** `repository:tag` of everything that was pushed. */
  tags(): Promise<string[]>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const PORT = 5000;
const USER = 'lab';
const PASSWORD = 'push-and-pull';
/** bcrypt of PASSWORD: the registry takes no other hash. */
const HTPASSWD = `${USER}:$2y$05$gonsautopilotlabregise.HDfYNTQEpu4nHYG7Xi1Y3qAYCCBbW6\n`;
const CONFIG = `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: /srv/registry } }
http: { addr: ':${PORT}' }
auth: { htpasswd: { realm: lab, path: /run/lab/htpasswd } }
`;

/** Resolves when it answers. Nobody gets anything from it without a login. */
export async function startRegistry(site: Site, options: { directory: string }): Promise<LabRegistry> {
  const packages = await fetchPackages(options.directory, ['docker-registry']);
  const machine = await bootMachine(site, {
    name: 'registry',
    docker: 'absent',
    ssh: 'no',
    files: { 'registry.yml': CONFIG, htpasswd: HTPASSWD },
  });
  const place = join(machine.directory, 'disk/opt');
  await mkdir(place, { recursive: true });
  await copyFile(join(packages, 'usr/bin/docker-registry'), join(place, 'docker-registry'));
  const address = `${machine.address}:${PORT}`;
  const headers = { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` };
  const ask = (path: string) =>
    fetch(`http://${address}/v2/${path}`, { headers, signal: AbortSignal.timeout(5_000) });
  const tell = async (script: string) => {
    const { code, stderr } = await machine.exec(script);
    if (code !== 0) throw new Error(`registry: ${stderr.trim()}`);
  };
  const registry: LabRegistry = {
    address,
    user: USER,
    password: PASSWORD,
    async tags() {
      const { repositories } = (await (await ask('_catalog')).json()) as { repositories: string[] };
      const lists = repositories.map(async (repository) => {
        const { tags } = (await (await ask(`${repository}/tags/list`)).json()) as { tags: string[] | null };
        return (tags ?? []).map((tag) => `${repository}:${tag}`);
      });
      return (await Promise.all(lists)).flat();
    },
    async start() {
      await tell(
        'setsid --fork /opt/docker-registry serve /run/lab/registry.yml >>/run/lab/registry.log 2>&1 </dev/null',
      );
      await until('the registry does not answer', () =>
        ask('').then(
          ({ ok }) => ok,
          () => false,
        ),
      );
    },
    async stop() {
      await tell('kill $(pidof docker-registry)');
      await until('the registry does not end', () =>
        ask('').then(
          () => false,
          () => true,
        ),
      );
    },
  };
  await registry.start();
  return registry;
}

/** As a workflow's login step does, for the docker client with this environment. */
export async function login({ address, user, password }: LabRegistry, env: NodeJS.ProcessEnv): Promise<void> {
  await must(
    [
      'sh',
      '-c',
      'printf %s "$3" | docker login -u "$2" --password-stdin "$1"',
      'sh',
      address,
      user,
      password,
    ],
    { env },
  );
}
