/** What the server holds, and reading a request. */
import type { Faults } from './faults.ts';
import { ApiError, type CompiledRoute } from './http.ts';
import type { LabRepository } from './repository.ts';
import type { Tokens } from './tokens.ts';

export interface RequestRecord {
  method: string;
  /** Without base path and query, undecoded. */
  path: string;
  query: string;
  /** The token's value, undefined without one. */
  token: string | undefined;
  /** 0 when the connection was reset instead of an answer. */
  status: number;
  /** The parsed JSON body, where there was one. */
  body: unknown;
}

export interface World {
  repositories: Map<string, LabRepository>;
  tokens: Tokens;
  faults: Faults;
  requests: RequestRecord[];
  routes: CompiledRoute[];
  basePath: string;
  /** `http://127.0.0.1:port` */
  origin: () => string;
}

export interface Incoming {
  method: string;
  path: string;
  search: string;
  headers: Record<string, string | undefined>;
  body: Buffer;
}

export function jsonOf(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new ApiError(400, 'Problems parsing JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiError(400, 'Body should be a JSON object');
  return value as Record<string, unknown>;
}

/** The repository a path is about, in the API's or in git's form, and the rest of the path. */
export function repositoryOf(
  world: World,
  path: string,
): { repository: LabRepository | undefined; name: string; rest: string; api: boolean } | undefined {
  const api = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path);
  const web = api
    ? null
    : /^\/([^/]+\/[^/]+?)(?:\.git)?(\/info\/refs|\/git-(?:upload|receive)-pack)$/.exec(path);
  const match = api ?? web;
  if (!match) return undefined;
  const name = match[1] ?? '';
  return {
    repository: world.repositories.get(name.toLowerCase()),
    name,
    rest: match[2] ?? '',
    api: api !== null,
  };
}
