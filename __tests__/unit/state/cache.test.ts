import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../src/effects.ts';
import { emptyRegistry, recordRelease } from '../../../src/pipeline/registry.ts';
import type { CacheClient, WorkspaceFiles } from '../../../src/state/cache.ts';
import { CACHE_PATH, createRegistryCache } from '../../../src/state/cache.ts';
import { memoryLog } from '../../helpers/git-data-double.ts';

const TARGET = 'deploy@server:22';
const registry = recordRelease(
  emptyRegistry(),
  {
    services: { backend: { image: 'shop-backend:v1', tag: 'v1' } },
    pipeline_id: 'run-1',
    target: TARGET,
    at: '2026-01-01T00:00:00Z',
  },
  5,
);

function filesDouble(): WorkspaceFiles & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    read: (path) => Promise.resolve(texts.get(path)),
    write: (path, text) => Promise.resolve(void texts.set(path, text)),
    remove: (path) => Promise.resolve(void texts.delete(path)),
  };
}

/** Immutable entries, newest match by prefix. */
function cacheDouble(files: ReturnType<typeof filesDouble>) {
  const entries: { key: string; text: string }[] = [];
  const client: CacheClient = {
    saveCache: ([path = ''], key) => {
      if (entries.some((entry) => entry.key === key)) return Promise.resolve(-1);
      return Promise.resolve(entries.push({ key, text: files.texts.get(path) ?? '' }));
    },
    restoreCache: ([path = ''], primaryKey, _restoreKeys, options) => {
      const found = entries.findLast(({ key }) => key.startsWith(primaryKey));
      if (found && !options?.lookupOnly) files.texts.set(path, found.text);
      return Promise.resolve(found?.key);
    },
  };
  return { entries, client };
}

/** Time that never passes, so that no limit is ever reached, and time that is over at once. */
const still: Clock = { now: () => new Date(0), sleep: () => new Promise(() => undefined) };
const hasty: Clock = { now: () => new Date(0), sleep: () => Promise.resolve() };

function setUp(over: { client?: CacheClient; clock?: Clock; target?: string } = {}) {
  const files = filesDouble();
  const { entries, client } = cacheDouble(files);
  const log = memoryLog();
  const { target = 'deploy@192.0.2.1', clock = still } = over;
  const make = (to = target) =>
    createRegistryCache({ cache: over.client ?? client, files, target: to, clock, log });
  return { files, entries, log, make, cache: make() };
}

describe('S2: the registry in the Actions cache', () => {
  it('S2: what was saved is restored, the newest first, and nothing stays in the workspace', async () => {
    const { cache, entries, files, log } = setUp();
    expect(await cache.restore()).toBeUndefined();
    expect(await cache.save(registry, { run_id: '70', attempt: 2 })).toBe(true);
    const second = { ...registry, revision: 2 };
    expect(await cache.save(second, { run_id: '71', attempt: '1' })).toBe(true);
    expect(await cache.restore()).toEqual(second);
    expect(entries.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^gonsautopilot-registry\/[0-9a-f]{16}\/1-70\.2$/),
      expect.stringMatching(/^gonsautopilot-registry\/[0-9a-f]{16}\/2-71\.1$/),
    ]);
    expect(files.texts.size).toBe(0);
    expect(log.warnings).toEqual([]);
  });

  it.each([
    [0, true],
    [1, false],
    [2, false],
  ])(
    'S2: with revision %i on the branch, the copy of revision 1 is unpacked: %s',
    async (revision, unpacked) => {
      const { files, make, cache } = setUp();
      await cache.save(registry, { run_id: '1', attempt: 1 });
      const reads: string[] = [];
      const read = files.read;
      files.read = (path, limit) => (reads.push(path), read(path, limit));
      expect(await make().restore(revision)).toEqual(unpacked ? registry : undefined);
      expect(reads).toHaveLength(unpacked ? 1 : 0);
    },
  );

  it('S2: another target is never matched, not even one whose name starts the same', async () => {
    const { make } = setUp();
    await make('prod').save(registry, { run_id: '1', attempt: 1 });
    expect(await make('prod-eu').restore()).toBeUndefined();
    expect(await make('prod').restore()).toEqual(registry);
  });

  it('S2: the key has neither a comma nor too many characters, whatever the target is called', async () => {
    const { make, entries } = setUp();
    await make(`${'long,'.repeat(500)}@host`).save(registry, { run_id: '1', attempt: 1 });
    expect(entries[0]?.key).toMatch(/^[^,]{1,512}$/);
  });

  it('S2: saving the same revision of the same attempt twice is a warning, not an error', async () => {
    const { cache, log } = setUp();
    await cache.save(registry, { run_id: '1', attempt: 1 });
    expect(await cache.save(registry, { run_id: '1', attempt: 1 })).toBe(false);
    expect(log.warnings).toEqual([expect.stringContaining('the state branch has it')]);
  });

  const failing = (error: Error): CacheClient => ({
    saveCache: () => Promise.reject(error),
    restoreCache: () => Promise.reject(error),
  });
  const hanging: CacheClient = {
    saveCache: () => new Promise(() => undefined),
    restoreCache: () => new Promise(() => undefined),
  };
  it.each([
    [
      'a missing runtime token',
      failing(new Error('Unable to get the ACTIONS_RUNTIME_TOKEN')),
      still,
      /TOKEN/,
      /TOKEN/,
    ],
    ['a server that hangs, once', hanging, hasty, /no answer within 15 s/, /did not answer before/],
  ])('S2: %s costs a warning and a bounded time', async (_title, client, clock, first, second) => {
    const { cache, log, files } = setUp({ client, clock });
    expect(await cache.restore()).toBeUndefined();
    expect(await cache.save(registry, { run_id: '1', attempt: 1 })).toBe(false);
    expect(log.warnings).toEqual([expect.stringMatching(first), expect.stringMatching(second)]);
    expect(files.texts.size).toBe(0);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"secret-looking'],
    ['a list', '[]'],
    ['another shape', '{"services":{"backend":7}}'],
    ['too much', `{"services":{},"x":"${'y'.repeat(2_000_001)}"}`],
  ])('S2: an entry that holds %s is not believed, and not quoted', async (_title, text) => {
    const { cache, entries, log } = setUp();
    await cache.save(registry, { run_id: '1', attempt: 1 });
    entries.push({ key: `${entries[0]?.key}x`, text });
    expect(await cache.restore()).toBeUndefined();
    expect(log.warnings).toHaveLength(1);
    expect(log.warnings[0]).not.toContain('secret-looking');
  });

  it('S2: an entry without the file, and a foreign key, are not believed', async () => {
    for (const key of ['gonsautopilot-registry/other/1-1.1', undefined]) {
      const client: CacheClient = {
        saveCache: () => Promise.resolve(1),
        restoreCache: (_paths, primaryKey) => Promise.resolve(key ?? `${primaryKey}1-1.1`),
      };
      const { cache, log } = setUp({ client });
      expect(await cache.restore()).toBeUndefined();
      expect(log.warnings).toHaveLength(1);
    }
  });

  it('S2: a file that lay in the workspace before is not taken for the cache', async () => {
    const { cache, files } = setUp();
    files.texts.set(CACHE_PATH, JSON.stringify(registry));
    expect(await cache.restore()).toBeUndefined();
  });
});
