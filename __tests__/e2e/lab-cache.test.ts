/** The lab's cache service with the real client, in a process of its own as in a step of a job. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getOctokit } from '@actions/github';
import { AnonymousCredential, BlockBlobClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type LabCache, type ScopeAccess, startCache } from '../../lab/cache/index.ts';
import { type LabGitHub, startGitHub } from '../../lab/github/index.ts';
import { runJob } from '../../lab/runner/index.ts';

const MAIN: ScopeAccess = { scope: 'refs/heads/main', permission: 'write' };
const NAME = { owner: 'gons', repo: 'shop' };
const client = fileURLToPath(import.meta.resolve('@actions/cache'));

let cache: LabCache;
let github: LabGitHub;
let actionDir: string;

beforeAll(async () => {
  cache = await startCache();
  github = await startGitHub({ cache });
  await (await github.createRepository('gons/shop')).commit('main', { a: 'a' });
  actionDir = mkdtempSync(join(tmpdir(), 'lab-cache-action-'));
  writeFileSync(
    join(actionDir, 'action.yml'),
    'inputs: { script: {} }\nruns: { using: node24, main: main.mjs }\n',
  );
  writeFileSync(
    join(actionDir, 'main.mjs'),
    `import * as cache from ${JSON.stringify(client)};
     import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
     await eval('(async () => {' + process.env.INPUT_SCRIPT + '})()');`,
  );
});
afterAll(async () => {
  rmSync(actionDir, { recursive: true, force: true });
  await github.stop();
  await cache.stop();
});
afterEach(() => {
  cache.evict();
});

async function step(script: string): Promise<string> {
  const result = await runJob({
    github,
    cache,
    repository: 'gons/shop',
    steps: [{ id: 'it', uses: actionDir, with: { script } }],
  });
  await result.cleanup();
  return result.log;
}

async function call(method: string, body: Record<string, unknown>, scopes: ScopeAccess[] = [MAIN]) {
  const answer = await fetch(`${cache.url}twirp/github.actions.results.api.v1.CacheService/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cache.token(scopes)}` },
    body: JSON.stringify({ version: 'v1', ...body }),
  });
  return { status: answer.status, data: (await answer.json()) as Record<string, string | boolean> };
}

async function put(key: string, { scope = MAIN, version = 'v1', content = key } = {}): Promise<void> {
  const { data } = await call('CreateCacheEntry', { key, version }, [scope]);
  const uploaded = await fetch(String(data['signed_upload_url']), {
    method: 'PUT',
    body: content,
    headers: { 'x-ms-blob-type': 'BlockBlob' },
  });
  expect(uploaded.status).toBe(201);
  expect(
    (
      await call(
        'FinalizeCacheEntryUpload',
        { key, version, size_bytes: String(Buffer.byteLength(content)) },
        [scope],
      )
    ).data['ok'],
  ).toBe(true);
}

describe('with @actions/cache', () => {
  test('saves and restores in a later job, by prefix too; a second save under the same key is refused', async () => {
    const save = `mkdirSync('state'); writeFileSync('state/x.txt', 'kept'); console.log('saved', await cache.saveCache(['state'], 'state/1'));`;
    expect(await step(save)).toMatch(/saved [1-9]/);
    expect(await step(save)).toMatch(/saved -1/);
    expect(
      await step(
        "console.log('hit', await cache.restoreCache(['state'], 'state/2', ['state/']), readFileSync('state/x.txt', 'utf8'))",
      ),
    ).toContain('hit state/1 kept');
    expect(await step("console.log('hit', await cache.restoreCache(['state'], 'other/'))")).toContain(
      'hit undefined',
    );
    expect(cache.entries.map(({ key, scope }) => [key, scope])).toEqual([['state/1', 'refs/heads/main']]);
  }, 20_000);

  test("the client's storage library uploads in blocks when the archive is large, and the blob comes back whole and in ranges", async () => {
    const content = Buffer.from(Array.from({ length: 3_000_001 }, (_, index) => index % 251));
    const url = String((await call('CreateCacheEntry', { key: 'big' })).data['signed_upload_url']);
    const limits = { blockSize: 1 << 20, maxSingleShotSize: 1 << 20, concurrency: 2 };
    await new BlockBlobClient(url, new AnonymousCredential()).uploadData(content, limits);
    expect(
      (await call('FinalizeCacheEntryUpload', { key: 'big', size_bytes: String(content.length) })).status,
    ).toBe(200);
    expect(
      cache.requests.filter(({ method, path }) => method === 'PUT' && path.startsWith('/blobs/')).length,
    ).toBeGreaterThanOrEqual(4);
    const download = String(
      (await call('GetCacheEntryDownloadURL', { key: 'big' })).data['signed_download_url'],
    );
    expect(Buffer.from(await (await fetch(download)).arrayBuffer()).equals(content)).toBe(true);
    // HTTP's own header, and Azure's, which BuildKit sends.
    for (const name of ['range', 'x-ms-range']) {
      const part = await fetch(download, { headers: { [name]: 'bytes=3000000-9000000' } });
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        'bytes 3000000-3000000/3000001',
      ]);
    }
  });
});

describe('look-up', () => {
  const get = async (key: string, restore: string[] = [], scopes = [MAIN], version = 'v1') =>
    (await call('GetCacheEntryDownloadURL', { key, restore_keys: restore, version }, scopes)).data;

  test('exact before newest prefix before restore keys; the version must match', async () => {
    for (const key of ['prod/1', 'prod/12', 'dev/1']) await put(key);
    expect((await get('prod/1'))['matched_key']).toBe('prod/1');
    expect((await get('prod/'))['matched_key']).toBe('prod/12');
    expect((await get('none', ['x', 'dev/']))['matched_key']).toBe('dev/1');
    expect(await get('prod/1', [], [MAIN], 'v2')).toMatchObject({ ok: false });
  });

  test('own scope first, then the base; a branch is not seen from main; a reader cannot write', async () => {
    const branch: ScopeAccess = { scope: 'refs/heads/topic', permission: 'write' };
    await put('k/1');
    await put('k/0', { scope: branch });
    const reader: ScopeAccess = { ...MAIN, permission: 'read' };
    expect((await get('k/', [], [branch, reader]))['matched_key']).toBe('k/0');
    expect((await get('k/1', [], [branch, reader]))['matched_key']).toBe('k/1');
    expect(await get('k/0')).toMatchObject({ ok: false });
    expect((await call('CreateCacheEntry', { key: 'new' }, [reader])).status).toBe(403);
  });

  test('an entry is immutable (409), unfinished ones are not found, and wrong urls, tokens and sizes are refused', async () => {
    const { data } = await call('CreateCacheEntry', { key: 'once' });
    expect((await call('CreateCacheEntry', { key: 'once' })).data['code']).toBe('already_exists');
    expect(await get('once')).toMatchObject({ ok: false });
    const url = String(data['signed_upload_url']);
    expect((await fetch(url.replace(/sig=\w/, 'sig=_'), { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(url)).status).toBe(403);
    await fetch(url, { method: 'PUT', body: 'x', headers: { 'x-ms-blob-type': 'BlockBlob' } });
    expect((await call('FinalizeCacheEntryUpload', { key: 'once', size_bytes: '2' })).status).toBe(400);
    expect((await call('CreateCacheEntry', { key: 'a,b' })).status).toBe(400);
    expect((await fetch(`${cache.url}twirp/x`, { method: 'POST', body: '{}' })).status).toBe(401);
  });
});

test('faults: so many answers are 503, slow or reset, then it works again', async () => {
  const fault = cache.fault({ on: 'CreateCacheEntry', status: 503, times: 2 });
  expect([
    (await call('CreateCacheEntry', { key: 'f' })).status,
    (await call('CreateCacheEntry', { key: 'f' })).status,
  ]).toEqual([503, 503]);
  expect([(await call('CreateCacheEntry', { key: 'f' })).status, fault.hits]).toEqual([200, 2]);
  cache.fault({ reset: true });
  await expect(call('CreateCacheEntry', { key: 'g' })).rejects.toThrow();
  cache.fault({ delay: 150 });
  const start = performance.now();
  await call('GetCacheEntryDownloadURL', { key: 'f' });
  expect(performance.now() - start).toBeGreaterThan(140);
});

test('the REST API lists by prefix and deletes what the service holds', async () => {
  for (const key of ['state/1', 'state/2', 'other']) await put(key);
  const { actions } = getOctokit(github.token({ actions: 'write' }), { baseUrl: github.url }).rest;
  const listed = (await actions.getActionsCacheList({ ...NAME, key: 'state/' })).data;
  expect([listed.total_count, listed.actions_caches[0]?.ref]).toEqual([2, 'refs/heads/main']);
  await actions.deleteActionsCacheByKey({ ...NAME, key: 'state/1' });
  await actions.deleteActionsCacheById({
    ...NAME,
    cache_id: listed.actions_caches.find(({ key }) => key === 'state/2')?.id ?? 0,
  });
  expect(cache.entries.map(({ key }) => key)).toEqual(['other']);
  expect(
    await actions
      .deleteActionsCacheByKey({ ...NAME, key: 'gone' })
      .catch(({ status }: { status: number }) => status),
  ).toBe(404);
  const denied = getOctokit(github.token({ actions: 'read' }), { baseUrl: github.url }).rest.actions;
  expect(
    await denied
      .deleteActionsCacheByKey({ ...NAME, key: 'other' })
      .catch(({ status }: { status: number }) => status),
  ).toBe(403);
});
