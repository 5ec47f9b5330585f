import { getOctokit } from '@actions/github';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Log } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import type { ApiResponse, GitHubApi, RequestOptions } from './api.ts';
import { permissionError, withStatus } from './permission.ts';
import { isRateLimit, judge, type Failure } from './retry.ts';

export interface GitHubSettings {
  token: string;
  /** GITHUB_API_URL: `https://api.github.com`, or `https://host/api/v3` of an Enterprise Server. */
  apiUrl: string;
  owner: string;
  repo: string;
  log: Log;
  clock?: Clock;
  /** In [0, 1), for the jitter of waits. */
  random?: () => number;
  /** Milliseconds after which one request is not sent again, waits and lost attempts together; GitHub is unavailable then. */
  maxWait?: number;
  /** Milliseconds until one attempt counts as lost. */
  timeout?: number;
}

const MAX_WAIT = 90_000;
const TIMEOUT = 30_000;
/** Answers kept for conditional requests; what is named by its sha never changes and is not asked for twice. */
const KEPT = 50;
const IMMUTABLE = /\/(?:git\/(?:trees|blobs|commits|tags)|compare)\//;
/** Waits a person should know about. */
const LONG_WAIT = 5000;

const realClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal ? { signal } : {}),
};

/**
 * GitHub's REST API with the discipline it asks for: waits as told within a bound, sends nothing twice that might have
 * happened, takes a cut answer for a lost one, and asks again only for what changed (a 304 is free of charge).
 * Errors: GITHUB_PERMISSION (401, 403) naming the permission, GITHUB_UNAVAILABLE after the bounded retries; both keep
 * the HTTP status. Every other answer from 400 on rejects with octokit's error, which has `status`.
 */
export function createGitHub(settings: GitHubSettings): GitHubApi {
  const { owner, repo, log, clock = realClock, random = Math.random } = settings;
  const { maxWait = MAX_WAIT, timeout = TIMEOUT } = settings;
  const baseUrl = settings.apiUrl.replace(/\/+$/, '');
  const quiet = (message: string) => log.debug(message);
  const octokit = getOctokit(settings.token, {
    baseUrl,
    userAgent: 'gonsautopilot',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const kept = new Map<string, ApiResponse>();

  const attemptOnce = async (route: string, parameters: Record<string, unknown>): Promise<ApiResponse> => {
    const reads = route.startsWith('GET ');
    const key = `${route} ${JSON.stringify(parameters)}`;
    const known = reads ? kept.get(key) : undefined;
    const etag = known?.headers['etag'];
    try {
      const answer = await octokit.request(route, {
        ...(route.includes('{owner}') && { owner, repo }),
        ...(route.endsWith(' /graphql') && { baseUrl: baseUrl.replace(/\/v3$/, '') }),
        ...parameters,
        headers: { ...(etag !== undefined && { 'if-none-match': etag }), ...headersOf(parameters) },
        request: { signal: AbortSignal.timeout(timeout) },
      });
      const response: ApiResponse = {
        status: answer.status,
        headers: textHeaders(answer.headers),
        data: answer.data as unknown,
      };
      if (isLimitInBody(route, response)) throw new LimitInBody(response);
      if (isCut(response)) throw new CutAnswer(`the answer to ${route} was cut short`);
      if (reads) keep(kept, key, response);
      return response;
    } catch (error) {
      if (known !== undefined && (error as { status?: unknown }).status === 304)
        return structuredClone(known);
      throw error;
    }
  };

  return {
    owner,
    repo,
    async request<T>(
      route: string,
      parameters: Record<string, unknown> = {},
      options: RequestOptions = {},
    ): Promise<ApiResponse<T>> {
      const repeatable = options.repeatable ?? /^(?:GET|HEAD) /.test(route);
      const patience = Math.min(maxWait, options.maxWait ?? maxWait);
      const started = clock.now().getTime();
      for (let attempt = 1; ; attempt += 1) {
        try {
          return (await attemptOnce(route, parameters)) as ApiResponse<T>;
        } catch (error) {
          const failure = failureOf(error);
          const now = clock.now().getTime();
          const verdict = judge(failure, { attempt, repeatable, now, random: random() });
          if (verdict.kind === 'give-up') throw asError(route, failure, error);
          if (now - started + verdict.wait > patience) {
            throw unavailable(
              route,
              `${verdict.why}; that would take more than ${Math.ceil(patience / 1000)} s`,
              failure,
              error,
            );
          }
          const say = verdict.wait >= LONG_WAIT ? log.info : log.debug;
          say.call(log, `GitHub: ${verdict.why}; next attempt in ${Math.ceil(verdict.wait / 1000)} s.`);
          await clock.sleep(verdict.wait);
        }
      }
    },
  };
}

/** A connection that breaks inside a body reaches us as status 200 with nothing, or with text that is no JSON. */
class CutAnswer extends Error {}

function isCut({ status, headers, data }: ApiResponse): boolean {
  if (typeof data !== 'string' || status === 204 || status === 205) return false;
  if (/\bjson\b/.test(headers['content-type'] ?? '')) return true;
  return data === '' && headers['content-length'] !== '0';
}

/** GraphQL tells a rate limit with status 200. From here on it is a limit as any other. */
class LimitInBody extends Error {
  readonly response: { status: number; headers: ApiResponse['headers'] };
  constructor({ headers }: ApiResponse) {
    super('API rate limit exceeded (GraphQL)');
    this.response = { status: 429, headers };
  }
}

function isLimitInBody(route: string, { data }: ApiResponse): boolean {
  const errors = route.endsWith(' /graphql') ? (data as { errors?: unknown } | null)?.errors : undefined;
  return (
    Array.isArray(errors) && errors.some((error: { type?: unknown } | null) => error?.type === 'RATE_LIMITED')
  );
}

function failureOf(error: unknown): Failure {
  const { response, message, cause } = error as {
    response?: { status: number; headers: Record<string, string | undefined> };
    message?: string;
    cause?: { code?: string; cause?: { code?: string } };
  };
  return {
    status: response?.status,
    headers: response?.headers ?? {},
    message: message ?? String(error),
    code: cause?.code ?? cause?.cause?.code,
  };
}

function asError(route: string, failure: Failure, error: unknown): unknown {
  const { status, headers } = failure;
  const limited = isRateLimit(failure);
  if ((status === 401 || status === 403) && !limited) {
    return permissionError(route, status, headers['x-accepted-github-permissions'], error);
  }
  if (status === undefined || status >= 500 || limited) {
    return unavailable(route, failure.message, failure, error);
  }
  return error;
}

function unavailable(route: string, why: string, { status }: Failure, cause: unknown): AutopilotError {
  return withStatus(
    status,
    new AutopilotError('GITHUB_UNAVAILABLE', {
      what: `GitHub did not answer ${route}${status === undefined ? '' : ` (status ${status})`}.`,
      why,
      fix: 'Run the job again later; https://www.githubstatus.com says whether GitHub has a problem.',
      cause,
    }),
  );
}

function keep(kept: Map<string, ApiResponse>, key: string, response: ApiResponse): void {
  if (response.headers['etag'] === undefined || IMMUTABLE.test(key)) return;
  kept.delete(key);
  // A copy: what a caller does to its answer must not come back in the next one.
  kept.set(key, structuredClone(response));
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}

function headersOf(parameters: Record<string, unknown>): Record<string, string> {
  return (parameters['headers'] ?? {}) as Record<string, string>;
}

function textHeaders(headers: Record<string, unknown>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value === undefined ? undefined : String(value)]),
  );
}
