import type { Clock } from '../effects.ts';
import type { Target } from '../server/target.ts';
import type { ReleasePlan } from './release.ts';
import type { Sample } from './result.ts';

const PERIOD = 250;
const MOST = 60;

/** Response times of the version that runs now, taken while the new one is prepared. */
export interface Baseline {
  /** Waits until there are enough samples to compare with, stops, and gives what answered 200, by service. */
  stop(): Promise<Record<string, Sample[]>>;
  /** Nobody will compare with it any more. */
  cancel(): Promise<void>;
}

/** Enough for the median to mean something; a service that does not answer does not hold the release up. */
const ENOUGH = 12;
const STOP_AFTER_FAILURES = 3;

/**
 * Rule V2 needs a first measurement, and it must be one of the *old* version through the same path: a new version that is
 * slower from the start would otherwise be compared with itself. Four probes a second, up to 15 s of them.
 */
export function sampleBaseline(plan: ReleasePlan, effects: { target: Target; clock: Clock }): Baseline {
  const { target, clock } = effects;
  const watched = plan.services.filter(
    (service) =>
      !service.current &&
      // What somebody asked to be rid of is no measure for what was verified before it.
      service.proven === '' &&
      service.probe.url !== '' &&
      service.kept.some((kept) => kept.running),
  );
  const stopping = new AbortController();
  const cancelled = new AbortController();
  const samples: Record<string, Sample[]> = {};
  const loops = watched.map(async (service) => {
    const own: Sample[] = (samples[service.service] = []);
    for (let probes = 0; probes < MOST && !cancelled.signal.aborted; probes += 1) {
      const at = clock.now().getTime();
      const answer = await target.http(service.probe.url, { timeout: 5_000 });
      if (answer.status === 200) own.push({ at, duration: answer.duration, status: answer.status });
      if (stopping.signal.aborted && (own.length >= ENOUGH || probes - own.length >= STOP_AFTER_FAILURES))
        return;
      await clock.sleep(Math.max(0, PERIOD - answer.duration));
    }
  });
  // Kept from being an unhandled rejection while the release is prepared; `stop` reports it.
  const done = Promise.all(loops);
  done.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await done;
      return samples;
    },
    async cancel() {
      cancelled.abort();
      await done;
    },
  };
}
