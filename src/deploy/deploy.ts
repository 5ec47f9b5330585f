import type { Drift, Migration, ProxySetting } from '../config/schema.ts';
import type { Clock, Log } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import type { Target } from '../server/target.ts';
import { type Baseline, sampleBaseline } from './baseline.ts';
import type { OwnImages } from './drift.ts';
import type { ReleaseEffects } from './effects.ts';
import { execute, type Transfer, Unhealthy } from './execute.ts';
import { gate, gateTable, type Look } from './gate.ts';
import { observe } from './observe.ts';
import { operationLines, planRows, planTable } from './operations.ts';
import { planRelease } from './plan.ts';
import type { ReleasePlan, ServicePlan, Wanted } from './release.ts';
import type { ContainerFailure, DeployResult, GateCheck, Preview, ServiceOutcome } from './result.ts';
import { undoOrAsk } from './migrate.ts';
import { LEFT_TO_SERVER, type UndoOutcome, type UndoRequest } from './undo.ts';

export interface DeployEffects {
  target: Target;
  clock: Clock;
  log: Log;
}

export interface DeployInput {
  pipelineId: string;
  /** Asked for by a person (rule R1). */
  kind?: 'rollback';
  /** Dependencies first. */
  wanted: readonly Wanted[];
  /** `project.name`: own image tags begin with it. */
  prefix: string;
  /** Absolute path of the compose file on the server. */
  composeFile: string;
  /** The repository's compose file; used when the server has none. */
  composeSource: string | undefined;
  minFreeDisk: string | number;
  tests: { passed: boolean; detail: string };
  migrate?: Migration | undefined;
  /** `deploy.drift`; `adopt` when not given. */
  drift?: Drift;
  /** Of every service of the configuration, the released ones or not: their tags in the server's file are no drift. */
  ownImages?: OwnImages;
  /** `deploy.proxy`; `auto` when not given. */
  proxy?: ProxySetting;
  transfer: Transfer;
  /** Whether the engine that built it still has the image. */
  imageExists: (reference: string) => Promise<boolean>;
  signal?: AbortSignal;
}

/** Rule of the dry run: says what would happen, and whether the gate would let it; changes nothing, takes no lock. */
export async function planOnly(input: DeployInput, outer: DeployEffects): Promise<Preview> {
  const look = await lookAt(input, outer);
  const checks = await gate(input, look, {
    target: outer.target,
    imageExists: input.imageExists,
    change: undefined,
  });
  if (look.plan) outer.log.info(planTable(look.plan));
  outer.log.info(gateTable(checks));
  return {
    gate: checks,
    services: look.plan ? planRows(look.plan) : [],
    operations: look.plan ? operationLines(look.plan) : [],
  };
}

export async function lookAt(input: DeployInput, { target, log }: DeployEffects): Promise<Look> {
  try {
    const { composeFile, composeSource, wanted, drift, ownImages } = input;
    const observed = await observe(target, composeFile, composeSource, wanted, drift, ownImages);
    return { observed, plan: planRelease(observed, input) };
  } catch (error) {
    if (!(error instanceof AutopilotError)) throw error;
    log.debug(error.toString());
    return { observed: undefined, plan: undefined, problem: `${error.message} ${error.why}`.trim() };
  }
}

/** The plan that the gate let through, up to the last cut-over; whatever fails on the way is put back (rules D2, D3). */
export async function carryOut(
  input: DeployInput,
  look: Extract<Look, { plan: ReleasePlan }>,
  checks: GateCheck[],
  effects: ReleaseEffects,
): Promise<DeployResult> {
  const { plan, observed } = look;
  effects.log.info(gateTable(checks));
  effects.log.info(planTable(plan));
  const result: DeployResult = {
    ...emptyResult(checks, plan),
    warnings: [...observed.warnings, ...plan.warnings],
  };
  if (plan.services.every((service) => service.current)) return { ...result, status: 'skipped' };
  await effects.keeper.record('plan', plan);
  const baseline = sampleBaseline(plan, effects);
  let cutOverBegan = false;
  try {
    const sent = await execute(
      {
        plan,
        wanted: input.wanted,
        model: observed.model,
        nextSource: observed.nextSource,
        serverSource: observed.serverSource,
        transfer: input.transfer,
        beforeCutOver: async () => {
          cutOverBegan = true;
          result.baselines = await baseline.stop();
        },
        signal: input.signal,
      },
      effects,
    );
    const warnings = [...result.warnings, ...sent.warnings];
    return {
      ...result,
      status: warnings.length > 0 ? 'warning' : 'passed',
      services: plan.services.map((service) => {
        const bytes = sent.each[service.image];
        const outcome = outcomeOf(service, 'deployed');
        return bytes === undefined ? outcome : { ...outcome, bytes_sent: bytes };
      }),
      warnings,
    };
  } catch (error) {
    const reached = cutOverBegan ? ('cutting over' as const) : ('preparing' as const);
    const undone = await putBack(error, result, { plan, reached }, baseline, effects);
    // Nothing was live yet, so that nothing is put back, by nobody: what is staged may be left for the next run.
    return cutOverBegan || undone.services.some((service) => service.status === 'undo-failed')
      ? undone
      : { ...undone, services: result.services };
  }
}

async function putBack(
  error: unknown,
  result: DeployResult,
  { plan, reached }: { plan: ReleasePlan; reached: NonNullable<UndoRequest['reached']> },
  baseline: Baseline,
  effects: ReleaseEffects,
): Promise<DeployResult> {
  await baseline.cancel();
  const { failure, problem } = explain(error);
  effects.log.info(problem.toString());
  if (failure?.log_tail) effects.log.foreign(failure.log_tail);
  const outcome = await undoOrAsk(plan, effects, { reason: problem.message, reached });
  if (!outcome.leftToServer && outcome.leftRunning !== true) {
    await effects.keeper.disarm().catch((cause: unknown) => {
      outcome.manualSteps.push(`# the server could not be told that the release is over: ${String(cause)}`);
    });
  }
  return {
    ...result,
    status: 'failed',
    services: plan.services.map((service) => undoneOutcome(service, outcome, problem.message)),
    rolled_back: outcome.rolledBack,
    ...(failure ? { failure } : {}),
    manual_steps: outcome.manualSteps,
    error: { code: problem.code, what: problem.message, why: problem.why, fix: problem.fix },
  };
}

function explain(error: unknown): { failure: ContainerFailure | undefined; problem: AutopilotError } {
  if (error instanceof Unhealthy) {
    return {
      failure: error.failure,
      problem: new AutopilotError('DEPLOY_FAILED', {
        what: `The new version of ${error.failure.service} is not healthy.`,
        why: error.failure.reason,
        fix: 'Look at the last log lines of the container; the old version serves on.',
      }),
    };
  }
  if (error instanceof AutopilotError) return { failure: undefined, problem: error };
  return {
    failure: undefined,
    problem: new AutopilotError('INTERNAL', { what: String(error), cause: error }),
  };
}

/** Rule D1: the gate is closed; nothing on the server has changed. */
export function refused(checks: GateCheck[], plan: ReleasePlan | undefined): DeployResult {
  const failed = checks.filter((check) => !check.passed);
  return {
    ...emptyResult(checks, plan),
    status: 'failed',
    error: {
      code: 'GATE_FAILED',
      what: `The gate stopped the deployment: ${failed.map((check) => label(check)).join(', ')}.`,
      why: failed.map((check) => `${label(check)}: ${check.detail}`).join('\n'),
      fix: failed.flatMap((check) => (check.fix ? [check.fix] : [])).join('\n'),
    },
  };
}

const label = (check: GateCheck) => (check.service ? `${check.name} (${check.service})` : check.name);

function emptyResult(checks: GateCheck[], plan: ReleasePlan | undefined): DeployResult {
  return {
    status: 'passed',
    gate: checks,
    services: (plan?.services ?? []).map((service) => outcomeOf(service, 'untouched')),
    rolled_back: [],
    manual_steps: [],
    baselines: {},
    release: plan?.pipeline_id ?? '',
    warnings: [],
  };
}

/** What a release amounts to whose run never came back, once it was put back as far as it could be. */
export function undoneResult(plan: ReleasePlan, outcome: UndoOutcome, reason: string): DeployResult {
  return {
    ...emptyResult([], plan),
    status: 'failed',
    services: plan.services.map((service) => undoneOutcome(service, outcome, reason)),
    rolled_back: outcome.rolledBack,
    manual_steps: outcome.manualSteps,
  };
}

/** What runs for a service, when nothing was undone. */
export function outcomeOf(service: ServicePlan, status: 'deployed' | 'untouched'): ServiceOutcome {
  const deployed = status === 'deployed' && !service.current;
  return {
    service: service.service,
    image: deployed || service.current ? service.image : service.previous,
    previous: service.previous,
    strategy: service.strategy,
    status: deployed ? 'deployed' : 'untouched',
    reason: service.current ? 'this image with this configuration runs already' : service.reason,
  };
}

/** What became of a service when its release was undone. */
export function undoneOutcome(service: ServicePlan, outcome: UndoOutcome, reason: string): ServiceOutcome {
  const failed = outcome.failed[service.service];
  if (outcome.leftToServer && !service.current) {
    return {
      ...outcomeOf(service, 'untouched'),
      status: 'rolled-back',
      reason: `${reason} ${LEFT_TO_SERVER}`,
    };
  }
  if (outcome.leftRunning && failed !== undefined) {
    return { ...outcomeOf(service, 'deployed'), status: 'undo-failed', reason: failed };
  }
  const back = outcome.rolledBack.includes(service.service);
  return {
    ...outcomeOf(service, 'untouched'),
    status: failed !== undefined ? 'undo-failed' : back ? 'rolled-back' : 'untouched',
    reason: failed ?? reason,
  };
}
