/**
 * A runner: one job, its steps one after the other, the way GitHub's runner does it on this machine.
 *
 *     const result = await runJob({
 *       github, cache, repository: 'gons/shop', ref: 'refs/heads/main', sha,
 *       event: { name: 'push', payload: { before, after: sha, ref: 'refs/heads/main' } },
 *       permissions: { contents: 'write' },
 *       secrets: { SSH_KEY: key },
 *       steps: [{ uses: 'checkout' }, { uses: root, id: 'pilot', with: { 'ssh-private-key': '${{ secrets.SSH_KEY }}' } }],
 *     });
 *     result.conclusion; result.steps.pilot.outputs.status; result.log; await result.cleanup();
 *
 * `startJob` gives a handle instead: `await job.waitFor(/cut over/)`, then `job.cancel()` (SIGINT, 7.5 s, SIGTERM, 2.5 s,
 * SIGKILL to the step's process only; `always()` and post steps still run) or `job.kill()` (the machine is gone).
 *
 * `workflowFrom(file)` reads steps, permissions, env and outputs of a job from a workflow file:
 * `runJob({ github, repository, actions: { 'gons/gonsautopilot': root }, ...(await workflowFrom(file)) })`.
 *
 * As the official runner: INPUT_ names and defaults of action.yml, `${{ }}` and `if:`, command files and their parsing,
 * `::` commands and stop-commands, masks, annotation and summary limits, post steps in reverse order, orphans ended at the end,
 * no GITHUB_TOKEN for actions, a clean environment. Job outputs that contain a secret are dropped; step outputs are not.
 *
 * Not done: containers and services, composite and docker actions, `pre`, matrices, problem matchers, `hashFiles`, defaults,
 * concurrency (start two jobs yourself), environments, a machine image (tools are those of this machine), permissions beyond the
 * token's table. `uses: checkout` runs the git commands of actions/checkout, not its code.
 */
import type { LabGitHub, Permissions } from '../github/index.ts';
import type { Annotation } from './commands.ts';
import { Job } from './job.ts';
import type { Grace } from './process.ts';

export type { Annotation } from './commands.ts';
export { workflowFrom, type WorkflowJob } from './workflow.ts';

/** What the runner needs of the cache service; `lab/cache` fulfils it. */
export interface RunnerCache {
  /** ACTIONS_RESULTS_URL, with a trailing slash. */
  readonly url: string;
  token(scopes: { scope: string; permission: 'read' | 'write' }[]): string;
}

export interface StepInput {
  /** `checkout`, a directory with an action.yml (absolute, or `./x` in the workspace), or a name from `actions`. */
  uses?: string;
  /** Script for `bash -e`; without `uses`. */
  run?: string;
  id?: string;
  name?: string;
  with?: Record<string, string>;
  env?: Record<string, string>;
  if?: string;
  'continue-on-error'?: boolean;
  'working-directory'?: string;
  /** A whole step's limit in milliseconds; then it is cancelled as a job is. */
  timeout?: number;
}

export interface JobInput {
  github: LabGitHub;
  /** Without it there is no cache service, as far as the action sees. */
  cache?: RunnerCache;
  /** `owner/name`, which must exist in `github`. */
  repository: string;
  /** Default: the default branch. */
  ref?: string;
  /** Default: where `ref` is now. */
  sha?: string;
  /** Default: a push without `before`. `repository`, `sender`, `ref` and `after` are filled in where missing. */
  event?: { name: string; payload?: Record<string, unknown> };
  steps: StepInput[];
  /** What `github.token` may do. Default: `contents: read`. */
  permissions?: Permissions;
  secrets?: Record<string, string>;
  vars?: Record<string, string>;
  /** Environment of all steps, as `env:` of a job; wins over what the runner sets except GITHUB_ and RUNNER_. */
  env?: Record<string, string>;
  /** `outputs:` of the job. */
  outputs?: Record<string, string>;
  /** Names for directories with an action.yml, e.g. `{ 'gons/gonsautopilot': root }`, for `uses: gons/gonsautopilot@v1`. */
  actions?: Record<string, string>;
  actor?: string;
  workflow?: string;
  job?: string;
  runId?: number;
  runAttempt?: number;
  /** RUNNER_DEBUG, and `::debug::` lines in the log. */
  debug?: boolean;
  /** Shorter in tests that are about what happens afterwards. */
  grace?: Grace;
  /** The workspace is kept from an earlier job, as on a self-hosted runner. Default: a new one in the temporary directory. */
  root?: string;
  /** Every masked log line as it is written. */
  onLine?: (line: string) => void;
}

export interface StepResult {
  name: string;
  id: string | undefined;
  outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** `outcome`, or success with continue-on-error. */
  conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** undefined when it was skipped or killed with the machine. */
  exitCode: number | undefined;
  /** Masked. */
  log: string;
  outputs: Record<string, string>;
  annotations: Annotation[];
  /** Masked markdown; empty when it was over 1 MiB. */
  summary: string;
  isPost: boolean;
}

export interface JobResult {
  conclusion: 'success' | 'failure' | 'cancelled' | 'lost';
  /** Job outputs, without those that contain a secret. */
  outputs: Record<string, string>;
  /** Main steps by id. */
  steps: Record<string, StepResult>;
  /** All executions in order, post steps included. */
  executions: StepResult[];
  log: string;
  workspace: string;
  /** Processes that were still there at the end and were ended by the runner. */
  orphans: number[];
  /** Removes the workspace and everything else of the job. */
  cleanup(): Promise<void>;
}

export interface JobHandle {
  readonly result: Promise<JobResult>;
  readonly workspace: string;
  /** Resolves when a masked log line matches; rejects when the job ends before. */
  waitFor(pattern: string | RegExp): Promise<string>;
  cancel(): void;
  /** SIGKILL to everything, no further step, no post. */
  kill(): void;
  /** The process id of the step that runs now. */
  readonly pid: number | undefined;
}

export async function startJob(input: JobInput): Promise<JobHandle> {
  const job = await Job.create(input);
  const result = job.run();
  // A caller that only waits for a line must not crash on a failed set-up; the error is still in `result`.
  result.catch(() => undefined);
  return {
    result,
    workspace: job.workspace,
    waitFor: (pattern) => job.log.waitFor(pattern),
    cancel: () => {
      job.cancel();
    },
    kill: () => {
      job.kill();
    },
    get pid() {
      return job.pid;
    },
  };
}

export async function runJob(input: JobInput): Promise<JobResult> {
  return (await startJob(input)).result;
}
