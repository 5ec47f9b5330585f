/** What a job knows about its event, as `github.*` and as GITHUB_ variables. */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabRepository } from '../github/index.ts';
import type { Value } from './expressions.ts';
import type { JobInput, RunnerCache } from './index.ts';

/** Kept as on github.com even here: a loopback address counts as GHES, which turns the cache service off. */
const SERVER_URL = 'https://github.com';

export interface Places {
  root: string;
  workspace: string;
  temp: string;
  home: string;
  toolCache: string;
}

export interface JobFacts {
  places: Places;
  ref: string;
  sha: string;
  token: string;
  eventName: string;
  payload: Record<string, unknown>;
  trackingId: string;
}

export async function payloadOf(
  input: JobInput,
  repository: LabRepository,
  ref: string,
  sha: string,
): Promise<Record<string, unknown>> {
  const [owner = '', name = ''] = input.repository.split('/');
  const given = input.event?.payload ?? {};
  const push =
    (input.event?.name ?? 'push') === 'push'
      ? { ref, after: sha, before: '0'.repeat(sha.length), created: false, deleted: false, forced: false }
      : {};
  return {
    repository: {
      id: repository.id,
      name,
      full_name: input.repository,
      default_branch: repository.defaultBranch,
      owner: { login: owner },
      private: repository.options.public !== true,
    },
    sender: { login: input.actor ?? owner, type: 'User' },
    ...push,
    ...given,
  };
}

export async function nodeBinary(projectRoot: string): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  const packaged = join(projectRoot, 'node_modules', `node-linux-${arch}`, 'bin', 'node');
  return access(packaged).then(
    () => packaged,
    () => process.execPath,
  );
}

/** GITHUB_ and RUNNER_ variables that do not differ between steps. */
export async function jobEnvironment(input: JobInput, facts: JobFacts): Promise<Record<string, string>> {
  const { places, ref, sha, payload } = facts;
  const eventPath = join(places.temp, '_github_workflow', 'event.json');
  await writeFile(eventPath, JSON.stringify(payload));
  const [owner = ''] = input.repository.split('/');
  const pull = payload['pull_request'] as { head?: { ref?: string }; base?: { ref?: string } } | undefined;
  const actor = input.actor ?? owner;
  const workflow = input.workflow ?? 'Deploy';
  const repository = payload['repository'] as { id?: number } | undefined;
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: actor,
    GITHUB_ACTOR_ID: '1001',
    GITHUB_API_URL: input.github.url,
    GITHUB_BASE_REF: pull?.base?.ref ?? '',
    GITHUB_EVENT_NAME: facts.eventName,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_GRAPHQL_URL: `${input.github.url.replace(/\/v3$/, '')}/graphql`,
    GITHUB_HEAD_REF: pull?.head?.ref ?? '',
    GITHUB_JOB: input.job ?? 'deploy',
    GITHUB_REF: ref,
    GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REF_TYPE: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REPOSITORY: input.repository,
    GITHUB_REPOSITORY_ID: String(repository?.id ?? 1),
    GITHUB_REPOSITORY_OWNER: owner,
    GITHUB_REPOSITORY_OWNER_ID: '1000',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: String(input.runAttempt ?? 1),
    GITHUB_RUN_ID: String(input.runId ?? 9_000_000_001),
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SERVER_URL: SERVER_URL,
    GITHUB_SHA: sha,
    GITHUB_TRIGGERING_ACTOR: actor,
    GITHUB_WORKFLOW: workflow,
    GITHUB_WORKFLOW_REF: `${input.repository}/.github/workflows/deploy.yml@${ref}`,
    GITHUB_WORKFLOW_SHA: sha,
    GITHUB_WORKSPACE: places.workspace,
    ImageOS: 'ubuntu24',
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: places.temp,
    RUNNER_TOOL_CACHE: places.toolCache,
    RUNNER_TRACKING_ID: facts.trackingId,
    RUNNER_WORKSPACE: join(places.workspace, '..'),
    ...(input.debug ? { RUNNER_DEBUG: '1' } : {}),
  };
}

/** `github.*` of expressions, from the variables. */
export function githubContext(variables: Record<string, string>, facts: JobFacts): Record<string, Value> {
  const context: Record<string, Value> = { token: facts.token, event: facts.payload as Value };
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('GITHUB_') && name !== 'GITHUB_ACTIONS')
      context[name.slice('GITHUB_'.length).toLowerCase()] = value;
  }
  return context;
}

/** What only actions get: the services of the job. */
export function serviceEnvironment(cache: RunnerCache | undefined, facts: JobFacts): Record<string, string> {
  if (!cache) return {};
  const own = { scope: facts.ref, permission: 'write' as const };
  const repository = facts.payload['repository'] as { default_branch?: string } | undefined;
  const pull = facts.payload['pull_request'] as { base?: { ref?: string } } | undefined;
  const others = [pull?.base?.ref, repository?.default_branch]
    .filter((branch) => branch !== undefined)
    .map((branch) => ({ scope: `refs/heads/${branch}`, permission: 'read' as const }))
    .filter(
      ({ scope }, index, all) =>
        scope !== own.scope && all.findIndex((other) => other.scope === scope) === index,
    );
  return {
    ACTIONS_RESULTS_URL: cache.url,
    ACTIONS_RUNTIME_URL: cache.url,
    ACTIONS_RUNTIME_TOKEN: cache.token([own, ...others]),
    ACTIONS_CACHE_SERVICE_V2: 'True',
  };
}
