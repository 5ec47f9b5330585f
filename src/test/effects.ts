import { readFile, readdir, stat } from 'node:fs/promises';
import type { Clock, Log, RunProgram } from '../effects.ts';

/** What TEST reads of the project: reports, coverage, manifests. */
export interface Files {
  /** The text, or nothing when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Milliseconds since 1970 of the last change, or nothing when there is no such file. */
  changedAt(path: string): Promise<number | undefined>;
  /** Names in a folder; none when there is no such folder. */
  list(path: string): Promise<string[]>;
}

/** HTTP status of a GET, or nothing when there was no answer within `timeout` milliseconds. */
export type Probe = (url: string, timeout: number) => Promise<number | undefined>;

export interface TestEffects {
  run: RunProgram;
  clock: Clock;
  log: Log;
  files: Files;
  probe: Probe;
}

const absent = (error: NodeJS.ErrnoException) => {
  if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) return undefined;
  throw error;
};

export const realFiles: Files = {
  read: (path) => readFile(path, 'utf8').catch(absent),
  changedAt: (path) => stat(path).then((found) => found.mtimeMs, absent),
  list: async (path) => (await readdir(path).catch(absent)) ?? [],
};

export const realProbe: Probe = async (url, timeout) => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeout), redirect: 'manual' });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
};

/** File systems stamp files a few milliseconds early. */
const STAMP_SLACK = 100;

/** What the files written from now on are not older than, in milliseconds since 1970. */
export const startOf = ({ clock }: Pick<TestEffects, 'clock'>) => clock.now().getTime() - STAMP_SLACK;

/** The text of a file written since `start`; one left behind by an earlier run says nothing about this one. */
export async function readFresh(path: string, start: number, files: Files): Promise<string | undefined> {
  return ((await files.changedAt(path)) ?? 0) < start ? undefined : files.read(path);
}
