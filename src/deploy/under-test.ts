import { outcomeOf, undoneOutcome } from './deploy.ts';
import { containersOf, type ReleaseEffects } from './effects.ts';
import { failure } from './health.ts';
import { keepStopped } from './left-running.ts';
import { undoOrAsk } from './migrate.ts';
import type { ReleasePlan } from './release.ts';
import type { ContainerFailure, ServiceOutcome } from './result.ts';
import { retire, retireStaged, type RetireRequest } from './retire.ts';
import type { UndoOutcome } from './undo.ts';

/** A live release that is not verified yet: what VERIFY looks at, and the ways in which it can end. */
export interface ReleaseUnderTest {
  /** Released services -> ids of the containers that run them. */
  containers(): Promise<Record<string, string[]>>;
  /** Why a service failed, with the last words of its container, while there still is one. */
  describeFailure(service: string, reason: string): Promise<ContainerFailure>;
  /** Rule V3: every service of the release goes back, the last one first, each proven healthy. */
  rollBack(reason: string): Promise<UndoOutcome>;
  /**
   * VERIFY passed: from now on nothing rolls back by itself, and what was kept is removed. Gives warnings. Throws only when
   * the server could not be told, and then only the server knows whether the release stands.
   */
  confirm(): Promise<string[]>;
  /** `safety.auto_rollback: false`: the release stays although VERIFY failed, and a person decides. */
  leaveRunning(reason: string): Promise<void>;
  /** What runs now for each service, after `undone` if anything was. */
  outcomes(reason: string, undone?: UndoOutcome): ServiceOutcome[];
}

export function underTest(
  plan: () => ReleasePlan,
  request: RetireRequest,
  effects: ReleaseEffects,
): ReleaseUnderTest {
  const { keeper, target } = effects;
  const containers = async () => {
    const found: Record<string, string[]> = {};
    for (const service of plan().services) {
      // What is current runs in kept ones; a stopped one among them is of a release that a person has to look at.
      const others = service.kept.filter((container) => !service.current || !container.running);
      const kept = new Set(others.map((container) => container.id));
      const now = await containersOf(effects, plan(), service);
      found[service.service] = now.filter((entry) => !kept.has(entry.id)).map((entry) => entry.id);
    }
    return found;
  };
  return {
    containers,
    async describeFailure(service, reason) {
      const [id] = (await containers())[service] ?? [];
      return failure(
        { service },
        effects,
        id === undefined ? undefined : await target.engine.container(id),
        reason,
      );
    },
    async rollBack(reason) {
      const outcome = await undoOrAsk(plan(), effects, { reason, reached: 'cutting over' });
      // What is left running was never armed.
      if (!outcome.leftToServer && outcome.leftRunning !== true) await keeper.disarm();
      return outcome;
    },
    async confirm() {
      await keeper.record('verified', { pipeline_id: plan().pipeline_id });
      await keeper.disarm();
      return retire(plan(), request, effects);
    },
    async leaveRunning(reason) {
      await keeper.record('left_running', { reason });
      await keeper.disarm();
      await keepStopped(plan(), effects);
      for (const warning of await retireStaged(plan(), effects)) effects.log.warning(warning);
    },
    outcomes: (reason, undone) =>
      plan().services.map((service) =>
        undone
          ? undoneOutcome(service, undone, reason)
          : { ...outcomeOf(service, 'deployed'), reason: service.current ? service.reason : reason },
      ),
  };
}
