import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  planTable
} from "./chunk-RTLLEUFR.js";
import {
  FIXED_KEYS,
  redactAll
} from "./chunk-EFU5YRGN.js";
import {
  summary
} from "./chunk-TXLGVKAY.js";
import {
  STAGE_ICONS
} from "./chunk-NQUX53VA.js";
import {
  code,
  details,
  fence,
  link,
  table,
  text,
  upTo
} from "./chunk-H4DZ7JEN.js";
import {
  count,
  duration,
  sentence,
  size,
  time
} from "./chunk-ANS66LPE.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/report/summary-preview.ts
var MAX_BLOCK = 6e4;
function plannedRelease({ preview }) {
  if (!preview || preview.services.length === 0) return "";
  const rows = preview.services.map(
    ({ service, from, to, strategy, why, send }) => `| ${[`<b>${text(service, 80)}</b>`, code(from), code(to), text(strategy), text(why), text(send)].join(" | ")} |`
  );
  const head = table(
    ["Service", "From", "To", "Strategy", "Why", "To send"],
    ["l", "l", "l", "l", "l", "l"],
    []
  );
  const shown = [head, ...upTo(rows, MAX_BLOCK, (left) => `| \u2026 | ${left} more | | | | |`)].join("\n");
  const lines = upTo(
    preview.operations.map((line, index) => `${String(index + 1)}. ${text(line, 500)}`),
    MAX_BLOCK,
    (left) => `\u2026 and ${String(left)} more`
  );
  const operations = lines.length === 0 ? "Nothing has to be done." : details(`In this order: ${count(preview.operations.length, "operation")}`, lines.join("\n"));
  return `### What it would do on the server

${shown}

${operations}`;
}
__name(plannedRelease, "plannedRelease");

// src/report/summary-folded.ts
var MAX_PART = 1e5;
var rowsUpTo = /* @__PURE__ */ __name((head, align, rows) => [
  table(head, align, []),
  ...upTo(
    rows.map((cells) => `| ${cells.join(" | ")} |`),
    MAX_PART,
    (left) => `| \u2026 | ${left} more |${" |".repeat(Math.max(0, head.length - 2))}`
  )
].join("\n"), "rowsUpTo");
function changedFiles({ plan }) {
  if (!plan) return "";
  const groups = Object.entries(plan.categories).filter(([, files]) => files.length > 0);
  if (groups.length === 0) return "";
  const total = groups.reduce((sum, [, files]) => sum + files.length, 0);
  const body = groups.map(([category, files]) => {
    const lines = upTo(
      files.map((file) => `- ${code(file, 500)}`),
      Math.floor(MAX_PART / groups.length),
      (left) => `- \u2026 and ${left} more`
    );
    return `<b>${text(category)}</b> (${files.length})

${lines.join("\n")}`;
  });
  const since = plan.base ? ` since ${code(plan.base.slice(0, 7))}` : "";
  return details(`What changed: ${count(total, "file")}${since}`, body.join("\n\n"));
}
__name(changedFiles, "changedFiles");
function skipped({ plan }) {
  const decisions = plan?.decisions ?? [];
  if (decisions.length === 0) return "";
  const rows = decisions.map(({ action, reason }) => [code(action), text(reason)]);
  return details(
    `What was skipped or decided, and why: ${decisions.length}`,
    rowsUpTo(["Decision", "Why"], ["l", "l"], rows)
  );
}
__name(skipped, "skipped");
function tests({ test }) {
  if (!test || test.suites.length === 0) return "";
  const suites = rowsUpTo(
    ["", "Suite", "Result", "Time"],
    ["c", "l", "l", "r"],
    test.suites.map(({ status, name, summary: summary2, duration: taken }) => [
      STAGE_ICONS[status],
      code(name, 80),
      text(summary2 || status),
      status === "skipped" ? "" : duration(taken)
    ])
  );
  const checks = test.checks.map(({ severity, suite, message, file, line }) => [
    severity === "CRITICAL" ? "\u274C" : "\u26A0\uFE0F",
    code(suite, 80),
    text(message),
    file ? code(line === void 0 ? file : `${file}:${line}`) : ""
  ]);
  const tails = test.suites.filter(({ status, tail }) => status === "failed" && tail.trim() !== "").slice(0, 5).map(({ name, tail }) => details(`Last lines of ${code(name, 80)}`, fence(tail, "", 1e4)));
  return details(
    `Tests: ${count(test.suites.length, "suite")}`,
    [
      suites,
      ...checks.length > 0 ? [rowsUpTo(["", "Suite", "What did not hold", "Where"], ["c", "l", "l", "l"], checks)] : [],
      ...tails
    ].join("\n\n"),
    test.status === "failed" ? "open" : "folded"
  );
}
__name(tests, "tests");
function images({ build, deploy }) {
  const built = build?.images ?? [];
  if (built.length === 0) return "";
  const sent = new Map(deploy?.services.map(({ service, bytes_sent: bytes }) => [service, bytes]));
  const rows = built.map(({ service, reference, size: whole, duration: taken }) => {
    const bytes = sent.get(service);
    return [
      code(service, 80),
      code(reference),
      size(whole),
      bytes === void 0 ? "" : size(bytes),
      duration(taken)
    ];
  });
  return details(
    `Images built: ${built.length}`,
    rowsUpTo(["Service", "Image", "Size", "Sent", "Time to build"], ["l", "l", "r", "r", "r"], rows)
  );
}
__name(images, "images");
function watching({ verify }) {
  if (!verify || verify.smoke.length === 0 && verify.watch.length === 0) return "";
  const smoke = verify.smoke.map(({ passed, service, url, status, duration: taken, detail }) => [
    passed ? "\u2705" : "\u274C",
    code(service, 80),
    code(url),
    status === 0 ? text(detail) : `${status} in ${duration(taken)}${passed ? "" : `: ${text(detail)}`}`
  ]);
  const verdicts = { healthy: "\u2705", "roll-back": "\u274C", inconclusive: "\u26A0\uFE0F" };
  const watch = verify.watch.map(({ verdict, service, reason, samples }) => [
    verdicts[verdict],
    code(service, 80),
    count(samples.length, "look"),
    text(reason)
  ]);
  return details(
    `Smoke test and watchdog: ${count(smoke.length, "check")}`,
    [
      ...smoke.length > 0 ? [rowsUpTo(["", "Service", "Checked", "Answer"], ["c", "l", "l", "l"], smoke)] : [],
      ...watch.length > 0 ? [rowsUpTo(["", "Service", "Watched", "Verdict"], ["c", "l", "l", "l"], watch)] : []
    ].join("\n\n")
  );
}
__name(watching, "watching");
function notes({ plan, build, deploy, verify, warnings }) {
  const findings = (plan?.findings ?? []).map(
    ({ severity, file, line, message }) => `- ${severity === "CRITICAL" ? "\u274C" : "\u26A0\uFE0F"} ${code(line === void 0 ? file : `${file}:${line}`)} ${text(message)}`
  );
  const all = [plan, build, deploy, verify].flatMap((result) => result?.warnings ?? []);
  const lines = [...findings, ...[...warnings, ...all].map((warning) => `- \u26A0\uFE0F ${text(warning, 500)}`)];
  if (lines.length === 0) return "";
  return details(
    `Notes: ${lines.length}`,
    upTo(lines, MAX_PART, (left) => `- \u2026 and ${left} more`).join("\n"),
    warnings.length > 0 ? "open" : "folded"
  );
}
__name(notes, "notes");

// src/report/summary-headline.ts
var MAX_NAMED = 6;
function names(services) {
  const shown = services.slice(0, MAX_NAMED).map((name) => code(name, 80));
  if (services.length > MAX_NAMED) shown.push(count(services.length - MAX_NAMED, "more service"));
  return sentence(shown);
}
__name(names, "names");
function rolledBack({ deploy, verify }) {
  return [.../* @__PURE__ */ new Set([...deploy?.rolled_back ?? [], ...verify?.rolled_back ?? []])];
}
__name(rolledBack, "rolledBack");
function headline(report) {
  const reason = report.reason ? `: ${text(report.reason, 160)}` : "";
  const stage = text((report.failedStage ?? "the run").toUpperCase(), 40);
  const back = rolledBack(report);
  switch (report.status) {
    case "skipped":
      return `\u23ED\uFE0F Nothing to do${reason}`;
    case "locked":
      return report.failedStage ? `\u{1F512} ${stage} failed${back.length > 0 ? `, ${names(back)} put back` : ""}, and the pipeline is now locked` : "\u{1F512} Locked: nothing was deployed";
    case "cancelled":
      return `\u{1F6AB} Cancelled${back.length > 0 ? `; ${names(back)} put back` : reason}`;
    case "failed":
      if (manualStepsOf(report).length > 0) return `\u{1F6A8} ${stage} failed, and a person is needed`;
      return `\u274C ${stage} failed${back.length > 0 ? `; ${names(back)} put back` : "; what was running still runs"}`;
    case "success":
      return success(report);
  }
}
__name(headline, "headline");
function success(report) {
  if (report.kind === "unlock") return "\u{1F513} Unlocked: the next push deploys again";
  if (report.kind === "rollback" && report.dryRun) {
    const changed = (report.preview?.services ?? []).filter(({ strategy }) => strategy !== "none");
    return `\u{1F50D} Dry run: would roll back ${names(changed.map(({ service }) => service)) || "nothing"}`;
  }
  if (report.kind === "rollback")
    return `\u21A9\uFE0F Rolled back ${names((report.rollback?.services ?? []).map(({ service }) => service)) || "nothing"}`;
  if (report.dryRun)
    return `\u{1F50D} Dry run: ${report.plan && report.plan.services.length > 0 ? `would build and deploy ${names(report.plan.services)}` : "would deploy nothing"}`;
  const deployed = (report.deploy?.services ?? []).filter(({ status }) => status === "deployed");
  if (deployed.length === 0) return "\u2705 Passed; nothing to deploy";
  return `\u2705 Deployed ${names(deployed.map(({ service }) => service))}`;
}
__name(success, "success");
function manualStepsOf({ deploy, verify }) {
  return [...deploy?.manual_steps ?? [], ...verify?.manual_steps ?? []];
}
__name(manualStepsOf, "manualStepsOf");
function stageDetail(stage, report) {
  if (stage.reason) return text(stage.reason);
  switch (stage.name) {
    case "analyze":
      return analyzeDetail(report);
    case "test":
      return testDetail(report.test?.suites ?? []);
    case "build": {
      const built = report.build?.images ?? [];
      return built.length > 0 ? `built ${names(built.map(({ service }) => service))}` : "";
    }
    case "deploy": {
      const services = report.deploy?.services.filter(({ status }) => status === "deployed") ?? [];
      return services.length > 0 ? `${names(services.map(({ service }) => service))} healthy` : "";
    }
    case "verify": {
      const smoke = report.verify?.smoke.filter(({ passed }) => passed).length ?? 0;
      const samples = report.verify?.watch.reduce((sum, { samples: taken }) => sum + taken.length, 0) ?? 0;
      return report.verify ? `${count(smoke, "check")} passed, watched ${count(samples, "time")}` : "";
    }
    default:
      return "";
  }
}
__name(stageDetail, "stageDetail");
function analyzeDetail({ plan }) {
  if (!plan) return "";
  const touched = Object.entries(plan.categories).filter(([, files]) => files.length > 0);
  const total = touched.reduce((sum, [, files]) => sum + files.length, 0);
  return `${count(total, "file")} changed${total > 0 ? `: ${touched.map(([name]) => text(name)).join(", ")}` : ""}`;
}
__name(analyzeDetail, "analyzeDetail");
function testDetail(suites) {
  const ran = suites.filter(({ status }) => status !== "skipped");
  const bad = ran.filter(({ status }) => status !== "passed");
  if (ran.length === 0) return "";
  if (bad.length === 0) return `${count(ran.length, "suite")} passed`;
  return bad.slice(0, 4).map(({ name, summary: summary2, status }) => `${code(name, 60)} ${text(summary2 || status, 120)}`).join("; ");
}
__name(testDetail, "testDetail");

// src/report/summary-failure.ts
var MAX_BLOCK2 = 6e4;
function manualSteps(report) {
  const steps = manualStepsOf(report);
  if (steps.length === 0) return "";
  const shown = upTo(
    steps.slice(0, 50).map((step) => fence(step, "sh", 2e3)),
    MAX_BLOCK2,
    (left) => `\u2026 and ${left} more; see the log`
  );
  return [
    "> [!CAUTION]\n> Something could not be put back by itself. Run this on the server, in this order:",
    ...shown
  ].join("\n\n");
}
__name(manualSteps, "manualSteps");
function lock(report) {
  if (!report.lock) return "";
  const { reason, lockedAt, issueUrl } = report.lock;
  const issue = issueUrl ? ` ${link("The issue", issueUrl)} tells everybody.` : "";
  return [
    `> [!WARNING]
> <b>Locked${lockedAt ? ` since ${text(time(lockedAt))}` : ""}</b>: ${text(reason, 500)}. Nothing deploys until a person unlocks it.${issue}`,
    details(
      "How to unlock",
      `Correct the cause, then run a workflow by hand (<i>Actions \u2192 Run workflow</i>) with this step:

${fence(
        "- uses: gons/autopilot@v1\n  with:\n    stage: unlock\n    reason: what was wrong and is corrected",
        "yaml"
      )}`
    )
  ].join("\n\n");
}
__name(lock, "lock");
function failure(report) {
  if (report.status !== "failed" && report.status !== "cancelled" && !report.failedStage) return "";
  const parts = [];
  if (report.reason) parts.push(`<b>Why:</b> ${text(report.reason, 1e3)}`);
  if (report.fix) parts.push(`<b>What to do:</b> ${text(report.fix, 1e3)}`);
  const back = rolledBack(report);
  if (back.length > 0)
    parts.push(
      `<b>Put back:</b> ${back.slice(0, 50).map((name) => code(name, 80)).join(" \u2192 ")}, in this order, to what ran before`
    );
  if (report.failures && report.failures.consecutive > 0 && !report.lock)
    parts.push(
      `Failure ${report.failures.consecutive} in a row; at ${report.failures.allowed} the pipeline locks.`
    );
  const container = report.verify?.failure ?? report.deploy?.failure;
  if (container) {
    const exit = container.exit_code === void 0 ? "" : `, exit code ${container.exit_code}`;
    parts.push(`Container of ${code(container.service, 80)}: ${text(container.reason, 500)}${exit}`);
    if (container.log_tail.trim())
      parts.push(details("Its last log lines", fence(container.log_tail, "", MAX_BLOCK2), "open"));
    if (container.health_log?.trim())
      parts.push(details("Its health check", fence(container.health_log, "", 8e3)));
  }
  const build = report.build?.failure;
  if (build) {
    parts.push(`Image of ${code(build.service, 80)}, step ${code(build.step)}`);
    if (build.tail.trim()) parts.push(details("Its last lines", fence(build.tail, "", MAX_BLOCK2), "open"));
  }
  return parts.length > 0 ? `### What went wrong

${parts.join("\n\n")}` : "";
}
__name(failure, "failure");
function gate({ deploy, preview }) {
  const checks = (deploy ?? preview)?.gate ?? [];
  if (checks.every(({ passed }) => passed)) return "";
  const rows = checks.map(
    ({ passed, name, service, detail, fix }) => `| ${passed ? "\u2705" : "\u274C"} | ${text(name)}${service ? ` (${code(service, 80)})` : ""} | ${text(detail)} | ${passed || !fix ? "" : text(fix)} |`
  );
  const head = table(["", "Gate", "Found", "What to do"], ["c", "l", "l", "l"], []);
  const title = deploy ? "The gate stayed shut; nothing on the server has changed" : "The gate would stay shut";
  return `### ${title}

${[head, ...upTo(rows, MAX_BLOCK2, (left) => `| \u2026 | ${left} more | | |`)].join(
    "\n"
  )}`;
}
__name(gate, "gate");
function rollBackHint(report) {
  if (report.status !== "success" || report.dryRun || report.kind !== "pipeline") return "";
  if (!report.deploy?.services.some(({ status, previous }) => status === "deployed" && previous !== ""))
    return "";
  return details(
    "How to roll back",
    `Run a workflow by hand (<i>Actions \u2192 Run workflow</i>) with this step; it starts the previous release again, with the same health checks:

${fence(
      '- uses: gons/autopilot@v1\n  with:\n    stage: rollback\n    services: ""   # all, or names separated by commas\n    reason: why',
      "yaml"
    )}`
  );
}
__name(rollBackHint, "rollBackHint");

// src/report/summary.ts
var MAX_BYTES = 1e6;
var MAX_ROWS = 15e3;
function summaryOf(report) {
  const always = [
    `## ${headline(report)}`,
    facts(report),
    stages(report),
    manualSteps(report),
    lock(report),
    failure(report),
    gate(report),
    plannedRelease(report),
    runningNow(report)
  ].filter((part) => part !== "");
  const folded = [
    ...report.analysis ? [details("Analysis of this failure and the one before", report.analysis)] : [],
    tests(report),
    report.dryRun && report.plan ? planTable(report.plan) : changedFiles(report),
    skipped(report),
    images(report),
    watching(report),
    notes(report),
    rollBackHint(report)
  ].filter((part) => part !== "");
  const kept = [];
  let room = MAX_BYTES - Buffer.byteLength(always.join("\n\n"));
  for (const part of folded) {
    room -= Buffer.byteLength(part) + 2;
    if (room < 200) {
      kept.push("<sub>More was left out here; the log of the step has all of it.</sub>");
      break;
    }
    kept.push(part);
  }
  return `${[...always, ...kept].join("\n\n")}
`;
}
__name(summaryOf, "summaryOf");
function facts(report) {
  return [
    link(code(report.pipelineId), report.links.run),
    `${text(report.trigger)}${report.actor ? ` by <b>${text(report.actor)}</b>` : ""}`,
    ...report.commit ? [
      `${link(code(report.commit.slice(0, 7)), report.links.commit)}${report.branch ? ` on ${code(report.branch)}` : ""}`
    ] : [],
    ...report.target ? [`to ${code(report.target)}`] : [],
    ...report.duration === void 0 ? [] : [duration(report.duration)],
    ...report.links.history ? [link("history", report.links.history)] : []
  ].join(" \xB7 ");
}
__name(facts, "facts");
function stages(report) {
  if (report.stages.length === 0) return "";
  const rows = report.stages.slice(0, 20).map((stage) => [
    STAGE_ICONS[stage.status],
    `<b>${text(stage.name.toUpperCase(), 40)}</b>`,
    stageDetail(stage, report) || text(stage.status),
    stage.duration === void 0 || stage.status === "skipped" ? "" : duration(stage.duration)
  ]);
  return table(["", "Stage", "Verdict", "Time"], ["c", "l", "l", "r"], rows);
}
__name(stages, "stages");
function runningNow(report) {
  if (report.running.length === 0) return "";
  const outcomes = new Map(
    [
      ...report.deploy?.services ?? [],
      ...report.verify?.services ?? [],
      ...report.rollback?.services ?? []
    ].map((outcome) => [outcome.service, outcome])
  );
  const words = {
    deployed: report.kind === "rollback" ? "\u21A9\uFE0F put back" : "\u{1F680} new",
    "rolled-back": "\u21A9\uFE0F put back",
    untouched: "untouched",
    "undo-failed": "\u{1F6A8} not put back"
  };
  const rows = report.running.map(({ service, image, since }) => {
    const status = outcomes.get(service)?.status;
    return `| ${[
      `<b>${text(service, 80)}</b>`,
      image ? code(image) : "<i>nothing</i>",
      since ? text(time(since)) : "",
      status ? words[status] : "untouched"
    ].join(" | ")} |`;
  });
  const head = table(["Service", "Image", "Since", "This run"], ["l", "l", "l", "l"], []);
  const shown = upTo(rows, MAX_ROWS, (left) => `| \u2026 | ${left} more | | |`);
  return `### Running now${report.dryRun ? " (unchanged by this dry run)" : ""}

${[head, ...shown].join("\n")}`;
}
__name(runningNow, "runningNow");

// src/report/write-summary.ts
async function writeSummary(report, redact, append = (markdown) => summary.addRaw(markdown).write()) {
  return appendSummary(summaryOf(redactAll(report, redact, FIXED_KEYS)), append);
}
__name(writeSummary, "writeSummary");
async function appendSummary(markdown, append = (text2) => summary.addRaw(text2).write()) {
  try {
    await append(markdown);
    return true;
  } catch {
    return false;
  }
}
__name(appendSummary, "appendSummary");

export {
  writeSummary,
  appendSummary
};
