import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/run.ts
var TITLES = {
  analyze: "ANALYZE: what changed, and what that means",
  test: "TEST: suites side by side, one verdict",
  build: "BUILD: images and tags",
  deploy: "DEPLOY: gate, candidate, cut-over",
  verify: "VERIFY: smoke test and watchdog"
};
async function runStages(run, names, stages, effects) {
  let current = run;
  for (const name of names) {
    if (current.end !== void 0) {
      const reason = skippedBecause(current.end);
      effects.log.info(`${name.toUpperCase()} skipped: ${reason}`);
      current = withStage(current, name, { status: "skipped", reason }, 0);
      continue;
    }
    const started = effects.clock.now().getTime();
    const outcome = await effects.log.group(TITLES[name], () => attempt(stages[name], current, effects));
    const duration = effects.clock.now().getTime() - started;
    current = withStage(current, name, outcome, duration);
    if (outcome.status === "failed") {
      const { fix } = outcome.end ?? {};
      effects.log.error(
        `${name.toUpperCase()} failed: ${outcome.reason ?? "no reason given"}${fix ? `
What to do: ${fix}` : ""}`
      );
    }
  }
  return current;
}
__name(runStages, "runStages");
var CANCELLED = {
  status: "skipped",
  reason: "the job was cancelled",
  end: { status: "cancelled", reason: "the job was cancelled" }
};
async function attempt(stage, run, { log, signal }) {
  try {
    signal.throwIfAborted();
    const outcome = await stage(run);
    if (!signal.aborted || outcome.end?.status !== "failed") return outcome;
    const { undo_failed } = outcome.end;
    const end = { ...CANCELLED.end, ...undo_failed === void 0 ? {} : { undo_failed } };
    return { ...outcome, ...CANCELLED, end };
  } catch (error) {
    if (signal.aborted || error instanceof AutopilotError && error.code === "CANCELLED") return CANCELLED;
    if (error instanceof AutopilotError) return failedWith(error);
    const reason = `unexpected error: ${error instanceof Error ? error.message : String(error)}`;
    log.info(error instanceof Error ? error.stack ?? error.message : String(error));
    return { status: "failed", reason, end: { status: "failed", reason, log_extract: reason } };
  }
}
__name(attempt, "attempt");
function failedWith(error) {
  const what = `${error.message} [${error.code}]`;
  const reason = error.why === "" ? what : `${what} ${error.why}`;
  return {
    status: "failed",
    reason,
    end: {
      status: "failed",
      reason,
      log_extract: error.toString(),
      ...error.fix === "" ? {} : { fix: error.fix }
    }
  };
}
__name(failedWith, "failedWith");
function withStage(run, name, outcome, duration) {
  const record = {
    name,
    status: outcome.status,
    duration,
    ...outcome.reason === void 0 ? {} : { reason: outcome.reason }
  };
  return {
    ...run,
    ...outcome.found,
    stages: [...run.stages.filter((stage) => stage.name !== name), record],
    ...outcome.end === void 0 ? {} : { end: { ...outcome.end, stage: name } }
  };
}
__name(withStage, "withStage");
function skippedBecause(end) {
  switch (end.status) {
    case "failed":
      return `${end.stage ?? "an earlier stage"} failed`;
    case "success":
      return "the run is complete";
    case "locked":
      return "the pipeline is locked";
    default:
      return end.reason;
  }
}
__name(skippedBecause, "skippedBecause");

export {
  runStages,
  failedWith
};
