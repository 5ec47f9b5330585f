import { checkDockerfiles, checkSecrets } from './check.ts';
import { findBuilder, NO_ENVIRONMENT } from './builder.ts';
import { cacheNote } from './cache.ts';
import { buildImage } from './image.ts';
import type { BuildEffects, BuildInput } from './input.ts';
import type { BuildResult, BuiltImage } from './result.ts';
import { chooseTag } from './tags.ts';

export type { BuildEffects, BuildInput } from './input.ts';

/**
 * Stage BUILD (rules B1, B2): checks that every Dockerfile exists before anything is built, builds the services side by
 * side within the machine's limits, and tags without ever moving a tag that another image holds.
 * A failing build is a result with the failing step, not an exception; a missing Dockerfile or builder is an
 * AutopilotError BUILD_FAILED.
 */
export async function build(input: BuildInput, effects: BuildEffects): Promise<BuildResult> {
  if (input.services.length === 0) return { status: 'skipped', images: [], warnings: [] };
  await checkDockerfiles(input, effects);
  const warnings: string[] = [];
  const builder = await findBuilder(effects.run, (message) => warnings.push(message));
  checkSecrets(input, effects, builder);
  const chosen = chooseTag(input.strategy, input.source);
  if (chosen.warning !== undefined) warnings.push(chosen.warning);
  const created = await commitDate(input, effects);
  if (input.cache !== 'off') effects.log.info(cacheNote(builder, effects.environment ?? NO_ENVIRONMENT));

  const images: BuiltImage[] = [];
  let failure: BuildResult['failure'];
  const queue = [...input.services];
  const worker = async () => {
    for (
      let service = queue.shift();
      service !== undefined && failure === undefined;
      service = queue.shift()
    ) {
      const outcome = await buildImage(service, {
        input,
        effects,
        builder,
        tag: chosen.tag,
        created,
        warnings,
      });
      if ('reference' in outcome) images.push(outcome);
      else failure ??= { service: service.name, ...outcome };
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, effects.parallel) }, worker));
  for (const warning of warnings) effects.log.warning(warning);
  if (failure !== undefined) return { status: 'failed', images, failure, warnings };
  const order = input.services.map((service) => service.name);
  images.sort((a, b) => order.indexOf(a.service) - order.indexOf(b.service));
  return { status: warnings.length > 0 ? 'warning' : 'passed', images, warnings };
}

/** When the commit was made, so that unchanged layers keep their bytes; now, with a warning, when git cannot say. */
async function commitDate(input: BuildInput, { run, clock, log }: BuildEffects): Promise<Date> {
  // In the job of a container the workspace belongs to another user, and git would refuse it.
  const git = ['git', '-c', 'safe.directory=*'] as const;
  const shown = await run([...git, 'log', '-1', '--format=%ct', input.source.sha], { cwd: input.directory });
  const seconds = Number(shown.stdout.trim());
  if (shown.code === 0 && Number.isInteger(seconds) && seconds > 0) return new Date(seconds * 1000);
  const why = shown.stderr.trim().slice(0, 500) || 'git named none';
  log.warning(
    `The time of the commit is not known (${why}): layers get the time of this build, so those that did not change are sent again`,
  );
  return clock.now();
}
