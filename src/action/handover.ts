import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Plan } from '../analyze/plan.ts';
import { BuildResult } from '../build/result.ts';
import { DeployResult } from '../deploy/result.ts';
import { AutopilotError } from '../errors.ts';
import { TestResult } from '../test/result.ts';
import { VerifyResult } from '../verify/result.ts';

/** What the steps of one job hand to each other: the pipeline, and the result of each stage that has run. No secrets. */
export const Handover = z.object({
  pipeline_id: z.string().min(1),
  started_at: z.string(),
  commit: z.string(),
  /** Why the run is over, for the steps that come after: they become no-ops that say so. */
  ended: z
    .object({ status: z.enum(['success', 'failed', 'skipped', 'locked', 'cancelled']), reason: z.string() })
    .optional(),
  /** Milliseconds of each stage that has run. */
  durations: z.record(z.string(), z.number()).default({}),
  analyze: Plan.optional(),
  test: TestResult.optional(),
  build: BuildResult.optional(),
  deploy: DeployResult.optional(),
  verify: VerifyResult.optional(),
  /** The keeper on the server that DEPLOY left armed for VERIFY. The nonce says which, it opens nothing. */
  keeper: z.object({ nonce: z.string() }).optional(),
});
export type Handover = z.infer<typeof Handover>;

export const HANDOVER_STAGES = ['analyze', 'test', 'build', 'deploy', 'verify'] as const;
export type HandoverStage = (typeof HANDOVER_STAGES)[number];

const MAX_BYTES = 64_000_000;

/** One file for each project of a job, each run and each attempt. */
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
export async function saveHandover(path: string, handover: Handover): Promise<void> {
  const body = JSON.stringify(handover);
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
export async function loadHandover(path: string): Promise<Handover | undefined> {
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
  const parsed = Handover.safeParse(JSON.parse(body));
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

type Results = { [Stage in HandoverStage]-?: NonNullable<Handover[Stage]> };

/**
 * The results of `stages`, all of them there.
 * @throws AutopilotError STAGE_WITHOUT_PREDECESSOR naming the first step to add.
 */
export function resultsOf<Stage extends HandoverStage>(
  handover: Handover | undefined,
  wanted: HandoverStage,
  stages: readonly Stage[],
): Pick<Results, Stage> {
  const missing = stages.find((stage) => handover?.[stage] === undefined);
  if (missing !== undefined || !handover)
    throw new AutopilotError('STAGE_WITHOUT_PREDECESSOR', {
      what: `Stage \`${wanted}\` needs the result of \`${missing}\`, which has not run in this job`,
      why: 'The stages hand their results to each other in a file of the job.',
      fix: `Add a step with \`stage: ${missing}\` before it, with the same \`config\` and \`working-directory\`, or use one step with \`stage: all\`.`,
    });
  return Object.fromEntries(stages.map((stage) => [stage, handover[stage]])) as Pick<Results, Stage>;
}
