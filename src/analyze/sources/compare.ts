import * as z from 'zod';
import { statusOf, type GitHubApi } from '../../github/api.ts';
import type { Change } from './changes.ts';

/** GitHub lists at most this many files for a comparison: an answer this long may have been cut. */
const FILE_LIMIT = 300;

const ApiFile = z.object({
  filename: z.string().min(1),
  status: z.string(),
  previous_filename: z.string().min(1).optional(),
  sha: z.string().nullish(),
});
export const ApiFiles = z.array(ApiFile);

const Comparison = z.object({
  status: z.enum(['ahead', 'identical', 'behind', 'diverged']),
  behind_by: z.number().int(),
  merge_base_commit: z.object({ sha: z.string() }),
  files: ApiFiles,
});

export type Compared =
  | { kind: 'exact'; files: Change[]; mergeBase: string }
  /** The answer may lack files; `mergeBase` is right all the same. */
  | { kind: 'inexact'; why: string; mergeBase?: string }
  /** One of the commits is unknown, or they have no common history. */
  | { kind: 'missing' };

/**
 * Asks GitHub to compare two commits. Its comparison starts at the merge base, so it is the difference of the two only
 * when the head contains the base; and an answer without a list of files says nothing.
 */
export async function compare(github: GitHubApi, base: string, head: string): Promise<Compared> {
  let data: unknown;
  try {
    const answer = await github.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      basehead: `${base}...${head}`,
      // The files come whole on page 1; the commits are not needed.
      page: 1,
      per_page: 1,
    });
    data = answer.data;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 422) return { kind: 'missing' };
    throw error;
  }
  const parsed = Comparison.safeParse(data);
  if (!parsed.success) return { kind: 'inexact', why: 'the comparison came back incomplete' };
  const { status, behind_by, files, merge_base_commit } = parsed.data;
  const mergeBase = merge_base_commit.sha;
  if ((status !== 'ahead' && status !== 'identical') || behind_by !== 0) {
    return { kind: 'inexact', why: `the commits have ${status} histories`, mergeBase };
  }
  if (files.length >= FILE_LIMIT) {
    return { kind: 'inexact', why: `the comparison lists at most ${FILE_LIMIT} files`, mergeBase };
  }
  if (files.length === 0 && status === 'ahead') {
    return { kind: 'inexact', why: 'the comparison lists no file for new commits', mergeBase };
  }
  return { kind: 'exact', files: files.map(fromApi), mergeBase };
}

const STATUSES = new Set<string>(['added', 'modified', 'removed', 'renamed', 'copied', 'changed']);

/** A file of a comparison or of a pull request in our words. */
export function fromApi(file: z.output<typeof ApiFile>): Change {
  const moved = file.status === 'renamed' || file.status === 'copied';
  return {
    path: file.filename,
    status: STATUSES.has(file.status) ? (file.status as Change['status']) : 'changed',
    ...(moved && file.previous_filename !== undefined && { previous_path: file.previous_filename }),
    ...(file.sha && file.status !== 'removed' && { sha: file.sha }),
  };
}
