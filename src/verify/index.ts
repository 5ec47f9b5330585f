import type { ContainerFailure, Sample, ServiceOutcome } from '../deploy/result.ts';
import type { Clock, Log } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import type { Target } from '../server/target.ts';
import type { SmokeCheck, VerifyResult, WatchVerdict } from './result.ts';
import { smoke, type SmokeRequest } from './smoke.ts';
import { watch } from './watch.ts';
import type { WatchSettings } from './watchdog.ts';

/** What VERIFY needs of the release it judges; fulfilled by the handle of deploy/. */
export interface ReleaseUnderTest {
  /** Released services -> ids of the containers that run them. */
  containers(): Promise<Record<string, string[]>>;
  /** Why it failed, with the last words of its container, while there still is one. */
  describeFailure(service: string, reason: string): Promise<ContainerFailure>;
  /** Rule V3: every service of the release goes back. */
  rollBack(reason: string): Promise<Undone>;
  /** The release is good: nothing rolls back by itself any more, what was kept is removed. Gives warnings. */
  confirm(): Promise<string[]>;
  /** A person decides (`safety.auto_rollback: false`). */
  leaveRunning(reason: string): Promise<void>;
  /** What runs now for each service, after `undone` if anything was. */
  outcomes(reason: string, undone?: Undone): ServiceOutcome[];
}

export interface Undone {
  rolledBack: string[];
  failed: Record<string, string>;
  manualSteps: string[];
  /** The connection was lost: the server does it by itself. */
  leftToServer: boolean;
}

export interface VerifyInput {
  smoke: SmokeRequest;
  watch: WatchSettings;
  errors?: 'at-once' | 'confirm';
  /** By service, from DEPLOY. */
  baselines: Readonly<Record<string, readonly Sample[]>>;
  /** `safety.auto_rollback`. */
  autoRollback: boolean;
}

export interface VerifyEffects {
  target: Target;
  clock: Clock;
  log: Log;
  release: ReleaseUnderTest;
}

/**
 * Rules V1 to V3: smoke test, then the watchdog over all released services at once. Good: the release is confirmed. Bad:
 * every service goes back, unless the configuration leaves that to a person.
 */
export async function verify(input: VerifyInput, effects: VerifyEffects): Promise<VerifyResult> {
  const seen = await judge(input, effects);
  if (seen.fault) return failed(input, effects, seen, seen.fault);
  const warnings = seen.verdicts
    .filter((entry) => entry.verdict === 'inconclusive')
    .map((entry) => `${entry.service}: the watchdog could not tell: ${entry.reason}.`);
  warnings.push(...(await effects.release.confirm()));
  return {
    status: warnings.length > 0 ? 'warning' : 'passed',
    smoke: seen.checks,
    watch: seen.verdicts,
    services: effects.release.outcomes('verified'),
    rolled_back: [],
    manual_steps: [],
    warnings,
  };
}

interface Seen {
  checks: SmokeCheck[];
  verdicts: WatchVerdict[];
  fault?: { service: string; reason: string };
}

async function judge(input: VerifyInput, effects: VerifyEffects): Promise<Seen> {
  const seen: Seen = { checks: [], verdicts: [] };
  try {
    seen.checks = await smoke(input.smoke, effects.target);
    const bad = seen.checks.find((check) => !check.passed);
    if (bad) {
      const reason = `smoke test failed: ${bad.url}: ${bad.detail}`;
      return { ...seen, fault: { service: bad.service, reason } };
    }
    if (input.watch.duration > 0) seen.verdicts = await watchAll(input, effects);
    const fallen = seen.verdicts.find((entry) => entry.verdict === 'roll-back');
    return fallen
      ? { ...seen, fault: { service: fallen.service, reason: `watchdog: ${fallen.reason}` } }
      : seen;
  } catch (error) {
    // What could not be looked at was not seen to be good, and goes back like what was seen to be bad.
    const [first] = effects.release.outcomes('');
    const why =
      error instanceof AutopilotError ? `${error.message} [${error.code}] ${error.why}` : String(error);
    return { ...seen, fault: { service: first?.service ?? '', reason: `it could not be watched: ${why}` } };
  }
}

async function watchAll(input: VerifyInput, effects: VerifyEffects): Promise<WatchVerdict[]> {
  const containers = await effects.release.containers();
  const stop = new AbortController();
  return Promise.all(
    Object.entries(containers).map(async ([service, ids]) => {
      const verdict = await watch(
        {
          service,
          url: input.smoke.urls[service] ?? '',
          containers: ids,
          baseline: input.baselines[service] ?? [],
          settings: input.watch,
          errors: input.errors ?? 'at-once',
        },
        effects,
        stop.signal,
      ).catch((error: unknown) => {
        stop.abort();
        throw error;
      });
      // One is enough to put all of them back, and the sooner the better.
      if (verdict.verdict === 'roll-back') stop.abort();
      effects.log.info(`${service}: ${verdict.verdict}, ${verdict.reason}`);
      return verdict;
    }),
  );
}

async function failed(
  input: VerifyInput,
  { release, log }: VerifyEffects,
  { checks, verdicts }: Seen,
  { service, reason }: NonNullable<Seen['fault']>,
): Promise<VerifyResult> {
  log.info(`${service}: ${reason}`);
  // Its last words are not worth the way back.
  const failure = await release
    .describeFailure(service, reason)
    .catch((): ContainerFailure => ({ service, reason, log_tail: '' }));
  if (failure.log_tail !== '') log.foreign(failure.log_tail);
  const base = { status: 'failed' as const, smoke: checks, watch: verdicts, failure };
  if (!input.autoRollback) {
    await release.leaveRunning(reason);
    return {
      ...base,
      services: release.outcomes('left running: `safety.auto_rollback` is false'),
      rolled_back: [],
      manual_steps: [],
      warnings: ['Nothing was rolled back, because `safety.auto_rollback` is false.'],
    };
  }
  const undone = await release.rollBack(reason);
  return {
    ...base,
    services: release.outcomes(reason, undone),
    rolled_back: undone.rolledBack,
    manual_steps: undone.manualSteps,
    warnings: [],
  };
}
