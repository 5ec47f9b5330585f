import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutopilotError } from '../errors.ts';
import { CarriedRun } from '../pipeline/carried.ts';

const MAX_BYTES = 64_000_000;

/** Where the run stands between the steps of one job: one file for each project of a job, each run and each attempt. */
export function handoverPath(key: {
  temp: string;
  runId: string;
  runAttempt: number;
  directory: string;
  config: string;
}): string {
  const project = createHash('sha256').update(`${key.directory}\0${key.config}`).digest('hex').slice(0, 12);
  const run = key.runId.replace(/[^A-Za-z0-9]/g, '_');
  return join(key.temp, `gonsautopilot-${run}-${key.runAttempt}-${project}.json`);
}

/** Writes beside, then renames: a reader sees the file before or after, never half of it. */
export async function saveHandover(path: string, run: CarriedRun): Promise<void> {
  const body = JSON.stringify(run);
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await writeFile(partial, `${checksum(body)}\n${body}`, { mode: 0o600, flag: 'wx' });
    // The mode of writeFile goes through the umask.
    await chmod(partial, 0o600);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * What the steps before have found out; undefined when there is no file, for the first stage and for those that stand alone.
 * @throws AutopilotError STAGE_WITHOUT_PREDECESSOR for a file that is cut, changed by somebody else, or no file at all.
 */
export async function loadHandover(path: string): Promise<CarriedRun | undefined> {
  let text: string;
  try {
    const entry = await lstat(path);
    if (!entry.isFile() || entry.size > MAX_BYTES) throw unusable('it is not a file that this action wrote');
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error instanceof AutopilotError ? error : unusable((error as Error).message);
  }
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (end === -1 || text.slice(0, end) !== checksum(body))
    throw unusable('it is cut, or something else has changed it');
  const parsed = CarriedRun.safeParse(JSON.parse(body));
  if (!parsed.success) throw unusable('another version of this action wrote it');
  return parsed.data;
}

const checksum = (body: string) => createHash('sha256').update(body).digest('hex');

function unusable(why: string): AutopilotError {
  return new AutopilotError('STAGE_WITHOUT_PREDECESSOR', {
    what: 'What the steps before this one handed over cannot be used',
    why,
    fix: 'Run the job again from its first step; all steps of a pipeline use the same version of this action.',
  });
}
