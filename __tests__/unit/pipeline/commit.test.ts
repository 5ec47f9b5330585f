import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { commitOfRun } from '../../../src/pipeline/commit.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { beginRun } from '../../../src/pipeline/begin.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry } from '../../../src/pipeline/registry.ts';
import { analyzeStage } from '../../../src/pipeline/stages/analyze.ts';
import { servicesOf } from '../../../src/config/services.ts';
import { workspaceReader } from '../../../src/analyze/files.ts';
import type { State } from '../../../src/state/files.ts';
import { gitBackedApi } from '../analyze/helpers/git-backed-api.ts';
import { Repository } from '../analyze/helpers/repository.ts';
import { configOf, run, silent } from '../analyze/helpers/world.ts';

/** What GitHub has, and the workspace: a clone that may be shallow. */
let remote: Repository;
let clone: Repository;
let commits: string[];
beforeEach(() => {
  remote = new Repository();
  clone = new Repository();
  commits = ['zero', 'one', 'two'].map((text) => remote.commit({ 'server/main.ts': text }));
});
afterEach(() => {
  remote.remove();
  clone.remove();
});
const at = (index: number) => commits[index] as string;

function checkout(commit: string, ...options: string[]): void {
  clone.git('fetch', '-q', ...options, `file://${remote.directory}`, 'main', commit);
  clone.git('checkout', '-q', commit);
}

function contextOf(sha: string, more: object = {}, deployed: Record<string, string> = {}) {
  const config = configOf();
  const notices: string[] = [];
  let state: State = {
    file: { ...emptyPipelineFile(), deployed_commits: { local: deployed } },
    registry: emptyRegistry(),
  };
  const event = {
    eventName: 'workflow_run',
    sha,
    ref: 'refs/heads/main',
    branch: 'main',
    defaultBranch: 'main',
    deleted: false,
    forced: false,
    workspace: clone.directory,
    runId: '7',
    runAttempt: 1,
    job: 'deploy',
    ...more,
  };
  const context = {
    event,
    config,
    services: servicesOf(config),
    dryRun: false,
    targetName: 'local',
    directory: clone.directory,
    store: {
      read: async () => state,
      update: async (_message: string, reduce: (state: State) => State) => (state = reduce(state)),
    },
    effects: {
      run,
      github: gitBackedApi(remote),
      clock: { now: () => new Date('2026-11-23T12:00:00Z') },
      log: { ...silent, notice: (message: string) => void notices.push(message) },
      readFile: workspaceReader(clone.directory),
    },
  } as unknown as PipelineContext;
  return { context, notices };
}

describe('A9: the commit of a run is the one that is checked out', () => {
  test.each([
    ['an older commit than the event names, shallow', 1, ['--depth', '1']],
    ['an older commit than the event names, with its history', 1, []],
  ])('A9: %s', async (_what, index, options) => {
    checkout(at(index), ...options);
    const { context, notices } = contextOf(at(2));
    expect(await commitOfRun(context)).toBe(at(index));
    expect(notices).toEqual([expect.stringContaining(`The workspace is at ${at(index)}`)]);
  });

  test('A9: a newer one: the branch went on while the run waited', async () => {
    checkout(at(2));
    expect(await commitOfRun(contextOf(at(1)).context)).toBe(at(2));
  });

  test('A9: the commit of the event itself needs no word', async () => {
    checkout(at(2), '--depth', '1');
    const { context, notices } = contextOf(at(2));
    expect(await commitOfRun(context)).toBe(at(2));
    expect(notices).toEqual([]);
  });

  test('A9: an annotated tag and its commit are the same', async () => {
    remote.git('tag', '-a', 'v1', '-m', 'v1');
    const tag = remote.git('rev-parse', 'v1').trim();
    clone.git('fetch', '-q', `file://${remote.directory}`, 'refs/tags/v1:refs/tags/v1');
    clone.git('checkout', '-q', 'v1');
    expect(await commitOfRun(contextOf(tag, { ref: 'refs/tags/v1', branch: '' }).context)).toBe(tag);
  });

  test('A9: a commit that the job itself put on top is known to nobody else: the one below it counts', async () => {
    checkout(at(2), '--depth', '1');
    clone.commit({ VERSION: '1.2.3' });
    expect(await commitOfRun(contextOf(at(2)).context)).toBe(at(2));
  });

  test('A9: a checkout of another repository counts, and what GitHub cannot compare has changed', async () => {
    const foreign = clone.commit({ 'server/main.ts': 'foreign' });
    const { context } = contextOf(at(2), {}, { frontend: at(1), backend: at(1) });
    expect(await commitOfRun(context)).toBe(foreign);
    const { found } = await analyzeStage(context, { commit: foreign });
    expect(found?.analyze).toMatchObject({
      head: foreign,
      source: 'everything',
      services: ['frontend', 'backend'],
    });
  });

  test.each([
    ['a trial', { eventName: 'pull_request' }],
    ['a branch that was deleted', { deleted: true }],
    ['no checkout', { workspace: '/nonexistent' }],
  ])('A9: %s is left as it is', async (_what, more) => {
    checkout(at(1));
    const { context } = contextOf(at(2), more);
    expect(await commitOfRun({ ...context, directory: context.event.workspace })).toBe(at(2));
  });

  test('A9: what comes after the deployed commit is not lost, and the plan says what was deployed', async () => {
    checkout(at(1), '--depth', '1');
    const first = contextOf(at(2), {}, { frontend: at(0), backend: at(0) });
    const begun = await beginRun(first.context);
    expect(begun).toMatchObject({ commit: at(1), pipeline_id: `20261123-120000-${at(1).slice(0, 7)}` });
    const { found } = await analyzeStage(first.context, begun);
    expect(found?.analyze).toMatchObject({ head: at(1), services: ['backend'] });
    expect(found?.analyze?.decisions[0]).toEqual({
      action: 'use_checked_out_commit',
      reason: `the workspace is at ${at(1).slice(0, 7)}, the event workflow_run names ${at(2).slice(0, 7)}`,
    });

    checkout(at(2), '--depth', '1');
    const second = contextOf(at(2), {}, { frontend: at(1), backend: at(1) });
    const next = await analyzeStage(second.context, await beginRun(second.context));
    expect(next.found?.analyze?.services).toEqual(['backend']);
    expect(next.found?.analyze?.decisions.map(({ action }) => action)).not.toContain(
      'use_checked_out_commit',
    );
  });
});
