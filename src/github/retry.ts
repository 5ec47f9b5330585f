/** What became of one attempt, as far as the policy needs to know. */
export interface Failure {
  /** HTTP status; nothing when no answer came. */
  status: number | undefined;
  headers: Record<string, string | undefined>;
  message: string;
  /** Code of the network error, e.g. ECONNRESET. */
  code?: string | undefined;
}

export type Verdict =
  /** Send it again after so many milliseconds. */
  { kind: 'retry'; wait: number; why: string } | { kind: 'give-up' };

const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF = 1000;
/** What GitHub asks for when a secondary limit names no time. */
const UNNAMED_LIMIT = 60_000;

/** The request never reached a server, so nothing can have happened. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A rate limit, primary or secondary: the request was turned away before anything happened. */
export function isRateLimit({ status, headers, message }: Failure): boolean {
  if (status === 429) return true;
  return (
    status === 403 &&
    (headers['retry-after'] !== undefined ||
      headers['x-ratelimit-remaining'] === '0' ||
      /rate limit|abuse detection/i.test(message))
  );
}

/**
 * Whether and when to send a request again. `attempt` counts from 1; `repeatable` says that doing it twice does no
 * harm. A write whose answer was lost may have happened and is not sent again unless it is repeatable.
 */
export function judge(
  failure: Failure,
  { attempt, repeatable, now, random }: { attempt: number; repeatable: boolean; now: number; random: number },
): Verdict {
  if (isRateLimit(failure)) {
    if (attempt >= MAX_ATTEMPTS) return { kind: 'give-up' };
    return { kind: 'retry', wait: limitWait(failure, attempt, now), why: 'a rate limit' };
  }
  const lost = failure.status === undefined || (failure.status >= 500 && failure.status <= 599);
  const harmless = repeatable || (failure.code !== undefined && NEVER_SENT.has(failure.code));
  if (!lost || !harmless || attempt >= MAX_ATTEMPTS) return { kind: 'give-up' };
  const named = seconds(failure.headers['retry-after'], now);
  const backoff = FIRST_BACKOFF * 2 ** (attempt - 1) * (0.5 + random);
  return { kind: 'retry', wait: named ?? backoff, why: failure.message };
}

/** `retry-after`, else `x-ratelimit-reset`, else a minute, doubled each time. */
function limitWait({ headers }: Failure, attempt: number, now: number): number {
  const named = seconds(headers['retry-after'], now);
  if (named !== undefined) return named;
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset)) {
    // Its clock counts whole seconds; one more, and the new hour has begun.
    return Math.max(0, reset * 1000 - now) + 1000;
  }
  return UNNAMED_LIMIT * 2 ** (attempt - 1);
}

/** `retry-after` is a number of seconds or a date; milliseconds from now. */
function seconds(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const amount = Number(value);
  if (Number.isFinite(amount)) return Math.max(0, amount * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
