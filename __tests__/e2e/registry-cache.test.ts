import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as cache from '@actions/cache';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCache } from '../../lab/cache/index.ts';
import type { Clock } from '../../src/effects.ts';
import type { RollbackRegistry } from '../../src/state/schema.ts';
import type { CacheClient } from '../../src/state/cache.ts';
import { CACHE_PATH, createRegistryCache } from '../../src/state/cache.ts';
import { workspaceFiles } from '../../src/state/workspace-files.ts';
import { memoryLog } from '../helpers/git-data-double.ts';

jest.setTimeout(60_000);

/** `@actions/cache` asks for a whole runner around it. */
const folders: string[] = [];
const home = process.cwd();
const environment = { ...process.env };
let lab: Awaited<ReturnType<typeof startCache>>;
let workspace: string;

/** Real time; with a divisor, limits come sooner. */
const clockOf = (divisor = 1): Clock => ({
  now: () => new Date(),
  sleep: (milliseconds, signal) => delay(milliseconds / divisor, undefined, signal ? { signal } : {}),
});

function registryCache(target: string, over: { client?: CacheClient; clock?: Clock } = {}) {
  const log = memoryLog();
  const files = workspaceFiles(workspace);
  const { client = cache, clock = clockOf() } = over;
  return { ...createRegistryCache({ cache: client, files, target, clock, log }), warnings: log.warnings };
}

function registryAt(revision: number): RollbackRegistry {
  const image = `shop-backend:v${revision}`;
  return {
    revision,
    services: {
      backend: {
        current: image,
        previous: null,
        history: [
          { tag: `v${revision}`, image, deployed_at: '2026-01-01T00:00:00+00:00', status: 'success' },
        ],
      },
    },
  };
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-cache-'));
  folders.push(folder);
  return folder;
}

/** What an Actions job on main gets; nobody checks the signature on this machine. */
function runtimeToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const scopes = JSON.stringify([{ Scope: 'refs/heads/main', Permission: 3 }]);
  const claims = { ac: scopes, repository_id: '1', exp: Math.floor(Date.now() / 1000) + 3600 };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.none`;
}

beforeAll(async () => {
  lab = await startCache();
  workspace = await temporary();
  process.chdir(workspace);
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: new URL('/', lab.url).href,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    RUNNER_TEMP: await temporary(),
    GITHUB_WORKSPACE: workspace,
    GITHUB_SERVER_URL: 'https://github.com',
  });
});
afterAll(async () => {
  process.chdir(home);
  for (const name of Object.keys(process.env))
    if (!(name in environment)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  await lab.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('S2: the registry through the real @actions/cache', () => {
  it('S2: saved, restored newest first, by target; nothing stays in the workspace', async () => {
    const production = registryCache('prod');
    expect(await production.restore()).toBeUndefined();
    expect(await production.save(registryAt(9), { run_id: '1', attempt: 1 })).toBe(true);
    expect(await production.save(registryAt(10), { run_id: '2', attempt: 1 })).toBe(true);
    expect(await production.restore()).toEqual(registryAt(10));
    expect(await production.restore(9)).toEqual(registryAt(10));
    expect(await production.restore(10)).toBeUndefined();
    expect(await registryCache('prod-eu').restore()).toBeUndefined();
    expect(production.warnings).toEqual([]);
    expect(await readdir(workspace)).toEqual([]);
  });

  it('S2: entries are immutable; the second save of one attempt is a warning', async () => {
    const target = registryCache('twice');
    expect(await target.save(registryAt(1), { run_id: '1', attempt: 1 })).toBe(true);
    expect(await target.save(registryAt(1), { run_id: '1', attempt: 1 })).toBe(false);
    expect(target.warnings).toHaveLength(1);
  });

  it('S2: an evicted entry is no error', async () => {
    const target = registryCache('evicted');
    await target.save(registryAt(1), { run_id: '1', attempt: 1 });
    expect(await target.restore()).toEqual(registryAt(1));
    lab.evict(() => true);
    expect(await target.restore()).toBeUndefined();
    expect(target.warnings).toEqual([]);
  });

  it('S2: an entry in which another job packed a link reads nothing outside the workspace', async () => {
    const target = registryCache('linked');
    await target.save(registryAt(1), { run_id: '1', attempt: 1 });
    const prefix = lab.entries.at(-1)?.key.replace(/[^/]*$/, '') ?? '';
    const outside = join(await temporary(), 'secret.json');
    await writeFile(outside, JSON.stringify(registryAt(7)));
    await mkdir(join(workspace, '.gonsautopilot'));
    await symlink(outside, join(workspace, CACHE_PATH));
    await cache.saveCache([CACHE_PATH], `${prefix}7-7.1`);
    await rm(join(workspace, '.gonsautopilot'), { recursive: true });
    expect(await target.restore()).toBeUndefined();
    expect(target.warnings).toHaveLength(1);
  });

  it('S2: a server that answers 503 costs a bounded time, once, and no error', async () => {
    const down = createServer((_request, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
    await once(down, 'listening');
    const working = process.env['ACTIONS_RESULTS_URL'];
    process.env['ACTIONS_RESULTS_URL'] = `http://127.0.0.1:${(down.address() as AddressInfo).port}/`;
    const unseen: Promise<unknown>[] = [];
    const client: CacheClient = {
      saveCache: () => Promise.reject(new Error('must not be asked again')),
      restoreCache: (...call) => {
        const answer = cache.restoreCache(...call);
        unseen.push(answer);
        return answer;
      },
    };
    const target = registryCache('down', { client, clock: clockOf(30) });
    const started = Date.now();
    expect(await target.restore()).toBeUndefined();
    expect(await target.save(registryAt(1), { run_id: '1', attempt: 1 })).toBe(false);
    expect(Date.now() - started).toBeLessThan(2500);
    expect(target.warnings).toEqual([
      expect.stringContaining('no answer within 15 s'),
      expect.stringContaining('did not answer before'),
    ]);
    down.closeAllConnections();
    down.close();
    await Promise.all(unseen);
    process.env['ACTIONS_RESULTS_URL'] = working;
  });
});
