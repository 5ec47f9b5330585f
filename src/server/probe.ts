import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { HttpAnswer } from './target.ts';

/** Opens a TCP connection from the server's side. */
export type Connect = (host: string, port: number) => Promise<Duplex>;

/**
 * One GET from the server's side on a connection of its own, redirects not followed. Never rejects: status 0 and an
 * error where no answer came within `timeout` (milliseconds, for all of it). `address` is dialled instead of the URL's
 * host, which stays in the Host header. Certificates are checked except on addresses of the server itself, where nobody
 * can have one.
 */
export async function probe(
  connect: Connect,
  url: string,
  options: { timeout: number; address?: string },
): Promise<HttpAnswer> {
  const begin = performance.now();
  const answer = (status: number, error?: string): HttpAnswer => ({
    status,
    duration: Math.round((performance.now() - begin) * 10) / 10,
    ...(error === undefined ? {} : { error }),
  });
  if (!URL.canParse(url)) return answer(0, 'not a URL');
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    return answer(0, `no probe for ${parsed.protocol}`);
  const signal = AbortSignal.timeout(Math.max(1, options.timeout));
  try {
    return answer(await get(connect, parsed, options.address, signal));
  } catch (error) {
    if (signal.aborted) return answer(0, `no answer within ${options.timeout} ms`);
    const { message, code } = error as Error & { code?: string };
    return answer(0, message || code || 'no answer');
  }
}

async function get(
  connect: Connect,
  url: URL,
  address: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const dialled = address ?? (host === 'localhost' ? '127.0.0.1' : host);
  const plain = await untilAborted(connect(dialled, port), signal);
  const stream = secure
    ? tlsConnect({
        socket: plain,
        ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
        rejectUnauthorized: address === undefined && !/^(localhost|127\.[\d.]+|::1)$/.test(host),
      })
    : plain;
  try {
    return await new Promise<number>((resolve, reject) => {
      const agent = secure ? new HttpsAgent() : new HttpAgent();
      agent.createConnection = () => withSocketMethods(stream) as never;
      const send = secure ? httpsRequest : httpRequest;
      const sent = send(
        url,
        { agent, signal, headers: { 'user-agent': 'GonsAutoPilot', connection: 'close' } },
        (response) => {
          response.on('error', reject);
          response.on('end', () => resolve(response.statusCode ?? 0));
          response.resume();
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  } finally {
    stream.destroy();
    plain.destroy();
  }
}

/** A connection that comes after the time limit is closed again. */
async function untilAborted(connecting: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => {
    reject(signal.reason as Error);
    void connecting.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([connecting, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** node:http calls these on every connection; a channel has nothing to do for them. */
export function withSocketMethods(stream: Duplex): Duplex {
  const socket = stream as Duplex & Record<string, unknown>;
  for (const name of ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref']) {
    socket[name] ??= () => socket;
  }
  return socket;
}
