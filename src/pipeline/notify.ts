import * as z from 'zod';
import type { Clock, Log } from '../effects.ts';
import { AutopilotError } from '../errors.ts';
import type { GitHubApi } from '../github/api.ts';
import { statusOf } from '../github/api.ts';
import { withLimit } from '../limit.ts';
import { clip, inlineCode } from './markdown.ts';

/** The label that marks the issue of a lock; there is at most one open issue with it. */
export const LOCK_LABEL = 'gonsautopilot-lock';
/** Milliseconds for one webhook. */
const WEBHOOK_LIMIT = 10_000;
const MARK = '<!-- gonsautopilot-lock -->';

/** Sends a JSON body by POST and gives the answer's status; `fetch` fits behind it. */
export type PostJson = (url: string, body: string, signal: AbortSignal) => Promise<{ status: number }>;

export interface NotifyEffects {
  github: GitHubApi;
  post: PostJson;
  clock: Clock;
  log: Log;
}

/** `safety.notify` of the configuration. */
export interface NotifyConfig {
  issue: boolean;
  /** Empty for none. */
  webhook: string;
}

/** All texts are masked already. */
export interface LockNotice {
  pipeline_id: string;
  /** Of the lock. */
  reason: string;
  failed_stage?: string;
  failure_reason?: string;
  run_url?: string;
  /** Rule V4: Markdown. */
  report?: string;
  /** The lock's issue, where the record knows it. */
  issue?: number;
  /** Not of a failure, but of a lock that was found closed without an issue. */
  late?: boolean;
}

/**
 * Rule V4: tells people that the pipeline is locked, or that another run failed while it is. One open issue for a lock,
 * a comment for each further failure; of a lock that was found without an issue only the issue. Never rejects: what cannot be
 * sent is a warning. Gives the issue's number, for the record.
 */
export async function notifyLocked(
  effects: NotifyEffects,
  config: NotifyConfig,
  notice: LockNotice,
): Promise<{ issue?: number }> {
  const issue = config.issue
    ? await attempted(effects.log, 'The issue about the lock could not be written', () =>
        announce(effects.github, notice),
      )
    : undefined;
  const sent = issue === undefined ? {} : { issue };
  if (notice.late === true) return sent;
  const { owner, repo } = effects.github;
  await sendWebhook(effects, config, {
    text: slackText(`${owner}/${repo}: the deployment pipeline is locked: ${notice.reason}`, notice.run_url),
    event: 'locked',
    repository: `${owner}/${repo}`,
    pipeline_id: notice.pipeline_id,
    reason: notice.reason,
    failed_stage: notice.failed_stage ?? '',
    failure_reason: notice.failure_reason ?? '',
    run_url: notice.run_url ?? '',
    issue: issue ?? null,
  });
  return sent;
}

/** Closes the lock's issue with a comment that says who unlocked and why, and tells the webhook. Never rejects. */
export async function notifyUnlocked(
  effects: NotifyEffects,
  config: NotifyConfig,
  unlock: { pipeline_id: string; actor: string; reason: string; run_url?: string; issue?: number },
): Promise<void> {
  if (config.issue) {
    await attempted(effects.log, 'The issue about the lock could not be closed', async () => {
      const issue = unlock.issue ?? (await openIssue(effects.github));
      if (issue === undefined) return;
      const body = `Unlocked by ${inlineCode(unlock.actor)}: ${inlineCode(unlock.reason)}`;
      await comment(effects.github, issue, body);
      await effects.github.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
        issue_number: issue,
        state: 'closed',
        state_reason: 'completed',
      });
    });
  }
  const { owner, repo } = effects.github;
  await sendWebhook(effects, config, {
    text: slackText(
      `${owner}/${repo}: the deployment pipeline was unlocked by ${unlock.actor}: ${unlock.reason}`,
      unlock.run_url,
    ),
    event: 'unlocked',
    repository: `${owner}/${repo}`,
    pipeline_id: unlock.pipeline_id,
    reason: unlock.reason,
    actor: unlock.actor,
    run_url: unlock.run_url ?? '',
  });
}

async function announce(github: GitHubApi, notice: LockNotice): Promise<number> {
  const body = issueBody(notice);
  const known = notice.issue ?? (await openIssue(github));
  if (known !== undefined && notice.late === true) return known;
  if (known !== undefined) {
    try {
      await comment(github, known, `Another run failed.\n\n${body}`);
      return known;
    } catch (error) {
      // Somebody deleted the issue; the lock still needs one.
      if (![404, 410].includes(statusOf(error) ?? 0) || notice.issue === undefined) throw error;
    }
  }
  const { data } = await github.request('POST /repos/{owner}/{repo}/issues', {
    title: `Deployments are locked: ${clip(notice.reason.replace(/\s+/g, ' '), 150)}`,
    body: `${MARK}\n${body}`,
    labels: [LOCK_LABEL],
  });
  return Issue.parse(data).number;
}

const Issue = z.object({
  number: z.number().int(),
  body: z.string().nullish(),
  pull_request: z.unknown().optional(),
});

async function openIssue(github: GitHubApi): Promise<number | undefined> {
  const { data } = await github.request('GET /repos/{owner}/{repo}/issues', {
    labels: LOCK_LABEL,
    state: 'open',
    per_page: 20,
  });
  // Pull requests are issues here too, and anybody may use the label: only ours has the mark.
  return z
    .array(Issue)
    .parse(data)
    .find((issue) => issue.pull_request === undefined && issue.body?.startsWith(MARK))?.number;
}

async function comment(github: GitHubApi, issue: number, body: string): Promise<void> {
  await github.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    issue_number: issue,
    body,
  });
}

function issueBody(notice: LockNotice): string {
  const lines = [
    `The pipeline is locked: ${inlineCode(notice.reason)}. Nothing is deployed until a person unlocks it.`,
    '',
    `- Run: ${inlineCode(notice.pipeline_id)}${notice.run_url ? ` (${notice.run_url})` : ''}`,
    ...(notice.failed_stage ? [`- Failed stage: ${inlineCode(notice.failed_stage)}`] : []),
    ...(notice.failure_reason ? [`- Cause: ${inlineCode(clip(notice.failure_reason, 1000))}`] : []),
    '',
    'To unlock, run the action with `stage: unlock` and a `reason` once the cause is fixed.',
    ...(notice.report ? ['', notice.report] : []),
  ];
  return lines.join('\n');
}

async function sendWebhook(
  { post, clock, log }: NotifyEffects,
  { webhook }: NotifyConfig,
  message: Record<string, unknown>,
): Promise<void> {
  if (webhook === '') return;
  const url = URL.canParse(webhook) ? new URL(webhook) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    log.warning('safety.notify.webhook is no http or https address; nobody was told through it.');
    return;
  }
  // Only the host is named: the rest of such an address is usually its secret.
  await attempted(log, `The webhook at ${url.host} was not told`, async () => {
    const body = JSON.stringify(message);
    const { status } = await withLimit(clock, WEBHOOK_LIMIT, (signal) => post(url.href, body, signal));
    if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
  });
}

/** Slack reads `<!channel>` and links in angle brackets. */
function slackText(text: string, url: string | undefined): string {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return clip(plain.replace(/\s+/g, ' '), 2000) + (url ? ` ${url}` : '');
}

async function attempted<T>(log: Log, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const denied = error instanceof AutopilotError && error.code === 'GITHUB_PERMISSION';
    log.warning(
      `${what}: ${(error as Error).message}${denied ? ' Give the job `permissions: issues: write`.' : ''}`,
    );
    return undefined;
  }
}
