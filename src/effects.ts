/**
 * The effects that several rooms need, as small interfaces. Real ones are wired in main.ts, simulated ones in
 * __tests__/simulation. Nothing here does anything.
 */

/** Time, so that tests can run in virtual time. */
export interface Clock {
  now(): Date;
  /** Waits; rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness, for nonces and jitter; seeded in the simulation. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** `bytes` random bytes, in lower-case hexadecimal. */
  hex(bytes: number): string;
}

/** Where in a file an annotation points. Lines and columns start at 1. */
export interface Place {
  file: string;
  line?: number;
  column?: number;
}

/** What a person reads while it runs. Implementations escape workflow commands and mask secrets. */
export interface Log {
  info(message: string): void;
  debug(message: string): void;
  notice(message: string, place?: Place): void;
  warning(message: string, place?: Place): void;
  error(message: string, place?: Place): void;
  /** Output of foreign programs: printed with workflow commands switched off. */
  foreign(text: string): void;
  /** A folded group of lines. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
}

/** How a program of this machine is started. `argv` never goes through a shell. */
export interface RunOptions {
  cwd?: string;
  /** Added to (and winning over) the inherited environment. */
  env?: Record<string, string>;
  input?: string | Buffer;
  /** Milliseconds; the whole process tree is killed after it. */
  timeout?: number;
  signal?: AbortSignal;
  /** Called with each line, as it comes. A very long one comes in pieces, all but the last with `goesOn`. */
  onLine?: (line: string, stream: 'stdout' | 'stderr', goesOn?: boolean) => void;
}

export interface RunResult {
  /** Exit code; 127 when the program does not exist. */
  code: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** Milliseconds. */
  duration: number;
}

/** Runs a program of the runner machine. Never rejects for a non-zero exit. */
export type RunProgram = (argv: readonly [string, ...string[]], options?: RunOptions) => Promise<RunResult>;
