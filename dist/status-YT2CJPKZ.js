import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  ownReleases
} from "./chunk-Z6NKOQCB.js";
import {
  appendSummary
} from "./chunk-I43TZRA4.js";
import "./chunk-RTLLEUFR.js";
import {
  NO_OUTPUTS,
  printable
} from "./chunk-QXYGOVTK.js";
import "./chunk-EFU5YRGN.js";
import {
  tagOf
} from "./chunk-PARIFH2F.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-E5QVSBEW.js";
import {
  statisticsOf,
  statusPage
} from "./chunk-D4452KK7.js";
import {
  RUN_ICONS
} from "./chunk-NQUX53VA.js";
import "./chunk-H4DZ7JEN.js";
import {
  count,
  time
} from "./chunk-ANS66LPE.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/report/status-text.ts
var SHOWN_RUNS = 10;
var SHOWN_SERVICES = 50;
function statusText(file, registry) {
  const { lock, stats, pipelines, current } = file;
  const { rate, byStage } = statisticsOf(file);
  const services = Object.entries(registry.services);
  const lines = [
    lock?.locked ? `\u{1F512} Locked since ${time(lock.locked_at)} by run ${lock.pipeline_id}: ${lock.reason}. Unlock with stage: unlock.` : "\u{1F513} Not locked",
    current ? `Current pipeline: ${current}` : "No pipeline is under way",
    "",
    services.length > 0 ? "Running now" : "No release has been verified yet",
    ...services.slice(0, SHOWN_SERVICES).map(([name, entry]) => {
      const since = entry.history.findLast(
        ({ image, tag, status }) => (image ?? tag) === entry.current && status === "success"
      );
      return `  ${name}: ${entry.current ?? "nothing"}${since ? ` since ${time(since.deployed_at)}` : ""}, before it ${entry.previous ?? "nothing"}`;
    }),
    ...services.length > SHOWN_SERVICES ? [`  and ${services.length - SHOWN_SERVICES} more`] : [],
    "",
    pipelines.length > 0 ? "The last runs" : "There has been no run yet",
    ...pipelines.slice(-SHOWN_RUNS).reverse().map(
      (run) => [
        ` ${RUN_ICONS[run.status]} ${run.pipeline_id} ${run.kind === void 0 ? run.status : `${run.kind}: ${run.status}`}`,
        `${run.trigger}${run.actor ? ` by ${run.actor}` : ""}`,
        ...run.kind !== void 0 && run.reason ? [run.reason] : [],
        ...run.failed_stage ? [`${run.failed_stage}: ${run.failure_reason ?? ""}`] : []
      ].join(", ")
    ),
    "",
    `${count(stats.total_runs, "run")}: ${stats.success_count} good, ${stats.failure_count} failed${rate === void 0 ? "" : `, ${rate}% good`}; ${count(stats.consecutive_failures, "failure")} in a row`,
    ...byStage.length > 0 ? [`Failures by stage: ${byStage.map(([stage, n]) => `${stage} ${n}`).join(", ")}`] : []
  ];
  return lines.map((line) => printable(line, 300)).join("\n");
}
__name(statusText, "statusText");

// src/commands/status.ts
async function statusCommand({ secrets, log }, { store, config, targetName: target }) {
  const { file, registry } = await store.read();
  log.info(statusText(file, registry));
  await appendSummary(secrets.redact(statusPage(file, registry)));
  const whose = { project: config.project.name, target, services: Object.keys(registry.services) };
  const own = ownReleases(registry, whose);
  const deployed = Object.entries(own.services).flatMap(
    ([name, { current }]) => current ? [[name, tagOf(current)]] : []
  );
  return {
    ...NO_OUTPUTS,
    "pipeline-id": file.current ?? "",
    status: "success",
    deployed: Object.fromEntries(deployed),
    locked: file.lock?.locked === true
  };
}
__name(statusCommand, "statusCommand");
export {
  statusCommand
};
