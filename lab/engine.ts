/**
 * The runner's own engine, for `docker buildx build`: the one that answers already, else one in a machine of its own, so
 * that labs beside each other do not share a bridge, firewall rules or a data folder. Programs find it by `env`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootMachine } from './machine.ts';
import { must, run } from './process.ts';
import type { Site } from './site.ts';

export interface LabEngine {
  /** Whether the lab started it; a reused one stays as it is, images included. */
  readonly own: boolean;
  /** Environment for docker and everything that calls it: `DOCKER_HOST` when it is the lab's own, else nothing. */
  readonly env: Record<string, string>;
  /** Where published ports answer. */
  readonly address: string;
}

export interface EngineOptions {
  /** `always` starts one even where another answers, for tests that must find it empty. */
  own?: 'when-needed' | 'always';
}

/**
 * Another Debian release's engine programs (`trixie`: 26.1) for `startServer({ binaries })`; about 15 s, at once when the
 * folder is there already. The caller removes it.
 */
export async function fetchEngine(suite: string, directory: string): Promise<string> {
  await must(['bash', fileURLToPath(new URL('./engine-binaries.sh', import.meta.url)), suite, directory]);
  return directory;
}

/** Debian packages unpacked into a folder, at once when it is there already; `suite`: default this machine's release. */
export async function fetchPackages(
  directory: string,
  packages: readonly string[],
  suite = 'own',
): Promise<string> {
  const script = fileURLToPath(new URL('./packages.sh', import.meta.url));
  await must(['bash', script, suite, directory, ...packages]);
  return directory;
}

/** Ends with its site. */
export async function startEngine(
  site: Site,
  { own = 'when-needed' }: EngineOptions = {},
): Promise<LabEngine> {
  if (own === 'when-needed' && (await run(['docker', 'version'], { timeout: 10_000 })).code === 0) {
    return { own: false, env: {}, address: '127.0.0.1' };
  }
  const machine = await bootMachine(site, { name: 'runner-engine', docker: 'yes', ssh: 'no' });
  await machine.waitForEngine();
  const env = { DOCKER_HOST: `unix://${join(machine.directory, 'disk/run/docker.sock')}` };
  return { own: true, env, address: machine.address };
}
