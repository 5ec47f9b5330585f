import type { ProxySetting } from '../config/schema.ts';
import type { Service } from '../config/services.ts';
import { type DeployEffects, type DeployInput, planOnly, type Wanted } from '../deploy/index.ts';
import type { DeployResult, Preview } from '../deploy/result.ts';
import { AutopilotError } from '../errors.ts';
import type { Target } from '../server/target.ts';
import type { VerifyResult } from '../verify/result.ts';

export interface RollbackInput {
  pipelineId: string;
  prefix: string;
  composeFile: string;
  /** Service, image to go back to and when it was verified, as in `Wanted`; dependencies first. */
  services: readonly { service: Service; image: string; verified: string }[];
  /** `deploy.proxy`; `auto` when not given. */
  proxy?: ProxySetting;
  signal?: AbortSignal;
}

export interface RollbackEffects {
  target: Target;
  /** The open release: the same lock, plan, cut-over and undo as any deployment; the plan says who needs a candidate. */
  release: { deploy(input: DeployInput): Promise<DeployResult> };
  /** The checks after it, and the end of the release; smoke test as after any deployment. */
  verify: (deployed: DeployResult) => Promise<VerifyResult>;
}

export interface RollbackResult {
  deploy: DeployResult;
  /** Missing when the older version did not even come up. */
  verify?: VerifyResult;
}

/**
 * Rule R1: puts older images back by the same way a release takes, with images that are on the server already. Throws
 * ROLLBACK_IMPOSSIBLE, naming every image that is missing, before anything has changed.
 */
export async function rollback(input: RollbackInput, effects: RollbackEffects): Promise<RollbackResult> {
  const deployed = await effects.release.deploy(await releaseOf(input, effects.target));
  if (deployed.status === 'failed' || deployed.status === 'skipped') return { deploy: deployed };
  return { deploy: deployed, verify: await effects.verify(deployed) };
}

/** The same for a dry run: what would be done, and whether the gate would let it. Changes nothing. */
export async function previewRollback(input: RollbackInput, effects: DeployEffects): Promise<Preview> {
  return planOnly(await releaseOf(input, effects.target), effects);
}

async function releaseOf(input: RollbackInput, target: Target): Promise<DeployInput> {
  return {
    pipelineId: input.pipelineId,
    kind: 'rollback',
    wanted: await imagesThere(input, target),
    prefix: input.prefix,
    composeFile: input.composeFile,
    composeSource: undefined,
    // Nothing is sent, so a full disk is no reason to stay with a broken version.
    minFreeDisk: 0,
    ...(input.proxy === undefined ? {} : { proxy: input.proxy }),
    tests: { passed: true, detail: 'not asked for a rollback: this release was verified before' },
    transfer: () => Promise.resolve({ each: {}, warnings: [] }),
    imageExists: async (reference) => (await target.engine.image(reference)) !== undefined,
    ...(input.signal ? { signal: input.signal } : {}),
  };
}

async function imagesThere({ services }: RollbackInput, target: Target): Promise<Wanted[]> {
  if (services.length === 0) {
    throw new AutopilotError('ROLLBACK_IMPOSSIBLE', {
      what: 'There is nothing to roll back.',
      why: 'No service has an earlier release that was verified.',
      fix: 'Name a release with the input `to`, or deploy a good version.',
    });
  }
  const wanted: Wanted[] = [];
  const missing: string[] = [];
  const found = await Promise.all(services.map(({ image }) => target.engine.image(image)));
  for (const [index, { service, image, verified }] of services.entries()) {
    const there = found[index];
    if (!there) missing.push(`${image} (${service.name})`);
    else wanted.push({ service, image: { reference: image, id: there.id, size: there.size }, verified });
  }
  if (missing.length === 0) return wanted;
  throw new AutopilotError('ROLLBACK_IMPOSSIBLE', {
    what: `Not on ${target.name} any more: ${missing.join(', ')}.`,
    why: 'The image was removed from the server, by hand or beyond `safety.keep_releases`.',
    fix: 'Roll back to another release with the input `to`, or run the pipeline on the older commit.',
  });
}
