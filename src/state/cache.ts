import { createHash } from 'node:crypto';
import type { Clock, Log } from '../effects.ts';
import { withLimit } from '../limit.ts';
import { RollbackRegistry } from './schema.ts';

/** The two functions of `@actions/cache`; the module itself fits. */
export interface CacheClient {
  saveCache(paths: string[], key: string): Promise<number>;
  restoreCache(
    paths: string[],
    primaryKey: string,
    restoreKeys?: string[],
    options?: { lookupOnly?: boolean },
  ): Promise<string | undefined>;
}

/** The files of the workspace that the cache packs and unpacks; paths are relative to it. */
export interface WorkspaceFiles {
  /** The text, or undefined when there is no such file; may refuse what is larger than `limit` bytes. */
  read(path: string, limit: number): Promise<string | undefined>;
  /** Makes the folder too. */
  write(path: string, text: string): Promise<void>;
  /** Removes the file and its folder, if they are there. */
  remove(path: string): Promise<void>;
}

export interface RegistryCacheOptions {
  cache: CacheClient;
  files: WorkspaceFiles;
  /** The server, as in `deploy.target`. */
  target: string;
  clock: Clock;
  log: Log;
}

export interface RegistryCache {
  /**
   * The newest copy, if there is one that can be read. Never rejects. What comes is a claim: see `reconcile`. Give the
   * branch's revision where there is one: then only a copy that calls itself newer is unpacked at all, because
   * `@actions/cache` unpacks with absolute names allowed, and any job of the default branch may have packed it.
   */
  restore(newerThan?: number): Promise<RollbackRegistry | undefined>;
  /** Saves a copy; false (and a warning) when that did not work. Never rejects. */
  save(registry: RollbackRegistry, run: { run_id: string; attempt: string | number }): Promise<boolean>;
}

/** The literal path is part of an entry's version: it is the same for every run, machine and release of this action. */
export const CACHE_PATH = '.gonsautopilot/rollback-registry.json';
/** Milliseconds; a server that is down costs up to 28 s a call, and the cache is only the second copy. */
const LIMIT = 15_000;
/** Bytes of a registry. */
const MAX_SIZE = 2_000_000;

/** Rule S2: the rollback registry in the Actions cache, one entry for each revision of a target. */
export function createRegistryCache({
  cache,
  files,
  target,
  clock,
  log,
}: RegistryCacheOptions): RegistryCache {
  // Only a prefix that ends with a slash cannot match another target's.
  const prefix = `gonsautopilot-registry/${createHash('sha256').update(target).digest('hex').slice(0, 16)}/`;

  let silent = false;

  async function limited<T>(call: () => Promise<T>): Promise<T> {
    // A call that was given up goes on unseen and may still unpack its file: no other may then use that place.
    if (silent) throw new Error('it did not answer before');
    let settled = false;
    try {
      return await withLimit(clock, LIMIT, () => call().finally(() => (settled = true)));
    } finally {
      silent = !settled;
    }
  }

  async function withFile<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      log.warning(
        `The rollback registry could not be ${what} the Actions cache (${(error as Error).message}); the state branch has it.`,
      );
      return undefined;
    } finally {
      await files.remove(CACHE_PATH).catch(() => undefined);
    }
  }

  return {
    restore: (newerThan) =>
      withFile('read from', async () => {
        await files.remove(CACHE_PATH);
        if (newerThan !== undefined) {
          const found = await limited(() =>
            cache.restoreCache([CACHE_PATH], prefix, [], { lookupOnly: true }),
          );
          const revision = /^(\d{1,15})-/.exec(found?.slice(prefix.length) ?? '')?.[1];
          if (revision === undefined || Number(revision) <= newerThan) return undefined;
        }
        const key = await limited(() => cache.restoreCache([CACHE_PATH], prefix, []));
        if (key === undefined) return undefined;
        if (!key.startsWith(prefix)) throw new Error('it answered with a foreign entry');
        const text = await files.read(CACHE_PATH, MAX_SIZE);
        if (text === undefined) throw new Error('the entry holds no registry');
        return parsed(text);
      }),

    save: async (registry, { run_id, attempt }) => {
      const saved = await withFile('saved in', async () => {
        await files.write(CACHE_PATH, `${JSON.stringify(registry)}\n`);
        const key = `${prefix}${registry.revision}-${run_id}.${attempt}`;
        const id = await limited(() => cache.saveCache([CACHE_PATH], key));
        if (id === -1) throw new Error('it did not take the entry');
        return true;
      });
      return saved ?? false;
    },
  };
}

function parsed(text: string): RollbackRegistry {
  if (text.length > MAX_SIZE) throw new Error('the entry is too large');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote bytes that anybody may have put there.
    throw new Error('the entry is no JSON');
  }
  const registry = RollbackRegistry.safeParse(value);
  if (!registry.success) throw new Error('the entry has not the form of a registry');
  return registry.data;
}
