/**
 * The BuildKit inside of an engine as a builder of its own (driver `remote`), as docker/setup-buildx-action brings one: the
 * engine speaks BuildKit's protocol at `/grpc` of its socket, and this hands connections on to it. The engine needs the
 * containerd store.
 *
 *     const socket = await serveBuildKit(`${machine.directory}/disk/run/docker.sock`, folder);
 *     // docker buildx create --driver remote unix://${socket.path}
 *     await socket.close();
 */
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

export interface BuildKitSocket {
  readonly path: string;
  close(): Promise<void>;
}

/** @param folder short enough for a socket in it */
export async function serveBuildKit(engineSocket: string, folder: string): Promise<BuildKitSocket> {
  const path = join(folder, 'buildkit.sock');
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.once('close', () => open.delete(client)).on('error', () => undefined);
    const headers = { connection: 'Upgrade', upgrade: 'h2c' };
    const asked = request({ socketPath: engineSocket, method: 'POST', path: '/grpc', headers });
    asked.once('upgrade', (_answer, engine: Socket, head) => {
      engine.on('error', () => client.destroy());
      client.write(head);
      client.pipe(engine).pipe(client);
    });
    for (const event of ['response', 'error']) asked.once(event, () => client.destroy());
    asked.end();
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async close() {
      for (const client of open) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
