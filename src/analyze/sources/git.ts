import type { RunProgram } from '../../effects.ts';
import type { ReadFile } from '../files.ts';
import { isSha } from '../event.ts';
import { toChanges, type Change, type Difference, type TreeEntry } from './changes.ts';
import { unquoted } from './quoted.ts';

/** The repository of the workspace, as far as it goes: a checkout of depth 1 knows one commit. */
export interface Checkout {
  /** The commit whose files lie in the workspace. */
  readonly head: string;
  /** The directory asked for, from the root of the repository: `apps/shop/`, or empty for the root itself. */
  readonly prefix: string;
  /** The commit that `sha` is or that a tag object points to, if it is here. */
  commit(sha: string): Promise<string | undefined>;
  /** Two-dot, exact, any number of files. Both commits must be here. */
  diff(base: string, head: string): Promise<Change[]>;
  /** Every file of a commit. */
  list(commit: string): Promise<TreeEntry[]>;
  /** The content of a file of a commit, by its name in git. */
  blob(sha: string, limit: number): ReturnType<ReadFile>;
  /** Whether `commit` has `ancestor` in the part of its history that is here. */
  contains(commit: string, ancestor: string): Promise<boolean>;
  /** Where two commits parted; nothing when the history is cut (shallow) or they never met. */
  mergeBase(a: string, b: string): Promise<string | undefined>;
}

const TIMEOUT = 120_000;

/** Opens a directory as a git repository; nothing when it is none or there is no git. */
export async function openCheckout(run: RunProgram, directory: string): Promise<Checkout | undefined> {
  const git = (args: readonly string[], onLine?: (line: string) => void) =>
    run(
      [
        'git',
        '--no-replace-objects',
        // The owner of a mounted workspace is often another user; replaced objects would be another history.
        ...['-c', 'safe.directory=*'],
        // Names come quoted, so that each is one line of plain text whatever bytes it holds.
        ...['-c', 'core.quotePath=true'],
        ...args,
      ],
      {
        cwd: directory,
        timeout: TIMEOUT,
        // A partial clone must not begin to talk to a server from in here.
        env: { GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' },
        ...(onLine && { onLine: (line, stream) => void (stream === 'stdout' && onLine(line)) }),
      },
    );
  const answer = async (args: readonly string[], onLine?: (line: string) => void): Promise<string> => {
    const result = await git(args, onLine);
    if (result.code !== 0) {
      throw new Error(`git ${args[0] ?? ''} ended with ${result.code}: ${result.stderr.trim()}`);
    }
    return result.stdout;
  };
  /** Line by line, because of a long output only head and tail are kept. */
  const lines = async <T>(args: readonly string[], parse: (line: string) => T): Promise<T[]> => {
    const found: T[] = [];
    await answer(args, (line) => found.push(parse(line)));
    return found;
  };
  const commit = async (name: string): Promise<string | undefined> => {
    const result = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
    const sha = result.stdout.trim();
    return result.code === 0 && isSha(sha) ? sha : undefined;
  };
  const head = await commit('HEAD').catch(() => undefined);
  if (head === undefined) return undefined;
  const prefix = (await git(['rev-parse', '--show-prefix'])).stdout.replace(/\n$/, '');
  return {
    head,
    prefix,
    commit,
    async diff(base, to) {
      const options = ['-r', '--raw', '--no-abbrev', '--no-renames', '--no-relative'];
      return toChanges(await lines(['diff-tree', ...options, base, to], parseDifference));
    },
    list: (of) => lines(['ls-tree', '-r', '--full-tree', of], parseEntry),
    async blob(sha, limit) {
      const size = Number(await answer(['cat-file', '-s', sha]));
      return size > limit
        ? { size }
        : { size, content: Buffer.from(await answer(['cat-file', 'blob', sha])) };
    },
    async contains(of, ancestor) {
      const result = await git(['merge-base', '--is-ancestor', '--end-of-options', ancestor, of]);
      return result.code === 0;
    },
    async mergeBase(a, b) {
      if ((await answer(['rev-parse', '--is-shallow-repository'])).trim() !== 'false') return undefined;
      const result = await git(['merge-base', '--end-of-options', a, b]);
      const sha = result.stdout.trim();
      return result.code === 0 && isSha(sha) ? sha : undefined;
    },
  };
}

/** `:oldmode newmode oldsha newsha status<tab>path` */
function parseDifference(line: string): Difference {
  const [, oldMode = '', newMode = '', oldSha = '', newSha = '', name = ''] =
    /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*\t(.+)$/.exec(line) ?? refused(line);
  const path = unquoted(name);
  return {
    path,
    ...(/[^0]/.test(oldMode) && { old: { path, mode: oldMode, sha: oldSha } }),
    ...(/[^0]/.test(newMode) && { new: { path, mode: newMode, sha: newSha } }),
  };
}

/** `mode type sha<tab>path` */
function parseEntry(line: string): TreeEntry {
  const [, mode = '', sha = '', name = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.+)$/.exec(line) ?? refused(line);
  return { path: unquoted(name), mode, sha };
}

function refused(line: string): never {
  throw new Error(`git said something unexpected: ${line.slice(0, 200)}`);
}
