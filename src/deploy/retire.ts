import type { Container, Image } from '../server/target.ts';
import { discardContainer, dropStaged, PROOF_LABEL, removeContainer, removeImage } from './commands.ts';
import { must, type ReleaseEffects } from './effects.ts';
import { markerOf, readMarker, writeMarker } from './marker.ts';
import type { ReleasePlan } from './release.ts';

const ANONYMOUS = /(?:^|\/volumes\/)([0-9a-f]{64})(?:\/_data)?$/;

export interface RetireRequest {
  /** `safety.keep_releases`. */
  keepReleases: number;
  /**
   * Rollback targets: never removed. May still be on their way, for nothing else waits for them; as long as they are not known,
   * nothing is pruned.
   */
  protect: readonly string[] | Promise<readonly string[]>;
}

/**
 * After VERIFY: the kept old containers go, then own images beyond the number to keep. Never a verdict: what cannot be
 * removed is a warning, for the release itself is good.
 */
export async function retire(
  plan: ReleasePlan,
  request: RetireRequest,
  effects: ReleaseEffects,
): Promise<string[]> {
  const warnings = await retireKept(plan, effects);
  // Before the images, which they would hold.
  await attempt(warnings, 'the containers of proofs', async () => {
    for (const left of await effects.target.engine.containers([PROOF_LABEL])) {
      if (left.state === 'created') await must(effects, discardContainer(left.name, left.id));
    }
  });
  await attempt(warnings, 'older images', async () => {
    const images = await effects.target.engine.images();
    const containers = await effects.target.engine.containers([]);
    const used = new Set(containers.flatMap((container) => [container.imageId, container.image]));
    const protect = await request.protect;
    for (const reference of imagesToPrune(plan, { ...request, protect }, images, used)) {
      await attempt(warnings, `image ${reference}`, () => must(effects, removeImage(reference)));
    }
  });
  return warnings;
}

/** The part of it that the next release would stumble over; also done for a run that was lost after VERIFY had passed. */
export async function retireKept(plan: ReleasePlan, effects: ReleaseEffects): Promise<string[]> {
  const warnings: string[] = [];
  for (const service of plan.services.filter((entry) => !entry.current)) {
    for (const kept of service.kept) {
      await attempt(warnings, `container ${kept.name}`, async () => {
        const now = await effects.target.engine.container(kept.id);
        if (!now) return;
        await must(effects, removeContainer(kept.name, kept.id));
        warnings.push(...anonymousVolumes(now, service.service));
      });
    }
  }
  await attempt(warnings, 'the mark of the folder', async () => {
    const meant = markerOf(plan.prefix, effects.target);
    if (await readMarker(effects.target, plan.compose.directory)) return;
    await must(effects, writeMarker(plan.compose.directory, meant));
  });
  warnings.push(...(await retireStaged(plan, effects)));
  return warnings;
}

/** What nothing can ask for any more once a release is over, whichever way it went. */
export async function retireStaged(plan: ReleasePlan, effects: ReleaseEffects): Promise<string[]> {
  const warnings: string[] = [];
  await attempt(warnings, 'what was staged', () => must(effects, dropStaged(plan)));
  return warnings;
}

async function attempt(warnings: string[], what: string, body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    warnings.push(
      `${what} could not be tidied up: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What a person may have put there is never deleted; but the new container began with an empty one. */
function anonymousVolumes(container: Container, service: string): string[] {
  return container.mounts
    .filter((mount) => mount.type === 'volume' && ANONYMOUS.test(mount.source))
    .map(
      (mount) =>
        `${service}: ${mount.destination} lies in a volume without a name, so the new container began with an empty one. The old one is kept as ${ANONYMOUS.exec(mount.source)?.[1] ?? mount.source}; give it a name in the compose file.`,
    );
}

/**
 * Own tags of the released services beyond the newest `keepReleases`; never one that a container uses (by id or by name),
 * that is protected, or that is not tagged by this project. Pure.
 */
export function imagesToPrune(
  plan: ReleasePlan,
  request: RetireRequest & { protect: readonly string[] },
  images: readonly Image[],
  used: ReadonlySet<string>,
): string[] {
  const protect = new Set(request.protect);
  return plan.services.flatMap((service) => {
    const prefix = `${plan.prefix}-${service.service}:`;
    const own = images
      .flatMap((image) =>
        image.references
          .filter((reference) => reference.startsWith(prefix))
          .map((reference) => ({ reference, image })),
      )
      .sort((left, right) => right.image.created.localeCompare(left.image.created));
    const newest = [...new Set(own.map((entry) => entry.image.id))].slice(0, request.keepReleases);
    const keep = new Set([
      ...newest,
      service.previous_id,
      ...own
        .filter(({ reference }) => protect.has(reference) || reference === service.image)
        .map((entry) => entry.image.id),
    ]);
    return own
      .filter(({ image, reference }) => !keep.has(image.id) && !used.has(image.id) && !used.has(reference))
      .map((entry) => entry.reference);
  });
}
