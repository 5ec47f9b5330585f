/**
 * A line with a rate and a delay, as a process of its own: what connects to it reaches HOST:PORT through it.
 * Usage: line.ts LISTEN HOST PORT MBIT_PER_S RTT_MS     prints the port it listens at; 0 for no limit
 * The kernel here shapes nothing, so it is done on the stream: each direction has the whole rate and half the round trip.
 */
import { connect, createServer, type Socket } from 'node:net';

const [listen = '', host = '', port = '', rate = '0', delay = '0'] = process.argv.slice(2);
const perMillisecond = Number(rate) === 0 ? Infinity : (Number(rate) * 1e6) / 8 / 1000;
const oneWay = Number(delay) / 2;
/** Bytes on the way before the sender has to wait: a router's queue. */
const QUEUE = 256 * 1024;

/** One direction, shared by all connections, as on a real line. */
function direction(): (from: Socket, to: Socket) => void {
  let freeAt = 0;
  return (from, to) => {
    let underWay = 0;
    // Timers may fire in another order than they were set; bytes must not arrive so.
    const waiting: (() => void)[] = [];
    const arrive = () => waiting.shift()?.();
    from.on('data', (chunk: Buffer) => {
      const now = performance.now();
      freeAt = Math.max(now, freeAt) + chunk.length / perMillisecond;
      underWay += chunk.length;
      if (underWay > QUEUE) from.pause();
      waiting.push(() => {
        underWay -= chunk.length;
        if (underWay <= QUEUE) from.resume();
        to.write(chunk);
      });
      setTimeout(arrive, freeAt + oneWay - now);
    });
    from.on('end', () => {
      waiting.push(() => to.end());
      setTimeout(arrive, Math.max(0, freeAt - performance.now()) + oneWay + 5);
    });
    from.on('error', () => to.destroy());
  };
}

const up = direction();
const down = direction();
const server = createServer({ allowHalfOpen: true }, (client) => {
  const inner = connect({ host, port: Number(port), allowHalfOpen: true });
  for (const socket of [client, inner]) socket.setNoDelay(true);
  up(client, inner);
  down(inner, client);
});
server.listen(0, listen, () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? (address?.port ?? 0) : 0}\n`);
});
// It ends with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
