import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  announceLock,
  showRun
} from "./chunk-ELI6Y2OV.js";
import {
  savePostState
} from "./chunk-C2V3UX2F.js";
import {
  reportOfRun
} from "./chunk-NR6K6IZ2.js";
import {
  beginRun,
  headerOf,
  idIn,
  idOf,
  isRecorded,
  overtakenRuns,
  refuseUnusable
} from "./chunk-B4F3VO3S.js";
import {
  writeSummary
} from "./chunk-I43TZRA4.js";
import {
  planText
} from "./chunk-RTLLEUFR.js";
import {
  NO_OUTPUTS,
  outputsOfPlan
} from "./chunk-QXYGOVTK.js";
import {
  runStages
} from "./chunk-LTFQZQCK.js";
import {
  CarriedRun,
  RUN_STAGES,
  reachesServer
} from "./chunk-6L4HAHFR.js";
import {
  isoWithOffset
} from "./chunk-GRLBLCD5.js";
import {
  tagOf
} from "./chunk-PARIFH2F.js";
import {
  recordRelease,
  recordRollback
} from "./chunk-SER2FINV.js";
import {
  applyEvent,
  escalationOf
} from "./chunk-ZTA2TRVF.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/action/handover.ts
import { createHash, randomBytes } from "node:crypto";
import { chmod, lstat, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
var MAX_BYTES = 64e6;
function handoverPath(key) {
  const project = createHash("sha256").update(`${key.directory}\0${key.config}`).digest("hex").slice(0, 12);
  const run = key.runId.replace(/[^A-Za-z0-9]/g, "_");
  return join(key.temp, `gonsautopilot-${run}-${key.runAttempt}-${project}.json`);
}
__name(handoverPath, "handoverPath");
async function saveHandover(path, run) {
  const body = JSON.stringify(run);
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await writeFile(partial, `${checksum(body)}
${body}`, { mode: 384, flag: "wx" });
    await chmod(partial, 384);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
__name(saveHandover, "saveHandover");
async function loadHandover(path) {
  let text;
  try {
    const entry = await lstat(path);
    if (!entry.isFile() || entry.size > MAX_BYTES) throw unusable("it is not a file that this action wrote");
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return void 0;
    throw error instanceof AutopilotError ? error : unusable(error.message);
  }
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (end === -1 || text.slice(0, end) !== checksum(body))
    throw unusable("it is cut, or something else has changed it");
  const parsed = CarriedRun.safeParse(JSON.parse(body));
  if (!parsed.success) throw unusable("another version of this action wrote it");
  return parsed.data;
}
__name(loadHandover, "loadHandover");
var checksum = /* @__PURE__ */ __name((body) => createHash("sha256").update(body).digest("hex"), "checksum");
function unusable(why) {
  return new AutopilotError("STAGE_WITHOUT_PREDECESSOR", {
    what: "What the steps before this one handed over cannot be used",
    why,
    fix: "Run the job again from its first step; all steps of a pipeline use the same version of this action."
  });
}
__name(unusable, "unusable");

// src/pipeline/finish.ts
async function finishRun(context, carried, attempt = "first") {
  let run = context.effects.mask({ ...carried, end: carried.end ?? endOf(carried) });
  const outcome = outcomeOf(context, run);
  if (context.server.release?.fateUnknown === true)
    return {
      run: { ...run, recorded: true },
      locked: false,
      ...outcome,
      unrecorded: "only the server knows what became of its release."
    };
  if (run.recorded || !isRecorded(context))
    return { run: { ...run, recorded: true }, locked: run.end.status === "locked", ...outcome };
  let recorded;
  try {
    const written = await record(context, run, outcome);
    recorded = written.state;
    run = { ...run, pipeline_id: written.own, recorded: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const unrecorded = `${why} ${whatNow(context, run, attempt)}`;
    context.effects.log.warning(`This run could not be recorded: ${unrecorded}`);
    return { run, locked: run.end.status === "locked", ...outcome, unrecorded };
  }
  await context.server.release?.recorded();
  const { report } = escalationOf(recorded.file, run.pipeline_id);
  const { status } = run.end;
  if (status === "success") await saveCache(context, recorded);
  const state = await announceLock(context, { ...run, failed: status === "failed" }, recorded);
  await showRun(context, run);
  return {
    run,
    locked: state.file.lock?.locked === true,
    ...report === void 0 || status !== "failed" ? {} : { analysis: report },
    ...outcome,
    state
  };
}
__name(finishRun, "finishRun");
function whatNow(context, run, attempt) {
  const verified = run.end.status === "success" && run.verify !== void 0;
  const live = run.deploy?.services.some(({ status }) => status === "deployed") === true;
  if (verified || live && isAbandoned(context, run))
    return "The next run records it from the server's journal.";
  return attempt === "first" ? "It is tried again when the job ends." : "The record does not say how it ended.";
}
__name(whatNow, "whatNow");
function endOf(run) {
  if (run.verify !== void 0) return { status: "success", reason: "verified" };
  const last = run.stages.at(-1)?.name ?? "nothing";
  return { status: "cancelled", reason: `the job ended after ${last}: no step ran the stages after it` };
}
__name(endOf, "endOf");
function outcomeOf(context, run) {
  const services = isAbandoned(context, run) ? (run.deploy?.services ?? []).map(asPutBack) : run.verify?.services ?? run.deploy?.services ?? [];
  const deployed = Object.fromEntries(
    services.flatMap(({ service, image }) => image === "" ? [] : [[service, image]])
  );
  const back = services.filter(({ status }) => status === "rolled-back").map(({ service }) => service);
  return { deployed, rolledBack: back.reverse() };
}
__name(outcomeOf, "outcomeOf");
function isAbandoned({ server, config }, { deploy, verify, end }) {
  if (deploy === void 0 || verify !== void 0 || server.release?.fateUnknown === true) return false;
  if (end?.status === "success") return false;
  const { migrate } = config.deploy;
  const changed = deploy.services.filter(({ status }) => status === "deployed");
  return !(migrate?.irreversible === true && changed.some(({ service }) => service === migrate.service));
}
__name(isAbandoned, "isAbandoned");
var asPutBack = /* @__PURE__ */ __name((service) => service.status === "deployed" ? { ...service, image: service.previous, status: "rolled-back" } : service, "asPutBack");
async function record(context, run, { deployed, rolledBack }) {
  const { config, effects, store } = context;
  const { end, analyze } = run;
  const at = isoWithOffset(effects.clock.now(), config.project.timezone);
  const services = run.verify?.services ?? run.deploy?.services ?? [];
  const verified = end.status === "success" && run.verify !== void 0;
  const event = {
    type: "run-finished",
    status: end.status,
    finished_at: at,
    max_consecutive_failures: config.safety.max_consecutive_failures,
    stages: run.stages,
    ...analyze === void 0 ? {} : {
      changes: { categories: analyze.categories },
      decisions: analyze.decisions,
      services: analyze.services
    },
    ...end.status === "failed" && end.stage !== void 0 ? { failed_stage: end.stage } : {},
    ...["failed", "cancelled", "locked"].includes(end.status) ? { failure_reason: end.reason } : {},
    ...end.log_extract === void 0 ? {} : { log_extract: end.log_extract },
    deployed,
    rolled_back: rolledBack,
    ...bytesSent(run),
    undo_failed: [
      .../* @__PURE__ */ new Set([
        ...services.filter(({ status }) => status === "undo-failed").map(({ service }) => service),
        ...end.undo_failed ?? []
      ])
    ]
  };
  let own = run.pipeline_id;
  const state = await store.update(`${end.status}: ${run.pipeline_id}`, (before) => {
    own = idIn(before.file, context, run);
    const named = { ...run, pipeline_id: own };
    const finished = { ...event, id: idOf(context, own, "finished"), run: headerOf(context, named) };
    const file = applyEvent(before.file, {
      ...finished,
      ...verified ? { deployed_commits: commitsAfter(before, context, named) } : {}
    });
    const now = { at, startedAt: run.started_at, pipelineId: own, target: context.targetName };
    const over = verified ? overtakenRuns(file, now, event.max_consecutive_failures) : [];
    return {
      ...before,
      file: over.reduce(applyEvent, file),
      registry: registryAfter(before, context, named, at)
    };
  });
  return { state, own };
}
__name(record, "record");
function bytesSent({ deploy }) {
  const sent = (deploy?.services ?? []).flatMap(
    ({ service, bytes_sent: bytes }) => bytes === void 0 ? [] : [[service, bytes]]
  );
  return sent.length === 0 ? {} : { bytes_sent: Object.fromEntries(sent) };
}
__name(bytesSent, "bytesSent");
function commitsAfter({ file }, { services, targetName }, run) {
  const before = file.deployed_commits[targetName] ?? {};
  const { services: now = [], bases = {} } = run.analyze ?? {};
  const unmoved = /* @__PURE__ */ __name((name) => before[name] !== void 0 && before[name] === bases[name], "unmoved");
  const there = services.filter(({ name }) => now.includes(name) || unmoved(name));
  return Object.fromEntries(there.map(({ name }) => [name, run.commit]));
}
__name(commitsAfter, "commitsAfter");
function registryAfter(state, { config, targetName: target }, run, at) {
  const keep = config.safety.keep_releases;
  const services = run.verify?.services ?? run.deploy?.services ?? [];
  const image = /* @__PURE__ */ __name((reference) => ({ image: reference, tag: tagOf(reference), commit: run.commit }), "image");
  if (run.end.status === "success" && run.verify !== void 0) {
    const released = services.filter((service) => service.status === "deployed");
    return recordRelease(
      state.registry,
      {
        services: Object.fromEntries(released.map((one) => [one.service, image(one.image)])),
        pipeline_id: run.pipeline_id,
        target,
        at
      },
      keep
    );
  }
  const back = services.filter((service) => service.status === "rolled-back" && service.previous !== "");
  const failed = new Map(run.build?.images.map((one) => [one.service, one.reference]));
  const steps = back.flatMap(({ service, previous: previous2 }) => {
    const from = failed.get(service);
    return from === void 0 ? [] : [[service, { from: image(from), to: previous2 }]];
  });
  if (steps.length === 0) return state.registry;
  return recordRollback(
    state.registry,
    { services: Object.fromEntries(steps), verdict: "failed", pipeline_id: run.pipeline_id, target, at },
    keep
  );
}
__name(registryAfter, "registryAfter");
async function saveCache({ registryCache, event }, { registry }) {
  await registryCache.save(registry, { run_id: event.runId, attempt: event.runAttempt });
}
__name(saveCache, "saveCache");

// src/pipeline/stages/index.ts
function stagesOf(context) {
  return {
    analyze: /* @__PURE__ */ __name(async (run) => (await import("./analyze-WT34U7TD.js")).analyzeStage(context, run), "analyze"),
    test: /* @__PURE__ */ __name(async (run) => (await import("./test-UGIUILNX.js")).testStage(context, run), "test"),
    build: /* @__PURE__ */ __name(async (run) => (await import("./build-P2GMFEOR.js")).buildStage(context, run), "build"),
    deploy: /* @__PURE__ */ __name(async (run) => (await import("./deploy-D75KHM7E.js")).deployStage(context, run), "deploy"),
    verify: /* @__PURE__ */ __name(async (run) => (await import("./verify-DPSIHES4.js")).verifyStage(context, run), "verify")
  };
}
__name(stagesOf, "stagesOf");

// src/commands/stages.ts
async function stagesCommand(step, context) {
  const { inputs, event, log, secrets } = step;
  const stages = inputs.stage === "all" ? RUN_STAGES : [inputs.stage];
  const path = pathOf(step);
  let run = await beginOrGoOn(context, stages, path);
  const save = /* @__PURE__ */ __name(async () => {
    await saveHandover(path, run);
    savePostState({
      settled: false,
      stage: inputs.stage,
      pipeline_id: run.pipeline_id,
      started_at: run.started_at,
      handover: path
    });
  }, "save");
  if (run.end === void 0 && stages.some(reachesServer)) run = { ...run, reached_server: true };
  await save();
  log.info(
    `Pipeline ${run.pipeline_id}, commit ${run.commit.slice(0, 7)}, target ${context.targetName}${inputs.dryRun ? ", dry run" : ""}`
  );
  const functions = stagesOf(context);
  for (const stage of stages) {
    run = await runStages(run, [stage], functions, {
      clock: context.effects.clock,
      log,
      signal: step.signal
    });
    await save();
    if (stage === "analyze" && inputs.dryRun && run.analyze !== void 0) log.info(planText(run.analyze));
  }
  const isLast = stages.at(-1) === "verify" || run.end !== void 0;
  if (!isLast) return outputsOf(run, void 0);
  const ended = run;
  const finished = await log.group(
    "RECORD: history, rollback registry, lock",
    () => finishRun(context, ended)
  );
  if (!run.recorded && run.summarised !== true) await summarise(context, finished, secrets.redact);
  run = { ...finished.run, summarised: true };
  await save();
  if (finished.locked && finished.run.end.status !== "locked")
    log.error(`The pipeline is locked now: ${finished.state?.file.lock?.reason ?? ""}`);
  const verdict = `${finished.run.end.status.toUpperCase()}: ${finished.run.end.reason}`;
  if (finished.run.end.status === "locked") log.error(verdict);
  else log.info(verdict);
  log.debug(`run ${event.runId}, attempt ${event.runAttempt}`);
  return outputsOf(run, finished);
}
__name(stagesCommand, "stagesCommand");
async function beginOrGoOn(context, stages, path) {
  const [first = "test"] = stages;
  const deploys = stages.some(reachesServer);
  if (first === "analyze") {
    if (deploys) await refuseUnusable(context);
    return beginRun(context);
  }
  const run = await previous(path, first);
  if (!deploys || run.end !== void 0 || run.analyze?.services.length === 0) return run;
  try {
    await refuseUnusable(context);
    return run;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { run: ended } = await finishRun(context, {
      ...run,
      end: { status: "cancelled", stage: first, reason }
    });
    await saveHandover(path, ended);
    throw error;
  }
}
__name(beginOrGoOn, "beginOrGoOn");
function pathOf({ inputs, event }) {
  const { temp, runId, runAttempt } = event;
  return handoverPath({ temp, runId, runAttempt, directory: inputs.directory, config: inputs.config });
}
__name(pathOf, "pathOf");
async function previous(path, stage) {
  const run = await loadHandover(path);
  if (run !== void 0) return run;
  throw new AutopilotError("STAGE_WITHOUT_PREDECESSOR", {
    what: `Stage \`${stage}\` needs the result of \`analyze\`, which has not run in this job`,
    why: "The stages hand their results to each other in a file of the job.",
    fix: "Add a step with `stage: analyze` before it, with the same `config` and `working-directory`, or use one step with `stage: all`."
  });
}
__name(previous, "previous");
async function summarise(context, finished, redact) {
  const duration = context.effects.clock.now().getTime() - Date.parse(finished.run.started_at);
  const state = finished.state ?? await context.store.read().catch(() => void 0);
  const report = reportOfRun(context, { ...finished, ...state === void 0 ? {} : { state } }, duration);
  if (!await writeSummary(report, redact))
    context.effects.log.warning("The job summary could not be written.");
}
__name(summarise, "summarise");
function outputsOf(run, finished) {
  const end = run.end;
  const statusOf = /* @__PURE__ */ __name((stage) => {
    const status = run.stages.find(({ name }) => name === stage)?.status;
    return status === void 0 || status === "running" ? "skipped" : status;
  }, "statusOf");
  return {
    ...NO_OUTPUTS,
    ...run.analyze === void 0 ? {} : outputsOfPlan(run.analyze),
    "pipeline-id": run.pipeline_id,
    status: end?.status ?? "success",
    images: Object.fromEntries((run.build?.images ?? []).map(({ service, tag }) => [service, tag])),
    deployed: Object.fromEntries(
      Object.entries(finished?.deployed ?? {}).map(([service, image]) => [service, tagOf(image)])
    ),
    "rolled-back": finished?.rolledBack ?? [],
    ...end?.status === "failed" ? { "failed-stage": end.stage ?? "", "failure-reason": end.reason } : {},
    locked: finished?.locked ?? end?.status === "locked",
    "analyze-status": statusOf("analyze"),
    "test-status": statusOf("test"),
    "build-status": statusOf("build"),
    "deploy-status": statusOf("deploy"),
    "verify-status": statusOf("verify")
  };
}
__name(outputsOf, "outputsOf");

export {
  saveHandover,
  loadHandover,
  finishRun,
  stagesCommand,
  pathOf,
  summarise
};
