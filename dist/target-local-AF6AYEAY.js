import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  assembleTarget
} from "./chunk-ETYSKIKI.js";
import "./chunk-33DNCJOU.js";
import "./chunk-V7C4HCPR.js";
import "./chunk-BQYSLNWA.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/server/target-local.ts
import { spawn } from "node:child_process";
import { connect as tcpConnect } from "node:net";
var DEFAULT_HOST = "unix:///var/run/docker.sock";
function openLocalTarget(options) {
  const dockerHost = options.dockerHost || DEFAULT_HOST;
  const engine = engineAddress(dockerHost);
  const environment = { dockerHost, ...options.env === void 0 ? {} : { env: options.env } };
  const shell = options.shell ?? ["sh"];
  return assembleTarget({
    name: "local",
    path: options.path,
    log: options.log,
    start: /* @__PURE__ */ __name((text) => startShell([...shell], text, environment), "start"),
    connect: /* @__PURE__ */ __name((host, port) => connected(tcpConnect({ host, port })), "connect"),
    connectEngine: /* @__PURE__ */ __name(() => connected(tcpConnect(engine)), "connectEngine"),
    close: /* @__PURE__ */ __name(() => Promise.resolve(), "close")
  });
}
__name(openLocalTarget, "openLocalTarget");
function engineAddress(dockerHost) {
  const socket = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (socket) return { path: socket };
  const [, host, port] = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^/:]+):(\d+)\/?$/.exec(dockerHost) ?? [];
  if (host && port && port !== "2376") return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  throw new AutopilotError("SERVER_DOCKER", {
    what: `DOCKER_HOST is ${JSON.stringify(dockerHost)}, which the target \`local\` does not take.`,
    why: "It takes unix:///path/to/docker.sock and tcp://host:port without TLS.",
    fix: "For an engine on another machine set `deploy.target` to its SSH address instead."
  });
}
__name(engineAddress, "engineAddress");
function connected(socket) {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}
__name(connected, "connected");
async function startShell(shell, text, { env, dockerHost }) {
  const [program = "sh", ...args] = shell;
  const child = spawn("env", [`DOCKER_HOST=${dockerHost}`, program, ...args, "-c", text], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    ...env ? { env } : {}
  });
  const { promise: ended, resolve: settle } = Promise.withResolvers();
  child.on("close", (code) => settle(code ?? -1));
  child.on("error", () => settle(127));
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: /* @__PURE__ */ __name(() => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
      }
      child.stdout.destroy();
      child.stderr.destroy();
    }, "kill"),
    abandon: /* @__PURE__ */ __name(() => {
      child.stdin.end();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle(-1);
    }, "abandon")
  };
}
__name(startShell, "startShell");
export {
  openLocalTarget
};
