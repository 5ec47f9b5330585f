import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  ConfigError,
  readStep,
  surroundingsOf,
  withPipeline
} from "./chunk-XK6L7Y5P.js";
import {
  NO_OUTPUTS,
  setOutputs
} from "./chunk-QXYGOVTK.js";
import "./chunk-EFU5YRGN.js";
import "./chunk-PARIFH2F.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-CFYLDNZO.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-XHA3XECK.js";
import "./chunk-HIF7VXVL.js";
import "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/main.ts
async function main() {
  const around = surroundingsOf(process.env);
  const cancelled = new AbortController();
  const cancel = /* @__PURE__ */ __name(() => cancelled.abort(new AutopilotError("CANCELLED", { what: "The job was cancelled" })), "cancel");
  process.on("SIGINT", cancel).on("SIGTERM", cancel);
  const outputs = await outputsOf(around, cancelled.signal);
  setOutputs(outputs, around.secrets.redact);
  around.log.close();
  return ["failed", "locked", "cancelled"].includes(outputs.status) ? 1 : 0;
}
__name(main, "main");
async function outputsOf(around, signal) {
  try {
    const step = readStep(around, signal);
    const verify = step.inputs.stage === "deploy" ? "later" : "follows";
    return await withPipeline(step, verify, (context) => commandOf(step, context));
  } catch (error) {
    report(error, around.log);
    return { ...NO_OUTPUTS, "failure-reason": error instanceof Error ? error.message : String(error) };
  }
}
__name(outputsOf, "outputsOf");
async function commandOf(step, context) {
  switch (step.inputs.stage) {
    case "validate":
      return (await import("./validate-2FZS7JFL.js")).validateCommand(step, context);
    case "status":
      return (await import("./status-YT2CJPKZ.js")).statusCommand(step, context);
    case "unlock":
      return (await import("./unlock-DIDGG72D.js")).unlockCommand(step, context);
    case "rollback":
      return (await import("./rollback-XTKPMUNP.js")).rollbackCommand(step, context);
    default:
      return (await import("./stages-IBQ3JOE7.js")).stagesCommand(step, context);
  }
}
__name(commandOf, "commandOf");
function report(error, log) {
  if (error instanceof ConfigError) {
    for (const { file, line, column, path, message } of error.problems) {
      log.error(path === "" ? message : `${path}: ${message}`, { file, line, column });
    }
    return;
  }
  if (error instanceof AutopilotError) return log.error(error.toString());
  log.error(`Unexpected error: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
}
__name(report, "report");
export {
  main
};
