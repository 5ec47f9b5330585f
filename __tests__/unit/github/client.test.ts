import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGitHub, type GitHubSettings } from '../../../src/github/client.ts';
import { statusOf } from '../../../src/github/api.ts';
import { AutopilotError } from '../../../src/errors.ts';
import type { Clock, Log } from '../../../src/effects.ts';

// A real server on the loopback interface that answers from a script; time is virtual.

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const reset: Answer = (request) => void request.socket.destroy();
const cut: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"files": [');
  setImmediate(() => response.destroy());
};

async function world(answers: Answer[], more: Partial<GitHubSettings> = {}) {
  const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      answer?.(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const waits: number[] = [];
  let now = Date.parse('2026-11-23T12:00:00Z');
  const clock: Clock = {
    now: () => new Date(now),
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const log: Log = {
    info: say,
    debug: say,
    notice: say,
    warning: say,
    error: say,
    foreign: say,
    group: (_title, body) => body(),
  };
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const github = createGitHub({
    token: 'ghs_secret',
    apiUrl: origin,
    owner: 'o',
    repo: 'r',
    log,
    clock,
    random: () => 0.5,
    ...more,
    ...(more.apiUrl !== undefined && { apiUrl: origin + more.apiUrl }),
  });
  return { github, seen, waits, lines, start: now };
}

const REF = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
const WRITE = 'PATCH /repos/{owner}/{repo}/git/refs/{ref}';

describe('what is sent', () => {
  test('owner, repository and token are filled in; the token is in no log line', async () => {
    const { github, seen, lines } = await world([json(200, { ok: 1 })]);
    const answer = await github.request(REF, { ref: 'heads/main' });
    expect(answer).toMatchObject({ status: 200, data: { ok: 1 } });
    expect(seen[0]?.url).toBe('/repos/o/r/git/ref/heads%2Fmain');
    expect(seen[0]?.headers.authorization).toBe('token ghs_secret');
    expect(lines.join()).not.toContain('ghs_secret');
  });

  test('GHES: `/api/v3` is kept for REST, and GraphQL lives beside it', async () => {
    const { github, seen } = await world([json(200, { data: {} })], { apiUrl: '/api/v3/' });
    await github.request(REF, { ref: 'heads/main' });
    await github.request('POST /graphql', { query: '{ viewer { login } }' });
    expect(seen.map(({ url }) => url)).toEqual(['/api/v3/repos/o/r/git/ref/heads%2Fmain', '/api/graphql']);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual({ query: '{ viewer { login } }' });
  });

  test('an answer that has not changed costs a 304, and callers cannot spoil the copy', async () => {
    const notModified: Answer = (_request, response) => void response.writeHead(304).end();
    const { github, seen } = await world([json(200, { sha: 'a' }, { etag: '"1"' }), notModified]);
    const first = await github.request<{ sha: string }>(REF, { ref: 'heads/main' });
    first.data.sha = 'spoilt';
    const second = await github.request<{ sha: string }>(REF, { ref: 'heads/main' });
    expect(second.data.sha).toBe('a');
    expect(seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
  });
});

describe('waiting as told', () => {
  test.each<[string, number, Record<string, string>, number]>([
    ['retry-after in seconds', 429, { 'retry-after': '7' }, 7000],
    ['retry-after as a date', 403, { 'retry-after': 'Mon, 23 Nov 2026 12:00:09 GMT' }, 9000],
    [
      'x-ratelimit-reset',
      403,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Date.parse('2026-11-23T12:00:20Z') / 1000),
      },
      21_000,
    ],
    ['neither: a minute', 429, {}, 60_000],
  ])('%s', async (_name, status, headers, wait) => {
    const { github, waits } = await world([
      json(status, { message: 'slow down' }, headers),
      json(200, { ok: 1 }),
    ]);
    await expect(github.request(REF, { ref: 'x' })).resolves.toMatchObject({ status: 200 });
    expect(waits).toEqual([wait]);
  });

  test('a secondary limit named only in the text is one', async () => {
    const limited = json(403, { message: 'You have exceeded a secondary rate limit.' });
    const { github, waits } = await world([limited, json(200, {})]);
    await github.request(REF, { ref: 'x' });
    expect(waits).toEqual([60_000]);
  });

  test('more than the bound is not waited for: GITHUB_UNAVAILABLE at once', async () => {
    const { github, waits } = await world([json(429, {}, { 'retry-after': '3600' })]);
    const error = await github.request(REF, { ref: 'x' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'GITHUB_UNAVAILABLE', status: 429 });
    expect(waits).toEqual([]);
  });

  test('whatever a server asks for, all waits together stay below 90 s', async () => {
    const { github, waits, seen } = await world([json(503, {}, { 'retry-after': '40' })]);
    await expect(github.request(REF, { ref: 'x' })).rejects.toMatchObject({ code: 'GITHUB_UNAVAILABLE' });
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(90_000);
    expect(seen.length).toBeLessThanOrEqual(5);
  });
});

describe('what is sent again', () => {
  test.each<[string, Answer]>([
    ['500', json(500, {})],
    [
      '502 with HTML',
      (_request, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>'),
    ],
    ['reset', reset],
    ['a body cut short', cut],
    ['a body that is not there', (_request, response) => void response.writeHead(200).end()],
  ])('a read after %s, with growing waits', async (_name, failure) => {
    const { github, waits, seen } = await world([failure, failure, json(200, { ok: 1 })]);
    await expect(github.request(REF, { ref: 'x' })).resolves.toMatchObject({ data: { ok: 1 } });
    expect(seen).toHaveLength(3);
    expect(waits).toHaveLength(2);
    expect(waits[1]).toBeGreaterThanOrEqual(waits[0] ?? Infinity);
  });

  test.each<[string, Answer]>([
    ['502', json(502, {})],
    ['reset', reset],
    ['a body cut short', cut],
  ])('never a write whose answer was lost: %s', async (_name, failure) => {
    const { github, seen } = await world([failure, json(200, {})]);
    await expect(github.request(WRITE, { ref: 'x', sha: 'y' })).rejects.toMatchObject({
      code: 'GITHUB_UNAVAILABLE',
    });
    expect(seen).toHaveLength(1);
  });

  test('a write that the caller calls repeatable', async () => {
    const { github, seen } = await world([reset, json(201, { sha: 'a' })]);
    const answer = await github.request(
      'POST /repos/{owner}/{repo}/git/blobs',
      { content: 'x' },
      { repeatable: true },
    );
    expect(answer.status).toBe(201);
    expect(seen).toHaveLength(2);
  });

  test('a write that was turned away by a rate limit', async () => {
    const { github, seen } = await world([json(429, {}, { 'retry-after': '1' }), json(200, {})]);
    await github.request(WRITE, { ref: 'x', sha: 'y' });
    expect(seen).toHaveLength(2);
  });

  test('a server that is not there ends as GITHUB_UNAVAILABLE', async () => {
    const { github, waits } = await world([], { timeout: 500 });
    servers.splice(0).forEach((server) => server.close());
    await expect(github.request(WRITE, { ref: 'x' })).rejects.toMatchObject({ code: 'GITHUB_UNAVAILABLE' });
    // nothing was sent, so even the write could be tried again
    expect(waits).toHaveLength(4);
  });

  test('an answer that never comes counts as lost after the time limit', async () => {
    const { github, seen } = await world([() => undefined, json(200, { ok: 1 })], { timeout: 200 });
    await expect(github.request(REF, { ref: 'x' })).resolves.toMatchObject({ data: { ok: 1 } });
    expect(seen).toHaveLength(2);
  });
});

describe('errors', () => {
  test.each([404, 409, 422])('%i keeps its status and is not retried', async (status) => {
    const { github, seen } = await world([json(status, { message: 'no' })]);
    const error = await github.request(REF, { ref: 'x' }).catch((caught: unknown) => caught);
    expect(statusOf(error)).toBe(status);
    expect(error).not.toBeInstanceOf(AutopilotError);
    expect(seen).toHaveLength(1);
  });

  test.each<[string, string, Record<string, string>, string]>([
    ['as GitHub names it', REF, { 'x-accepted-github-permissions': 'contents=read' }, 'contents: read'],
    [
      'several',
      WRITE,
      { 'x-accepted-github-permissions': 'contents=write,workflows=write; contents=write' },
      'contents: write, workflows: write',
    ],
    ['underscores', REF, { 'x-accepted-github-permissions': 'pull_requests=read' }, 'pull-requests: read'],
    ['from the route', WRITE, {}, 'contents: write'],
    ['of issues', 'POST /repos/{owner}/{repo}/issues', {}, 'issues: write'],
    ['of pull requests', 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files', {}, 'pull-requests: read'],
    ['of deployments', 'POST /repos/{owner}/{repo}/deployments', {}, 'deployments: write'],
  ])('403 names the permission, %s', async (_name, route, headers, permission) => {
    const { github } = await world([
      json(403, { message: 'Resource not accessible by integration' }, headers),
    ]);
    const error = await github
      .request(route, { ref: 'x', pull_number: 1 })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'GITHUB_PERMISSION', status: 403 });
    expect((error as AutopilotError).fix).toContain(permission);
  });

  test('401 says that the token is not accepted', async () => {
    const { github, seen } = await world([json(401, { message: 'Bad credentials' })]);
    await expect(github.request(REF, { ref: 'x' })).rejects.toMatchObject({
      code: 'GITHUB_PERMISSION',
      status: 401,
      fix: expect.stringContaining('github-token'),
    });
    expect(seen).toHaveLength(1);
  });
});
