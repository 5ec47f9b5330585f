import { emptyPipelineFile } from '../pipeline/record.ts';
import { emptyRegistry } from '../pipeline/registry.ts';
import type { GitHubApi } from '../github/api.ts';
import { statusOf } from '../github/api.ts';
import { AutopilotError } from '../errors.ts';
import type { Clock, Log, Random } from '../effects.ts';
import { PipelineFile, RollbackRegistry } from './schema.ts';
import type { State } from './files.ts';
import {
  corrupt,
  parsePipelineFile,
  parseRegistry,
  PIPELINE_PATH,
  README_PATH,
  REGISTRY_PATH,
  serialised,
} from './files.ts';
import { createGitData } from './git-data.ts';
import type { GitData, TreeFile, TreeFiles } from './git-data.ts';

export interface StateStore {
  /** The state as it is now; empty, without `head`, where the branch does not exist yet. */
  read(): Promise<State & { head?: string }>;
  /**
   * Applies a pure reducer to the newest state and commits the result; the reducer may run several times. A result equal
   * to what is there writes nothing, so a retry after a lost answer records once if the reducer is idempotent (event ids).
   */
  update(message: string, reducer: (state: State) => State): Promise<State & { head?: string }>;
}

export interface StateStoreOptions {
  github: GitHubApi;
  /** Name without `refs/heads/`. */
  branch: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** The status page. If it throws, the page before stays and the record is written all the same. */
  renderReadme: (file: PipelineFile, registry: RollbackRegistry) => string;
}

/** Lost races and failed calls that one update or read survives. */
const MAX_TRIES = 10;
const MAX_OUTAGES = 3;
/** Milliseconds. */
const BACKOFF = 200;
const MAX_BACKOFF = 5000;
/** Bytes; a state file beyond this is nothing that this program wrote. */
const MAX_FILE_SIZE = 20_000_000;

interface Snapshot extends State {
  head?: string;
  /** Everything on the branch, so that files this program does not know stay. */
  files: TreeFiles;
}

/**
 * The record on the state branch, as a compare-and-swap: each commit has the head that was read as its parent, and the ref
 * moves without force. Three or four requests a read (one when nothing has changed), three more a write.
 * @throws AutopilotError STATE_CORRUPT (never repaired silently), STATE_CONFLICT after ten lost races,
 * GITHUB_UNAVAILABLE, GITHUB_PERMISSION.
 */
export function createStateStore(options: StateStoreOptions): StateStore {
  const { branch, log } = options;
  const git = createGitData(options.github, branch);
  let known: Snapshot | undefined;
  let page: string | undefined;
  /** Parents of our own commits: a ref read that still names one is stale. */
  const superseded = new Set<string>();

  async function load(memory: 'trusted' | 'doubted'): Promise<Snapshot> {
    const head = await git.readHead();
    if (known !== undefined && head === known.head) return known;
    if (memory === 'trusted' && known?.head !== undefined && (head === undefined || superseded.has(head))) {
      log.debug(`GitHub answered with an old head of ${branch}; going on from our own commit ${known.head}`);
      return known;
    }
    known = head === undefined ? emptySnapshot() : await snapshotAt(git, head, branch);
    return known;
  }

  async function write(message: string, before: Snapshot, next: State): Promise<Snapshot> {
    const files: Record<string, string> = {
      [PIPELINE_PATH]: serialised(PipelineFile, next.file),
      [REGISTRY_PATH]: serialised(RollbackRegistry, next.registry),
    };
    try {
      page = options.renderReadme(next.file, next.registry);
    } catch (error) {
      log.warning(`The status page could not be rendered, the old one stays: ${(error as Error).message}`);
    }
    if (page !== undefined) files[README_PATH] = page;
    // What is pushed by a personal token would start workflows without this.
    const head = await git.commit(`${message}\n\n[skip ci]`, {
      files,
      others: before.files,
      parent: before.head,
    });
    if (before.head === undefined) await git.createHead(head);
    else {
      await git.moveHead(head);
      superseded.add(before.head);
    }
    superseded.delete(head);
    return { file: next.file, registry: next.registry, head, files: before.files };
  }

  async function withRetries<T>(attempt: (memory: 'trusted' | 'doubted') => Promise<T>): Promise<T> {
    let outages = 0;
    let memory: 'trusted' | 'doubted' = 'trusted';
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(memory);
      } catch (error) {
        if (error instanceof AutopilotError && error.code !== 'GITHUB_UNAVAILABLE') throw error;
        if (error instanceof ReducerFailure) throw error.cause;
        const race = [409, 422].includes(statusOf(error) ?? 0);
        if (!race) outages += 1;
        if (outages >= MAX_OUTAGES) throw unavailable(branch, error);
        if (tries >= MAX_TRIES) throw conflict(branch, error);
        memory = race ? 'doubted' : memory;
        const limit = Math.min(MAX_BACKOFF, BACKOFF * 2 ** (tries - 1));
        log.debug(`State branch: try ${tries} failed (${(error as Error).message}), trying again`);
        await options.clock.sleep(Math.ceil(limit * (0.25 + 0.75 * options.random.next())));
      }
    }
  }

  return {
    read: async () => published(await withRetries(load)),
    update: async (message, reducer) => {
      const after = await withRetries(async (memory) => {
        const before = await load(memory);
        const next = reduced(before, reducer);
        if (next.file === before.file && next.registry === before.registry) return before;
        if (JSON.stringify([next.file, next.registry]) === JSON.stringify([before.file, before.registry])) {
          return before;
        }
        known = await write(message, before, next);
        return known;
      });
      return published(after);
    },
  };
}

/** Marks an error of the caller's own reducer, which no retry heals. */
class ReducerFailure extends Error {}

function reduced(before: Snapshot, reducer: (state: State) => State): State {
  try {
    return reducer({ file: before.file, registry: before.registry });
  } catch (error) {
    throw new ReducerFailure('The reducer failed', { cause: error });
  }
}

function published({ file, registry, head }: Snapshot): State & { head?: string } {
  return { file, registry, ...(head === undefined ? {} : { head }) };
}

function emptySnapshot(): Snapshot {
  return { file: emptyPipelineFile(), registry: emptyRegistry(), files: new Map() };
}

async function snapshotAt(git: GitData, head: string, branch: string): Promise<Snapshot> {
  const files = await git.listFiles(head);
  const pipeline = files.get(PIPELINE_PATH);
  const registry = files.get(REGISTRY_PATH);
  if (!pipeline && !registry) {
    if (files.size === 0) return { ...emptySnapshot(), head };
    throw new AutopilotError('STATE_CORRUPT', {
      what: `The branch ${branch} holds something else than the pipeline's state.`,
      why: `It has files (${[...files.keys()].slice(0, 3).join(', ')}) but no ${PIPELINE_PATH}.`,
      fix: 'Name another branch in the input `state-branch`; one that does not exist yet is created. If only the state was deleted from it, restore it or delete the branch.',
    });
  }
  if (!pipeline) throw corrupt(PIPELINE_PATH, branch, `It is missing, although ${REGISTRY_PATH} is there.`);
  if (!registry) throw corrupt(REGISTRY_PATH, branch, `It is missing, although ${PIPELINE_PATH} is there.`);
  for (const [path, entry] of [[PIPELINE_PATH, pipeline] as const, [REGISTRY_PATH, registry] as const]) {
    refuseStrange(path, entry, branch);
  }
  const [pipelineText, registryText] = await Promise.all([
    git.readText(pipeline.sha),
    git.readText(registry.sha),
  ]);
  return {
    file: parsePipelineFile(pipelineText, branch),
    registry: parseRegistry(registryText, branch),
    head,
    files,
  };
}

function refuseStrange(path: string, entry: TreeFile, branch: string): void {
  if (entry.type !== 'blob' || entry.mode === '120000')
    throw corrupt(path, branch, 'It is not a plain file.');
  if (entry.size > MAX_FILE_SIZE) throw corrupt(path, branch, `It has ${entry.size} bytes.`);
}

function unavailable(branch: string, cause: unknown): AutopilotError {
  if (cause instanceof AutopilotError) return cause;
  if (statusOf(cause) === 404) {
    return new AutopilotError('GITHUB_PERMISSION', {
      what: `GitHub does not let this token use the state branch ${branch}.`,
      why: 'It answered 404, which is also its answer for what a token may not see.',
      fix: 'Give the job `permissions: contents: write`.',
      cause,
    });
  }
  return new AutopilotError('GITHUB_UNAVAILABLE', {
    what: `The state branch ${branch} could not be reached.`,
    why: (cause as Error).message,
    fix: 'Run it again when GitHub answers; what was not recorded is recorded then. See https://www.githubstatus.com.',
    cause,
  });
}

function conflict(branch: string, cause: unknown): AutopilotError {
  return new AutopilotError('STATE_CONFLICT', {
    what: `The state branch ${branch} could not be updated in ${MAX_TRIES} tries.`,
    why: `Another run was faster each time, or a ruleset forbids the update: ${(cause as Error).message}`,
    fix: `Use a \`concurrency\` group in the workflow, and let GitHub Actions write to ${branch} (rulesets, branch protection).`,
    cause,
  });
}
