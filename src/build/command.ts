import type { Service } from '../config/services.ts';
import { IMAGE_LABEL } from '../image-labels.ts';
import type { Builder } from './builder.ts';
import type { CachePlan } from './cache.ts';

export interface ImageLabels {
  revision: string;
  source: string;
  /** ISO 8601. */
  created: string;
  version: string;
  pipelineId: string;
  project: string;
}

/**
 * The argument list of one image build (rule B2.2): data only, nothing is run here. Build secrets are named, never valued:
 * the builder reads them from its environment.
 */
export function buildCommand(input: {
  builder: Builder;
  service: Service;
  labels: ImageLabels;
  /** What the image is called until it has its tag. */
  reference: string;
  /** Names of environment variables. */
  secrets: readonly string[];
  cache: Pick<CachePlan, 'from' | 'to'>;
  platform?: string;
}): [string, ...string[]] {
  const { builder, service, labels, platform, cache } = input;
  const pairs: Record<string, string> = {
    'org.opencontainers.image.revision': labels.revision,
    'org.opencontainers.image.source': labels.source,
    'org.opencontainers.image.created': labels.created,
    'org.opencontainers.image.version': labels.version,
    [IMAGE_LABEL.pipeline]: labels.pipelineId,
    [IMAGE_LABEL.project]: labels.project,
    [IMAGE_LABEL.service]: service.name,
  };
  const head: [string, ...string[]] =
    builder.command === 'buildx'
      ? // Attestations hold times, so that the same image would get another id at each build.
        ['docker', 'buildx', 'build', '--progress=plain', '--provenance=false', ...outputOf(builder)]
      : ['docker', 'build'];
  return [
    ...head,
    ...flag('--file', service.dockerfile),
    ...flag('--tag', input.reference),
    ...(service.target === undefined ? [] : flag('--target', service.target)),
    ...(platform === undefined ? [] : flag('--platform', platform)),
    ...input.secrets.flatMap((name) => flag('--secret', `id=${name},env=${name}`)),
    ...cache.from.flatMap((from) => flag('--cache-from', from)),
    ...cache.to.flatMap((to) => flag('--cache-to', to)),
    ...Object.entries(service.args).flatMap(([name, value]) => flag('--build-arg', `${name}=${value}`)),
    ...Object.entries(pairs).flatMap(([name, value]) => flag('--label', `${name}=${value}`)),
    '--',
    service.context,
  ] as [string, ...string[]];
}

/** Into the local engine, with the timestamps of layers set back where the builder can. */
const outputOf = ({ rewritesTimestamps }: Builder): string[] =>
  rewritesTimestamps ? flag('--output', 'type=docker,rewrite-timestamp=true') : ['--load'];

// One argument each, so that a value that starts with a dash stays a value.
const flag = (name: string, value: string): string[] => [`${name}=${value}`];
