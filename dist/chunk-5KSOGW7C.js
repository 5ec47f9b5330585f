import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
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

export {
  reportOfRun,
  reportOfRollback,
  reportOfUnlock
};
