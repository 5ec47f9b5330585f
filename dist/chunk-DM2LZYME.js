import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  failedWith
} from "./chunk-LTFQZQCK.js";
import {
  isoWithOffset,
  ownId
} from "./chunk-GRLBLCD5.js";
import {
  serverOf,
  tagOf
} from "./chunk-PARIFH2F.js";
import {
  earlierUnrecorded,
  lastRelease,
  undoneResult
} from "./chunk-ZLEJMH7V.js";
import {
  recordRelease
} from "./chunk-SER2FINV.js";
import {
  applyEvent
} from "./chunk-ZTA2TRVF.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/settle.ts
async function fateOf(release) {
  const { settled } = release;
  if (settled.state === "verified-unrecorded") return { kind: "verified", plan: settled.plan };
  if (settled.state === "rolled-back") {
    const { plan: plan2, outcome: outcome2 } = settled;
    return {
      kind: "put-back",
      plan: plan2,
      result: undoneResult(plan2, outcome2, "its runner was lost"),
      by: "this run",
      undoFailed: release.refusal?.undoFailed ?? []
    };
  }
  const journal = await release.keeper.journal();
  const { plan } = lastRelease(journal);
  const last = journal.findLast(
    (entry) => ["auto_reverted", "recorded", "rolled_back", "left_running"].includes(entry.event)
  );
  if (plan === void 0 || last?.event !== "auto_reverted") return void 0;
  const services = plan.services.filter((service) => !service.current).map((service) => service.service);
  const outcome = { rolledBack: services.reverse(), failed: {}, manualSteps: [], leftToServer: false };
  const result = undoneResult(plan, outcome, "its runner was lost");
  return { kind: "put-back", plan, result, by: "the server itself", undoFailed: [] };
}
__name(fateOf, "fateOf");
function asFound(deployed, result) {
  const { rolled_back, manual_steps } = result;
  const services = result.services.map((now) => ({
    ...deployed?.services.find(({ service }) => service === now.service),
    ...now
  }));
  return { ...result, ...deployed, services, rolled_back, manual_steps };
}
__name(asFound, "asFound");
async function fatesOf(release) {
  const last = await fateOf(release);
  const earlier = earlierUnrecorded(await release.keeper.journal());
  return [
    ...earlier.map((plan) => ({ kind: "verified", plan })),
    ...last === void 0 ? [] : [last]
  ];
}
__name(fatesOf, "fatesOf");
async function settleEarlier(context, release) {
  const fates = await fatesOf(release);
  if (fates.length === 0) return;
  for (const fate of fates) {
    context.effects.log.notice(notice(fate));
    await recordFate(context, fate);
  }
  await release.recorded();
}
__name(settleEarlier, "settleEarlier");
function notice(fate) {
  const { pipeline_id: id } = fate.plan;
  if (fate.kind === "verified") return `Release ${id} was verified but never recorded; it is recorded now.`;
  if (fate.undoFailed.length > 0)
    return `Release ${id} lost its runner: ${endOf(fate)}. That locks the pipeline.`;
  return `Release ${id} lost its runner and was put back by ${fate.by}: ${fate.result.rolled_back.join(", ") || "nothing had been cut over"}.`;
}
__name(notice, "notice");
var endOf = /* @__PURE__ */ __name(({ by, undoFailed }) => undoFailed.length > 0 ? couldNot(undoFailed) : `put back by ${by}`, "endOf");
var couldNot = /* @__PURE__ */ __name((names) => `${names.join(", ")} could not be put back`, "couldNot");
async function refuseUnsettled(context, release) {
  const { refusal } = release;
  if (refusal === void 0) return void 0;
  const warnings = [];
  await settleEarlierOrWarn(context, release, warnings);
  for (const warning of warnings) context.effects.log.warning(warning);
  const { end, ...outcome } = failedWith(refusal.error);
  return { ...outcome, end: { ...end, undo_failed: refusal.undoFailed } };
}
__name(refuseUnsettled, "refuseUnsettled");
async function settleEarlierOrWarn(context, release, warnings) {
  try {
    await settleEarlier(context, release);
    return "recorded";
  } catch (error) {
    warnings.push(error.message);
    return "left";
  }
}
__name(settleEarlierOrWarn, "settleEarlierOrWarn");
async function recordFate(context, fate) {
  const { config, effects, store, targetName } = context;
  const { plan } = fate;
  const at = isoWithOffset(effects.clock.now(), config.project.timezone);
  const commits = fate.kind === "verified" ? await commitsOf(plan, await serverOf(context)) : {};
  await store.update(`Settle ${plan.pipeline_id}`, (state) => {
    const own = ownId(state.file, plan.pipeline_id, { target: targetName, runUrl: "" });
    const known = state.file.pipelines.find((run) => run.pipeline_id === own);
    if (known !== void 0 && known.finished_at !== null && known.presumed_over !== true) return state;
    const event = {
      type: "run-finished",
      id: `${own}.settled`,
      run: {
        pipeline_id: own,
        kind: plan.kind ?? "pipeline",
        trigger: known?.trigger ?? "unknown",
        started_at: known?.started_at ?? at,
        target: targetName
      },
      status: fate.kind === "verified" ? "success" : "cancelled",
      // A runner that only lost its server may still come and say how its run ended.
      ...fate.kind === "put-back" ? { presumed: true } : {},
      finished_at: at,
      max_consecutive_failures: config.safety.max_consecutive_failures,
      ...fate.kind === "verified" ? { deployed: imagesOf(plan), deployed_commits: commits } : {
        failure_reason: `the runner was lost; ${endOf(fate)}`,
        deployed: Object.fromEntries(fate.result.services.map(({ service, image }) => [service, image])),
        rolled_back: fate.result.rolled_back,
        undo_failed: fate.undoFailed
      }
    };
    const file = applyEvent(state.file, event);
    if (fate.kind !== "verified") return { ...state, file };
    const services = Object.fromEntries(
      plan.services.map((service) => {
        const commit = commits[service.service];
        return [
          service.service,
          { image: service.image, tag: tagOf(service.image), ...commit === void 0 ? {} : { commit } }
        ];
      })
    );
    const registry = recordRelease(
      state.registry,
      { services, pipeline_id: own, target: targetName, at },
      config.safety.keep_releases
    );
    return { ...state, file, registry };
  });
}
__name(recordFate, "recordFate");
var imagesOf = /* @__PURE__ */ __name((plan) => Object.fromEntries(plan.services.map((service) => [service.service, service.image])), "imagesOf");
async function commitsOf(plan, target) {
  const found = {};
  for (const service of plan.services) {
    const revision = (await target.engine.image(service.image))?.labels["org.opencontainers.image.revision"];
    if (revision) found[service.service] = revision;
  }
  return found;
}
__name(commitsOf, "commitsOf");

export {
  fateOf,
  asFound,
  settleEarlier,
  endOf,
  couldNot,
  refuseUnsettled,
  settleEarlierOrWarn,
  recordFate
};
