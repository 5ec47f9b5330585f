import { request as httpRequest } from 'node:http';

const CONNECT_TIMEOUT = 1_000;
const ATTEMPTS = 4;
const PAUSE = 150;

/**
 * Passes a request on to the backend. A connection that cannot be made is tried again, looking the name up anew: while
 * the backend is being replaced, the first address may be one that has just gone. Once bytes have been sent, only a
 * request that changes nothing (GET, HEAD) is repeated.
 */
export async function proxy(request, response, url, backend) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask(request, url, backend, body);
      response.writeHead(answer.statusCode, {
        'content-type': answer.headers['content-type'] ?? 'application/octet-stream',
        'cache-control': 'no-store',
      });
      for await (const chunk of answer) response.write(chunk);
      return response.end();
    } catch (error) {
      const repeatable = !response.headersSent && (!error.sent || ['GET', 'HEAD'].includes(request.method));
      if (repeatable && attempt < ATTEMPTS) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        continue;
      }
      if (response.headersSent) return response.destroy();
      const text = JSON.stringify({ error: 'the shop is closed for a moment' });
      response.writeHead(502, { 'content-type': 'application/json; charset=utf-8' });
      return response.end(text);
    }
  }
}

function ask(request, url, backend, body) {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(new URL(url.pathname + url.search, backend), {
      method: request.method,
      headers: {
        'content-type': request.headers['content-type'] ?? 'application/json',
        'content-length': body.length,
      },
      agent: false,
    });
    let sent = false;
    const connecting = setTimeout(() => outgoing.destroy(new Error('no connection')), CONNECT_TIMEOUT);
    outgoing.on('socket', (socket) =>
      socket.once('connect', () => {
        clearTimeout(connecting);
        sent = true;
      }),
    );
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => {
      clearTimeout(connecting);
      reject(Object.assign(error, { sent }));
    });
    outgoing.end(body);
  });
}
