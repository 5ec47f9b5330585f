import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  RUN_ICONS
} from "./chunk-NQUX53VA.js";
import {
  code,
  fence,
  link,
  table,
  text
} from "./chunk-H4DZ7JEN.js";
import {
  count,
  duration,
  time
} from "./chunk-ANS66LPE.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/report/statistics.ts
function statisticsOf({ stats, pipelines }) {
  const counted = stats.success_count + stats.failure_count;
  const byStage = /* @__PURE__ */ new Map();
  for (const { failed_stage } of pipelines)
    if (failed_stage) byStage.set(failed_stage, (byStage.get(failed_stage) ?? 0) + 1);
  return {
    rate: counted > 0 ? Math.round(100 * stats.success_count / counted) : void 0,
    byStage: [...byStage].sort(([, a], [, b]) => b - a).slice(0, 20)
  };
}
__name(statisticsOf, "statisticsOf");

// src/report/status-page.ts
var SHOWN_RUNS = 10;
var SHOWN_SERVICES = 100;
function statusPage(file, registry) {
  return `${[
    `# ${badge(file)}`,
    "<sub>Written by GonsAutoPilot after each run. The record is <code>state/pipeline.json</code>, the releases that can be restored are in <code>state/rollback-registry.json</code>.</sub>",
    lockBanner(file),
    "## Running now",
    releases(registry),
    `## The last ${SHOWN_RUNS} runs`,
    runs(file.pipelines),
    "## Statistics",
    statistics(file),
    "## How to roll back",
    HOW_TO
  ].filter((part) => part !== "").join("\n\n")}
`;
}
__name(statusPage, "statusPage");
function badge({ lock, pipelines }) {
  if (lock?.locked) return "\u{1F512} Locked";
  const last = pipelines.findLast(({ status }) => status === "success" || status === "failed");
  if (!last) return "\u26AA Nothing deployed yet";
  if (last.status === "success") return "\u{1F7E2} The last release is healthy";
  return `\u{1F534} The last run failed${last.failed_stage ? ` in ${text(last.failed_stage.toUpperCase(), 40)}` : ""}`;
}
__name(badge, "badge");
function lockBanner({ lock }) {
  if (!lock?.locked) return "";
  return [
    `> [!WARNING]
> <b>Locked since ${text(time(lock.locked_at))}</b> by run ${code(lock.pipeline_id)}: ${text(lock.reason, 500)}. Nothing deploys until a person unlocks it:`,
    fence(
      "- uses: gons/autopilot@v1\n  with:\n    stage: unlock\n    reason: what was wrong and is corrected",
      "yaml"
    )
  ].join("\n\n");
}
__name(lockBanner, "lockBanner");
function releases(registry) {
  const services = Object.entries(registry.services);
  if (services.length === 0) return "No release has been verified yet.";
  const rows = services.slice(0, SHOWN_SERVICES).map(([name, { current, previous, history }]) => {
    const since = history.findLast(
      (entry) => (entry.image ?? entry.tag) === current && entry.status === "success"
    )?.deployed_at;
    return [
      `<b>${text(name, 80)}</b>`,
      current ? code(current) : "<i>nothing</i>",
      since ? text(time(since)) : "",
      previous ? code(previous) : "<i>none</i>"
    ];
  });
  const left = services.length - rows.length;
  return [
    table(["Service", "Release", "Since", "Can go back to"], ["l", "l", "l", "l"], rows),
    ...left > 0 ? [`\u2026 and ${count(left, "more service")}`] : []
  ].join("\n\n");
}
__name(releases, "releases");
function runs(pipelines) {
  if (pipelines.length === 0) return "There has been no run yet.";
  const rows = pipelines.slice(-SHOWN_RUNS).reverse().map((run) => [
    RUN_ICONS[run.status],
    link(code(run.pipeline_id), run.run_url),
    `${text(run.trigger, 60)}${run.actor ? ` by ${text(run.actor, 60)}` : ""}`,
    text(time(run.started_at)),
    took(run),
    outcome(run)
  ]);
  return table(["", "Run", "Started by", "At", "Took", "Result"], ["c", "l", "l", "l", "r", "l"], rows);
}
__name(runs, "runs");
function took({ started_at, finished_at }) {
  const milliseconds = Date.parse(finished_at ?? "") - Date.parse(started_at);
  return Number.isNaN(milliseconds) ? "" : duration(milliseconds);
}
__name(took, "took");
function outcome(run) {
  if (run.status === "failed" || run.status === "locked") {
    const where = run.failed_stage ? `${text(run.failed_stage.toUpperCase(), 40)}: ` : "";
    const back = run.rolled_back && run.rolled_back.length > 0 ? " (put back)" : "";
    return `${where}${text(run.failure_reason ?? run.reason ?? run.status, 160)}${back}`;
  }
  const deployed = Object.values(run.deployed ?? {}).slice(0, 6);
  if (run.status === "success" && deployed.length > 0)
    return `${run.kind === "rollback" ? "\u21A9\uFE0F put back " : ""}${deployed.map((image) => code(image, 100)).join(" ")}`;
  return text(`${run.kind === "unlock" ? "unlocked: " : ""}${run.reason ?? run.status}`, 160);
}
__name(outcome, "outcome");
function statistics(file) {
  const { rate, byStage } = statisticsOf(file);
  const { total_runs, success_count, failure_count, consecutive_failures } = file.stats;
  const lines = [
    `- ${count(total_runs, "run")}: ${success_count} good, ${failure_count} failed${rate === void 0 ? "" : `, <b>${rate}%</b> good`}`,
    `- ${count(consecutive_failures, "failure")} in a row`
  ];
  if (byStage.length > 0)
    lines.push(
      `- Failures by stage: ${byStage.map(([stage, number]) => `${text(stage, 40)} ${number}`).join(", ")}`
    );
  return lines.join("\n");
}
__name(statistics, "statistics");
var HOW_TO = `Run a workflow by hand (<i>Actions \u2192 Run workflow</i>) with this step. Without \`services\` everything goes back, without \`to\` to the previous good release:

${fence('- uses: gons/autopilot@v1\n  with:\n    stage: rollback\n    services: ""\n    to: ""\n    reason: why', "yaml")}`;

export {
  statisticsOf,
  statusPage
};
