import { AutopilotError } from '../errors.ts';
import type { Target } from '../server/target.ts';
import { mustBeAsPlanned } from './as-planned.ts';
import { tryCandidate } from './candidate.ts';
import { candidateScript } from './candidate-script.ts';
import { checkCompose, stageCompose, tagImage, writeCompose } from './commands.ts';
import type { ComposeModel } from './compose-model.ts';
import { cutOver } from './cut-over.ts';
import { must, type ReleaseEffects } from './effects.ts';
import { migrate } from './migrate.ts';
import { type Operation, operations } from './operations.ts';
import { ownEndpoint } from './port.ts';
import { CUTTING_OVER } from './recover.ts';
import type { ReleasePlan, ServicePlan, Wanted } from './release.ts';
import type { ContainerFailure } from './result.ts';
import { revertScript } from './script.ts';

export interface Transferred {
  /** Image reference -> bytes that were sent for it. */
  each: Record<string, number>;
  warnings: string[];
}

/** Brings images to the target; owned by this room, fulfilled by deploy/transfer. */
export type Transfer = (images: Wanted['image'][], target: Target) => Promise<Transferred>;

export interface Execution {
  plan: ReleasePlan;
  wanted: readonly Wanted[];
  model: ComposeModel;
  nextSource: string;
  /** The compose file on the server, as it was when the release was planned. */
  serverSource: string | undefined;
  transfer: Transfer;
  /** Called once, just before the first operation that users could notice. */
  beforeCutOver: () => Promise<void>;
  signal: AbortSignal | undefined;
}

/** A container that did not become healthy; carries what people need to see. */
export class Unhealthy extends Error {
  readonly failure: ContainerFailure;
  constructor(failure: ContainerFailure) {
    super(`${failure.service}: ${failure.reason}`);
    this.name = 'Unhealthy';
    this.failure = failure;
  }
}

/**
 * Carries out everything up to the last cut-over, in the order of `operations`. Throws Unhealthy or an AutopilotError;
 * undoing is the caller's, by the same plan.
 */
export async function execute(execution: Execution, effects: ReleaseEffects): Promise<Transferred> {
  const { plan } = execution;
  const byName = new Map(plan.services.map((service) => [service.service, service]));
  let sent: Transferred = { each: {}, warnings: [] };
  let armed: 'nothing' | 'candidates' | 'release' = 'nothing';
  const { signal } = execution;
  const cancellable: ReleaseEffects = signal ? { ...effects, signal } : effects;
  for (const operation of operations(plan)) {
    if (operation.phase === 'confirm') continue;
    if (signal?.aborted) throw cancelled();
    if (operation.kind === 'candidate' && armed === 'nothing') {
      const script = candidateScript(plan);
      if (script !== '') await effects.keeper.arm(script);
      armed = 'candidates';
    }
    if (operation.phase === 'cut-over' && armed !== 'release') {
      await execution.beforeCutOver();
      await mustBeAsPlanned(plan, execution.serverSource, effects);
      await armRelease(plan, effects);
      armed = 'release';
    }
    const prefix = operation.service === '' ? '' : `${operation.service}: `;
    effects.log.info(`${prefix}${operation.description}`);
    const done = await perform(operation, byName.get(operation.service), execution, cancellable).catch(
      (error: unknown) => {
        throw signal?.aborted && error === signal.reason ? cancelled() : error;
      },
    );
    if (done) sent = done;
  }
  return sent;
}

/**
 * From here on a runner that is gone means: back to what ran before. From an irreversible release there is no way back that
 * a program may take.
 */
async function armRelease(plan: ReleasePlan, { keeper }: ReleaseEffects): Promise<void> {
  if (plan.migrate?.irreversible === true) return keeper.disarm();
  await keeper.arm(revertScript(plan));
  // Only with this line in the journal does `auto_reverted` mean that the release was put back.
  await keeper.record(CUTTING_OVER, {});
}

const cancelled = () =>
  new AutopilotError('CANCELLED', {
    what: 'The deployment was cancelled.',
    why: 'The run was asked to stop.',
  });

async function perform(
  operation: Operation,
  service: ServicePlan | undefined,
  execution: Execution,
  effects: ReleaseEffects,
): Promise<Transferred | undefined> {
  const { plan } = execution;
  switch (operation.kind) {
    case 'pin':
      if (service) await must(effects, tagImage(service));
      return undefined;
    case 'stage-compose':
      await must(effects, stageCompose(plan, execution.nextSource));
      await must(effects, checkCompose(plan));
      return undefined;
    case 'transfer':
      return transferAll(execution, effects);
    case 'migrate':
      if (service && plan.migrate) await migrate(plan, plan.migrate, service, effects);
      return undefined;
    case 'candidate':
      if (service) stopOn(await tryCandidate(plan, service, effects));
      return undefined;
    case 'write-compose':
      await must(effects, writeCompose(plan));
      return undefined;
    case 'cut-over':
      if (service) {
        stopOn(await cutOver(plan, service, effects));
        await effects.keeper.record('cut_over', { service: service.service, image: service.image });
      }
      return undefined;
    case 'retire':
    case 'prune':
      return undefined;
  }
}

function stopOn(failure: ContainerFailure | undefined): void {
  if (failure) throw new Unhealthy(failure);
}

async function transferAll(execution: Execution, effects: ReleaseEffects): Promise<Transferred> {
  const { plan, wanted, model } = execution;
  const changing = plan.services.filter((service) => !service.current);
  const images = wanted.filter((entry) => changing.some((service) => service.service === entry.service.name));
  const sent = await execution.transfer(
    images.map((entry) => entry.image),
    effects.target,
  );
  for (const service of changing) {
    const image = await effects.target.engine.image(service.image);
    if (!image) {
      throw new AutopilotError('TRANSFER_FAILED', {
        what: `The image ${service.image} is not on ${effects.target.name} after its transfer.`,
        fix: 'Run the job again; look at the transfer above if it happens twice.',
      });
    }
    service.probe.own = resolveOwn(service, model, wanted, image.exposedPorts);
  }
  return sent;
}

/** Only the image that has arrived knows which ports it exposes. */
function resolveOwn(
  service: ServicePlan,
  model: ComposeModel,
  wanted: readonly Wanted[],
  imagePorts: readonly string[],
): ServicePlan['probe']['own'] {
  const compose = model.services[service.compose_service];
  const entry = wanted.find((candidate) => candidate.service.name === service.service);
  if (service.probe.url === '' || !compose || !entry) return null;
  return ownEndpoint(
    service.service,
    service.probe.url,
    entry.service.healthCheck.container_port,
    compose,
    imagePorts,
  );
}
