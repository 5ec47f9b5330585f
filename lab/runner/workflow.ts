/**
 * One job of a workflow file as input for `runJob`: steps, permissions, env, outputs. Triggers, `if:` and `needs` of jobs, matrices,
 * concurrency and reusable workflows are not looked at: the caller says which job runs, and for which event.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Permissions } from '../github/index.ts';
import type { JobInput, StepInput } from './index.ts';

type Yaml = Record<string, unknown>;
const asRecord = (value: unknown): Yaml =>
  typeof value === 'object' && value !== null ? (value as Yaml) : {};
const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(asRecord(value)).map(([key, one]) => [key, one === null ? '' : String(one)]),
  );

const NAMES = ['contents', 'issues', 'deployments', 'actions', 'pull-requests'] as const;

/** `permissions:` of a job or workflow; what is not listed is none, and without any it is `contents: read`. */
function permissionsOf(value: unknown): Permissions {
  if (value === undefined) return { contents: 'read' };
  if (value === 'read-all' || value === 'write-all') {
    const access = value === 'read-all' ? 'read' : 'write';
    return Object.fromEntries(NAMES.map((name) => [name, access]));
  }
  return texts(value) as Permissions;
}

function stepOf(value: unknown): StepInput {
  const {
    with: given,
    env,
    'timeout-minutes': minutes,
    'continue-on-error': lenient,
    ...rest
  } = asRecord(value);
  return {
    ...(texts(rest) as StepInput),
    with: texts(given),
    env: texts(env),
    ...(minutes === undefined ? {} : { timeout: Number(minutes) * 60_000 }),
    ...(lenient === true ? { 'continue-on-error': true } : {}),
  };
}

export type WorkflowJob = Required<
  Pick<JobInput, 'steps' | 'permissions' | 'env' | 'outputs' | 'workflow' | 'job'>
>;

/** `job`: its id; the first one when omitted. Throws when the file has no such job. */
export async function workflowFrom(file: string, job?: string): Promise<WorkflowJob> {
  const workflow = asRecord(parse(await readFile(file, 'utf8')));
  const jobs = asRecord(workflow['jobs']);
  const id = job ?? Object.keys(jobs)[0] ?? '';
  const found = asRecord(jobs[id]);
  if (!Array.isArray(found['steps'])) throw new Error(`${file} has no job '${id}' with steps.`);
  return {
    steps: found['steps'].map(stepOf),
    permissions: permissionsOf(found['permissions'] ?? workflow['permissions']),
    env: { ...texts(workflow['env']), ...texts(found['env']) },
    outputs: texts(found['outputs']),
    workflow: String(workflow['name'] ?? file),
    job: id,
  };
}
