import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  withLimit
} from "./chunk-K7Z7QXKG.js";
import {
  clip,
  inlineCode
} from "./chunk-4BYZJRKW.js";
import {
  statusOf
} from "./chunk-DNZ7MGUB.js";
import {
  array,
  number,
  object,
  string,
  unknown
} from "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/notify.ts
var LOCK_LABEL = "gonsautopilot-lock";
var WEBHOOK_LIMIT = 1e4;
var MARK = "<!-- gonsautopilot-lock -->";
async function notifyLocked(effects, config, notice) {
  const issue = config.issue ? await attempted(
    effects.log,
    "The issue about the lock could not be written",
    () => announce(effects.github, notice)
  ) : void 0;
  const { owner, repo } = effects.github;
  await sendWebhook(effects, config, {
    text: slackText(`${owner}/${repo}: the deployment pipeline is locked: ${notice.reason}`, notice.run_url),
    event: "locked",
    repository: `${owner}/${repo}`,
    pipeline_id: notice.pipeline_id,
    reason: notice.reason,
    failed_stage: notice.failed_stage ?? "",
    failure_reason: notice.failure_reason ?? "",
    run_url: notice.run_url ?? "",
    issue: issue ?? null
  });
  return issue === void 0 ? {} : { issue };
}
__name(notifyLocked, "notifyLocked");
async function notifyUnlocked(effects, config, unlock) {
  if (config.issue) {
    await attempted(effects.log, "The issue about the lock could not be closed", async () => {
      const issue = unlock.issue ?? await openIssue(effects.github);
      if (issue === void 0) return;
      const body = `Unlocked by ${inlineCode(unlock.actor)}: ${inlineCode(unlock.reason)}`;
      await comment(effects.github, issue, body);
      await effects.github.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", {
        issue_number: issue,
        state: "closed",
        state_reason: "completed"
      });
    });
  }
  const { owner, repo } = effects.github;
  await sendWebhook(effects, config, {
    text: slackText(
      `${owner}/${repo}: the deployment pipeline was unlocked by ${unlock.actor}: ${unlock.reason}`,
      unlock.run_url
    ),
    event: "unlocked",
    repository: `${owner}/${repo}`,
    pipeline_id: unlock.pipeline_id,
    reason: unlock.reason,
    actor: unlock.actor,
    run_url: unlock.run_url ?? ""
  });
}
__name(notifyUnlocked, "notifyUnlocked");
async function announce(github, notice) {
  const body = issueBody(notice);
  const known = notice.issue ?? await openIssue(github);
  if (known !== void 0) {
    try {
      await comment(github, known, `Another run failed.

${body}`);
      return known;
    } catch (error) {
      if (![404, 410].includes(statusOf(error) ?? 0) || notice.issue === void 0) throw error;
    }
  }
  const { data } = await github.request("POST /repos/{owner}/{repo}/issues", {
    title: `Deployments are locked: ${clip(notice.reason.replace(/\s+/g, " "), 150)}`,
    body: `${MARK}
${body}`,
    labels: [LOCK_LABEL]
  });
  return Issue.parse(data).number;
}
__name(announce, "announce");
var Issue = object({
  number: number().int(),
  body: string().nullish(),
  pull_request: unknown().optional()
});
async function openIssue(github) {
  const { data } = await github.request("GET /repos/{owner}/{repo}/issues", {
    labels: LOCK_LABEL,
    state: "open",
    per_page: 20
  });
  return array(Issue).parse(data).find((issue) => issue.pull_request === void 0 && issue.body?.startsWith(MARK))?.number;
}
__name(openIssue, "openIssue");
async function comment(github, issue, body) {
  await github.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
    issue_number: issue,
    body
  });
}
__name(comment, "comment");
function issueBody(notice) {
  const lines = [
    `The pipeline is locked: ${inlineCode(notice.reason)}. Nothing is deployed until a person unlocks it.`,
    "",
    `- Run: ${inlineCode(notice.pipeline_id)}${notice.run_url ? ` (${notice.run_url})` : ""}`,
    ...notice.failed_stage ? [`- Failed stage: ${inlineCode(notice.failed_stage)}`] : [],
    ...notice.failure_reason ? [`- Cause: ${inlineCode(clip(notice.failure_reason, 1e3))}`] : [],
    "",
    "To unlock, run the action with `stage: unlock` and a `reason` once the cause is fixed.",
    ...notice.report ? ["", notice.report] : []
  ];
  return lines.join("\n");
}
__name(issueBody, "issueBody");
async function sendWebhook({ post, clock, log }, { webhook }, message) {
  if (webhook === "") return;
  const url = URL.canParse(webhook) ? new URL(webhook) : void 0;
  if (url === void 0 || !["http:", "https:"].includes(url.protocol)) {
    log.warning("safety.notify.webhook is no http or https address; nobody was told through it.");
    return;
  }
  await attempted(log, `The webhook at ${url.host} was not told`, async () => {
    const body = JSON.stringify(message);
    const { status } = await withLimit(clock, WEBHOOK_LIMIT, (signal) => post(url.href, body, signal));
    if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
  });
}
__name(sendWebhook, "sendWebhook");
function slackText(text, url) {
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return clip(plain.replace(/\s+/g, " "), 2e3) + (url ? ` ${url}` : "");
}
__name(slackText, "slackText");
async function attempted(log, what, work) {
  try {
    return await work();
  } catch (error) {
    const denied = error instanceof AutopilotError && error.code === "GITHUB_PERMISSION";
    log.warning(
      `${what}: ${error.message}${denied ? " Give the job `permissions: issues: write`." : ""}`
    );
    return void 0;
  }
}
__name(attempted, "attempted");

export {
  notifyLocked,
  notifyUnlocked
};
