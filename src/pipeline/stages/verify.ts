import type { DeployResult } from '../../deploy/result.ts';
import type { ReleaseHandle } from '../../deploy/index.ts';
import type { RollbackRegistry } from '../../state/schema.ts';
import { verify } from '../../verify/index.ts';
import type { VerifyResult } from '../../verify/result.ts';
import { type CarriedRun, needed } from '../carried.ts';
import { type PipelineContext, serverOf } from '../context.ts';
import { goodEntries, imageOf } from '../registry-entries.ts';
import type { StageOutcome } from '../run.ts';
import { asFound, fateOf, refuseUnsettled } from '../settle.ts';

/** Stage VERIFY (rules V1 to V3): smoke test and watchdog; a release that fails them is put back as a whole. */
export async function verifyStage(context: PipelineContext, run: CarriedRun): Promise<StageOutcome> {
  if (context.dryRun) {
    const reason = 'dry run: nothing was changed';
    return { status: 'skipped', reason, end: { status: 'success', reason } };
  }
  const deployed = needed(run, 'deploy', 'verify');
  const release = context.server.release ?? (await takeOver(context, run, deployed));
  context.server.release = release;
  const refused = await refuseUnsettled(context, release);
  if (refused) {
    const fate = await fateOf(release);
    const own = fate?.kind === 'put-back' && fate.plan.pipeline_id === run.pipeline_id;
    return own ? { ...refused, found: { deploy: asFound(deployed, fate.result) } } : refused;
  }
  const names = run.analyze?.services ?? [];
  return outcomeOf(await verifyRelease(context, release, deployed, names));
}

/** The checks after a deployment, and after a rollback by hand (rule R1): of the named services. */
export async function verifyRelease(
  context: PipelineContext,
  release: ReleaseHandle,
  deployed: DeployResult,
  names: readonly string[],
): Promise<VerifyResult> {
  const { config, effects, services } = context;
  const released = services.filter((service) => names.includes(service.name));
  const urls = released.flatMap(({ name, healthCheck }) =>
    healthCheck.url === undefined ? [] : [[name, healthCheck.url] as const],
  );
  const { smoke_test: smoke, watchdog } = config.verify;
  // Where GitHub does not answer this takes minutes, for which an unverified release must not serve unwatched.
  const protect = context.store.read().then(({ registry }) => rollbackTargets(registry));
  // Pruning says that it could not be done; a release that is put back does not ask.
  protect.catch(() => undefined);
  const result = await verify(
    {
      smoke: {
        urls: Object.fromEntries(urls),
        endpoints: smoke.endpoints,
        origin: config.deploy.health_check.url ?? '',
        responseTimeMax: smoke.response_time_max,
      },
      watch: {
        duration: watchdog.duration,
        interval: watchdog.interval,
        ratio: watchdog.latency_spike_ratio,
      },
      baselines: deployed.baselines,
      autoRollback: config.safety.auto_rollback,
    },
    {
      target: await serverOf(context),
      clock: effects.clock,
      log: effects.log,
      release: release.underTest({
        keepReleases: config.safety.keep_releases,
        protect,
      }),
    },
  );
  for (const { passed, url, detail } of result.smoke)
    effects.log.info(`${passed ? 'ok' : 'FAILED'} ${url}: ${detail}`);
  return result;
}

/** Images that are never pruned, because a rollback may need them; other targets may be folders of the same server. */
function rollbackTargets({ services }: RollbackRegistry): string[] {
  return Object.values(services).flatMap(({ history }) => goodEntries(history).map(imageOf));
}

/** In a step of its own: the release that the DEPLOY step left armed on the server. */
async function takeOver(
  context: PipelineContext,
  run: CarriedRun,
  { handover }: DeployResult,
): Promise<ReleaseHandle> {
  const { openRelease } = await import('../../deploy/index.ts');
  const { config, event, effects } = context;
  return openRelease(
    {
      pipelineId: run.pipeline_id,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: config.deploy.lock_wait,
      heartbeat: config.deploy.heartbeat,
      ...(handover === undefined ? {} : { handover }),
    },
    { target: await serverOf(context), clock: effects.clock, log: effects.log },
  );
}

function outcomeOf(result: VerifyResult): StageOutcome {
  const found = { verify: result };
  if (result.status !== 'failed') {
    return { status: result.status, found, end: { status: 'success', reason: 'deployed and verified' } };
  }
  const reason =
    result.failure === undefined
      ? 'the release was not healthy'
      : `${result.failure.service}: ${result.failure.reason}`;
  return {
    status: 'failed',
    reason,
    found,
    end: { status: 'failed', reason, log_extract: result.failure?.log_tail ?? reason },
  };
}
