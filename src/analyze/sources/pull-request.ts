import * as z from 'zod';
import type { GitHubApi } from '../../github/api.ts';
import type { Change } from './changes.ts';
import { ApiFiles, fromApi } from './compare.ts';

/** GitHub lists at most this many files of a pull request. */
const FILE_LIMIT = 3000;
const PAGE = 100;

const PullRequest = z.object({
  changed_files: z.number().int(),
  head: z.object({ sha: z.string() }),
});

/**
 * The files of a pull request, or why the answer cannot be trusted: more files than GitHub lists, a page that is
 * missing, or commits pushed since the event.
 */
export async function pullRequestFiles(
  github: GitHubApi,
  number: number,
  headSha: string,
): Promise<{ files: Change[] } | { why: string }> {
  const answer = await github.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    pull_number: number,
  });
  const pull = PullRequest.safeParse(answer.data);
  if (!pull.success) return { why: 'the pull request came back incomplete' };
  if (pull.data.head.sha !== headSha) return { why: 'the pull request has newer commits' };
  const expected = pull.data.changed_files;
  if (expected >= FILE_LIMIT) return { why: `GitHub lists at most ${FILE_LIMIT} files of a pull request` };
  const files: Change[] = [];
  for (let page = 1; files.length < expected; page += 1) {
    const listed = await github.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', {
      pull_number: number,
      per_page: PAGE,
      page,
    });
    const parsed = ApiFiles.safeParse(listed.data);
    if (!parsed.success || parsed.data.length === 0) {
      return { why: `the pull request changes ${expected} files but only ${files.length} were listed` };
    }
    files.push(...parsed.data.map(fromApi));
  }
  return files.length === expected ? { files } : { why: 'the pull request changed while it was read' };
}
