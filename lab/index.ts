/**
 * The lab: one machine becomes a runner's engine and one or more servers (and, with its other rooms, a GitHub, a cache
 * and a runner). As root, after `lab/install.sh`. Nothing of it stays behind when it is closed or killed.
 */
import { startEngine, type EngineOptions, type LabEngine } from './engine.ts';
import { provideImages } from './images.ts';
import { startServer, type LabServer, type ServerOptions } from './server.ts';
import { openSite, type Site } from './site.ts';

export interface LabOptions {
  /** Names, or options, of the servers; default: one named `server`. */
  servers?: readonly (string | Omit<ServerOptions, 'site'>)[];
  engine?: EngineOptions;
  /** Base images for the runner's engine; `none` when nothing is built. */
  images?: 'all' | 'busybox' | 'none';
  /** Parent of the lab's folder; default: the system's temporary one. */
  directory?: string;
}

export interface Lab {
  readonly site: Site;
  readonly engine: LabEngine;
  readonly servers: readonly LabServer[];
  /** Names of the base images in the runner's engine. */
  readonly images: readonly string[];
  /** By name; an Error when there is none. */
  server(name: string): LabServer;
  /** Removes everything; resolves when it is gone. */
  close(): Promise<void>;
}

/** Resolves when every part answers; on failure nothing of it is left. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const site = await openSite(options.directory);
  try {
    const wanted = (options.servers ?? ['server']).map((one) =>
      typeof one === 'string' ? { name: one } : one,
    );
    const [{ engine, images }, ...servers] = await Promise.all([
      runnerSide(site, options),
      ...wanted.map((server) => startServer({ ...server, site })),
    ]);
    return {
      site,
      engine,
      images,
      servers,
      server(name) {
        const found = servers.find((server) => server.name === name);
        if (found === undefined) throw new Error(`the lab has no server ${name}`);
        return found;
      },
      close: () => site.close(),
    };
  } catch (error) {
    await site.close();
    throw error;
  }
}

async function runnerSide(site: Site, options: LabOptions): Promise<{ engine: LabEngine; images: string[] }> {
  const engine = await startEngine(site, options.engine);
  const which = options.images ?? 'all';
  const images = which === 'none' ? [] : await provideImages({ ...process.env, ...engine.env }, which);
  return { engine, images };
}

export type { LabEngine, LabServer, Site };
