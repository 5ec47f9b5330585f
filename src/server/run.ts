import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Session, StartShell } from './session.ts';
import { commandText } from './shell.ts';
import type { Command, CommandResult } from './target.ts';

/** More output than this of one command is not kept: 16 MiB of each stream. */
const OUTPUT_LIMIT = 16 * 1024 * 1024;
/** As `timeout(1)` says it. */
const TIMED_OUT = 124;

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < OUTPUT_LIMIT) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).subarray(0, OUTPUT_LIMIT).toString('utf8');
}

/**
 * Runs one command to its end. Never rejects for an exit code; code 124 when the time limit ended it, -1 when a signal
 * or the connection did. With a source, that is its standard input, at the pace the command takes it.
 */
export async function runCommand(
  start: StartShell,
  command: Command,
  source?: NodeJS.ReadableStream,
  signal?: AbortSignal,
): Promise<CommandResult> {
  signal?.throwIfAborted();
  // Input goes through the channel, not through the text, which the kernel limits to 128 KiB.
  const { input = '', ...rest } = command;
  const session = await start(commandText(rest));
  const stdout = collect(session.stdout);
  const stderr = collect(session.stderr);
  let timedOut = false;
  const timer =
    command.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          session.kill();
        }, command.timeout);
  const abort = () => session.kill();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const sourceError = await feed(session, source ?? Readable.from([input]));
    const code = await session.ended;
    signal?.throwIfAborted();
    // The source failed by itself: a command that was content with half of it must not pass for success.
    if (sourceError) throw sourceError;
    const note = timedOut ? `\ntime limit of ${command.timeout ?? 0} ms reached` : '';
    return { code: timedOut ? TIMED_OUT : code, stdout: stdout(), stderr: stderr() + note };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Resolves with the source's own failure; a command that stops reading early is its exit code's matter. */
async function feed(session: Session, source: NodeJS.ReadableStream): Promise<Error | undefined> {
  let failure: Error | undefined;
  source.once('error', (error: Error) => {
    failure = error;
    session.kill();
  });
  session.stdin.on('error', () => undefined);
  const gone = session.ended.then(() => {
    session.stdin.destroy();
  });
  await Promise.race([pipeline(source, session.stdin).catch(() => undefined), gone]);
  return failure;
}
