import { build } from '../../build/index.ts';
import { newestVersion } from '../../build/tags.ts';
import * as z from 'zod';
import { deployTargetOf } from '../../config/deploy-target.ts';
import { type CarriedRun, needed } from '../carried.ts';
import type { PipelineContext } from '../context.ts';
import { knownTags } from '../known-tags.ts';
import type { StageOutcome } from '../run.ts';

const MatchingRefs = z.array(z.looseObject({ ref: z.string() }));

/** Stage BUILD (rules B1, B2). A dry run says what would be built. */
export async function buildStage(context: PipelineContext, run: CarriedRun): Promise<StageOutcome> {
  const { config, effects, event } = context;
  const plan = needed(run, 'analyze', 'build');
  const services = context.services.filter((service) => plan.services.includes(service.name));
  if (services.length === 0) return { status: 'skipped', reason: 'no service to build' };
  if (context.dryRun)
    return { status: 'skipped', reason: `dry run: would build ${plan.services.join(', ')}` };
  needed(run, 'test', 'build');
  const { taken, again, rollbackTargets } = knownTags(
    await context.store.read(),
    { project: config.project.name, target: context.targetName },
    run,
  );
  const result = await build(
    {
      project: config.project.name,
      services,
      strategy: config.build.tag_strategy,
      source: {
        sha: run.commit,
        timestamp: run.pipeline_id.slice(0, 15),
        repositoryTags: config.build.tag_strategy === 'semver' ? await versionTags(context) : [],
      },
      pipelineId: run.pipeline_id,
      repositoryUrl: `${event.serverUrl}/${event.owner}/${event.repo}`,
      directory: context.directory,
      secrets: config.build.secrets,
      cache: config.build.cache,
      ...(config.build.registry === undefined ? {} : { registry: config.build.registry }),
      ...(config.build.platform === undefined ? {} : { platform: config.build.platform }),
      timeout: config.build.timeout * 1000,
      taken,
      again,
      ...(deployTargetOf(config.deploy).kind === 'local'
        ? {}
        : { keep: { images: config.safety.keep_releases, protect: rollbackTargets } }),
    },
    {
      run: effects.run,
      clock: effects.clock,
      log: effects.log,
      readFile: effects.readText,
      ...(effects.buildEnvironment === undefined ? {} : { environment: effects.buildEnvironment }),
      parallel: effects.parallelBuilds,
      signal: effects.signal,
    },
  );
  const found = { build: result };
  if (result.failure === undefined) return { status: result.status, found };
  const { service, step, tail, fix } = result.failure;
  const reason = `the image of ${service} could not be built: ${step}`;
  const end = { status: 'failed', reason, log_extract: tail, ...(fix === undefined ? {} : { fix }) } as const;
  return { status: 'failed', reason, found, end };
}

/** A checkout of depth 1 has no tags, so GitHub is asked. */
async function versionTags({ effects }: PipelineContext): Promise<string[]> {
  const { data } = await effects.github.request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', {
    ref: 'tags/',
  });
  const names = MatchingRefs.parse(data).map(({ ref }) => ref.replace('refs/tags/', ''));
  const newest = newestVersion(names);
  return newest === undefined ? [] : [newest];
}
