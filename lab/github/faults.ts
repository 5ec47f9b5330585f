/** Faults between client and server: programmed by a test for a route and a number of requests. */
import type { LabRepository } from './repository.ts';

export type FaultEffect =
  /** This answer instead of the real one; `after`: the request was executed all the same (the answer is lost). */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: unknown; after?: boolean }
  /**
   * GitHub's limits. `primary` (default) says `x-ratelimit-remaining: 0` and when it resets; `secondary` leaves that and says
   * `retry-after` only where `retryAfter` (seconds) is given.
   */
  | {
      kind: 'rateLimit';
      status?: 403 | 429;
      limit?: 'primary' | 'secondary';
      retryAfter?: number;
      resetInSeconds?: number;
    }
  | { kind: 'latency'; milliseconds: number }
  /** The connection is reset, before or after (default: before) the request was executed. */
  | { kind: 'reset'; when?: 'before' | 'after' }
  /** The body ends after `bytes` although its length was announced, and the connection closes. */
  | { kind: 'cut'; bytes: number }
  /** Somebody else commits just before; on a ref write to the ref in question, else to `branch` (default: the default branch). */
  | { kind: 'rival'; branch?: string; path?: string; content?: string }
  /** Refs are read as they were before their last write. */
  | { kind: 'stale' }
  /** Anything else that happens on the server just before the request is executed. */
  | { kind: 'run'; before: (repository: LabRepository | undefined) => void | Promise<void> };

export interface FaultRule {
  /**
   * `METHOD /path` without base path and query, e.g. `PATCH /repos/*\/*\/git/refs/**` (`*` stays within a segment), or an
   * expression that is tried on `METHOD /path?query`, undecoded in both cases. git over HTTP counts as any other request.
   */
  route: string | RegExp;
  effect: FaultEffect;
  /** How many requests it hits. Default 1. */
  times?: number;
  /** How many matching requests pass first. Default 0. */
  skip?: number;
}

export interface Fault {
  /** How many requests it has hit. */
  readonly hits: number;
  clear(): void;
}

interface Armed extends FaultRule {
  pattern: RegExp;
  seen: number;
  hits: number;
}

function toPattern(route: string | RegExp): RegExp {
  if (route instanceof RegExp) return new RegExp(route.source, route.flags.replace(/[gy]/g, ''));
  const glob = route
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*|\*/g, (star) => (star === '*' ? '[^/?]*' : '[^?]*'));
  return new RegExp(`^${glob}(\\?|$)`);
}

export class Faults {
  #armed: Armed[] = [];

  add(rule: FaultRule): Fault {
    const armed: Armed = { ...rule, pattern: toPattern(rule.route), seen: 0, hits: 0 };
    this.#armed.push(armed);
    return {
      get hits() {
        return armed.hits;
      },
      clear: () => {
        this.#armed = this.#armed.filter((other) => other !== armed);
      },
    };
  }

  clear(): void {
    this.#armed = [];
  }

  /** All effects for this request, in the order they were programmed. */
  take(line: string): FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const armed of this.#armed) {
      if (!armed.pattern.test(line)) continue;
      armed.seen += 1;
      if (armed.seen <= (armed.skip ?? 0) || armed.hits >= (armed.times ?? 1)) continue;
      armed.hits += 1;
      effects.push(armed.effect);
    }
    return effects;
  }
}
