import * as z from 'zod';
import type { CarriedRun } from '../carried.ts';
import type { PipelineContext } from '../context.ts';

const Comparison = z.object({ status: z.enum(['ahead', 'identical', 'behind', 'diverged']) });

/**
 * Why this run must not deploy: what runs on the target was built from a commit that contains this one, so an older version
 * would replace a newer one (a run that waited for the lock too long, or was started again). Asked once the lock is held.
 * Undefined when it may; also when GitHub cannot tell, because an older version that is tested, proven and watched is
 * better than none.
 */
export async function newerDeployed(
  { store, targetName, effects }: PipelineContext,
  run: CarriedRun,
  services: readonly string[],
): Promise<string | undefined> {
  const { file } = await store.read();
  const deployed = file.deployed_commits[targetName] ?? {};
  const commits = new Set(services.flatMap((name) => deployed[name] ?? []));
  for (const commit of commits) {
    if (commit === run.commit) continue;
    const status = await compareStatus(effects, commit, run.commit);
    if (status === 'behind') {
      return `${run.commit.slice(0, 7)} is older than what runs: ${commit.slice(0, 7)} contains it. To go back use \`stage: rollback\`; to deploy it all the same set \`deploy.allow_older: true\``;
    }
  }
  return undefined;
}

async function compareStatus(
  { github, log }: PipelineContext['effects'],
  base: string,
  head: string,
): Promise<string> {
  try {
    const answer = await github.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      basehead: `${base}...${head}`,
      page: 1,
      per_page: 1,
    });
    return Comparison.parse(answer.data).status;
  } catch (error) {
    log.info(`Whether ${head.slice(0, 7)} is older than ${base.slice(0, 7)} is not known: ${String(error)}`);
    return 'unknown';
  }
}
