import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  finishRun,
  loadHandover,
  saveHandover,
  summarise
} from "./chunk-PQ7GW4CQ.js";
import "./chunk-ELI6Y2OV.js";
import "./chunk-C2V3UX2F.js";
import {
  readStep,
  surroundingsOf,
  withPipeline
} from "./chunk-XK6L7Y5P.js";
import "./chunk-NR6K6IZ2.js";
import "./chunk-B4F3VO3S.js";
import "./chunk-255FBQ5Z.js";
import "./chunk-G566AVRQ.js";
import "./chunk-I43TZRA4.js";
import "./chunk-RTLLEUFR.js";
import "./chunk-QXYGOVTK.js";
import "./chunk-EFU5YRGN.js";
import {
  asFound,
  couldNot,
  endOf,
  fateOf,
  recordFate,
  settleEarlier
} from "./chunk-DM2LZYME.js";
import "./chunk-LTFQZQCK.js";
import {
  reachesServer
} from "./chunk-6L4HAHFR.js";
import "./chunk-GRLBLCD5.js";
import {
  serverOf
} from "./chunk-PARIFH2F.js";
import {
  openRelease
} from "./chunk-ZLEJMH7V.js";
import "./chunk-K24USPVH.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-33DNCJOU.js";
import "./chunk-CFYLDNZO.js";
import "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-SER2FINV.js";
import "./chunk-E5QVSBEW.js";
import "./chunk-ZTA2TRVF.js";
import "./chunk-XHA3XECK.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-NQUX53VA.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-ANS66LPE.js";
import "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/commands/post.ts
var PATIENCE = 150;
async function settleStep(state, env) {
  const around = surroundingsOf(env);
  const { log, secrets } = around;
  try {
    const run = await loadHandover(state.handover);
    if (run === void 0 || run.recorded) return;
    const may = mayOf(state.stage, run);
    if (may === "nothing") {
      log.warning(
        "What this job left on the server is settled by the next run: only steps that deploy have its key."
      );
      return;
    }
    const step = readStep(around, new AbortController().signal);
    log.info(`Run ${run.pipeline_id} did not come to its end; settling it.`);
    await withPipeline(step, "later", async (context) => {
      const settled = context.dryRun || may === "record" ? run : await settle(context, run);
      const finished = await finishRun(context, settled, "last");
      if (run.summarised !== true) await summarise(context, finished, secrets.redact);
      await saveHandover(state.handover, { ...finished.run, recorded: true });
    });
  } catch (error) {
    log.warning(`What this job left could not be settled here; the next run does it: ${String(error)}`);
  } finally {
    log.close();
  }
}
__name(settleStep, "settleStep");
function mayOf(stage, run) {
  if (stage === "all" || reachesServer(stage)) return "settle";
  return run.reached_server === true ? "nothing" : "record";
}
__name(mayOf, "mayOf");
async function settle(context, run) {
  if (run.build === void 0 || ["failed", "success"].includes(run.end?.status ?? "")) return run;
  const { config, event, effects } = context;
  const handover = run.verify === void 0 ? run.deploy?.handover : void 0;
  const release = await openRelease(
    {
      pipelineId: run.pipeline_id,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: PATIENCE,
      heartbeat: config.deploy.heartbeat,
      ...handover === void 0 ? {} : { handover }
    },
    { target: await serverOf(context), clock: effects.clock, log: effects.log }
  );
  context.server.release = release;
  if (handover !== void 0 && release.refusal === void 0) {
    const reason = "the job ended before VERIFY";
    const judged = release.underTest({ keepReleases: config.safety.keep_releases, protect: [] });
    const undone = await judged.rollBack(reason);
    const put = {
      rolled_back: undone.rolledBack,
      services: judged.outcomes(reason, undone),
      manual_steps: undone.manualSteps
    };
    const failed = Object.keys(undone.failed);
    const came = failed.length > 0 ? couldNot(failed) : `put back ${undone.rolledBack.join(", ")}`;
    return {
      ...run,
      end: cancelled(`${reason}: ${came}`, failed),
      ...run.deploy === void 0 ? {} : { deploy: { ...run.deploy, ...put } }
    };
  }
  const fate = await fateOf(release);
  if (fate === void 0) return run;
  if (fate.plan.pipeline_id !== run.pipeline_id) {
    await settleEarlier(context, release);
    return run;
  }
  if (fate.kind === "verified") {
    await recordFate(context, fate);
    await release.recorded();
    return { ...run, recorded: true, end: { status: "success", reason: "deployed and verified" } };
  }
  return {
    ...run,
    end: cancelled(`the job was interrupted; ${endOf(fate)}`, fate.undoFailed),
    deploy: asFound(run.deploy, fate.result)
  };
}
__name(settle, "settle");
var cancelled = /* @__PURE__ */ __name((reason, undoFailed) => ({
  status: "cancelled",
  reason,
  ...undoFailed.length === 0 ? {} : { undo_failed: undoFailed }
}), "cancelled");
export {
  mayOf,
  settle,
  settleStep
};
