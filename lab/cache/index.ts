/**
 * The Actions cache service, version 2, on loopback or a lab's network: what `@actions/cache` 6 and BuildKit speak to.
 *
 *     const cache = await startCache();
 *     // for a step: ACTIONS_RESULTS_URL=cache.url ACTIONS_RUNTIME_TOKEN=cache.token([...]) ACTIONS_CACHE_SERVICE_V2=True
 *     cache.entries; cache.evict(({ key }) => key.startsWith('state/')); cache.fault({ status: 503, times: 2 });
 *     await cache.stop();
 *
 * Held: entries are immutable within scope, key and version (409); a scope of the token is looked up after the other, in each the
 * exact key, then the newest entry that starts with the key, then each restore key; the version must be equal; signed urls
 * for ten minutes; single and block-list uploads, ranges. `lab/github` lists and deletes the same entries over REST.
 *
 * Not done: the 10 GB and 7 day limits (call `evict`), the upload rate limit (use `fault`), several repositories in one
 * service, signatures of the runtime token, Azure's own authentication and other blob operations, version 1 of the protocol.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Blobs } from './blobs.ts';
import { runtimeToken, type ScopeAccess, scopesOf } from './scopes.ts';

export type { ScopeAccess } from './scopes.ts';

export interface CacheEntry {
  readonly id: number;
  readonly key: string;
  readonly version: string;
  readonly scope: string;
  /** Bytes. */
  readonly size: number;
  readonly createdAt: Date;
  readonly lastAccessedAt: Date;
}

export interface CacheFault {
  /** The twirp method, e.g. `CreateCacheEntry`, or `blob`. Default: every request. */
  on?: 'GetCacheEntryDownloadURL' | 'CreateCacheEntry' | 'FinalizeCacheEntryUpload' | 'blob';
  /** Answer this status instead. */
  status?: number;
  headers?: Record<string, string>;
  /** Wait this many milliseconds first. */
  delay?: number;
  /** Reset the connection instead of an answer. */
  reset?: boolean;
  /** How many requests it hits. Default 1. */
  times?: number;
}

export interface LabCache {
  /** ACTIONS_RESULTS_URL, with a trailing slash. */
  readonly url: string;
  /** Finished entries, oldest first. */
  readonly entries: readonly CacheEntry[];
  /** `METHOD path` of every request. */
  readonly requests: { method: string; path: string; status: number }[];
  /** ACTIONS_RUNTIME_TOKEN for these scopes, own one first. `expiresInSeconds` default: 6 hours. */
  token(scopes: readonly ScopeAccess[], expiresInSeconds?: number): string;
  /** The archive's bytes. */
  content(entry: CacheEntry): Buffer | undefined;
  /** Removes entries as the service does on its own; how many. Default: all. */
  evict(matches?: (entry: CacheEntry) => boolean): number;
  fault(fault: CacheFault): { readonly hits: number };
  stop(): Promise<void>;
}

interface Stored extends CacheEntry {
  lastAccessedAt: Date;
  size: number;
  blob: string;
  finished: boolean;
}

const PREFIX = '/twirp/github.actions.results.api.v1.CacheService/';
const KEY_LENGTH = 512;

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @param host where it listens; builders on machines of a lab reach it at the site's `runnerAddress` */
export async function startCache(host = '127.0.0.1'): Promise<LabCache> {
  let stored: Stored[] = [];
  let faults: (CacheFault & { hits: number })[] = [];
  let sequence = 0;
  let origin = '';
  const blobs = new Blobs();
  const requests: LabCache['requests'] = [];

  const find = (
    scopes: readonly ScopeAccess[],
    keys: readonly string[],
    version: string,
  ): Stored | undefined => {
    for (const { scope } of scopes) {
      const mine = stored
        .filter((entry) => entry.finished && entry.scope === scope && entry.version === version)
        .toReversed();
      const exact = mine.find(({ key }) => key === keys[0]);
      if (exact) return exact;
      for (const prefix of keys) {
        const newest = mine.find(({ key }) => key.startsWith(prefix));
        if (newest) return newest;
      }
    }
    return undefined;
  };

  const keyOf = (body: Record<string, unknown>): { key: string; version: string } => {
    const { key, version } = body;
    if (typeof key !== 'string' || key === '' || key.length > KEY_LENGTH || key.includes(','))
      throw new Refusal(400, 'invalid_argument', 'key is invalid');
    if (typeof version !== 'string' || version === '')
      throw new Refusal(400, 'invalid_argument', 'version is required');
    return { key, version };
  };

  const methods: Record<string, (body: Record<string, unknown>, scopes: ScopeAccess[]) => unknown> = {
    GetCacheEntryDownloadURL(body, scopes) {
      const { key, version } = keyOf(body);
      const restore = Array.isArray(body['restore_keys'])
        ? body['restore_keys'].filter((one) => typeof one === 'string')
        : [];
      const found = find(scopes, [key, ...restore], version);
      if (!found) return { ok: false, signed_download_url: '', matched_key: '' };
      found.lastAccessedAt = new Date();
      return { ok: true, signed_download_url: blobs.sign(origin, found.blob, 'r'), matched_key: found.key };
    },
    CreateCacheEntry(body, scopes) {
      const { key, version } = keyOf(body);
      const own = scopes.find(({ permission }) => permission === 'write');
      if (!own)
        throw new Refusal(403, 'permission_denied', 'cache write denied: token has no writable scopes');
      const same = (entry: Stored): boolean =>
        entry.key === key && entry.version === version && entry.scope === own.scope;
      if (stored.some(same))
        throw new Refusal(
          409,
          'already_exists',
          'cache entry with the same key, version, and scope already exists',
        );
      const now = new Date();
      const entry = {
        id: ++sequence,
        key,
        version,
        scope: own.scope,
        size: 0,
        createdAt: now,
        lastAccessedAt: now,
        blob: randomUUID(),
        finished: false,
      };
      stored.push(entry);
      return { ok: true, signed_upload_url: blobs.sign(origin, entry.blob, 'w') };
    },
    FinalizeCacheEntryUpload(body, scopes) {
      const { key, version } = keyOf(body);
      const writable = scopes.filter(({ permission }) => permission === 'write').map(({ scope }) => scope);
      const entry = stored.find(
        (one) => !one.finished && one.key === key && one.version === version && writable.includes(one.scope),
      );
      const content = entry && blobs.get(entry.blob);
      if (!entry || !content) throw new Refusal(404, 'not_found', 'cache entry not found');
      if (String(body['size_bytes']) !== String(content.length))
        throw new Refusal(400, 'invalid_argument', 'size does not match the upload');
      entry.size = content.length;
      entry.finished = true;
      return { ok: true, entry_id: String(entry.id) };
    },
  };

  const takeFault = (path: string): CacheFault | undefined => {
    const kind = path.startsWith('/blobs/') ? 'blob' : path.slice(PREFIX.length);
    const fault = faults.find(
      ({ on, hits, times }) => (on === undefined || on === kind) && hits < (times ?? 1),
    );
    if (fault) fault.hits += 1;
    return fault;
  };

  const call = (path: string, request: IncomingMessage, body: Buffer): { status: number; data: unknown } => {
    try {
      const scopes = scopesOf(request.headers.authorization);
      if (!scopes) throw new Refusal(401, 'unauthenticated', 'invalid runtime token');
      const method =
        request.method === 'POST' && path.startsWith(PREFIX) ? methods[path.slice(PREFIX.length)] : undefined;
      if (!method) throw new Refusal(404, 'bad_route', `no handler for ${path}`);
      let parsed: unknown;
      try {
        parsed = JSON.parse(body.toString());
      } catch {
        throw new Refusal(400, 'malformed', 'the body is no JSON');
      }
      return { status: 200, data: method((parsed ?? {}) as Record<string, unknown>, scopes) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, data: { code: error.code, msg: error.message } };
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', origin);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const record = { method: request.method ?? '', path: url.pathname, status: 0 };
    requests.push(record);
    response.on('finish', () => {
      record.status = response.statusCode;
    });
    const fault = takeFault(url.pathname);
    if (fault?.delay !== undefined) await sleep(fault.delay);
    if (fault?.reset) response.socket?.resetAndDestroy();
    else if (fault?.status !== undefined) {
      response
        .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
        .end('{"code":"unavailable","msg":"lab fault"}');
    } else if (url.pathname.startsWith('/blobs/')) blobs.serve(request, url, body, response);
    else {
      const { status, data } = call(url.pathname, request, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
    }
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  origin = `http://${host}:${(server.address() as AddressInfo).port}`;

  return {
    url: `${origin}/`,
    requests,
    get entries() {
      return stored.filter(({ finished }) => finished);
    },
    token: (scopes, expiresInSeconds = 6 * 3600) => runtimeToken(scopes, expiresInSeconds),
    content: (entry) => {
      const found = stored.find(({ id }) => id === entry.id);
      return found && blobs.get(found.blob);
    },
    evict(matches = () => true) {
      const gone = stored.filter((entry) => entry.finished && matches(entry));
      stored = stored.filter((entry) => !gone.includes(entry));
      for (const { blob } of gone) blobs.delete(blob);
      return gone.length;
    },
    fault(fault) {
      const armed = { ...fault, hits: 0 };
      faults.push(armed);
      return armed;
    },
    async stop() {
      faults = [];
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
