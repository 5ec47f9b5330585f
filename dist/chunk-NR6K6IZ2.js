import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  withLimit
} from "./chunk-K7Z7QXKG.js";
import {
  statusOf
} from "./chunk-DNZ7MGUB.js";
import {
  clip,
  inlineCode
} from "./chunk-ZTA2TRVF.js";
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

// src/pipeline/report-of.ts
function aboutOf({ event, dryRun, targetName }, commit) {
  const repository = `${event.serverUrl}/${event.owner}/${event.repo}`;
  return {
    dryRun,
    trigger: event.eventName,
    actor: event.actor,
    branch: event.branch || event.ref,
    target: targetName,
    links: { run: event.runUrl, commit: `${repository}/commit/${commit}` }
  };
}
__name(aboutOf, "aboutOf");
function runningOf(context, state, deployed) {
  return context.services.map(({ name }) => {
    const known = state?.registry.services[name];
    const image = deployed[name] ?? known?.current ?? "";
    return {
      service: name,
      image,
      since: known?.history.findLast((entry) => entry.image === image)?.deployed_at ?? ""
    };
  });
}
__name(runningOf, "runningOf");
function lockOf({ event }, lock) {
  if (lock === null) return {};
  const issueUrl = lock.issue === void 0 ? {} : { issueUrl: `${event.serverUrl}/${event.owner}/${event.repo}/issues/${lock.issue}` };
  return { lock: { reason: lock.reason, lockedAt: lock.locked_at, ...issueUrl } };
}
__name(lockOf, "lockOf");
function reportOfRun(context, finished, duration) {
  const { run, state } = finished;
  const { stats, lock } = state?.file ?? { stats: void 0, lock: null };
  return {
    ...aboutOf(context, run.commit),
    pipelineId: run.pipeline_id,
    kind: "pipeline",
    status: run.end.status,
    reason: run.end.status === "success" && run.verify !== void 0 ? "" : run.end.reason,
    ...run.end.status === "failed" && run.end.stage !== void 0 ? { failedStage: run.end.stage } : {},
    ...run.end.fix === void 0 ? {} : { fix: run.end.fix },
    commit: run.commit,
    duration,
    stages: run.stages.map(({ name, status, duration: took, reason }) => ({
      name,
      status,
      ...took === void 0 ? {} : { duration: took },
      ...reason === void 0 ? {} : { reason }
    })),
    ...run.analyze === void 0 ? {} : { plan: run.analyze },
    ...run.test === void 0 ? {} : { test: run.test },
    ...run.build === void 0 ? {} : { build: run.build },
    ...run.deploy === void 0 ? {} : { deploy: run.deploy },
    ...run.verify === void 0 ? {} : { verify: run.verify },
    ...run.preview === void 0 ? {} : { preview: run.preview },
    running: runningOf(context, state, finished.deployed),
    ...lockOf(context, lock),
    ...stats === void 0 ? {} : {
      failures: {
        consecutive: stats.consecutive_failures,
        allowed: context.config.safety.max_consecutive_failures
      }
    },
    ...finished.analysis === void 0 ? {} : { analysis: finished.analysis },
    warnings: finished.unrecorded === void 0 ? [] : [`This run could not be recorded: ${finished.unrecorded}`]
  };
}
__name(reportOfRun, "reportOfRun");
function reportOfRollback(context, done, reason, duration) {
  const status = done.status === "success" ? "passed" : "failed";
  return {
    ...aboutOf(context, context.event.sha),
    pipelineId: done.pipelineId,
    kind: "rollback",
    status: done.status,
    reason: done.status === "success" ? "" : done.reason,
    ...done.status === "failed" ? { failedStage: "rollback" } : {},
    ...done.fix === void 0 ? {} : { fix: done.fix },
    commit: context.event.sha,
    duration,
    stages: [{ name: "rollback", status, duration, reason: done.reason }],
    ...done.deploy === void 0 ? {} : { deploy: done.deploy },
    ...done.verify === void 0 ? {} : { verify: done.verify },
    ...done.preview === void 0 ? {} : { preview: done.preview },
    rollback: { services: done.services, reason },
    running: runningOf(
      context,
      done.state,
      Object.fromEntries(done.services.map(({ service, image }) => [service, image]))
    ),
    ...lockOf(context, done.lock),
    warnings: done.warnings
  };
}
__name(reportOfRollback, "reportOfRollback");
function reportOfUnlock(context, done) {
  return {
    ...aboutOf(context, context.event.sha),
    pipelineId: done.pipelineId,
    kind: "unlock",
    status: "success",
    reason: "",
    commit: context.event.sha,
    stages: [
      { name: "unlock", status: "passed", reason: `${done.reason} (it was locked: ${done.lock.reason})` }
    ],
    running: [],
    warnings: []
  };
}
__name(reportOfUnlock, "reportOfUnlock");

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
  const sent = issue === void 0 ? {} : { issue };
  if (notice.late === true) return sent;
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
  return sent;
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
  if (known !== void 0 && notice.late === true) return known;
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
  reportOfRun,
  reportOfRollback,
  reportOfUnlock,
  notifyLocked,
  notifyUnlocked
};
