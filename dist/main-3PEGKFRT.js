import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  ConfigError,
  createLog,
  loadConfig,
  readContext,
  readInputs
} from "./chunk-OUUSM2GG.js";
import {
  NO_OUTPUTS,
  Secrets,
  setOutputs
} from "./chunk-DCP56CK5.js";
import "./chunk-FVJYOTQ7.js";
import "./chunk-KNILVGF2.js";
import {
  closeServer
} from "./chunk-PARIFH2F.js";
import "./chunk-Z7M6A3A4.js";
import "./chunk-CFYLDNZO.js";
import "./chunk-VUHDVGUJ.js";
import "./chunk-EQHYPUXX.js";
import "./chunk-Y4BZ743O.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/main.ts
import { mkdtemp, rm } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
async function main() {
  const secrets = new Secrets();
  const log = createLog(secrets.redact);
  const cancelled = new AbortController();
  const cancel = /* @__PURE__ */ __name(() => cancelled.abort(new AutopilotError("CANCELLED", { what: "The job was cancelled" })), "cancel");
  process.on("SIGINT", cancel).on("SIGTERM", cancel);
  let outputs = NO_OUTPUTS;
  try {
    const event = readContext(process.env);
    for (const name of ["SSH-PRIVATE-KEY", "SSH-PASSPHRASE", "GITHUB-TOKEN"])
      secrets.add(process.env[`INPUT_${name}`] ?? "");
    const inputs = readInputs(process.env, event.workspace);
    const answer = await run({ inputs, event, secrets, log, signal: cancelled.signal });
    outputs = answer.outputs;
    return ["failed", "locked", "cancelled"].includes(answer.outputs.status) ? 1 : 0;
  } catch (error) {
    report(error, log);
    outputs = { ...NO_OUTPUTS, "failure-reason": error instanceof Error ? error.message : String(error) };
    return 1;
  } finally {
    setOutputs(outputs, secrets.redact);
    log.close();
  }
}
__name(main, "main");
async function run(step) {
  const { inputs, event, log, secrets, signal } = step;
  const config = await loadConfig({
    workspace: inputs.directory,
    file: inputs.config,
    readFile: /* @__PURE__ */ __name((path) => readFile(path, "utf8"), "readFile")
  });
  secrets.add(config.safety.notify.webhook);
  const temporary = await mkdtemp(join(event.temp, "gonsautopilot-"));
  const { wire } = await import("./wiring-O7UDXRJB.js");
  const context = await wire(
    { inputs, event, config, verifyFollows: inputs.stage !== "deploy" },
    { log, signal, temporary, dockerHost: process.env["DOCKER_HOST"] }
  );
  try {
    return await commandOf(step, context);
  } finally {
    await closeServer(context);
    await rm(temporary, { recursive: true, force: true });
  }
}
__name(run, "run");
async function commandOf(step, context) {
  switch (step.inputs.stage) {
    case "validate":
      return (await import("./validate-B77XC5DA.js")).validateCommand(step, context);
    case "status":
      return (await import("./status-NYRFETY4.js")).statusCommand(step, context);
    case "unlock":
      return (await import("./unlock-4S5MN37H.js")).unlockCommand(step, context);
    case "rollback":
      return (await import("./rollback-WSQJQCZF.js")).rollbackCommand(step, context);
    default:
      return (await import("./stages-PV6FPWUS.js")).stagesCommand(step, context);
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
