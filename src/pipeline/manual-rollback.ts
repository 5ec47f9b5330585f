import { join } from 'node:path';
import { openRelease, type Refusal, type ReleaseHandle } from '../deploy/index.ts';
import type { DeployResult, ServiceOutcome, Preview } from '../deploy/result.ts';
import { previewRollback, rollback } from '../rollback/index.ts';
import type { RegistryEntry } from '../state/schema.ts';
import type { State } from '../state/files.ts';
import type { VerifyResult } from '../verify/result.ts';
import type { CarriedRun } from './carried.ts';
import { type PipelineContext, serverOf } from './context.ts';
import { isoWithOffset, pipelineId } from './id.ts';
import { imagesHere, imagesRunning, knownNow, knownReleases } from './known-releases.ts';
import { recordManualRollback } from './manual-rollback-record.ts';
import { elsewhere, ownReleases, whoseOf } from './own-releases.ts';
import { rollbackTargets } from './rollback-targets.ts';
import { settleEarlierOrWarn } from './settle.ts';
import { verifyRelease } from './stages/verify.ts';

export interface RollbackRequest {
  /** Empty for all. */
  services: readonly string[];
  /** Tag or pipeline id; empty for the previous good release. */
  to: string;
  reason: string;
}

export interface ManualRollback {
  pipelineId: string;
  status: 'success' | 'failed';
  reason: string;
  /** What a person can do about a failure. */
  fix?: string;
  /** What was asked for: service -> image. */
  targets: Record<string, string>;
  services: ServiceOutcome[];
  deploy?: DeployResult;
  /** Of a dry run, in place of `deploy`. */
  preview?: Preview;
  verify?: VerifyResult;
  locked: boolean;
  lock: State['file']['lock'];
  warnings: string[];
  /** The record after it, where it could be written. */
  state?: State;
}

/**
 * Rule R1: back to an older release by a person's word, through the same gate, cut-over, health check, record and lock on
 * the server as a deployment; without a candidate where the image has proven itself on that server before. A locked pipeline
 * does not forbid it, and neither does a state branch that cannot be read as long as the cache has a registry. Not counted as
 * success or failure; one that fails half-way locks (rule V4).
 */
export async function manualRollback(
  context: PipelineContext,
  asked: RollbackRequest,
): Promise<ManualRollback> {
  const { config, event, effects } = context;
  const request = { ...asked, reason: effects.mask(asked.reason) };
  const started = effects.clock.now();
  const id = pipelineId(started, event.sha, config.project.timezone);
  const run = {
    pipeline_id: id,
    started_at: isoWithOffset(started, config.project.timezone),
    commit: event.sha,
  };
  const warnings: string[] = [];
  const reading = knownReleases(context, warnings);
  // It only reads: should the server fail first, its end matters to nobody.
  reading.catch(() => undefined);
  const release = context.dryRun ? undefined : await lockServer(context, id);
  const earlier = release && (await settleEarlierOrWarn(context, release, warnings));
  if (release?.refusal) {
    const done = await refused(context, run, request.reason, release.refusal);
    return { ...done, warnings: [...warnings, ...done.warnings] };
  }
  const [{ registry: all, lock }, running] = await Promise.all([
    reading.then((known) => knownNow(context, known)),
    imagesRunning(context),
  ]);
  const there = await imagesHere(context, elsewhere(all, whoseOf(context)));
  const registry = ownReleases(all, whoseOf(context), there);
  const chosen = rollbackTargets(registry, {
    services: request.services,
    running,
    ...(request.to === '' ? {} : { to: request.to }),
  });
  const targets = Object.fromEntries(
    Object.entries(chosen).map(([name, entry]) => [
      name,
      entry.image ?? `${config.project.name}-${name}:${entry.tag}`,
    ]),
  );
  for (const [name, image] of Object.entries(targets))
    effects.log.info(
      `${name}: ${running[name] ?? registry.services[name]?.current ?? '(unknown)'} -> ${image}`,
    );
  const base = { pipelineId: id, targets, locked: lock?.locked === true, lock, warnings };
  const wanted = context.services.flatMap((service) => {
    const [image, entry] = [targets[service.name], chosen[service.name]];
    return image === undefined || entry === undefined
      ? []
      : [{ service, image, verified: verifiedWhen(entry) }];
  });
  const input = {
    pipelineId: id,
    prefix: config.project.name,
    composeFile: join(config.deploy.path ?? '', config.deploy.compose_file),
    services: wanted,
    proxy: config.deploy.proxy,
    signal: effects.signal,
  };
  const target = await serverOf(context);
  if (release === undefined) {
    const preview = await previewRollback(input, { target, clock: effects.clock, log: effects.log });
    return { ...base, status: 'success', reason: 'dry run: nothing was changed', services: [], preview };
  }
  const result = await rollback(input, {
    target,
    release,
    verify: (deployed) => verifyRelease(context, release, deployed, Object.keys(targets)),
  });
  const failed = result.deploy.status === 'failed' || result.verify?.status === 'failed';
  const services = result.verify?.services ?? result.deploy.services;
  const outcome = effects.mask({
    ...base,
    ...result,
    status: failed ? ('failed' as const) : ('success' as const),
    reason: failed
      ? (result.verify?.failure?.reason ?? result.deploy.error?.what ?? 'the older release was not healthy')
      : request.reason,
    services,
  });
  const told = await recordManualRollback(context, run, {
    ...outcome,
    asked: request.reason,
    running,
    known: registry,
  });
  // What could not be recorded before it stays in the journal for the next run.
  if (told.state && earlier === 'recorded') await release.recorded();
  return { ...outcome, ...told, warnings: [...warnings, ...told.warnings] };
}

/** Rule V4: an earlier release that could not be put back. Nothing is rolled back over it; it is recorded, and it locks. */
async function refused(
  context: PipelineContext,
  run: Pick<CarriedRun, 'pipeline_id' | 'started_at' | 'commit'>,
  asked: string,
  { error, undoFailed }: Refusal,
): Promise<ManualRollback> {
  const outcome = context.effects.mask({
    pipelineId: run.pipeline_id,
    status: 'failed' as const,
    reason: `${error.message} ${error.why}`,
    fix: error.fix,
    targets: {},
    services: [],
    locked: false,
    lock: null,
    warnings: [],
  });
  return { ...outcome, ...(await recordManualRollback(context, run, { ...outcome, asked, undoFailed })) };
}

/** Before anything is chosen: what another run is about to make of the server is what has to be rolled back then. */
async function lockServer(context: PipelineContext, pipelineId: string): Promise<ReleaseHandle> {
  const { config, event, effects } = context;
  const release = await openRelease(
    {
      pipelineId,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: config.deploy.lock_wait,
      heartbeat: config.deploy.heartbeat,
    },
    { target: await serverOf(context), clock: effects.clock, log: effects.log },
  );
  context.server.release = release;
  return release;
}

const verifiedWhen = ({ pipeline_id: id, deployed_at: at }: RegistryEntry): string =>
  id === undefined ? `at ${at}` : `in run ${id}`;
