import { AutopilotError } from '../errors.ts';
import type { Keeper } from '../server/target.ts';
import { carryOut, type DeployEffects, type DeployInput, lookAt, refused } from './deploy.ts';
import type { ReleaseEffects } from './effects.ts';
import { gate, gateTable } from './gate.ts';
import { recover, type Settlement } from './recover.ts';
import type { ReleasePlan } from './release.ts';
import type { DeployResult, ReleaseHandover } from './result.ts';
import type { RetireRequest } from './retire.ts';
import { type ReleaseUnderTest, underTest } from './under-test.ts';
import { LEFT_TO_SERVER } from './undo.ts';

export interface ReleaseOptions {
  pipelineId: string;
  runUrl: string;
  actor: string;
  /** Seconds, as in `deploy.lock_wait` and `deploy.heartbeat`. */
  lockWait: number;
  heartbeat: number;
  /** From an earlier step of the same job, whose release this one takes over. */
  handover?: ReleaseHandover;
}

/** A person has to put back what this could not: the error, ROLLBACK_FAILED, holds the commands. */
export interface Refusal {
  error: AutopilotError;
  /** Names of what could not be put back. */
  undoFailed: string[];
}

/** One release on one server, from the lock to its end. Opened by `openRelease`. */
export interface ReleaseHandle {
  readonly keeper: Keeper;
  /** What an earlier run had left, and what became of it. */
  readonly settled: Settlement;
  /** Set when that could be neither finished nor undone: nothing is deployed over it. */
  readonly refusal: Refusal | undefined;
  /** The release in progress, once `deploy` has planned it, or the one that was taken over. */
  readonly plan: ReleasePlan | undefined;
  deploy(input: DeployInput): Promise<DeployResult>;
  /** The connection broke when VERIFY's word was passed on: the next run reads in the journal what became of the release. */
  readonly fateUnknown: boolean;
  /** What VERIFY judges, and how it ends the release. */
  underTest(request: RetireRequest): ReleaseUnderTest;
  /** The state branch holds the run: nothing of it needs settling any more. Never rejects: the next run finds it recorded. */
  recorded(): Promise<void>;
  /** Ends this step but keeps lock and arming for the next one. */
  handOver(seconds: number): Promise<ReleaseHandover>;
  close(): Promise<void>;
}

/**
 * Takes the server's lock (or takes it over from an earlier step) and settles what an earlier run left, before anything
 * new begins. Throws SERVER_LOCKED and the errors of the connection. An earlier release that could be neither finished nor
 * undone is the handle's `refusal`, so that the pipeline can record it while it holds the server.
 */
export async function openRelease(options: ReleaseOptions, outer: DeployEffects): Promise<ReleaseHandle> {
  const keeper = await outer.target.openKeeper({
    pipelineId: options.pipelineId,
    runUrl: options.runUrl,
    actor: options.actor,
    wait: options.lockWait,
    heartbeat: options.heartbeat,
    ...(options.handover ? { claim: options.handover.nonce } : {}),
  });
  const effects: ReleaseEffects = { ...outer, keeper };
  try {
    const claimed = options.handover !== undefined && keeper.claimed !== false;
    const settled: Settlement = claimed ? { state: 'nothing' } : await recover(effects);
    refuseUnknown(settled);
    const refusal = refusalOf(settled);
    if (options.handover && !claimed && !refusal) throw handoverLost(options.handover);
    return handle(effects, { settled, refusal, taken: claimed ? options.handover?.plan : undefined });
  } catch (error) {
    // Nothing half-done by this run: what is armed stays armed for whoever settles it.
    await keeper.close().catch(() => undefined);
    throw error;
  }
}

function handoverLost(handover: ReleaseHandover): AutopilotError {
  return new AutopilotError('DEPLOY_FAILED', {
    what: `Release ${handover.plan.pipeline_id} is not in place any more.`,
    why: 'The server waited for the next step of this job, heard nothing in time, and rolled back by itself.',
    fix: 'Run the stage `verify` in the same job, directly after `deploy`; then run the job again.',
  });
}

/** Nobody knows yet what the server makes of it. */
function refuseUnknown(settled: Settlement): void {
  if (settled.state !== 'rolled-back' || !settled.outcome.leftToServer) return;
  throw new AutopilotError('SSH_CONNECT', {
    what: `The connection was lost while release ${settled.plan.pipeline_id}, left half-finished, was put back.`,
    why: LEFT_TO_SERVER,
    fix: 'Run the job again.',
  });
}

function refusalOf(settled: Settlement): Refusal | undefined {
  if (settled.state !== 'rolled-back') return undefined;
  const { plan, outcome } = settled;
  const failed = Object.entries(outcome.failed);
  if (failed.length === 0) return undefined;
  return {
    undoFailed: failed.map(([service]) => service),
    error: new AutopilotError('ROLLBACK_FAILED', {
      what: `Release ${plan.pipeline_id} was left half-finished and could not be put back.`,
      why: failed.map(([service, why]) => `${service}: ${why}`).join('; '),
      fix: `Run on the server: ${outcome.manualSteps.join(' ; ')}`,
    }),
  };
}

function handle(
  effects: ReleaseEffects,
  {
    settled,
    refusal,
    taken,
  }: Pick<ReleaseHandle, 'settled' | 'refusal'> & { taken: ReleasePlan | undefined },
): ReleaseHandle {
  const { keeper, target } = effects;
  let plan = taken;
  let fateUnknown = false;
  /** Neither confirmed nor put back: the server does it when this run is gone, or the next run tries. */
  let undecided =
    taken !== undefined ||
    (settled.state === 'rolled-back' && refusal !== undefined && !settled.outcome.asked);
  const deciding =
    <Given extends unknown[], Result>(way: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      const result = await way(...given);
      undecided = false;
      return result;
    };
  const current = (): ReleasePlan => {
    if (plan) return plan;
    throw new AutopilotError('INTERNAL', { what: 'There is no release yet: deploy comes first.' });
  };
  return {
    keeper,
    settled,
    refusal,
    get plan() {
      return plan;
    },
    async deploy(input) {
      if (refusal) throw refusal.error;
      const look = await lookAt(input, effects);
      const checks = await gate(input, look, {
        target,
        imageExists: input.imageExists,
        change: (command) => keeper.change(command),
      });
      if (look.plan === undefined || checks.some((check) => !check.passed)) {
        effects.log.info(gateTable(checks));
        return refused(checks, look.plan);
      }
      plan = look.plan;
      const result = await carryOut(input, look, checks, effects);
      undecided = result.status === 'passed' || result.status === 'warning';
      return result;
    },
    get fateUnknown() {
      return fateUnknown;
    },
    underTest(request) {
      const release = underTest(current, request, effects);
      return {
        ...release,
        rollBack: deciding(release.rollBack),
        leaveRunning: deciding(release.leaveRunning),
        confirm: deciding(() =>
          release.confirm().catch((error: unknown) => {
            fateUnknown = true;
            throw unconfirmed(current(), error);
          }),
        ),
      };
    },
    async recorded() {
      // Whoever reads its journal next must not take for over what the server has yet to put back.
      if (undecided) return;
      try {
        await keeper.record('recorded', {});
        await keeper.record('settled', {});
      } catch (error) {
        effects.log.warning(`The server could not be told that the run is recorded: ${String(error)}`);
      }
    },
    async handOver(seconds) {
      const { nonce } = await keeper.detach(seconds);
      return { nonce, plan: current() };
    },
    close: () => keeper.close(),
  };
}

function unconfirmed(plan: ReleasePlan, cause: unknown): AutopilotError {
  return new AutopilotError('SSH_CONNECT', {
    what: `Release ${plan.pipeline_id} passed VERIFY, but the server could not be told.`,
    why: `${cause instanceof Error ? cause.message : String(cause)} Either it stands, or the server puts the version before back.`,
    fix: 'Run the job again: it reads the journal of the server first and records what became of this release.',
    cause,
  });
}

export { type DeployEffects, type DeployInput, planOnly, undoneResult } from './deploy.ts';
export type { Transfer, Transferred } from './execute.ts';
export { earlierUnrecorded, lastRelease, recover, type Settlement } from './recover.ts';
export type { Wanted } from './release.ts';
export type { UndoOutcome } from './undo.ts';
export type { ReleaseUnderTest } from './under-test.ts';
