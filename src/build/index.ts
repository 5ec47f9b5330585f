import { join } from 'node:path';
import type { Service } from '../config/services.ts';
import type { Clock, Log, RunProgram } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import { duration } from '../report/format.ts';
import {
  type Builder,
  type BuildEnvironment,
  cacheOf,
  type CachePlan,
  findBuilder,
  NO_ENVIRONMENT,
} from './builder.ts';
import { buildCommand } from './command.ts';
import { explainFailure } from './failure.ts';
import { BuildProgress } from './progress.ts';
import { push } from './push.ts';
import type { BuildResult, BuiltImage } from './result.ts';
import { chooseTag, freeTag, type TagSource, type TagStrategy } from './tags.ts';

export interface BuildInput {
  project: string;
  services: readonly Service[];
  strategy: TagStrategy;
  source: TagSource;
  pipelineId: string;
  repositoryUrl: string;
  /** Absolute directory of the project. */
  directory: string;
  platform?: string;
  /** `build.secrets`: names of environment variables. */
  secrets?: readonly string[];
  /** `build.cache`. */
  cache?: 'auto' | 'off';
  /** `build.registry`: push there as well. */
  registry?: string;
  /** Milliseconds for one image. */
  timeout: number;
  /** Image id that holds a reference according to the rollback registry; '' where only the reference is known. */
  registered: (reference: string) => string | undefined;
}

export interface BuildEffects {
  run: RunProgram;
  clock: Clock;
  log: Log;
  readFile: (path: string) => Promise<string | undefined>;
  environment?: BuildEnvironment;
  /** How many images are built side by side. */
  parallel: number;
  signal?: AbortSignal;
}

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

  const images: BuiltImage[] = [];
  let failure: BuildResult['failure'];
  const queue = [...input.services];
  const worker = async () => {
    for (
      let service = queue.shift();
      service !== undefined && failure === undefined;
      service = queue.shift()
    ) {
      const outcome = await buildOne(service, {
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

/** Rule B2.1: all of them, before the first build. */
async function checkDockerfiles(input: BuildInput, effects: BuildEffects): Promise<void> {
  const missing: string[] = [];
  for (const service of input.services) {
    const text = await effects.readFile(join(input.directory, service.dockerfile));
    if (text === undefined) missing.push(`${service.name}: ${service.dockerfile}`);
  }
  if (missing.length === 0) return;
  throw new AutopilotError('BUILD_FAILED', {
    what: `No Dockerfile for ${missing.join(', ')}`,
    why: 'Rule B2: the Dockerfile of every service to build must exist before anything is built.',
    fix: 'Add the file, or set services.<name>.dockerfile (or build.docker) in gonsautopilot.yaml. Is there a checkout step before this one?',
  });
}

/** A secret that is not there would only be found by the step that needs it, in words of its own. */
function checkSecrets({ secrets = [] }: BuildInput, effects: BuildEffects, builder: Builder): void {
  const { has } = effects.environment ?? NO_ENVIRONMENT;
  const missing = secrets.filter((name) => !has(name));
  if (missing.length > 0) {
    throw new AutopilotError('BUILD_FAILED', {
      what: `No value for the build ${missing.length === 1 ? 'secret' : 'secrets'} ${missing.join(', ')}`,
      why: '`build.secrets` names environment variables of the step, and these are not set.',
      fix: `Give them to the step: env: { ${missing[0]}: \${{ secrets.${missing[0]} }} }`,
    });
  }
  if (secrets.length === 0 || builder.command === 'buildx') return;
  throw new AutopilotError('BUILD_FAILED', {
    what: 'Build secrets need docker buildx',
    why: 'Plain `docker build` would have to take them as build arguments, which stay in the image.',
    fix: 'Install the package docker-buildx-plugin on the runner.',
  });
}

/** Seconds since the epoch of the commit, so that unchanged layers keep their bytes; now when git cannot say. */
async function commitDate(input: BuildInput, { run, clock }: BuildEffects): Promise<Date> {
  const shown = await run(['git', 'log', '-1', '--format=%ct', input.source.sha], { cwd: input.directory });
  const seconds = Number(shown.stdout.trim());
  return shown.code === 0 && Number.isInteger(seconds) && seconds > 0
    ? new Date(seconds * 1000)
    : clock.now();
}

interface BuildContext {
  input: BuildInput;
  effects: BuildEffects;
  builder: Builder;
  tag: string;
  created: Date;
  warnings: string[];
}

async function buildOne(
  service: Service,
  { input, effects, builder, tag, created, warnings }: BuildContext,
): Promise<BuiltImage | { step: string; tail: string }> {
  const { run, log } = effects;
  const name = `${input.project}-${service.name}`;
  // The builder tags, because drivers and stores disagree about which id they tell; never a tag that may be in use.
  const fresh = `${name}:building-${input.pipelineId.toLowerCase()}`;
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
      DOCKER_BUILDKIT: '1',
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
  const free = freeTag(tag, id, input.source.sha.slice(0, 7), (candidate) => {
    const reference = `${name}:${candidate}`;
    return holders.get(reference) ?? input.registered(reference);
  });
  if (free.taken) {
    warnings.push(`${name}:${tag} is another image already and is kept: this one is tagged ${free.tag}`);
  }
  const reference = `${name}:${free.tag}`;
  const tagged = await run(['docker', 'tag', id, reference]);
  if (tagged.code !== 0) return { step: `docker tag ${reference}`, tail: tagged.stderr };
  await run(['docker', 'image', 'rm', '--no-prune', fresh]);
  const size =
    Number((await run(['docker', 'image', 'inspect', '--format', '{{.Size}}', reference])).stdout.trim()) ||
    0;
  log.info(`Built ${reference} in ${duration(result.duration)}`);
  const built = { service: service.name, tag: free.tag, reference, id, size, duration: result.duration };
  if (input.registry === undefined) return built;
  const pushed = await push(reference, input.registry, effects);
  return 'digest' in pushed ? { ...built, pull: pushed.digest } : pushed;
}

/** The new cache takes the place of the old one; a build that is done does not fail for it. */
async function keepCache({ replace }: CachePlan, { run, log }: BuildEffects): Promise<void> {
  if (replace === undefined) return;
  const steps = [
    ['rm', '-rf', '--', replace.old],
    ['mv', '--', replace.new, replace.old],
  ] as const;
  for (const step of steps) {
    const done = await run(step);
    if (done.code !== 0) return log.warning(`The build cache was not kept: ${done.stderr.trim()}`);
  }
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

/** reference -> image id, of all tags with this name on this engine. */
async function tagHolders(name: string, { run }: BuildEffects): Promise<Map<string, string>> {
  const listed = await run([
    'docker',
    'image',
    'ls',
    '--no-trunc',
    '--format',
    '{{.Repository}}:{{.Tag}}\t{{.ID}}',
    name,
  ]);
  const pairs = listed.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t') as [string, string]);
  return new Map(pairs);
}
