/** The narrow view of GitHub's REST API that the rooms consume; octokit behind `github/client.ts` fulfils it. */
export interface ApiResponse<T = unknown> {
  status: number;
  headers: Record<string, string | undefined>;
  data: T;
}

/** What the caller knows about a request that its method does not tell. */
export interface RequestOptions {
  /** Doing it twice does no harm, so a write whose answer was lost may be sent again. */
  repeatable?: boolean;
  /** Milliseconds this request may take and wait at most, where that is less than the client's own bound. */
  maxWait?: number;
}

/**
 * One REST call, e.g. `request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ref: 'heads/main' })`.
 * `owner` and `repo` are filled in. Rejects with an error that has `status` (number) for HTTP answers >= 400, after bounded
 * retries of what can be retried; 401/403 for lack of rights become AutopilotError GITHUB_PERMISSION naming the permission.
 */
export interface GitHubApi {
  readonly owner: string;
  readonly repo: string;
  request<T = unknown>(
    route: string,
    parameters?: Record<string, unknown>,
    options?: RequestOptions,
  ): Promise<ApiResponse<T>>;
}

/** The HTTP status of a rejected request, if it has one. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : undefined;
}
