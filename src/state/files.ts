import * as z from 'zod';
import { AutopilotError } from '../errors.ts';
import { PipelineFile, RollbackRegistry } from './schema.ts';

/** The files of the state branch (rules S1, S2). */
export const PIPELINE_PATH = 'state/pipeline.json';
export const REGISTRY_PATH = 'state/rollback-registry.json';
export const README_PATH = 'README.md';

/** What the state branch holds, without its status page. */
export interface State {
  file: PipelineFile;
  registry: RollbackRegistry;
}

export function parsePipelineFile(text: string, branch: string): PipelineFile {
  return parse(PipelineFile, text, PIPELINE_PATH, branch);
}

export function parseRegistry(text: string, branch: string): RollbackRegistry {
  return parse(RollbackRegistry, text, REGISTRY_PATH, branch);
}

/** The text of a state file; refuses to write what could not be read back. */
export function serialised(schema: typeof PipelineFile | typeof RollbackRegistry, value: unknown): string {
  const checked = schema.safeParse(value);
  if (!checked.success) {
    throw new AutopilotError('INTERNAL', {
      what: 'The pipeline was about to write a state file that it could not read again; nothing was written.',
      why: z.prettifyError(checked.error),
    });
  }
  return `${JSON.stringify(checked.data, null, 2)}\n`;
}

/** The error for a state branch that a person has to look at; it is never replaced silently. */
export function corrupt(path: string, branch: string, why: string, cause?: unknown): AutopilotError {
  return new AutopilotError('STATE_CORRUPT', {
    what: `${path} on the branch ${branch} cannot be used.`,
    why,
    fix:
      `Restore the last good version (git log ${branch} -- ${path}), or correct the file on that branch. ` +
      `To start with an empty history, delete the branch ${branch}.`,
    cause,
  });
}

function parse<T>(schema: z.ZodType<T>, text: string, path: string, branch: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const why = text.trim() === '' ? 'The file is empty.' : `It is no JSON: ${(error as Error).message}`;
    throw corrupt(path, branch, why, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw corrupt(
    path,
    branch,
    `It has not the expected form (${issues.join('; ')}). A newer version may have written it.`,
  );
}
