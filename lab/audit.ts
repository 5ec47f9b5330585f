/**
 * The one endpoint of a package registry that `npm audit` asks, on loopback: no advisories, or those given. Not done: everything
 * else of a registry; a request for a package is a 404.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LabAudit {
  readonly url: string;
  stop(): Promise<void>;
}

/** `advisories`: package name -> what the bulk endpoint answers for it. */
export async function startAudit(advisories: Record<string, unknown[]> = {}): Promise<LabAudit> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const known = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk';
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(known ? advisories : { error: 'not found' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
