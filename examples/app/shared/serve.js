import { createServer } from 'node:http';
import { faultOf } from './behaviour.js';

/** Answers with JSON. */
export function sendJson(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

/**
 * Serves `handle(request, response, url)` on `port` (0: any free one) until SIGTERM or SIGINT: then requests in flight are
 * answered, new ones are not taken, and the process ends with 0. A handler that throws is a 500, never the end.
 * @returns {Promise<{ port: number, close: () => Promise<void> }>}
 */
export async function serve({ name, release, port, handle, log = console.log }) {
  const behaviour = process.env.NODE_ENV === 'production' ? release.behaviour : 'healthy';
  const started = Date.now();
  const server = createServer(async (request, response) => {
    try {
      const url = new URL(request.url ?? '/', 'http://service');
      const fault = faultOf(behaviour, url.pathname, Date.now() - started);
      if (fault.delay > 0) await new Promise((resolve) => setTimeout(resolve, fault.delay));
      if (fault.status) return sendJson(response, fault.status, { error: `this release is ${behaviour}` });
      if (url.pathname === '/version')
        return sendJson(response, 200, { service: name, version: release.version });
      await handle(request, response, url);
    } catch (error) {
      log(`${name}: ${request.method} ${request.url}: ${error.stack}`);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'internal error' });
    }
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  const crash = setInterval(() => {
    if (!faultOf(behaviour, '/', Date.now() - started).exit) return;
    log(`${name}: fatal: this release crashes`);
    process.exit(1);
  }, 250);
  crash.unref();

  const close = () =>
    new Promise((resolve) => {
      clearInterval(crash);
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  const actual = server.address().port;
  log(`${name} ${release.version} listening on http://localhost:${actual}`);
  return { port: actual, close };
}

/** Ends the process when it is told to, after the last answer; a second signal does not wait. */
export function stopOnSignal(service) {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => void service.close().then(() => process.exit(0)));
  }
}
