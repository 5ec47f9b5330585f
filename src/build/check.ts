import { join } from 'node:path';
import { AutopilotError } from '../errors.ts';
import { type Builder, NO_ENVIRONMENT } from './builder.ts';
import type { BuildEffects, BuildInput } from './input.ts';

/** Rule B2.1: all of them, before the first build. */
export async function checkDockerfiles(input: BuildInput, effects: BuildEffects): Promise<void> {
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
export function checkSecrets({ secrets = [] }: BuildInput, effects: BuildEffects, builder: Builder): void {
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
