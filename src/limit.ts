import type { Clock } from './effects.ts';

/**
 * The work's result, or a rejection after `milliseconds`: for helpers from outside that may hang. The signal is aborted
 * then; work that ignores it goes on unseen, so it must be harmless.
 */
export async function withLimit<T>(
  clock: Clock,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const working = new AbortController();
  const waiting = new AbortController();
  const late = async (): Promise<never> => {
    await clock.sleep(milliseconds, waiting.signal);
    throw new Error(`no answer within ${milliseconds / 1000} s`);
  };
  try {
    return await Promise.race([work(working.signal), late()]);
  } finally {
    waiting.abort();
    working.abort();
  }
}
