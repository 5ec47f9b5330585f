/** What a handler sees and answers; routes, GitHub's error bodies, paging. */
import type { LabRepository } from './repository.ts';
import type { Access, PermissionName, Token } from './tokens.ts';

export interface Context {
  repository: LabRepository;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
  token: Token | undefined;
  accept: string;
  /** The API's address without trailing slash, for the `url` fields. */
  api: string;
  /** The address of this request without query, for Link headers. */
  self: string;
  /** The web and git address. */
  server: string;
  /** Read refs as they were before their last write. */
  stale: boolean;
}

export interface Answer {
  status?: number;
  data?: unknown;
  raw?: Buffer;
  headers?: Record<string, string>;
}

export class ApiError extends Error {
  readonly status: number;
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;
  constructor(
    status: number,
    message: string,
    extra: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.extra = extra;
    this.headers = headers;
  }
}

export const DOCUMENTATION = 'https://docs.github.com/rest';

export function errorAnswer(error: ApiError): Answer {
  const data = {
    message: error.message,
    ...error.extra,
    documentation_url: DOCUMENTATION,
    status: String(error.status),
  };
  return { status: error.status, data, headers: error.headers };
}

export const notFound = (): ApiError => new ApiError(404, 'Not Found');
export const invalid = (message: string, errors?: unknown[]): ApiError =>
  new ApiError(422, message, errors ? { errors } : {});

/** The git database of a repository without any ref answers 409 to everything. */
export async function refuseEmpty({ repository }: Context): Promise<void> {
  const any = await repository.git(['for-each-ref', '--count=1', '--format=%(refname)']);
  if (any === '') throw new ApiError(409, 'Git Repository is empty.');
}

export type Handler = (context: Context) => Promise<Answer> | Answer;

export interface Route {
  method: string;
  /** Segments `{x}`, or `{x+}` for a rest with slashes. */
  path: string;
  needs?: readonly [PermissionName, Access];
  handler: Handler;
}

export interface CompiledRoute extends Route {
  pattern: RegExp;
  names: string[];
}

export function compile(route: Route): CompiledRoute {
  const names: string[] = [];
  const source = route.path.replace(/\{(\w+)(\+?)\}|[.]/g, (text, name: string | undefined, rest: string) => {
    if (name === undefined) return `\\${text}`;
    names.push(name);
    return rest ? '(.+)' : '([^/]+)';
  });
  return { ...route, pattern: new RegExp(`^${source}$`), names };
}

export function matchRoute(
  routes: readonly CompiledRoute[],
  method: string,
  path: string,
): [CompiledRoute, Record<string, string>] | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const match = route.pattern.exec(path);
    if (!match) continue;
    try {
      const params = route.names.map(
        (name, index) => [name, decodeURIComponent(match[index + 1] ?? '')] as const,
      );
      return [route, Object.fromEntries(params)];
    } catch {
      throw new ApiError(400, 'Problems decoding the path');
    }
  }
  return undefined;
}

/** A required string of the request's body. */
export function text(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '')
    throw invalid(`Invalid request.\n\n"${name}" wasn't supplied.`);
  return value;
}

export function optionalText(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw invalid(`Invalid request.\n\nFor 'properties/${name}', ${JSON.stringify(value)} is not a string.`);
  return value;
}

export function texts(body: Record<string, unknown>, name: string): string[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw invalid(`Invalid request.\n\n"${name}" is not an array of strings.`);
  return value as string[];
}

export function pageOf(query: URLSearchParams, fallback = 30): { page: number; perPage: number } {
  const number = (name: string, otherwise: number): number => {
    const value = Number.parseInt(query.get(name) ?? '', 10);
    return Number.isFinite(value) && value > 0 ? value : otherwise;
  };
  return { page: number('page', 1), perPage: Math.min(100, number('per_page', fallback)) };
}

/** The Link header of page `page` out of `total` items; none when everything fits on one. */
export function linkHeader(
  context: Context,
  page: number,
  perPage: number,
  total: number,
): Record<string, string> {
  const last = Math.max(1, Math.ceil(total / perPage));
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(context.query);
    query.set('page', String(to));
    return `<${context.self}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  return links.length > 0 ? { link: links.join(', ') } : {};
}

export function paged<T>(
  context: Context,
  items: readonly T[],
  fallback = 30,
): { items: T[]; headers: Record<string, string> } {
  const { page, perPage } = pageOf(context.query, fallback);
  const start = (page - 1) * perPage;
  return {
    items: items.slice(start, start + perPage),
    headers: linkHeader(context, page, perPage, items.length),
  };
}
