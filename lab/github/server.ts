/** One request from socket to answer: log, faults, authentication, rate limit, route, ETag. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { before, statusAnswer } from './disturb.ts';
import type { FaultEffect } from './faults.ts';
import {
  type Answer,
  ApiError,
  type CompiledRoute,
  type Context,
  errorAnswer,
  matchRoute,
  notFound,
} from './http.ts';
import { graphqlAnswer } from './graphql/index.ts';
import type { LabRepository } from './repository.ts';
import { userAnswer } from './routes/account.ts';
import { gitBackend, isPush } from './smart-http.ts';
import { allows, type Token, tokenOf } from './tokens.ts';
import { type Incoming, jsonOf, repositoryOf, type RequestRecord, type World } from './world.ts';

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const [full = '/', search = ''] = url.split(/\?(.*)/s);
  const underBase =
    world.basePath !== '' && (full === world.basePath || full.startsWith(`${world.basePath}/`));
  const path = underBase ? full.slice(world.basePath.length) || '/' : full;
  const headers = request.headers as Record<string, string | undefined>;
  const incoming: Incoming = {
    method: request.method ?? 'GET',
    path,
    search,
    headers,
    body: await bodyOf(request),
  };
  const record: RequestRecord = {
    method: incoming.method,
    path,
    query: search,
    token: tokenOf(headers['authorization']),
    status: 0,
    body: undefined,
  };
  world.requests.push(record);
  try {
    if (incoming.body.length > 0 && headers['content-type']?.includes('json'))
      record.body = jsonOf(incoming.body);
  } catch {
    record.body = incoming.body.toString();
  }
  const effects = world.faults.take(`${incoming.method} ${path}${search === '' ? '' : `?${search}`}`);
  let answer = await before(world, incoming, effects);
  if (answer === 'reset') return reset(response);
  answer ??= await execute(world, incoming, effects, underBase).catch((error: unknown) => {
    if (error instanceof ApiError) return errorAnswer(error);
    return errorAnswer(new ApiError(500, `lab: ${error instanceof Error ? error.message : String(error)}`));
  });
  if (effects.some((effect) => effect.kind === 'reset')) return reset(response);
  for (const effect of effects) if (effect.kind === 'status') answer = statusAnswer(effect);
  const cut = effects.find((effect) => effect.kind === 'cut');
  send(incoming, response, record, answer, cut?.bytes);
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

async function execute(
  world: World,
  incoming: Incoming,
  effects: readonly FaultEffect[],
  underBase: boolean,
): Promise<Answer> {
  const given = tokenOf(incoming.headers['authorization']);
  const token = given === undefined ? undefined : world.tokens.find(given);
  const found = repositoryOf(world, incoming.path);
  if (found && !found.api) return executeGit(incoming, token, found.repository, found.rest);
  // On an Enterprise Server it lives beside the REST API.
  if (incoming.path === (world.basePath === '' ? '/graphql' : '/api/graphql'))
    return executeGraphQl(world, incoming, given, token);
  if (world.basePath !== '' && !underBase) throw notFound();
  if (given !== undefined && !token) throw new ApiError(401, 'Bad credentials');
  const api = world.origin() + world.basePath;
  if (!found?.repository) {
    const own = found ? undefined : userAnswer(incoming.path, token?.login ?? '', api);
    if (incoming.path === '/user' && !token) throw new ApiError(401, 'Requires authentication');
    if (incoming.path === '/rate_limit') return rateLimitAnswer(world, token);
    if (own) return own;
    throw notFound();
  }
  const repository: LabRepository = found.repository;
  if (!sees(token, repository)) throw notFound();
  const budget = repository.spend(1);
  const limits = {
    'x-ratelimit-limit': String(budget.limit),
    'x-ratelimit-remaining': String(Math.max(0, budget.remaining)),
    'x-ratelimit-used': String(budget.used),
    'x-ratelimit-reset': String(budget.reset),
    'x-ratelimit-resource': 'core',
  };
  if (budget.remaining < 0) throw new ApiError(403, 'API rate limit exceeded for installation.', {}, limits);
  try {
    const matched = matchRoute(world.routes, incoming.method, incoming.path);
    if (!matched) throw notFound();
    const [route, params] = matched;
    refuseWithoutPermission(route, token, repository);
    const context: Context = {
      repository,
      params,
      query: new URLSearchParams(incoming.search),
      body: incoming.method === 'GET' ? {} : jsonOf(incoming.body),
      token,
      accept: incoming.headers['accept'] ?? '',
      api,
      self: api + incoming.path,
      server: world.origin(),
      stale: effects.some((effect) => effect.kind === 'stale'),
    };
    const answer = withEtag(incoming, await route.handler(context));
    if (answer.status === 304) repository.spend(-1);
    return { ...answer, headers: { ...limits, ...answer.headers } };
  } catch (error) {
    if (error instanceof ApiError) Object.assign(error.headers, { ...limits, ...error.headers });
    throw error;
  }
}

function executeGraphQl(
  world: World,
  incoming: Incoming,
  given: string | undefined,
  token: Token | undefined,
): Promise<Answer> {
  if (incoming.method !== 'POST') throw notFound();
  if (given !== undefined && !token) throw new ApiError(401, 'Bad credentials');
  const find = (name: string): LabRepository | undefined => {
    const repository = world.repositories.get(name.toLowerCase());
    return repository && sees(token, repository) ? repository : undefined;
  };
  return graphqlAnswer({ token, find }, jsonOf(incoming.body));
}

function sees(token: Token | undefined, repository: LabRepository): boolean {
  if (repository.options.public) return true;
  return (
    token !== undefined &&
    (token.repositories?.some((name) => name.toLowerCase() === repository.name.toLowerCase()) ?? true)
  );
}

function refuseWithoutPermission(
  route: CompiledRoute,
  token: Token | undefined,
  repository: LabRepository,
): void {
  if (!route.needs) return;
  const [name, access] = route.needs;
  if (repository.options.public && access === 'read') return;
  if (!token) throw new ApiError(401, 'Requires authentication');
  if (allows(token, name, access)) return;
  const accepted = { 'x-accepted-github-permissions': `${name.replace('-', '_')}=${access}` };
  throw new ApiError(403, 'Resource not accessible by integration', {}, accepted);
}

function rateLimitAnswer(world: World, token: Token | undefined): Answer {
  const repository = [...world.repositories.values()].find((candidate) => sees(token, candidate));
  const core = repository?.spend(0) ?? {
    limit: 60,
    remaining: 60,
    used: 0,
    reset: Math.floor(Date.now() / 1000) + 3600,
  };
  return { data: { resources: { core }, rate: core } };
}

async function executeGit(
  incoming: Incoming,
  token: Token | undefined,
  repository: LabRepository | undefined,
  path: string,
): Promise<Answer> {
  const query = incoming.search;
  const push = isPush({ path, query });
  const open = repository?.options.public === true && !push;
  const challenge = { 'www-authenticate': 'Basic realm="GitHub"', 'content-type': 'text/plain' };
  if (!token && !open)
    return {
      status: 401,
      raw: Buffer.from('Repository not found or credentials missing.\n'),
      headers: challenge,
    };
  const plain = { 'content-type': 'text/plain' };
  if (!repository || !sees(token, repository))
    return { status: 404, raw: Buffer.from('Repository not found.\n'), headers: plain };
  if (!open && !(token && allows(token, 'contents', push ? 'write' : 'read'))) {
    return {
      status: 403,
      raw: Buffer.from(`Permission to ${repository.name}.git denied.\n`),
      headers: plain,
    };
  }
  const { method, headers, body } = incoming;
  return gitBackend(repository, { method, path, query, headers, body, login: token?.login ?? 'anonymous' });
}

function withEtag(incoming: Incoming, answer: Answer): Answer {
  if (incoming.method !== 'GET' || (answer.status ?? 200) !== 200) return answer;
  const bytes = answer.raw ?? Buffer.from(JSON.stringify(answer.data));
  const etag = `W/"${createHash('sha256')
    .update(incoming.headers['accept'] ?? '')
    .update(bytes)
    .digest('hex')}"`;
  const headers = { ...answer.headers, etag };
  const known = (incoming.headers['if-none-match'] ?? '').split(/,\s*/);
  return known.includes(etag) ? { status: 304, headers } : { ...answer, headers };
}

function send(
  incoming: Incoming,
  response: ServerResponse,
  record: RequestRecord,
  answer: Answer,
  cut: number | undefined,
): void {
  const status = answer.status ?? 200;
  record.status = status;
  const empty = status === 204 || status === 304;
  const body = empty
    ? Buffer.alloc(0)
    : (answer.raw ?? Buffer.from(answer.data === undefined ? '' : JSON.stringify(answer.data)));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    'x-github-request-id': `LAB:${Math.random().toString(16).slice(2, 10)}`,
    ...(empty ? {} : { 'content-length': String(body.length) }),
    ...answer.headers,
  });
  if (cut === undefined || incoming.method === 'HEAD' || empty) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, cut), () => response.socket?.destroy());
}
