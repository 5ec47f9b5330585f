import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  fateOf,
  recordFate
} from "./chunk-U7S56373.js";
import {
  finishRun,
  loadHandover,
  saveHandover,
  summarise
} from "./chunk-L46IJXR4.js";
import "./chunk-C2V3UX2F.js";
import "./chunk-VINWWFRS.js";
import {
  readStep,
  surroundingsOf,
  withPipeline
} from "./chunk-OLRNDBGI.js";
import "./chunk-LY33XV6X.js";
import "./chunk-5KSOGW7C.js";
import "./chunk-NFZDIEOI.js";
import "./chunk-WQTX7Y42.js";
import "./chunk-G566AVRQ.js";
import "./chunk-NDYGVMPJ.js";
import "./chunk-FX5FNJLJ.js";
import "./chunk-VZSTX4WM.js";
import "./chunk-WDFSHBHL.js";
import {
  openRelease
} from "./chunk-42GZO3N2.js";
import "./chunk-K24USPVH.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-TMFV5SCQ.js";
import {
  serverOf
} from "./chunk-PARIFH2F.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-33DNCJOU.js";
import "./chunk-CFYLDNZO.js";
import "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-SER2FINV.js";
import "./chunk-4BYZJRKW.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-E5QVSBEW.js";
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
    const step = readStep(around, new AbortController().signal);
    log.info(`Run ${run.pipeline_id} did not come to its end; settling it.`);
    await withPipeline(step, "later", async (context) => {
      const settled = context.dryRun ? run : await settle(context, run);
      const finished = await finishRun(context, settled);
      await summarise(context, finished, secrets.redact);
      await saveHandover(state.handover, { ...finished.run, recorded: true });
    });
  } catch (error) {
    log.warning(`What this job left could not be settled here; the next run does it: ${String(error)}`);
  } finally {
    log.close();
  }
}
__name(settleStep, "settleStep");
async function settle(context, run) {
  if (run.build === void 0 || run.end?.status === "failed") return run;
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
  if (handover !== void 0) {
    const reason = "the job ended before VERIFY";
    const judged = release.underTest({ keepReleases: config.safety.keep_releases, protect: [] });
    const undone = await judged.rollBack(reason);
    return withEnd(
      run,
      { status: "cancelled", reason: `${reason}: put back ${undone.rolledBack.join(", ")}` },
      { rolled_back: undone.rolledBack, services: judged.outcomes(reason, undone) }
    );
  }
  const fate = await fateOf(release);
  if (fate === void 0 || fate.plan.pipeline_id !== run.pipeline_id) return run;
  if (fate.kind === "verified") {
    await recordFate(context, fate);
    await release.recorded();
    return { ...run, recorded: true, end: { status: "success", reason: "deployed and verified" } };
  }
  return withEnd(
    run,
    { status: "cancelled", reason: `the job was interrupted; put back by ${fate.by}` },
    { rolled_back: fate.services }
  );
}
__name(settle, "settle");
function withEnd(run, end, put) {
  return { ...run, end, ...run.deploy === void 0 ? {} : { deploy: { ...run.deploy, ...put } } };
}
__name(withEnd, "withEnd");
export {
  settle,
  settleStep
};
