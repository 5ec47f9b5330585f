import type { Readable, Writable } from 'node:stream';

/** A running sh on the target, whichever way it was started. Owned by keeper.ts and stream.ts. */
export interface Session {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, when the process has ended and its streams are drained; -1 when a signal or the connection ended it. */
  readonly ended: Promise<number>;
  /** Ends the process and what it started. */
  kill(): void;
  /** Ends only this side's ends of the streams: the process sees its input end, and may live on. */
  abandon(): void;
}

/** Starts `sh -c text` on the target. */
export type StartShell = (text: string) => Promise<Session>;
