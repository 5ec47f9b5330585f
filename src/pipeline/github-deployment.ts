import * as z from 'zod';
import { statusOf } from '../github/api.ts';
import { type CarriedRun, reachesServer, type RunEnd } from './carried.ts';
import type { PipelineContext } from './context.ts';

/** An action is not told the environment of its job. */
const ENVIRONMENT = 'production';
/** Milliseconds for one request: it is worth no wait. */
const PATIENCE = 10_000;
/** The token may not, or this GitHub has none. */
const NOT_GRANTED = [403, 404];

interface GitHubDeployment {
  pipelineId: string;
  /** The commit that was deployed. */
  commit: string;
  task: 'deploy' | 'rollback';
  /** `inactive`: neither good nor bad, it was put back when its job was cancelled. */
  state: 'success' | 'failure' | 'inactive';
}

/** A run of the pipeline that deployed, or tried to; of any other there is nothing to show. */
export async function showRun(context: PipelineContext, run: CarriedRun & { end: RunEnd }): Promise<void> {
  const state = stateOf(run);
  if (state === undefined) return;
  await showDeployment(context, { pipelineId: run.pipeline_id, commit: run.commit, task: 'deploy', state });
}

function stateOf({
  end,
  deploy,
  verify,
}: CarriedRun & { end: RunEnd }): GitHubDeployment['state'] | undefined {
  if (end.status === 'failed') return reachesServer(end.stage ?? '') ? 'failure' : undefined;
  const changed = (verify ?? deploy)?.services.some(({ status }) => status !== 'untouched') === true;
  if (!changed) return undefined;
  return end.status === 'success' ? 'success' : 'inactive';
}

const Created = z.object({ id: z.number().int() });

/**
 * Shows a release among the repository's deployments, with what came of it, where `deployments: write` is granted. For people
 * only, and best effort: never rejects, and nothing depends on it.
 */
export async function showDeployment(
  { effects, event, targetName }: PipelineContext,
  { pipelineId, commit, task, state }: GitHubDeployment,
): Promise<void> {
  const { github, log } = effects;
  const limit = { maxWait: PATIENCE };
  try {
    const { data } = await github.request(
      'POST /repos/{owner}/{repo}/deployments',
      {
        ref: commit,
        task,
        auto_merge: false,
        // What had to be green was tested in this run.
        required_contexts: [],
        environment: ENVIRONMENT,
        description: `${pipelineId} on ${targetName}`,
      },
      limit,
    );
    await github.request(
      'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
      { deployment_id: Created.parse(data).id, state, log_url: event.runUrl, description: pipelineId },
      limit,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const said = `GitHub's own list of deployments lacks ${pipelineId}: ${why}`;
    if (NOT_GRANTED.includes(statusOf(error) ?? 0)) log.debug(said);
    else log.warning(said);
  }
}
