import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  commitOfRun,
  minimatch
} from "./chunk-255FBQ5Z.js";
import {
  isTrial
} from "./chunk-G566AVRQ.js";
import {
  isoWithOffset,
  ownId,
  pipelineId
} from "./chunk-GRLBLCD5.js";
import {
  applyEvent
} from "./chunk-ZTA2TRVF.js";
import {
  object,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/abandoned.ts
var LONGEST_JOB = 5 * 24 * 3600 * 1e3;
var PATIENCE = 1e4;
var isOpen = /* @__PURE__ */ __name((run, here) => run.finished_at === null && run.target === here.target && run.pipeline_id !== here.pipelineId, "isOpen");
function abandonedRuns(file, here, maxConsecutiveFailures, ended = /* @__PURE__ */ new Set()) {
  const over = /* @__PURE__ */ __name((run) => run.run_url === here.runUrl || ended.has(run.run_url ?? "") || Date.parse(here.at) - Date.parse(run.started_at) > LONGEST_JOB, "over");
  const reason = "its runner was lost: no end of this run was ever recorded";
  return file.pipelines.filter((run) => isOpen(run, here) && over(run)).map((run) => presumedEnd(run, "abandoned", { at: here.at, maxConsecutiveFailures, reason }));
}
__name(abandonedRuns, "abandonedRuns");
function presumedEnd(run, name, { at, maxConsecutiveFailures, reason }) {
  const { pipeline_id, trigger, started_at } = run;
  return {
    type: "run-finished",
    id: `${pipeline_id}.${name}`,
    run: { pipeline_id, kind: "pipeline", trigger, started_at },
    status: "cancelled",
    presumed: true,
    finished_at: at,
    max_consecutive_failures: maxConsecutiveFailures,
    failure_reason: reason
  };
}
__name(presumedEnd, "presumedEnd");
var WorkflowRun = object({ status: string() });
async function endedRuns(file, here, github, log) {
  const open = file.pipelines.filter((run) => isOpen(run, here)).map((run) => run.run_url ?? "");
  const ended = /* @__PURE__ */ new Set();
  for (const url of new Set(open)) {
    const id = /\/actions\/runs\/(\d+)$/.exec(url)?.[1];
    if (id === void 0 || url === here.runUrl) continue;
    try {
      const route = "GET /repos/{owner}/{repo}/actions/runs/{run_id}";
      const { data } = await github.request(route, { run_id: Number(id) }, { maxWait: PATIENCE });
      if (WorkflowRun.parse(data).status === "completed") ended.add(url);
    } catch (error) {
      log.debug(`Whether ${url} is over is not known: ${String(error)}`);
      break;
    }
  }
  return ended;
}
__name(endedRuns, "endedRuns");
function overtakenRuns(file, now, maxConsecutiveFailures) {
  const overtaken = file.pipelines.filter(
    (run) => run.finished_at === null && run.target === now.target && Date.parse(run.started_at) < Date.parse(now.startedAt)
  );
  const reason = `no end of this run was recorded, and ${now.pipelineId}, which began after it, was verified`;
  return overtaken.map(
    (run) => presumedEnd(run, "overtaken", { at: now.at, maxConsecutiveFailures, reason })
  );
}
__name(overtakenRuns, "overtakenRuns");

// src/pipeline/events.ts
function eventId(run, what) {
  return `${run.run_id}.${run.attempt}.${what}`;
}
__name(eventId, "eventId");

// src/pipeline/begin.ts
function isRecorded(context) {
  return !context.dryRun && !isTrial(context.event);
}
__name(isRecorded, "isRecorded");
function idOf({ event, targetName }, pipelineId2, what) {
  return eventId(
    { run_id: event.runId, attempt: event.runAttempt },
    `${event.job}.${targetName}.${pipelineId2}.${what}`
  );
}
__name(idOf, "idOf");
function headerOf(context, run) {
  const { event } = context;
  return {
    pipeline_id: run.pipeline_id,
    kind: isRecorded(context) ? "pipeline" : "dry",
    trigger: event.eventName,
    started_at: run.started_at,
    actor: event.actor,
    commit: run.commit,
    branch: event.branch || event.ref,
    run_url: event.runUrl,
    target: context.targetName
  };
}
__name(headerOf, "headerOf");
async function beginRun(context) {
  const { event, config, effects, store } = context;
  const now = effects.clock.now();
  const { timezone } = config.project;
  refuseEvent(event);
  const elsewhere = outsideTrigger(event, config.trigger.branches);
  const commit = elsewhere === void 0 ? await commitOfRun(context) : event.sha;
  const run = {
    pipeline_id: pipelineId(now, commit, timezone),
    started_at: isoWithOffset(now, timezone),
    commit,
    stages: [],
    recorded: false
  };
  if (elsewhere !== void 0)
    return { ...run, recorded: true, end: { status: "skipped", reason: elsewhere } };
  const { file } = await store.read();
  if (isTrial(event)) return run;
  if (file.lock?.locked) return { ...run, end: lockedEnd(file.lock) };
  if (context.dryRun) return run;
  const hereAs = /* @__PURE__ */ __name((pipelineId2) => ({
    at: run.started_at,
    runUrl: event.runUrl,
    target: context.targetName,
    pipelineId: pipelineId2
  }), "hereAs");
  const ended = await endedRuns(file, hereAs(run.pipeline_id), effects.github, effects.log);
  let own = run;
  await store.update(`Start ${run.pipeline_id}`, (state) => {
    own = { ...run, pipeline_id: idIn(state.file, context, run) };
    const ends = abandonedRuns(
      state.file,
      hereAs(own.pipeline_id),
      config.safety.max_consecutive_failures,
      ended
    );
    const start = {
      type: "run-started",
      id: idOf(context, own.pipeline_id, "started"),
      run: headerOf(context, own)
    };
    return { ...state, file: [...ends, start].reduce(applyEvent, state.file) };
  });
  return own;
}
__name(beginRun, "beginRun");
function idIn(file, { event, targetName }, run) {
  return ownId(file, run.pipeline_id, { target: targetName, runUrl: event.runUrl });
}
__name(idIn, "idIn");
async function refuseUnusable({
  event,
  config,
  effects
}) {
  if (isTrial(event) || outsideTrigger(event, config.trigger.branches) !== void 0) return;
  await effects.checkAccess();
}
__name(refuseUnusable, "refuseUnusable");
function refuseEvent(event) {
  if (event.eventName !== "pull_request_target") return;
  throw new AutopilotError("EVENT_REFUSED", {
    what: "The event pull_request_target is refused",
    why: "It runs with the secrets of this repository on code that anybody may have written.",
    fix: "Use `on: pull_request` for checks and `on: push` for deployments."
  });
}
__name(refuseEvent, "refuseEvent");
function outsideTrigger(event, branches) {
  if (isTrial(event) || event.branch === "") return void 0;
  if (branches.some((pattern) => pattern === event.branch || minimatch(event.branch, pattern, { dot: true })))
    return void 0;
  return `${event.branch} is not among trigger.branches (${branches.join(", ")})`;
}
__name(outsideTrigger, "outsideTrigger");
function lockedEnd(lock) {
  return {
    status: "locked",
    reason: `the pipeline is locked since ${lock.locked_at} (run ${lock.pipeline_id}): ${lock.reason}. Nothing deploys until a person runs this action with \`stage: unlock\` and a reason`
  };
}
__name(lockedEnd, "lockedEnd");

export {
  overtakenRuns,
  isRecorded,
  idOf,
  headerOf,
  beginRun,
  idIn,
  refuseUnusable,
  lockedEnd
};
