/** Programmed faults carried out: what happens before a request is executed, and the answers that stand in for the real one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultEffect } from './faults.ts';
import { type Answer, ApiError, errorAnswer } from './http.ts';
import { type Incoming, jsonOf, repositoryOf, type World } from './world.ts';

export function statusAnswer(effect: FaultEffect & { kind: 'status' }): Answer {
  const body = effect.body ?? { message: effect.status >= 500 ? 'Server Error' : `Status ${effect.status}` };
  return { status: effect.status, data: body, headers: effect.headers ?? {} };
}

/** What happens before the request is executed; an answer means it never is. */
export async function before(
  world: World,
  incoming: Incoming,
  effects: readonly FaultEffect[],
): Promise<Answer | 'reset' | undefined> {
  for (const effect of effects) {
    if (effect.kind === 'latency') await sleep(effect.milliseconds);
    else if (effect.kind === 'reset' && effect.when !== 'after') return 'reset';
    else if (effect.kind === 'status' && !effect.after) return statusAnswer(effect);
    else if (effect.kind === 'run') await effect.before(repositoryOf(world, incoming.path)?.repository);
    else if (effect.kind === 'rival') await rival(world, incoming, effect);
    else if (effect.kind === 'rateLimit') {
      const reset = Math.floor(Date.now() / 1000) + (effect.resetInSeconds ?? 60);
      const primary = {
        'x-ratelimit-limit': '1000',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(reset),
      };
      const secondary = effect.limit === 'secondary';
      const message = secondary
        ? 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
        : 'API rate limit exceeded for installation.';
      const retry: Record<string, string> =
        effect.retryAfter === undefined ? {} : { 'retry-after': String(effect.retryAfter) };
      return errorAnswer(
        new ApiError(effect.status ?? 403, message, {}, { ...(secondary ? {} : primary), ...retry }),
      );
    }
  }
  return undefined;
}

async function rival(
  world: World,
  incoming: Incoming,
  effect: FaultEffect & { kind: 'rival' },
): Promise<void> {
  const found = repositoryOf(world, incoming.path);
  if (!found?.repository) return;
  const repository = found.repository;
  const updated = /\/git\/refs\/heads(?:\/|%2F)(.+)$/i.exec(incoming.path)?.[1];
  const created = incoming.path.endsWith('/git/refs') ? jsonOf(incoming.body)['ref'] : undefined;
  const named =
    updated === undefined ? String(created ?? '').replace(/^refs\/heads\//, '') : decodeURIComponent(updated);
  const branch = effect.branch ?? (named || repository.defaultBranch);
  const path = effect.path ?? 'rival.txt';
  await repository.commit(
    branch,
    { [path]: effect.content ?? `${Date.now()} ${Math.random()}\n` },
    { message: 'Rival commit' },
  );
}
