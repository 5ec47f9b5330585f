import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { AutopilotError } from '../errors.ts';

/** What started this run and where it runs, from the environment and the event file. */
export interface RunContext {
  eventName: string;
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`. */
  ref: string;
  /** Name of the branch of `ref`; empty for anything else. */
  branch: string;
  /** The commit of the event (GITHUB_SHA); for pull requests the merge commit. See `commitOfRun`. */
  sha: string;
  /** Of a push: as the event says, which may be 40 or 64 zeros. */
  before?: string;
  after?: string;
  deleted: boolean;
  forced: boolean;
  pullRequest?: {
    number: number;
    headSha: string;
    baseSha: string;
    headRef: string;
    baseRef: string;
    fork: boolean;
  };
  mergeGroup?: { baseSha: string; headSha: string };
  /** Empty when the event does not say. */
  defaultBranch: string;
  actor: string;
  runId: string;
  runAttempt: number;
  runUrl: string;
  owner: string;
  repo: string;
  apiUrl: string;
  serverUrl: string;
  /** Absolute directories. */
  workspace: string;
  temp: string;
  job: string;
  workflow: string;
}

type Environment = Record<string, string | undefined>;

const sha = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
const branchEnd = z.looseObject({
  sha,
  ref: z.string(),
  repo: z.looseObject({ full_name: z.string() }).nullish(),
});

/** Only what is used, and only as strict as GitHub's own description; everything else may be there. */
const EventFile = z.looseObject({
  before: z.string().nullish(),
  after: z.string().nullish(),
  deleted: z.boolean().nullish(),
  forced: z.boolean().nullish(),
  repository: z.looseObject({ default_branch: z.string().nullish() }).nullish(),
  pull_request: z.looseObject({ number: z.number().int(), head: branchEnd, base: branchEnd }).nullish(),
  merge_group: z.looseObject({ base_sha: sha, head_sha: sha }).nullish(),
});

const NEEDED = [
  'GITHUB_EVENT_NAME',
  'GITHUB_EVENT_PATH',
  'GITHUB_REPOSITORY',
  'GITHUB_REF',
  'GITHUB_SHA',
  'GITHUB_RUN_ID',
  'GITHUB_WORKSPACE',
  'RUNNER_TEMP',
] as const;

/** @throws AutopilotError EVENT_REFUSED for an environment without a run, and for an event file missing, cut or malformed. */
export function readContext(
  env: Environment,
  readFile = (path: string) => readFileSync(path, 'utf8'),
): RunContext {
  const missing = NEEDED.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new AutopilotError('EVENT_REFUSED', {
      what: `The environment has no ${missing.join(', ')}`,
      why: 'This runs as a step of a GitHub Actions job.',
      fix: 'Use it with `uses:` in a workflow, or set these variables as the runner does.',
    });
  const of = (name: (typeof NEEDED)[number]) => env[name] ?? '';
  const [owner = '', repo = ''] = of('GITHUB_REPOSITORY').split('/');
  const serverUrl = (env['GITHUB_SERVER_URL'] || 'https://github.com').replace(/\/+$/, '');
  const ref = of('GITHUB_REF');
  const runAttempt = Number(env['GITHUB_RUN_ATTEMPT'] ?? 1);
  return {
    ...eventOf(of('GITHUB_EVENT_PATH'), readFile, `${owner}/${repo}`),
    eventName: of('GITHUB_EVENT_NAME'),
    ref,
    branch: ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : '',
    sha: of('GITHUB_SHA'),
    actor: env['GITHUB_TRIGGERING_ACTOR'] || env['GITHUB_ACTOR'] || '',
    runId: of('GITHUB_RUN_ID'),
    runAttempt: Number.isSafeInteger(runAttempt) && runAttempt > 0 ? runAttempt : 1,
    runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${of('GITHUB_RUN_ID')}`,
    owner,
    repo,
    apiUrl: (env['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/+$/, ''),
    serverUrl,
    workspace: of('GITHUB_WORKSPACE'),
    temp: of('RUNNER_TEMP'),
    job: env['GITHUB_JOB'] ?? '',
    workflow: env['GITHUB_WORKFLOW'] ?? '',
  };
}

type FromEvent = Pick<
  RunContext,
  'before' | 'after' | 'deleted' | 'forced' | 'pullRequest' | 'mergeGroup' | 'defaultBranch'
>;

function eventOf(path: string, readFile: (path: string) => string, repository: string): FromEvent {
  const event = parseEvent(path, readFile);
  const { pull_request: pull, merge_group: group } = event;
  return {
    ...(event.before ? { before: event.before } : {}),
    ...(event.after ? { after: event.after } : {}),
    deleted: event.deleted ?? false,
    forced: event.forced ?? false,
    defaultBranch: event.repository?.default_branch ?? '',
    ...(pull
      ? {
          pullRequest: {
            number: pull.number,
            headSha: pull.head.sha,
            baseSha: pull.base.sha,
            headRef: pull.head.ref,
            baseRef: pull.base.ref,
            // The repository of a fork that was deleted is null.
            fork: pull.head.repo?.full_name.toLowerCase() !== repository.toLowerCase(),
          },
        }
      : {}),
    ...(group ? { mergeGroup: { baseSha: group.base_sha, headSha: group.head_sha } } : {}),
  };
}

function parseEvent(path: string, readFile: (path: string) => string): z.infer<typeof EventFile> {
  const refuse = (what: string, cause: unknown) =>
    new AutopilotError('EVENT_REFUSED', {
      what,
      why:
        cause instanceof z.ZodError
          ? z.prettifyError(cause)
          : cause instanceof Error
            ? cause.message
            : String(cause),
      fix: 'Run the job again; the runner writes this file (GITHUB_EVENT_PATH) at the start of a job.',
      cause,
    });
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw refuse('The event file cannot be read', error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(
      'The event file is not whole JSON',
      new Error(`${text.length} characters, the text is not repeated here`, { cause: error }),
    );
  }
  const parsed = EventFile.safeParse(value);
  if (!parsed.success) throw refuse('The event file is not an event of GitHub', parsed.error);
  return parsed.data;
}
