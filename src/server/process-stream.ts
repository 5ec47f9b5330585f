import { Duplex } from 'node:stream';
import type { Session } from './session.ts';

/** A process's standard input and output as one connection; it fails with what the process said on standard error. */
export function processStream(session: Session): Duplex {
  let said = '';
  session.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2000);
  });
  session.stdin.on('error', () => undefined);
  const stream = new Duplex({
    read: () => void session.stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void session.stdin.write(chunk, done),
    final: (done) => void session.stdin.end(done),
    destroy: (error, done) => {
      session.kill();
      done(error);
    },
  });
  session.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) session.stdout.pause();
  });
  void session.ended.then((code) => {
    if (code === 0 || stream.destroyed) stream.push(null);
    else stream.destroy(new Error(said.trim() || `the connection's process ended with code ${code}`));
  });
  return stream;
}
