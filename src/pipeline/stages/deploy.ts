import { join } from 'node:path';
import type { DeployInput } from '../../deploy/index.ts';
import type { DeployResult } from '../../deploy/result.ts';
import { AutopilotError } from '../../errors.ts';
import { lockedEnd } from '../begin.ts';
import { type CarriedRun, needed } from '../carried.ts';
import type { PipelineFile } from '../../state/schema.ts';
import { type PipelineContext, serverOf } from '../context.ts';
import { lastSent } from '../last-sent.ts';
import { failedWith, type StageOutcome } from '../run.ts';
import { newerDeployed } from './newer.ts';
import { refuseUnsettled, settleEarlier } from '../settle.ts';

/** Seconds that the server keeps an unverified release armed between the DEPLOY step and the VERIFY step. */
const HANDOVER_SECONDS = 300;

/**
 * Stage DEPLOY (rules D1 to D3). The lock is read once more, because the run may have waited for hours since it began, and
 * again once the server is its own; what an earlier run left there is settled before anything new is done.
 */
export async function deployStage(context: PipelineContext, run: CarriedRun): Promise<StageOutcome> {
  const plan = needed(run, 'analyze', 'deploy');
  if (plan.services.length === 0) return { status: 'skipped', reason: 'no service to deploy' };
  if (context.dryRun) return dryRun(context, run);
  const { file } = await context.store.read();
  const locked = whenLocked(file);
  if (locked) return locked;
  const input = await deployInput(context, run, file);
  const target = await serverOf(context);
  const { openRelease } = await import('../../deploy/index.ts');
  const { config, event, effects } = context;
  const release = await openRelease(
    {
      pipelineId: run.pipeline_id,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: config.deploy.lock_wait,
      heartbeat: config.deploy.heartbeat,
    },
    { target, clock: effects.clock, log: effects.log },
  );
  context.server.release = release;
  const refused = await refuseUnsettled(context, release);
  if (refused) return refused;
  await settleEarlier(context, release);
  // The run before, for whose server this one has waited, may have been the third to fail.
  const lockedMeanwhile = whenLocked((await context.store.read()).file);
  if (lockedMeanwhile) return lockedMeanwhile;
  const newer = config.deploy.allow_older ? undefined : await newerDeployed(context, run, plan.services);
  if (newer !== undefined) {
    return { status: 'skipped', reason: newer, end: { status: 'cancelled', reason: newer } };
  }
  const result = await release.deploy(input);
  if (result.status === 'failed') return failed(result);
  if (context.verifyFollows) return { status: result.status, found: { deploy: result } };
  try {
    const handover = await release.handOver(HANDOVER_SECONDS);
    delete context.server.release;
    return { status: result.status, found: { deploy: { ...result, handover } } };
  } catch (error) {
    if (!(error instanceof AutopilotError)) throw error;
    // Live, and the server will put it back: the record must know what was deployed.
    return { ...failedWith(error), found: { deploy: result } };
  }
}

/** Rule V4: while the pipeline is locked nothing deploys. */
function whenLocked({ lock }: PipelineFile): StageOutcome | undefined {
  if (!lock?.locked) return undefined;
  const end = lockedEnd(lock);
  return { status: 'skipped', reason: end.reason, end };
}

function failed(result: DeployResult): StageOutcome {
  const error = result.error;
  const reason = [error?.what, error?.why].filter(Boolean).join(' ') || 'the deployment failed';
  return {
    status: 'failed',
    reason,
    found: { deploy: result },
    end: {
      status: 'failed',
      reason,
      ...(error?.fix ? { fix: error.fix } : {}),
      log_extract: result.failure?.log_tail || [error?.why, error?.fix].filter(Boolean).join('\n'),
    },
  };
}

async function dryRun(context: PipelineContext, run: CarriedRun): Promise<StageOutcome> {
  const { log, clock } = context.effects;
  const target = await serverOf(context);
  const { planOnly } = await import('../../deploy/index.ts');
  // Only for what to expect: a history that cannot be read is no reason not to show the plan.
  const state = await context.store.read().catch(() => undefined);
  const input = await deployInput(context, run, state?.file);
  const preview = await planOnly({ ...input, imageExists: async () => true }, { target, clock, log });
  const closed = preview.gate.filter((check) => !check.passed);
  const reason =
    closed.length === 0
      ? 'dry run: nothing was changed'
      : `dry run: the gate would stop it (${closed.map((check) => check.name).join(', ')})`;
  return { status: closed.length === 0 ? 'skipped' : 'warning', reason, found: { preview } };
}

async function deployInput(
  context: PipelineContext,
  run: CarriedRun,
  file: PipelineFile | undefined,
): Promise<DeployInput> {
  const { config, effects, directory } = context;
  const last = file === undefined ? {} : lastSent(file, context.targetName);
  const plan = needed(run, 'analyze', 'deploy');
  const images = context.dryRun ? undefined : needed(run, 'build', 'deploy').images;
  const wanted = context.services
    .filter((service) => plan.services.includes(service.name))
    .map((service) => {
      const image = images?.find((one) => one.service === service.name);
      if (images !== undefined && image === undefined) {
        throw new AutopilotError('GATE_FAILED', {
          what: `There is no image of ${service.name}`,
          why: 'BUILD did not build it in this run.',
          fix: 'Run all stages of the job again from the first.',
        });
      }
      const planned = `${config.project.name}-${service.name}:${run.commit.slice(0, 7)}`;
      return {
        service,
        image: {
          reference: image?.reference ?? planned,
          id: image?.id ?? '',
          size: image?.size ?? 0,
          ...(image?.pull === undefined ? {} : { pull: image.pull }),
        },
        ...(last[service.name] === undefined ? {} : { lastSent: last[service.name] }),
      };
    });
  const tests = context.dryRun ? 'skipped' : needed(run, 'test', 'deploy').status;
  const { path = '', compose_file: composeFile } = config.deploy;
  return {
    pipelineId: run.pipeline_id,
    wanted,
    prefix: config.project.name,
    composeFile: join(path, composeFile),
    composeSource: await effects.readText(join(directory, composeFile)),
    minFreeDisk: config.deploy.min_free_disk,
    proxy: config.deploy.proxy,
    drift: config.deploy.drift,
    ownImages: Object.fromEntries(
      context.services.map(({ name, composeService }) => [composeService, `${config.project.name}-${name}`]),
    ),
    migrate: config.deploy.migrate,
    tests: {
      passed: tests !== 'failed',
      detail: tests === 'skipped' ? 'no test was needed for this change' : `tests ${tests}`,
    },
    transfer: (sent, target) =>
      effects.transfer(
        sent.map((image) => ({
          ...image,
          service: wanted.find((one) => one.image.reference === image.reference)?.service.name ?? '',
        })),
        target,
      ),
    imageExists: async (reference) =>
      (await effects.run(['docker', 'image', 'inspect', reference])).code === 0,
    signal: effects.signal,
  };
}
