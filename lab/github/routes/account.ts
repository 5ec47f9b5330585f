/** What is not about one repository's content: workflow runs, cache entries over REST, rate limit, users. */
import { type Answer, ApiError, type Context, notFound, paged, type Route } from '../http.ts';
import { userView } from '../views.ts';

/** The cache service as the REST API sees it; `lab/cache` fulfils it. */
export interface CacheStore {
  readonly entries: readonly CacheRecord[];
  evict(matches: (entry: CacheRecord) => boolean): number;
}

export interface CacheRecord {
  readonly id: number;
  readonly key: string;
  readonly version: string;
  /** Scope, e.g. `refs/heads/main`. */
  readonly scope: string;
  /** Bytes. */
  readonly size: number;
  readonly createdAt: Date;
  readonly lastAccessedAt: Date;
}

const base = '/repos/{owner}/{repo}';

function cacheView(entry: CacheRecord) {
  return {
    id: entry.id,
    ref: entry.scope,
    key: entry.key,
    version: entry.version,
    size_in_bytes: entry.size,
    created_at: entry.createdAt.toISOString(),
    last_accessed_at: entry.lastAccessedAt.toISOString(),
  };
}

export function accountRoutes(store: CacheStore | undefined): Route[] {
  const matching = ({ query }: Context, prefix: boolean): CacheRecord[] => {
    const key = query.get('key') ?? '';
    const ref = query.get('ref');
    return (store?.entries ?? []).filter(
      (entry) =>
        (prefix ? entry.key.startsWith(key) : entry.key === key) && (ref === null || entry.scope === ref),
    );
  };
  const remove = (entries: readonly CacheRecord[]): void => {
    store?.evict((entry) => entries.includes(entry));
  };
  const list = (context: Context): Answer => {
    const found = matching(context, true).toSorted(
      (a, b) => b.lastAccessedAt.getTime() - a.lastAccessedAt.getTime(),
    );
    const { items, headers } = paged(context, found);
    return { data: { total_count: found.length, actions_caches: items.map(cacheView) }, headers };
  };
  const removeByKey = (context: Context): Answer => {
    if (!context.query.get('key')) throw new ApiError(422, 'Invalid request.\n\n"key" wasn\'t supplied.');
    const found = matching(context, false);
    if (found.length === 0) throw notFound();
    remove(found);
    return { data: { total_count: found.length, actions_caches: found.map(cacheView) } };
  };
  const removeById = ({ params }: Context): Answer => {
    const found = (store?.entries ?? []).filter(({ id }) => String(id) === params['id']);
    if (found.length === 0) throw notFound();
    remove(found);
    return { status: 204 };
  };
  const workflowRun = ({ params, repository }: Context): Answer => {
    const id = Number(params['id']);
    const status = repository.workflowRuns.get(id);
    if (status === undefined) throw notFound();
    return { data: { id, status } };
  };
  return [
    { method: 'GET', path: `${base}/actions/runs/{id}`, needs: ['actions', 'read'], handler: workflowRun },
    { method: 'GET', path: `${base}/actions/caches`, needs: ['actions', 'read'], handler: list },
    { method: 'DELETE', path: `${base}/actions/caches`, needs: ['actions', 'write'], handler: removeByKey },
    {
      method: 'DELETE',
      path: `${base}/actions/caches/{id}`,
      needs: ['actions', 'write'],
      handler: removeById,
    },
  ];
}

export function userAnswer(path: string, login: string, api: string): Answer | undefined {
  if (path === '/user') return { data: userView(login, api) };
  const match = /^\/users\/([^/]+)$/.exec(path);
  return match ? { data: userView(decodeURIComponent(match[1] ?? ''), api) } : undefined;
}
