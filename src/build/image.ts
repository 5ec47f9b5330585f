import type { Service } from '../config/services.ts';
import { AutopilotError } from '../errors.ts';
import { duration, size as formatSize } from '../report/format.ts';
import { type Builder, NO_ENVIRONMENT } from './builder.ts';
import { cacheOf, keepCache } from './cache.ts';
import { buildCommand } from './command.ts';
import { type BuildFailure, explainFailure } from './failure.ts';
import type { BuildEffects, BuildInput } from './input.ts';
import { nameImage, tagHolders } from './name.ts';
import { BuildProgress } from './progress.ts';
import { prune } from './prune.ts';
import { push } from './push.ts';
import type { BuiltImage } from './result.ts';

/** What the images of one run share. */
export interface BuildContext {
  input: BuildInput;
  effects: BuildEffects;
  builder: Builder;
  tag: string;
  created: Date;
  warnings: string[];
}

/** Builds one service's image, gives it a tag that no other image holds, and pushes it where `build.registry` says. */
export async function buildImage(
  service: Service,
  context: BuildContext,
): Promise<BuiltImage | BuildFailure> {
  const { input, effects } = context;
  const name = `${input.project}-${service.name}`;
  // The builder tags, because drivers and stores disagree about which id they tell; never a tag that may be in use.
  const fresh = `${name}:building-${input.pipelineId.toLowerCase()}`;
  try {
    return await buildAs(fresh, name, service, context);
  } finally {
    await effects.run(['docker', 'image', 'rm', '--no-prune', fresh]);
  }
}

async function buildAs(
  fresh: string,
  name: string,
  service: Service,
  { input, effects, builder, tag, created, warnings }: BuildContext,
): Promise<BuiltImage | BuildFailure> {
  const { run, log } = effects;
  const cache = cacheOf(builder, effects.environment ?? NO_ENVIRONMENT, {
    scope: name,
    mode: input.cache ?? 'auto',
  });
  const argv = buildCommand({
    builder,
    service,
    labels: {
      revision: input.source.sha,
      source: input.repositoryUrl,
      created: created.toISOString(),
      version: tag,
      pipelineId: input.pipelineId,
      project: input.project,
    },
    reference: fresh,
    secrets: input.secrets ?? [],
    cache,
    ...(input.platform === undefined ? {} : { platform: input.platform }),
  });
  log.info(`Building ${service.name} from ${service.dockerfile}`);
  const progress = new BuildProgress();
  const result = await run(argv, {
    cwd: input.directory,
    env: {
      ...cache.env,
      SOURCE_DATE_EPOCH: String(Math.floor(created.getTime() / 1000)),
      // A client from 23 on has no BuildKit but Buildx, and refuses to build when told to use it.
      DOCKER_BUILDKIT: builder.command === 'buildx' ? '1' : '0',
    },
    timeout: input.timeout,
    onLine: (line) => {
      const shown = progress.read(line);
      // With the name in front no line of a build can be a command of the runner.
      if (shown) log[shown.level](`${service.name} | ${shown.text}`);
    },
    ...(effects.signal === undefined ? {} : { signal: effects.signal }),
  });
  if (result.code !== 0 || result.timedOut) {
    const explained = explainFailure(`${result.stdout}\n${result.stderr}`);
    return result.timedOut
      ? {
          ...explained,
          step: `time limit of ${Math.round(input.timeout / 1000)} s reached at ${explained.step}`,
        }
      : explained;
  }
  await keepCache(cache, effects);
  const id = await imageId(fresh, effects);
  const holders = await tagHolders(name, effects);
  const named = await nameImage(name, id, tag, holders, { input, effects, warnings });
  if ('step' in named) return named;
  const { reference } = named;
  await prune({ name, service: service.name, id, holders }, { input, effects, warnings });
  const size =
    Number((await run(['docker', 'image', 'inspect', '--format', '{{.Size}}', reference])).stdout.trim()) ||
    0;
  log.info(`Built ${reference} in ${duration(result.duration)}, ${formatSize(size)}`);
  const built = { service: service.name, ...named, id, size, duration: result.duration };
  if (input.registry === undefined) return built;
  const pushed = await push(reference, input.registry, { ...effects, timeout: input.timeout });
  return 'digest' in pushed ? { ...built, pull: pushed.digest } : pushed;
}

async function imageId(reference: string, { run }: BuildEffects): Promise<string> {
  const found = await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', reference]);
  const id = found.stdout.trim();
  if (found.code === 0 && /^sha256:[0-9a-f]{64}$/.test(id)) return id;
  throw new AutopilotError('BUILD_FAILED', {
    what: 'The builder did not bring the image into the engine of this runner',
    why: found.stderr.trim() || `Its id is ${JSON.stringify(id.slice(0, 80))}.`,
    fix: 'Check that the builder loads images into the local engine (docker buildx ls); the default builder does.',
  });
}
