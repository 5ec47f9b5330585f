import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sendJson, serve } from '../shared/serve.js';
import { proxy } from './proxy.js';
import { release } from './release.js';

const folder = fileURLToPath(new URL('./public/', import.meta.url));
const read = (file, type) => ({ body: readFileSync(folder + file), type });

/** Everything there is to serve, read once: what is not listed here does not exist, whatever the path looks like. */
const files = {
  '/': read('index.html', 'text/html; charset=utf-8'),
  '/style.css': read('style.css', 'text/css; charset=utf-8'),
  '/app.js': read('app.js', 'text/javascript; charset=utf-8'),
  '/basket.js': read('basket.js', 'text/javascript; charset=utf-8'),
  '/icon.svg': read('icon.svg', 'image/svg+xml'),
  '/robots.txt': read('robots.txt', 'text/plain; charset=utf-8'),
};

/** The page, and /api passed on to `backend`. GET /health is about this service alone. */
export function startFrontend({ port, backend, log }) {
  return serve({
    name: 'frontend',
    release,
    port,
    log,
    handle: (request, response, url) => handle(request, response, url, backend),
  });
}

async function handle(request, response, url, backend) {
  if (url.pathname.startsWith('/api/')) return proxy(request, response, url, backend);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendJson(response, 405, { error: 'method not allowed' });
  }
  if (url.pathname === '/health') {
    return sendJson(response, 200, { status: 'ok', service: 'frontend', version: release.version });
  }
  const file = Object.hasOwn(files, url.pathname) ? files[url.pathname] : undefined;
  if (!file) return sendJson(response, 404, { error: 'not found' });
  response.writeHead(200, {
    'content-type': file.type,
    'content-length': file.body.length,
    'cache-control': 'no-cache',
    'content-security-policy': "default-src 'self'",
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}
