/**
 * The lab's name server: no name exists. Without an answer, Docker's own resolver would let every look-up of an unknown
 * name (a service that is down, say) hang for ten seconds, where a real network says at once that there is none.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER = 12;
/** Answer, recursion wanted and available, "no such name" (RFC 1035, 4.1.1). */
const NO_SUCH_NAME = 0x8183;

/** The answer to a query; undefined for what is not a query with one whole question. */
export function noSuchName(query: Buffer): Buffer | undefined {
  if (query.length < HEADER || query.readUInt16BE(2) >= 0x8000 || query.readUInt16BE(4) !== 1)
    return undefined;
  let end = HEADER;
  for (let label = query[end]; label !== 0; label = query[end]) {
    if (label === undefined || label > 63) return undefined;
    end += label + 1;
  }
  end += 5;
  if (end > query.length) return undefined;
  const answer = Buffer.from(query.subarray(0, end));
  answer.writeUInt16BE(NO_SUCH_NAME, 2);
  answer.fill(0, 6, HEADER);
  return answer;
}

/** Answers until the process ends or it is closed; does not keep the process alive. */
export async function serveNames(address: string): Promise<{ close(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address: asker, port }) => {
    const answer = noSuchName(query);
    if (answer !== undefined) socket.send(answer, port, asker, () => undefined);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  socket.unref();
  return { close: () => socket.close() };
}
