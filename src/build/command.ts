import type { Service } from '../config/services.ts';

export interface ImageLabels {
  revision: string;
  source: string;
  /** ISO 8601. */
  created: string;
  version: string;
  pipelineId: string;
  project: string;
}

export type Builder = 'buildx' | 'docker';

/** The argument list of one image build (rule B2.2): data only, nothing is run here. */
export function buildCommand(input: {
  builder: Builder;
  service: Service;
  labels: ImageLabels;
  imageIdFile: string;
  platform?: string;
}): [string, ...string[]] {
  const { builder, service, labels, platform } = input;
  const pairs: Record<string, string> = {
    'org.opencontainers.image.revision': labels.revision,
    'org.opencontainers.image.source': labels.source,
    'org.opencontainers.image.created': labels.created,
    'org.opencontainers.image.version': labels.version,
    'gonsautopilot.pipeline': labels.pipelineId,
    'gonsautopilot.project': labels.project,
    'gonsautopilot.service': service.name,
  };
  const head: [string, ...string[]] =
    builder === 'buildx' ? ['docker', 'buildx', 'build', '--load', '--progress=plain'] : ['docker', 'build'];
  return [
    ...head,
    ...flag('--file', service.dockerfile),
    ...flag('--iidfile', input.imageIdFile),
    ...(service.target === undefined ? [] : flag('--target', service.target)),
    ...(platform === undefined ? [] : flag('--platform', platform)),
    ...Object.entries(service.args).flatMap(([name, value]) => flag('--build-arg', `${name}=${value}`)),
    ...Object.entries(pairs).flatMap(([name, value]) => flag('--label', `${name}=${value}`)),
    '--',
    service.context,
  ] as [string, ...string[]];
}

// One argument each, so that a value that starts with a dash stays a value.
const flag = (name: string, value: string): string[] => [`${name}=${value}`];
