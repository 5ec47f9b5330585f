import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  notifyUnlocked,
  reportOfUnlock
} from "./chunk-NR6K6IZ2.js";
import {
  headerOf,
  idIn,
  idOf
} from "./chunk-B4F3VO3S.js";
import "./chunk-255FBQ5Z.js";
import "./chunk-G566AVRQ.js";
import {
  writeSummary
} from "./chunk-I43TZRA4.js";
import "./chunk-RTLLEUFR.js";
import {
  NO_OUTPUTS
} from "./chunk-QXYGOVTK.js";
import "./chunk-EFU5YRGN.js";
import {
  isoWithOffset,
  pipelineId
} from "./chunk-GRLBLCD5.js";
import {
  closeServer,
  serverOf
} from "./chunk-PARIFH2F.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import {
  applyEvent
} from "./chunk-ZTA2TRVF.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-NQUX53VA.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-ANS66LPE.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/unlock.ts
async function unlock(context, said) {
  const { config, event, effects, store } = context;
  const reason = effects.mask(said);
  const now = effects.clock.now();
  const { timezone } = config.project;
  const { file } = await store.read();
  const { lock } = file;
  const asked = { pipeline_id: pipelineId(now, event.sha, timezone) };
  let run = {
    pipeline_id: idIn(file, context, asked),
    started_at: isoWithOffset(now, timezone),
    commit: event.sha
  };
  if (lock === null || context.dryRun) return { pipelineId: run.pipeline_id, lock };
  if (reason === "") {
    throw new AutopilotError("INPUT_INVALID", {
      what: "The input `reason` is empty",
      why: `The pipeline is locked: ${lock.reason}. Who reads the history later wants to know why it was unlocked.`,
      fix: "Say in `reason` what was found and mended."
    });
  }
  await store.update(`Unlock: ${run.pipeline_id}`, (state) => {
    run = { ...run, pipeline_id: idIn(state.file, context, asked) };
    const file2 = applyEvent(state.file, {
      type: "lock-cleared",
      id: idOf(context, run.pipeline_id, "unlocked"),
      run: { ...headerOf(context, run), kind: "unlock", reason },
      at: run.started_at
    });
    return { ...state, file: file2 };
  });
  await notifyUnlocked(
    { github: effects.github, post: effects.post, clock: effects.clock, log: effects.log },
    config.safety.notify,
    {
      pipeline_id: run.pipeline_id,
      actor: event.actor,
      reason,
      run_url: event.runUrl,
      ...lock.issue === void 0 ? {} : { issue: lock.issue }
    }
  );
  return { pipelineId: run.pipeline_id, lock };
}
__name(unlock, "unlock");

// src/pipeline/unlock-server.ts
async function unlockServer(context, nonce, reason) {
  if (reason === "" && !context.dryRun) {
    throw new AutopilotError("INPUT_INVALID", {
      what: "The input `reason` is empty",
      why: "Freeing the lock of the server ends the deployment that holds it.",
      fix: "Say in `reason` why that deployment has to end."
    });
  }
  try {
    const target = await serverOf(context);
    const holder = await target.lockHolder();
    if (holder === void 0) return void 0;
    if (holder.nonce !== nonce) {
      throw new AutopilotError("SERVER_LOCKED", {
        what: `The lock of ${target.name} is not held by the deployment that \`to\` names.`,
        why: `It is held by ${holder.pipelineId} of ${holder.actor} since ${holder.since} (${holder.runUrl}).`,
        fix: `Wait for it, or run this stage again with \`to: ${holder.nonce}\`.`
      });
    }
    if (!context.dryRun) await target.unlock?.(nonce);
    return holder;
  } finally {
    await closeServer(context);
  }
}
__name(unlockServer, "unlockServer");

// src/commands/unlock.ts
async function unlockCommand({ inputs, log, secrets }, context) {
  if (inputs.to !== "") return serverOnly(inputs, log, context);
  const { pipelineId: pipelineId2, lock } = await unlock(context, inputs.reason);
  const outputs = { ...NO_OUTPUTS, "pipeline-id": pipelineId2, status: "success" };
  if (lock === null) {
    log.notice("The pipeline is not locked: nothing was changed.");
    return outputs;
  }
  if (inputs.dryRun) {
    log.notice(`Dry run: would unlock what is locked since ${lock.locked_at}: ${lock.reason}`);
    return { ...outputs, locked: true };
  }
  log.notice(
    `Unlocked by ${context.event.actor}: ${inputs.reason}. It was locked since ${lock.locked_at}: ${lock.reason}`
  );
  await writeSummary(reportOfUnlock(context, { pipelineId: pipelineId2, lock, reason: inputs.reason }), secrets.redact);
  return outputs;
}
__name(unlockCommand, "unlockCommand");
async function serverOnly(inputs, log, context) {
  const holder = await unlockServer(context, inputs.to, inputs.reason);
  const by = holder && `run ${holder.pipelineId} of ${holder.actor}, since ${holder.since}`;
  log.notice(
    by === void 0 ? "The server is not locked: nothing was changed." : inputs.dryRun ? `Dry run: would free the server from ${by}` : `The server was freed by ${context.event.actor} from ${by}: ${inputs.reason}`
  );
  return { ...NO_OUTPUTS, status: "success" };
}
__name(serverOnly, "serverOnly");
export {
  unlockCommand
};
