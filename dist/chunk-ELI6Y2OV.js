import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  notifyLocked
} from "./chunk-NR6K6IZ2.js";
import {
  headerOf,
  idOf
} from "./chunk-B4F3VO3S.js";
import {
  reachesServer
} from "./chunk-6L4HAHFR.js";
import {
  statusOf
} from "./chunk-DNZ7MGUB.js";
import {
  applyEvent
} from "./chunk-ZTA2TRVF.js";
import {
  number,
  object
} from "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/announce.ts
async function announceLock(context, run, state) {
  const { effects, event } = context;
  const { lock, pipelines } = state.file;
  const { notify } = context.config.safety;
  if (lock === null || lock.issue !== void 0 && !run.failed) return state;
  const late = !run.failed && lock.pipeline_id !== run.pipeline_id;
  if (late && !notify.issue) return state;
  const about = late ? lock.pipeline_id : run.pipeline_id;
  const told = pipelines.find((one) => one.pipeline_id === about);
  const { issue } = await notifyLocked(
    { github: effects.github, post: effects.post, clock: effects.clock, log: effects.log },
    notify,
    {
      pipeline_id: about,
      reason: lock.reason,
      run_url: told?.run_url ?? event.runUrl,
      late,
      ...told?.failure_reason === void 0 ? {} : { failure_reason: told.failure_reason },
      ...told?.failed_stage === void 0 ? {} : { failed_stage: told.failed_stage },
      ...told?.analysis === void 0 ? {} : { report: told.analysis },
      ...lock.issue === void 0 ? {} : { issue: lock.issue }
    }
  );
  return issue === void 0 || issue === lock.issue ? state : noted(context, run, state, { ...lock, issue });
}
__name(announceLock, "announceLock");
async function noted(context, run, state, lock) {
  const { issue } = lock;
  try {
    return await context.store.update(`Lock announced in #${issue}`, (current) => ({
      ...current,
      file: applyEvent(current.file, {
        type: "lock-announced",
        id: idOf(context, run.pipeline_id, "announced"),
        run: headerOf(context, run),
        issue
      })
    }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.effects.log.warning(`The record could not be told that #${issue} is about the lock: ${why}`);
    return { ...state, file: { ...state.file, lock } };
  }
}
__name(noted, "noted");

// src/pipeline/github-deployment.ts
var ENVIRONMENT = "production";
var PATIENCE = 1e4;
var NOT_GRANTED = [403, 404];
async function showRun(context, run) {
  const state = stateOf(run);
  if (state === void 0) return;
  await showDeployment(context, { pipelineId: run.pipeline_id, commit: run.commit, task: "deploy", state });
}
__name(showRun, "showRun");
function stateOf({
  end,
  deploy,
  verify
}) {
  if (end.status === "failed") return reachesServer(end.stage ?? "") ? "failure" : void 0;
  const changed = (verify ?? deploy)?.services.some(({ status }) => status !== "untouched") === true;
  if (!changed) return void 0;
  return end.status === "success" ? "success" : "inactive";
}
__name(stateOf, "stateOf");
var Created = object({ id: number().int() });
async function showDeployment({ effects, event, targetName }, { pipelineId, commit, task, state }) {
  const { github, log } = effects;
  const limit = { maxWait: PATIENCE };
  try {
    const { data } = await github.request(
      "POST /repos/{owner}/{repo}/deployments",
      {
        ref: commit,
        task,
        auto_merge: false,
        // What had to be green was tested in this run.
        required_contexts: [],
        environment: ENVIRONMENT,
        description: `${pipelineId} on ${targetName}`
      },
      limit
    );
    await github.request(
      "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
      { deployment_id: Created.parse(data).id, state, log_url: event.runUrl, description: pipelineId },
      limit
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const said = `GitHub's own list of deployments lacks ${pipelineId}: ${why}`;
    if (NOT_GRANTED.includes(statusOf(error) ?? 0)) log.debug(said);
    else log.warning(said);
  }
}
__name(showDeployment, "showDeployment");

export {
  announceLock,
  showRun,
  showDeployment
};
