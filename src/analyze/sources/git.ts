import type { RunProgram } from '../../effects.ts';
import { isSha } from '../event.ts';
import { toChanges, type Change, type Difference, type TreeEntry } from './changes.ts';

/** The repository of the workspace, as far as it goes: a checkout of depth 1 knows one commit. */
export interface Checkout {
  /** The commit whose files lie in the workspace. */
  readonly head: string;
  /** The commit that `sha` is or that a tag object points to, if it is here. */
  commit(sha: string): Promise<string | undefined>;
  /** Two-dot, exact, any number of files. Both commits must be here. */
  diff(base: string, head: string): Promise<Change[]>;
  /** Every file of a commit. */
  list(commit: string): Promise<TreeEntry[]>;
  /** Where two commits parted; nothing when the history is cut (shallow) or they never met. */
  mergeBase(a: string, b: string): Promise<string | undefined>;
}

const TIMEOUT = 120_000;

/** Opens the workspace as a git repository; nothing when it is none or there is no git. */
export async function openCheckout(run: RunProgram, workspace: string): Promise<Checkout | undefined> {
  const git = (...args: string[]) =>
    run(
      // The owner of a mounted workspace is often another user; replaced objects would be another history.
      ['git', '--no-replace-objects', '-c', 'safe.directory=*', ...args],
      {
        cwd: workspace,
        timeout: TIMEOUT,
        // A partial clone must not begin to talk to a server from in here.
        env: { GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' },
      },
    );
  const answer = async (...args: string[]): Promise<string> => {
    const result = await git(...args);
    if (result.code !== 0) {
      throw new Error(`git ${args[0] ?? ''} ended with ${result.code}: ${result.stderr.trim()}`);
    }
    return result.stdout;
  };
  const commit = async (name: string): Promise<string | undefined> => {
    const result = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
    const sha = result.stdout.trim();
    return result.code === 0 && isSha(sha) ? sha : undefined;
  };
  const head = await commit('HEAD').catch(() => undefined);
  if (head === undefined) return undefined;
  return {
    head,
    commit,
    async diff(base, to) {
      const raw = await answer('diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', base, to);
      return toChanges(parseRaw(raw));
    },
    async list(of) {
      const raw = await answer('ls-tree', '-r', '-z', '--full-tree', of);
      return raw
        .split('\0')
        .slice(0, -1)
        .map((line) => {
          const [, mode = '', sha = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
          return { path, mode, sha };
        });
    },
    async mergeBase(a, b) {
      if ((await answer('rev-parse', '--is-shallow-repository')).trim() !== 'false') return undefined;
      const result = await git('merge-base', '--end-of-options', a, b);
      const sha = result.stdout.trim();
      return result.code === 0 && isSha(sha) ? sha : undefined;
    },
  };
}

/** `:oldmode newmode oldsha newsha status\0path\0`, for each path. */
function parseRaw(raw: string): Difference[] {
  const fields = raw.split('\0').slice(0, -1);
  const differences: Difference[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', oldSha = '', newSha = ''] = (fields[at] ?? '').slice(1).split(' ');
    const path = fields[at + 1] ?? '';
    differences.push({
      path,
      ...(/[^0]/.test(oldMode) && { old: { path, mode: oldMode, sha: oldSha } }),
      ...(/[^0]/.test(newMode) && { new: { path, mode: newMode, sha: newSha } }),
    });
  }
  return differences;
}
