import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  lockedEnd
} from "./chunk-B4F3VO3S.js";
import "./chunk-255FBQ5Z.js";
import "./chunk-G566AVRQ.js";
import {
  refuseUnsettled,
  settleEarlier
} from "./chunk-DM2LZYME.js";
import {
  failedWith
} from "./chunk-LTFQZQCK.js";
import {
  needed
} from "./chunk-6L4HAHFR.js";
import "./chunk-GRLBLCD5.js";
import {
  serverOf
} from "./chunk-PARIFH2F.js";
import "./chunk-ZLEJMH7V.js";
import "./chunk-K24USPVH.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-33DNCJOU.js";
import "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-SER2FINV.js";
import "./chunk-E5QVSBEW.js";
import "./chunk-ZTA2TRVF.js";
import "./chunk-XHA3XECK.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import {
  _enum,
  object
} from "./chunk-4JOCUQ4S.js";
import "./chunk-ANS66LPE.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/stages/deploy.ts
import { join } from "node:path";

// src/pipeline/last-sent.ts
function lastSent({ pipelines }, target) {
  const sent = pipelines.filter((run) => run.target === target).flatMap((run) => Object.entries(run.bytes_sent ?? {})).filter(([, bytes]) => bytes > 0);
  return Object.fromEntries(sent);
}
__name(lastSent, "lastSent");

// src/pipeline/stages/newer.ts
var Comparison = object({ status: _enum(["ahead", "identical", "behind", "diverged"]) });
async function newerDeployed({ store, targetName, effects }, run, services) {
  const { file } = await store.read();
  const deployed = file.deployed_commits[targetName] ?? {};
  const commits = new Set(services.flatMap((name) => deployed[name] ?? []));
  for (const commit of commits) {
    if (commit === run.commit) continue;
    const status = await compareStatus(effects, commit, run.commit);
    if (status === "behind") {
      return `${run.commit.slice(0, 7)} is older than what runs: ${commit.slice(0, 7)} contains it. To go back use \`stage: rollback\`; to deploy it all the same set \`deploy.allow_older: true\``;
    }
  }
  return void 0;
}
__name(newerDeployed, "newerDeployed");
async function compareStatus({ github, log }, base, head) {
  try {
    const answer = await github.request("GET /repos/{owner}/{repo}/compare/{basehead}", {
      basehead: `${base}...${head}`,
      page: 1,
      per_page: 1
    });
    return Comparison.parse(answer.data).status;
  } catch (error) {
    log.info(`Whether ${head.slice(0, 7)} is older than ${base.slice(0, 7)} is not known: ${String(error)}`);
    return "unknown";
  }
}
__name(compareStatus, "compareStatus");

// src/pipeline/stages/deploy.ts
var HANDOVER_SECONDS = 300;
async function deployStage(context, run) {
  const plan = needed(run, "analyze", "deploy");
  if (plan.services.length === 0) return { status: "skipped", reason: "no service to deploy" };
  if (context.dryRun) return dryRun(context, run);
  const { file } = await context.store.read();
  const locked = whenLocked(file);
  if (locked) return locked;
  const input = await deployInput(context, run, file);
  const target = await serverOf(context);
  const { openRelease } = await import("./deploy-FY2BE7TW.js");
  const { config, event, effects } = context;
  const release = await openRelease(
    {
      pipelineId: run.pipeline_id,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: config.deploy.lock_wait,
      heartbeat: config.deploy.heartbeat
    },
    { target, clock: effects.clock, log: effects.log }
  );
  context.server.release = release;
  const refused = await refuseUnsettled(context, release);
  if (refused) return refused;
  await settleEarlier(context, release);
  const lockedMeanwhile = whenLocked((await context.store.read()).file);
  if (lockedMeanwhile) return lockedMeanwhile;
  const newer = config.deploy.allow_older ? void 0 : await newerDeployed(context, run, plan.services);
  if (newer !== void 0) {
    return { status: "skipped", reason: newer, end: { status: "cancelled", reason: newer } };
  }
  const result = await release.deploy(input);
  if (result.status === "failed") return failed(result);
  if (context.verifyFollows) return { status: result.status, found: { deploy: result } };
  try {
    const handover = await release.handOver(HANDOVER_SECONDS);
    delete context.server.release;
    return { status: result.status, found: { deploy: { ...result, handover } } };
  } catch (error) {
    if (!(error instanceof AutopilotError)) throw error;
    return { ...failedWith(error), found: { deploy: result } };
  }
}
__name(deployStage, "deployStage");
function whenLocked({ lock }) {
  if (!lock?.locked) return void 0;
  const end = lockedEnd(lock);
  return { status: "skipped", reason: end.reason, end };
}
__name(whenLocked, "whenLocked");
function failed(result) {
  const error = result.error;
  const reason = [error?.what, error?.why].filter(Boolean).join(" ") || "the deployment failed";
  return {
    status: "failed",
    reason,
    found: { deploy: result },
    end: {
      status: "failed",
      reason,
      ...error?.fix ? { fix: error.fix } : {},
      log_extract: result.failure?.log_tail || [error?.why, error?.fix].filter(Boolean).join("\n")
    }
  };
}
__name(failed, "failed");
async function dryRun(context, run) {
  const { log, clock } = context.effects;
  const target = await serverOf(context);
  const { planOnly } = await import("./deploy-FY2BE7TW.js");
  const state = await context.store.read().catch(() => void 0);
  const input = await deployInput(context, run, state?.file);
  const preview = await planOnly({ ...input, imageExists: /* @__PURE__ */ __name(async () => true, "imageExists") }, { target, clock, log });
  const closed = preview.gate.filter((check) => !check.passed);
  const reason = closed.length === 0 ? "dry run: nothing was changed" : `dry run: the gate would stop it (${closed.map((check) => check.name).join(", ")})`;
  return { status: closed.length === 0 ? "skipped" : "warning", reason, found: { preview } };
}
__name(dryRun, "dryRun");
async function deployInput(context, run, file) {
  const { config, effects, directory } = context;
  const last = file === void 0 ? {} : lastSent(file, context.targetName);
  const plan = needed(run, "analyze", "deploy");
  const images = context.dryRun ? void 0 : needed(run, "build", "deploy").images;
  const wanted = context.services.filter((service) => plan.services.includes(service.name)).map((service) => {
    const image = images?.find((one) => one.service === service.name);
    if (images !== void 0 && image === void 0) {
      throw new AutopilotError("GATE_FAILED", {
        what: `There is no image of ${service.name}`,
        why: "BUILD did not build it in this run.",
        fix: "Run all stages of the job again from the first."
      });
    }
    const planned = `${config.project.name}-${service.name}:${run.commit.slice(0, 7)}`;
    return {
      service,
      image: {
        reference: image?.reference ?? planned,
        id: image?.id ?? "",
        size: image?.size ?? 0,
        ...image?.pull === void 0 ? {} : { pull: image.pull }
      },
      ...last[service.name] === void 0 ? {} : { lastSent: last[service.name] }
    };
  });
  const tests = context.dryRun ? "skipped" : needed(run, "test", "deploy").status;
  const { path = "", compose_file: composeFile } = config.deploy;
  return {
    pipelineId: run.pipeline_id,
    wanted,
    prefix: config.project.name,
    composeFile: join(path, composeFile),
    composeSource: await effects.readText(join(directory, composeFile)),
    minFreeDisk: config.deploy.min_free_disk,
    proxy: config.deploy.proxy,
    drift: config.deploy.drift,
    ownImages: Object.fromEntries(
      context.services.map(({ name, composeService }) => [composeService, `${config.project.name}-${name}`])
    ),
    migrate: config.deploy.migrate,
    tests: {
      passed: tests !== "failed",
      detail: tests === "skipped" ? "no test was needed for this change" : `tests ${tests}`
    },
    transfer: /* @__PURE__ */ __name((sent, target) => effects.transfer(
      sent.map((image) => ({
        ...image,
        service: wanted.find((one) => one.image.reference === image.reference)?.service.name ?? ""
      })),
      target
    ), "transfer"),
    imageExists: /* @__PURE__ */ __name(async (reference) => (await effects.run(["docker", "image", "inspect", reference])).code === 0, "imageExists"),
    signal: effects.signal
  };
}
__name(deployInput, "deployInput");
export {
  deployStage
};
