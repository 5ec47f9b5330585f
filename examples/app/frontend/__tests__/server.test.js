import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { release } from '../release.js';
import { startFrontend } from '../server.js';

let backend;
let frontend;
let origin;
let dropped = 0;
beforeAll(async () => {
  backend = createServer((request, response) => {
    if (request.url === '/api/drop-once' && dropped++ === 0) return request.socket.destroy();
    if (request.url === '/api/drop') return request.socket.destroy();
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text) => (body += text));
    request.on('end', () => {
      response.writeHead(request.url === '/api/teapot' ? 418 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ method: request.method, url: request.url, body }));
    });
  });
  await new Promise((resolve) => backend.listen(0, resolve));
  frontend = await startFrontend({
    port: 0,
    backend: `http://localhost:${backend.address().port}`,
    log: () => {},
  });
  origin = `http://localhost:${frontend.port}`;
});
afterAll(async () => {
  await frontend.close();
  await new Promise((resolve) => backend.close(resolve));
});

describe('frontend', () => {
  test.each([
    ['/', 'text/html', 'The corner shop'],
    ['/style.css', 'text/css', ':root'],
    ['/app.js', 'text/javascript', 'import'],
    ['/health', 'application/json', '"ok"'],
    ['/version', 'application/json', release.version],
  ])('%s is served as %s', async (path, type, text) => {
    const response = await fetch(origin + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect(await response.text()).toContain(text);
  });

  test.each(['/server.js', '/..%2fserver.js', '/%2e%2e/server.js', '/constructor', '/__proto__'])(
    '%s does not exist',
    async (path) => {
      expect((await fetch(origin + path)).status).toBe(404);
    },
  );

  test('nothing can be posted to the page', async () => {
    expect((await fetch(origin, { method: 'POST' })).status).toBe(405);
  });
});

describe('proxy', () => {
  test('passes method, path, query, body and status on', async () => {
    const response = await fetch(`${origin}/api/quote?x=1`, { method: 'POST', body: '{"bread":1}' });
    expect(await response.json()).toEqual({ method: 'POST', url: '/api/quote?x=1', body: '{"bread":1}' });
    expect((await fetch(`${origin}/api/teapot`)).status).toBe(418);
  });

  test('asks again when the backend went away in the middle of a question', async () => {
    expect((await fetch(`${origin}/api/drop-once`)).status).toBe(200);
  });

  test('does not send an order twice', async () => {
    expect((await fetch(`${origin}/api/drop`, { method: 'POST', body: '{}' })).status).toBe(502);
  });

  test('says so when there is no backend', async () => {
    const alone = await startFrontend({ port: 0, backend: 'http://localhost:1', log: () => {} });
    const response = await fetch(`http://localhost:${alone.port}/api/products`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: 'the shop is closed for a moment' });
    await alone.close();
  });
});
