import { Transform, type Readable } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import type { Session } from './session.ts';
import { loginText } from './shell.ts';

/** The first line on standard error says the process group; sshd signals no process of a root login, so we must. */
export const SAY_GROUP = `printf '%s\\n' "$$" >&2\n`;

/** Milliseconds until a killed process counts as gone whatever the server says. */
const KILL_LIMIT = 2000;

/** A channel as a session. `connectionOver` tells whether there is anything left to talk to. */
export function sessionOf(
  channel: ClientChannel,
  release: () => void,
  client: Client,
  connectionOver: () => boolean,
): Session {
  let code = -1;
  let closed = false;
  const over = () => closed || connectionOver();
  channel.on('exit', (status: number | null) => {
    code = status ?? -1;
  });
  channel.on('error', () => undefined);
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const { rest, first } = withoutFirstLine(channel.stderr as Readable);
  channel.on('close', () => {
    closed = true;
    release();
    // Standard error takes one step more than the channel: over means both, read to the end.
    if (rest.closed) resolve(code);
    else {
      rest.once('close', () => resolve(code));
      setImmediate(() => rest.end());
    }
  });
  return {
    stdin: channel,
    stdout: channel,
    stderr: rest,
    ended,
    kill: () => {
      if (over()) return;
      void first.then((group) => {
        // Ended meanwhile: the number may be another process's by now.
        if (over()) return;
        if (!/^[1-9]\d*$/.test(group)) return channel.close();
        client.exec(loginText(`kill -s KILL -- -${group}`), (_error, killer?: ClientChannel) => {
          killer?.on('error', () => undefined).resume();
          killer?.stderr.resume();
          channel.close();
        });
      });
      setTimeout(() => resolve(-1), KILL_LIMIT).unref();
    },
    abandon: () => channel.close(),
  };
}

function withoutFirstLine(stream: Readable): { rest: Transform; first: Promise<string> } {
  const { promise: first, resolve } = Promise.withResolvers<string>();
  let head: Buffer | undefined = Buffer.alloc(0);
  const rest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (head === undefined) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(10);
      if (end < 0) return done();
      resolve(head.subarray(0, end).toString('latin1'));
      const after = head.subarray(end + 1);
      head = undefined;
      done(null, after);
    },
    flush(done) {
      // A login shell that never got so far: what it said is the reason.
      resolve('');
      done(null, head);
    },
  });
  stream.pipe(rest);
  return { rest, first };
}
