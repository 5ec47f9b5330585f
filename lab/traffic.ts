/** Users of an app: one request after the other at a steady pace, each on a connection of its own, counted. */

export interface TrafficReport {
  requests: number;
  failed: number;
  /** Longest time without a good answer, in milliseconds. */
  gap: number;
}

export interface Traffic {
  /** What happened since the last report. */
  report(): TrafficReport;
  stop(): Promise<void>;
}

const PACE = 50;
const PATIENCE = 2_000;

/** Requests `url` every 50 ms until stopped; an answer that is not 2xx, or none within two seconds, has failed. */
export function startTraffic(url: string): Traffic {
  let stopped = false;
  let current: TrafficReport = { requests: 0, failed: 0, gap: 0 };
  let lastGood = performance.now();
  const ask = async () => {
    const counted = current;
    counted.requests += 1;
    const good = await fetch(url, {
      signal: AbortSignal.timeout(PATIENCE),
      headers: { connection: 'close' },
    }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.ok;
      },
      () => false,
    );
    const now = performance.now();
    if (!good) counted.failed += 1;
    counted.gap = Math.max(counted.gap, now - lastGood);
    if (good) lastGood = now;
  };
  const pending = new Set<Promise<void>>();
  const loop = (async () => {
    while (!stopped) {
      const request = ask().finally(() => pending.delete(request));
      pending.add(request);
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
    await Promise.all(pending);
  })();
  return {
    report: () => {
      const report = { ...current, gap: Math.round(current.gap) };
      current = { requests: 0, failed: 0, gap: 0 };
      lastGood = performance.now();
      return report;
    },
    stop: async () => {
      stopped = true;
      await loop;
    },
  };
}
