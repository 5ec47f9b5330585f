import { AutopilotError } from '../errors.ts';

/** The permission that each part of the API asks for, as a workflow writes it. */
const BY_PATH: readonly (readonly [RegExp, string])[] = [
  [/\/(?:pulls)(?:\/|$)/, 'pull-requests'],
  [/\/(?:issues|labels)(?:\/|$)/, 'issues'],
  [/\/deployments(?:\/|$)/, 'deployments'],
  [/\/statuses(?:\/|$)/, 'statuses'],
  [/\/check-(?:runs|suites)(?:\/|$)/, 'checks'],
  [/\/actions(?:\/|$)/, 'actions'],
];

/**
 * The permission that was missing, e.g. `contents: write`: GitHub names it in `x-accepted-github-permissions`
 * (`contents=write,workflows=write; contents=write`), else the route tells.
 */
export function permissionFor(route: string, accepted: string | undefined): string {
  const named = accepted?.split(';')[0]?.trim();
  if (named) {
    return named
      .split(',')
      .map((part) => part.trim().replaceAll('_', '-').replace('=', ': '))
      .join(', ');
  }
  const [method = 'GET', path = ''] = route.split(' ');
  const name = BY_PATH.find(([pattern]) => pattern.test(path))?.[1] ?? 'contents';
  return `${name}: ${method === 'GET' || method === 'HEAD' ? 'read' : 'write'}`;
}

/** The one error for 401 and for 403 without a rate limit; keeps the HTTP status. */
export function permissionError(
  route: string,
  status: 401 | 403,
  accepted: string | undefined,
  cause: unknown,
): AutopilotError {
  const said = cause instanceof Error ? cause.message : '';
  if (status === 401) {
    return withStatus(
      status,
      new AutopilotError('GITHUB_PERMISSION', {
        what: `GitHub does not accept the token (401 for ${route}).`,
        why: said,
        fix: 'Pass a valid token in the input `github-token`; the default `${{ github.token }}` is valid while the job runs.',
        cause,
      }),
    );
  }
  const permission = permissionFor(route, accepted);
  return withStatus(
    status,
    new AutopilotError('GITHUB_PERMISSION', {
      what: `The token lacks the permission \`${permission}\` (403 for ${route}).`,
      why: said,
      fix: `Add \`${permission}\` to the \`permissions\` of the job.`,
      cause,
    }),
  );
}

/** Callers tell answers apart by their HTTP status (`statusOf`). */
export function withStatus<E extends Error>(status: number | undefined, error: E): E {
  return status === undefined ? error : Object.assign(error, { status });
}
