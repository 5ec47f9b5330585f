import type { RunContext } from '../action/event.ts';

/** Pull requests and merge groups are tested; nothing is deployed, and nothing is written. */
export function isTrial(event: Pick<RunContext, 'eventName'>): boolean {
  return ['pull_request', 'merge_group'].includes(event.eventName);
}
