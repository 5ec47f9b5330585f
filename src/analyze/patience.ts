import { AutopilotError } from '../errors.ts';
import { statusOf, type GitHubApi } from '../github/api.ts';

/** Milliseconds that one analyze() may spend on an API that is slow or limits it; a healthy one needs seconds. */
const PATIENCE = 180_000;
/** A large comparison may fail alone; when another request fails as well, GitHub is down. */
const FAILURES = 2;

/**
 * The API with one patience for all requests together: each may wait only for what is left of it, and after a rate limit,
 * or the second request without an answer, nothing is asked any more. Refused requests reject with GITHUB_UNAVAILABLE, so
 * that everything counts as changed (or a file as unscanned) instead of the job waiting for an hour.
 */
export function withPatience(github: GitHubApi, now: () => number, patience = PATIENCE): GitHubApi {
  const end = now() + patience;
  let failures = 0;
  let last: unknown;
  return {
    owner: github.owner,
    repo: github.repo,
    async request(route, parameters, options) {
      const left = end - now();
      if (failures >= FAILURES) throw unavailable(route, 'GitHub failed before', last);
      if (left <= 0) throw unavailable(route, `${patience / 1000} s were spent on its answers already`, last);
      try {
        return await github.request(route, parameters, {
          ...options,
          maxWait: Math.min(left, options?.maxWait ?? left),
        });
      } catch (error) {
        if (error instanceof AutopilotError && error.code === 'GITHUB_UNAVAILABLE') {
          failures += [403, 429].includes(statusOf(error) ?? 0) ? FAILURES : 1;
          last = error;
        }
        throw error;
      }
    },
  };
}

function unavailable(route: string, why: string, cause: unknown): AutopilotError {
  const status = statusOf(cause);
  const error = new AutopilotError('GITHUB_UNAVAILABLE', {
    what: `GitHub was not asked ${route} any more: ${why}`,
    fix: 'Run the job again later; https://www.githubstatus.com says whether GitHub has a problem.',
    cause,
  });
  return status === undefined ? error : Object.assign(error, { status });
}
