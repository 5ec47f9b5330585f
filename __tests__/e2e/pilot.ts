import { expect } from '@jest/globals';
import type { JobResult } from '../../lab/runner/index.ts';
import type { PilotJob, World } from '../../lab/world.ts';

export * from './quick-world.ts';

type Status = 'success' | 'failed' | 'skipped' | 'locked' | 'cancelled';

/** The job ended with this status and the exit code that belongs to it; its log is in the message if not. */
export function expectStatus(job: PilotJob, status: Status): void {
  const ended = { status: job.pilot.outputs['status'], exitCode: job.pilot.exitCode };
  const exitCode = status === 'success' || status === 'skipped' ? 0 : 1;
  if (ended.status !== status || ended.exitCode !== exitCode)
    throw new Error(`expected ${status}, got ${JSON.stringify(ended)}:\n${job.log}`);
  expect(ended).toEqual({ status, exitCode });
}

/** An output that is JSON. */
export function json<T = unknown>(job: PilotJob, output: string): T {
  return JSON.parse(job.pilot.outputs[output] ?? 'null') as T;
}

/** The summary without markup and entities, for reading. */
export function plain(markdown: string): string {
  return markdown
    .replace(/<\/?[a-z]+[^>]*>/g, '')
    .replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** Everything a run may have changed anywhere, in a form that can be compared. */
export async function everything(world: World): Promise<Record<string, string>> {
  const { server, repository, cache } = world;
  const answer = async (script: string) => (await server.exec(script)).stdout;
  return {
    refs: await repository.git(['for-each-ref']),
    entries: JSON.stringify(cache.entries.map(({ id, key }) => ({ id, key }))),
    issues: JSON.stringify(repository.issues),
    files: await answer(
      "cd /srv && find . -type f -not -path '*/.gonsautopilot/*' -exec sha256sum {} + | sort; find . -printf '%p %y %m %u\\n' | sort",
    ),
    // Lock, epoch and journal of the keeper.
    keeper: await answer('cat /srv/shop/.gonsautopilot/*'),
    containers: await answer('docker ps -a --no-trunc --format "{{.ID}} {{.Names}} {{.State}}" | sort'),
    images: await answer('docker image ls -a --no-trunc --format "{{.Repository}}:{{.Tag}} {{.ID}}" | sort'),
    volumes: await answer('docker volume ls -q; docker network ls --no-trunc -q'),
  };
}

export interface Traffic {
  /** Requests so far. */
  readonly sent: number;
  /** Ends it; gives what every failed request met. */
  stop(): Promise<string[]>;
}

/** A user of the shop who asks for one path again and again, from the runner's side; one connection each time. */
export function traffic(world: World, path: string): Traffic {
  const failures: string[] = [];
  let sent = 0;
  let over = false;
  const loop = (async () => {
    while (!over) {
      sent += 1;
      try {
        const { status } = await world.fetch(path);
        if (status !== 200) failures.push(`${new Date().toISOString()} ${path}: ${status}`);
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${path}: ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();
  return {
    get sent() {
      return sent;
    },
    stop: async () => {
      over = true;
      await loop;
      return failures;
    },
  };
}

/** Summaries of all steps of a job, posts included. */
export const summaries = (job: JobResult) => job.executions.map(({ summary }) => summary).join('\n');
