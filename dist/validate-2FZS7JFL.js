import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  analyzeStage
} from "./chunk-R5NFOVMJ.js";
import {
  commitOfRun
} from "./chunk-255FBQ5Z.js";
import "./chunk-G566AVRQ.js";
import {
  planText
} from "./chunk-RTLLEUFR.js";
import {
  NO_OUTPUTS,
  outputsOfPlan
} from "./chunk-QXYGOVTK.js";
import "./chunk-EFU5YRGN.js";
import {
  serverOf
} from "./chunk-PARIFH2F.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-TBKEFXY5.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/commands/validate.ts
async function validateCommand({ inputs, log }, context) {
  const { config, services, effects } = context;
  const problems = [];
  log.info(`${inputs.config} is valid: project ${config.project.name}, target ${context.targetName}`);
  for (const service of services) {
    const text = await effects.readText(`${context.directory}/${service.dockerfile}`);
    log.info(`  ${service.name}: ${service.dockerfile}, compose service ${service.composeService}`);
    if (text === void 0) problems.push(`services.${service.name}: there is no ${service.dockerfile}`);
  }
  if (inputs.githubToken === "") log.notice("Without github-token the plan is not shown.");
  const outcome = inputs.githubToken === "" ? void 0 : await analyzeStage(context, { commit: await commitOfRun(context) });
  const plan = outcome?.found?.analyze;
  if (plan !== void 0) log.info(planText(plan));
  if (outcome?.status === "failed") problems.push(outcome.reason ?? "ANALYZE failed");
  if (context.targetName === "local" || inputs.ssh.privateKey !== "")
    problems.push(...await serverProblems(context));
  else log.notice("Without ssh-private-key the server is not looked at.");
  if (problems.length > 0) {
    throw new AutopilotError("CONFIG_INVALID", {
      what: `${problems.length} problem(s) found`,
      why: problems.join("\n"),
      fix: "Mend them; nothing was changed."
    });
  }
  return { ...NO_OUTPUTS, ...plan === void 0 ? {} : outputsOfPlan(plan), status: "success" };
}
__name(validateCommand, "validateCommand");
async function serverProblems(context) {
  const { log } = context.effects;
  try {
    const target = await serverOf(context);
    const info = await target.engine.info();
    log.info(
      `${target.name}: Docker ${info.engine} (${info.store} image store), Compose ${info.compose}, ${info.platform}`
    );
    return [];
  } catch (error) {
    return [String(error)];
  }
}
__name(serverProblems, "serverProblems");
export {
  validateCommand
};
