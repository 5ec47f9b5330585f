import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/markdown.ts
function inlineCode(text) {
  const flat = text.replace(/\s+/g, " ").replaceAll("`", "'").trim();
  return flat === "" ? "(empty)" : `\`${flat}\``;
}
__name(inlineCode, "inlineCode");
function fenced(text) {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}text
${text}
${fence}`;
}
__name(fenced, "fenced");
function clip(text, limit) {
  return text.length <= limit ? text : `${text.slice(0, limit)}...`;
}
__name(clip, "clip");

// src/pipeline/escalation.ts
var EXTRACT_LIMIT = 3e3;
var TEXT_LIMIT = 150;
var CAUSE_LIMIT = 500;
var SHOWN = 10;
function escalationOf(file, pipelineId) {
  const lock = file.lock?.locked === true;
  const report = file.pipelines.find(({ pipeline_id }) => pipeline_id === pipelineId)?.analysis;
  return {
    level: lock ? 3 : file.stats.consecutive_failures >= 2 ? 2 : 1,
    lock,
    ...report === void 0 ? {} : { report }
  };
}
__name(escalationOf, "escalationOf");
function analysisReport(failed, before, extract) {
  const lines = [
    "## Failure analysis",
    "",
    `- Run: ${code(failed.pipeline_id)}`,
    `- Failed stage: ${code(failed.failed_stage ?? "unknown")}`,
    `- Cause: ${inlineCode(clip(failed.failure_reason ?? "unknown", CAUSE_LIMIT))}`,
    ...failed.rolled_back?.length ? [`- Put back: ${list(failed.rolled_back)}`] : [],
    "",
    ...comparison(failed, before)
  ];
  const tail = lastLines(extract.replaceAll("\r", ""), EXTRACT_LIMIT);
  const head = lines.join("\n");
  if (tail.trim() === "") return `${head}
`;
  return `${head}

### Log extract

${fenced(tail)}
`;
}
__name(analysisReport, "analysisReport");
function comparison(failed, before) {
  if (!before) return ["The failure before is no longer in the record."];
  const common = intersection(pathsOf(failed), pathsOf(before));
  const services = intersection(servicesOf(failed), servicesOf(before));
  const sameStage = failed.failed_stage === before.failed_stage;
  const sameReason = failed.failure_reason === before.failure_reason;
  return [
    `### Compared with the failure before (${code(before.pipeline_id)})`,
    "",
    "| | this failure | the failure before | |",
    "| --- | --- | --- | --- |",
    row("Stage", failed.failed_stage, before.failed_stage, sameStage),
    row("Cause", failed.failure_reason, before.failure_reason, sameReason),
    row("Commit", failed.commit, before.commit, failed.commit === before.commit),
    `| Services in common | ${list(services)} | | |`,
    `| Changed files in common | ${list(common)} | | |`,
    "",
    conclusion(sameStage, sameReason, common.length)
  ];
}
__name(comparison, "comparison");
function conclusion(sameStage, sameReason, common) {
  if (sameStage && sameReason)
    return "The same failure twice: the change between the runs did not touch its cause.";
  if (sameStage) return "The same stage, another cause: compare the two logs before trying again.";
  return common > 0 ? "Another stage: the files changed in both runs are the first place to look." : "Another stage and no file in common: suspect the surroundings (server, network, dependencies) too.";
}
__name(conclusion, "conclusion");
function row(title, now, then, same) {
  return `| ${title} | ${cell(now ?? "unknown")} | ${cell(then ?? "unknown")} | ${same ? "same" : "different"} |`;
}
__name(row, "row");
function code(text) {
  return inlineCode(clip(text, TEXT_LIMIT));
}
__name(code, "code");
function cell(text) {
  return code(text).replaceAll("|", "\\|");
}
__name(cell, "cell");
function list(texts) {
  if (texts.length === 0) return "none";
  const more = texts.length > SHOWN ? ` and ${texts.length - SHOWN} more` : "";
  return texts.slice(0, SHOWN).map(cell).join(", ") + more;
}
__name(list, "list");
function pathsOf(run) {
  return Object.values(run.changes.categories).flat();
}
__name(pathsOf, "pathsOf");
function servicesOf(run) {
  return [.../* @__PURE__ */ new Set([...run.services ?? [], ...run.rolled_back ?? []])];
}
__name(servicesOf, "servicesOf");
function intersection(left, right) {
  const known = new Set(right);
  return [...new Set(left)].filter((entry) => known.has(entry));
}
__name(intersection, "intersection");
function lastLines(text, limit) {
  const trimmed2 = text.trimEnd();
  return trimmed2.length <= limit ? trimmed2 : `...${trimmed2.slice(-limit)}`;
}
__name(lastLines, "lastLines");

// src/pipeline/record.ts
var KEPT_RUNS = 200;
var KEPT_ALWAYS = 20;
var KEPT_EVENTS = 2e3;
var KEPT_CHARACTERS = 5e5;
var KEPT_PATHS = 100;
var KEPT_REASON = 2e3;
function emptyPipelineFile() {
  return {
    pipelines: [],
    current: null,
    stats: { total_runs: 0, success_count: 0, failure_count: 0, consecutive_failures: 0 },
    applied_events: [],
    lock: null,
    deployed_commits: {}
  };
}
__name(emptyPipelineFile, "emptyPipelineFile");
function applyEvent(file, event) {
  if (event.run.kind === "dry" || file.applied_events.includes(event.id)) return file;
  const before = file.pipelines.find((run2) => run2.pipeline_id === event.run.pipeline_id);
  const run = { ...before ?? newRun(event.run) };
  const next = {
    ...file,
    stats: { ...file.stats },
    applied_events: [...file.applied_events, event.id].slice(-KEPT_EVENTS)
  };
  switch (event.type) {
    case "run-started":
      notePlan(run, event);
      break;
    case "stage-finished":
      notePlan(run, event);
      run.stages = withStage(run.stages, event.stage);
      break;
    case "run-finished":
      if (run.finished_at === null || run.presumed_over === true && (event.presumed !== true || event.rolled_back !== void 0))
        finish(next, run, event);
      break;
    case "lock-set":
      next.lock ??= lockOf(event);
      break;
    case "lock-cleared":
      next.lock = null;
      next.stats.consecutive_failures = 0;
      run.status = "success";
      run.finished_at = event.at;
      run.stages = withStage(run.stages, { name: "unlock", status: "passed" });
      break;
    case "lock-announced":
      if (next.lock) next.lock = { ...next.lock, issue: event.issue };
      break;
  }
  next.pipelines = trimmed(placed(file.pipelines, run));
  next.current = next.pipelines.at(-1)?.pipeline_id ?? null;
  return next;
}
__name(applyEvent, "applyEvent");
function finish(next, run, event) {
  notePlan(run, event);
  for (const stage of event.stages ?? []) run.stages = withStage(run.stages, stage);
  run.status = event.status;
  run.finished_at = event.finished_at;
  delete run.presumed_over;
  delete run.failure_reason;
  if (event.presumed === true) run.presumed_over = true;
  if (event.failed_stage !== void 0) run.failed_stage = event.failed_stage;
  if (event.failure_reason !== void 0) run.failure_reason = clipped(event.failure_reason);
  if (event.deployed) run.deployed = event.deployed;
  if (event.rolled_back) run.rolled_back = event.rolled_back;
  if (event.bytes_sent) run.bytes_sent = event.bytes_sent;
  if (event.undo_failed?.length) run.undo_failed = event.undo_failed;
  noteCommits(next, run, event);
  const { stats } = next;
  const counted = event.run.kind === "pipeline" && (event.status === "success" || event.status === "failed");
  if (counted) {
    stats.total_runs += 1;
    if (event.status === "success") {
      stats.success_count += 1;
      stats.consecutive_failures = 0;
    } else {
      stats.failure_count += 1;
      stats.consecutive_failures += 1;
      if (stats.consecutive_failures >= 2) {
        run.analysis = analysisReport(run, failureBefore(next.pipelines, run), event.log_extract ?? "");
      }
      if (stats.consecutive_failures >= event.max_consecutive_failures) {
        const times = stats.consecutive_failures;
        next.lock ??= lockOf({
          ...event,
          at: event.finished_at,
          reason: `${times} ${times === 1 ? "failure" : "failures in a row"}, the last in ${event.failed_stage ?? "an unknown stage"}`
        });
      }
    }
  }
  if (event.undo_failed?.length) {
    next.lock ??= lockOf({
      ...event,
      at: event.finished_at,
      reason: `the rollback of ${event.undo_failed.join(", ")} failed`
    });
  }
}
__name(finish, "finish");
function noteCommits(next, run, event) {
  const { target } = event.run;
  const commits = Object.entries(event.deployed_commits ?? {});
  if (target === void 0 || commits.length === 0) return;
  run.deployed_commits = Object.fromEntries(commits);
  const newer = next.pipelines.filter((other) => other.target === target && time(other) > time(run));
  const current = commits.filter(
    ([service]) => !newer.some((other) => other.deployed_commits?.[service] !== void 0)
  );
  next.deployed_commits = {
    ...next.deployed_commits,
    [target]: { ...next.deployed_commits[target], ...Object.fromEntries(current) }
  };
}
__name(noteCommits, "noteCommits");
function failureBefore(pipelines, run) {
  return pipelines.findLast(
    (other) => other.pipeline_id !== run.pipeline_id && other.status === "failed" && (other.kind ?? "pipeline") === "pipeline" && time(other) <= time(run)
  );
}
__name(failureBefore, "failureBefore");
function newRun(header) {
  const { pipeline_id, trigger, started_at, reason, kind, ...rest } = header;
  return {
    pipeline_id,
    status: "running",
    trigger,
    started_at,
    finished_at: null,
    stages: [],
    changes: { categories: {} },
    decisions: [],
    ...kind === "rollback" || kind === "unlock" ? { kind } : {},
    ...reason === void 0 ? {} : { reason: clipped(reason) },
    ...rest
  };
}
__name(newRun, "newRun");
function notePlan(run, plan) {
  if (plan.changes) {
    const categories = Object.entries(plan.changes.categories);
    run.changes = {
      ...run.changes,
      categories: Object.fromEntries(categories.map(([name, paths]) => [name, paths.slice(0, KEPT_PATHS)]))
    };
    const total = categories.reduce((sum, [, paths]) => sum + paths.length, 0);
    if (categories.some(([, paths]) => paths.length > KEPT_PATHS)) run.changes.total_files = total;
  }
  if (plan.decisions) run.decisions = plan.decisions;
  if (plan.services) run.services = plan.services;
}
__name(notePlan, "notePlan");
function withStage(stages, stage) {
  const kept = stage.reason === void 0 ? stage : { ...stage, reason: clipped(stage.reason) };
  const index = stages.findIndex(({ name }) => name === stage.name);
  return index < 0 ? [...stages, kept] : stages.with(index, kept);
}
__name(withStage, "withStage");
function lockOf(event) {
  return {
    locked: true,
    reason: clipped(event.reason),
    locked_at: event.at,
    pipeline_id: event.run.pipeline_id
  };
}
__name(lockOf, "lockOf");
function placed(pipelines, run) {
  const index = pipelines.findIndex(({ pipeline_id }) => pipeline_id === run.pipeline_id);
  if (index >= 0) return pipelines.with(index, run);
  return pipelines.toSpliced(pipelines.findLastIndex((other) => time(other) <= time(run)) + 1, 0, run);
}
__name(placed, "placed");
function trimmed(pipelines) {
  const kept = pipelines.slice(-KEPT_RUNS);
  let size = kept.reduce((sum, run) => sum + JSON.stringify(run).length, 0);
  while (size > KEPT_CHARACTERS && kept.length > KEPT_ALWAYS) {
    size -= JSON.stringify(kept.shift()).length;
  }
  return kept;
}
__name(trimmed, "trimmed");
function time(run) {
  const parsed = Date.parse(run.started_at);
  return Number.isNaN(parsed) ? 0 : parsed;
}
__name(time, "time");
function clipped(text) {
  return clip(text, KEPT_REASON);
}
__name(clipped, "clipped");

export {
  inlineCode,
  clip,
  escalationOf,
  emptyPipelineFile,
  applyEvent
};
