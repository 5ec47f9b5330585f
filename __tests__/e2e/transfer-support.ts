/** Engines of several versions and stores, each both a runner's and a server's, for tests of the transfer. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { provideImages } from '../../lab/images.ts';
import { fetchEngine } from '../../lab/engine.ts';
import { must } from '../../lab/process.ts';
import { type LabServer, startServer } from '../../lab/server.ts';
import type { Site } from '../../lab/site.ts';
import { systemClock } from '../../src/action/clock.ts';
import { systemRandom } from '../../src/action/random.ts';
import { saveImages } from '../../src/deploy/transfer/save.ts';
import type { TransferEffects, TransferImage } from '../../src/deploy/transfer/index.ts';
import { openSshTarget } from '../../src/server/target-ssh.ts';
import type { Target } from '../../src/server/target.ts';
import { memoryLog } from './server-support.ts';

export interface EngineSpec {
  name: string;
  /** Debian release whose engine it is; none: the installed one. */
  suite?: string;
  imageStore?: 'classic' | 'containerd';
}

export interface TestEngine {
  readonly server: LabServer;
  readonly env: NodeJS.ProcessEnv;
  /** One image from files, on this engine's own builder. */
  build(reference: string, layers: Record<string, string | Buffer>[]): Promise<TransferImage>;
  /** What this engine sends as a runner; `lines` is its log. */
  effects(): TransferEffects & { lines: string[] };
  /** This engine as a server, over SSH. */
  connect(): Promise<Target>;
  docker(...args: string[]): Promise<string>;
}

/** Where programs of other Debian releases stay, once for all tests of this machine. */
export const downloads = (name: string): string => join(tmpdir(), 'gonsautopilot-engines', name);

/** Undefined when the packages cannot be had, and then it says so. */
export async function engineBinaries(suite: string): Promise<string | undefined> {
  try {
    return await fetchEngine(suite, downloads(suite));
  } catch (error) {
    process.stderr.write(`skipped: the engine of ${suite} cannot be had: ${(error as Error).message}\n`);
    return undefined;
  }
}

export async function startTestEngine(site: Site, spec: EngineSpec): Promise<TestEngine | undefined> {
  const binaries = spec.suite === undefined ? undefined : await engineBinaries(spec.suite);
  if (spec.suite !== undefined && binaries === undefined) return undefined;
  const server = await startServer({
    name: spec.name,
    site,
    imageStore: spec.imageStore ?? 'classic',
    ...(binaries === undefined ? {} : { binaries }),
  });
  return testEngine(server);
}

export async function testEngine(server: LabServer): Promise<TestEngine> {
  const env = { ...process.env, DOCKER_HOST: `unix://${join(server.directory, 'disk/run/docker.sock')}` };
  const docker = async (...args: string[]) => (await must(['docker', ...args], { env })).trim();
  await provideImages(env, 'busybox');
  return {
    server,
    env,
    docker,
    async build(reference, layers) {
      const folder = await mkdtemp(join(tmpdir(), 'transfer-build-'));
      try {
        for (const [index, files] of layers.entries()) {
          for (const [path, content] of Object.entries(files)) {
            const file = join(folder, String(index), path);
            await mkdir(dirname(file), { recursive: true });
            await writeFile(file, content);
          }
        }
        const copies = layers.map((_, index) => `COPY ${index} /app`);
        await writeFile(
          join(folder, 'Dockerfile'),
          `FROM gonsautopilot-lab/busybox:latest\n${copies.join('\n')}\nCMD ["cat", "/app/version"]\n`,
        );
        await docker('buildx', 'build', '--quiet', '--load', '--tag', reference, folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      return {
        service: 'app',
        reference,
        id: await docker('image', 'inspect', '--format', '{{.Id}}', reference),
      };
    },
    effects() {
      const log = memoryLog();
      const save: TransferEffects['saveImages'] = (references) => saveImages(references, env);
      return { saveImages: save, clock: systemClock, random: systemRandom, log, lines: log.lines };
    },
    connect: () =>
      openSshTarget({
        host: server.address,
        port: server.port,
        user: server.user,
        privateKey: server.privateKey,
        knownHosts: server.knownHosts,
        path: '/home/deploy/app',
        log: memoryLog(),
      }),
  };
}
