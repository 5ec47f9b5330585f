/** Faults that strike when the log of a release says that it has come to a certain point. */
import type { JobHandle } from '../../../lab/runner/index.ts';
import type { Fault } from './cycle.ts';

/** The job starts again once one version serves. */
export function faultAt(
  line: RegExp,
  strike: (job: JobHandle) => Promise<void> | void,
  more: Partial<Pick<Fault, 'heal' | 'changes' | 'next' | 'start'>> = {},
): Fault {
  return {
    next: 'again',
    start: 'served',
    time: async (job) => {
      await job.waitFor(line);
      return true;
    },
    strike,
    ...more,
  };
}

export const SENDING = /^Sending shop-backend/;
export const PROVING = /^backend: start .* off traffic/;
export const CUTTING_OVER = /^frontend: (create|start) .*stop/;
export const WATCHING = /VERIFY: smoke test and watchdog/;

/** Makes the image of the backend so big that it is still on its way when something happens; the same bytes never again. */
export const bigger = (dockerfile: string, megabytes: number): Record<string, string> => ({
  'Dockerfile.backend': dockerfile.replace(
    'USER ',
    `RUN head -c ${String(megabytes)}000000 /dev/urandom >/app/ballast\nUSER `,
  ),
});
