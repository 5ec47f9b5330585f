import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  cacheServiceOf
} from "./chunk-5KPNCOUB.js";
import {
  RECORDED_KEYS,
  redactAll
} from "./chunk-EFU5YRGN.js";
import {
  deployTargetOf
} from "./chunk-CFYLDNZO.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/wiring.ts
import { readFile as readFile2 } from "node:fs/promises";
import { availableParallelism } from "node:os";

// src/action/clock.ts
import { setTimeout as sleep } from "node:timers/promises";
var systemClock = {
  now: /* @__PURE__ */ __name(() => /* @__PURE__ */ new Date(), "now"),
  sleep: /* @__PURE__ */ __name(async (milliseconds, signal) => {
    signal?.throwIfAborted();
    try {
      await sleep(milliseconds, void 0, signal ? { signal } : void 0);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }, "sleep")
};

// src/action/memory.ts
import { setFlagsFromString } from "node:v8";
function favourMemory() {
  setFlagsFromString("--optimize-for-size");
}
__name(favourMemory, "favourMemory");

// src/action/random.ts
import { randomBytes, randomInt } from "node:crypto";
var STEPS = 2 ** 47;
var systemRandom = {
  next: /* @__PURE__ */ __name(() => randomInt(STEPS) / STEPS, "next"),
  hex: /* @__PURE__ */ __name((bytes) => randomBytes(bytes).toString("hex"), "hex")
};

// src/action/run-program.ts
import { spawn } from "node:child_process";
import { randomBytes as randomBytes2 } from "node:crypto";
import { constants } from "node:os";

// src/action/captured-output.ts
import { StringDecoder } from "node:string_decoder";
var KEPT = 5e6;
var MAX_LINE = 65536;
var Capture = class {
  static {
    __name(this, "Capture");
  }
  head = [];
  tail = [];
  headSize = 0;
  tailSize = 0;
  dropped = 0;
  add(chunk) {
    const room = KEPT - this.headSize;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.head.push(part);
      this.headSize += part.length;
    }
    if (chunk.length > room) this.addTail(chunk.subarray(Math.max(0, room)));
  }
  addTail(chunk) {
    this.tail.push(chunk);
    this.tailSize += chunk.length;
    for (let first = this.tail[0]; first && this.tailSize - first.length >= KEPT; first = this.tail[0]) {
      this.tail.shift();
      this.tailSize -= first.length;
      this.dropped += first.length;
    }
  }
  text() {
    const head = Buffer.concat(this.head).toString("utf8");
    if (this.tailSize === 0) return head;
    const tail = Buffer.concat(this.tail);
    const cut = Math.max(0, tail.length - KEPT);
    const missing = this.dropped + cut;
    if (missing === 0) return Buffer.concat([...this.head, tail]).toString("utf8");
    return `${head}
... ${missing} bytes left out ...
${tail.subarray(cut).toString("utf8")}`;
  }
};
var LineSplitter = class {
  static {
    __name(this, "LineSplitter");
  }
  decoder = new StringDecoder("utf8");
  onLine;
  rest = "";
  constructor(onLine) {
    this.onLine = onLine;
  }
  add(chunk) {
    this.rest += this.decoder.write(chunk);
    const complete = /^[\s\S]*(?:\n|\r(?!\n|$))/.exec(this.rest)?.[0] ?? "";
    if (complete) {
      this.rest = this.rest.slice(complete.length);
      for (const line of complete.replace(/(?:\r\n|\n|\r)$/, "").split(/\r\n|\n|\r/)) this.emit(line);
    }
    while (this.rest.length > MAX_LINE) {
      this.onLine(this.rest.slice(0, MAX_LINE), true);
      this.rest = this.rest.slice(MAX_LINE);
    }
  }
  end() {
    const last = this.rest + this.decoder.end();
    this.rest = "";
    if (last) this.emit(last.replace(/\r$/, ""));
  }
  emit(line) {
    for (let start = 0; start === 0 || start < line.length; start += MAX_LINE)
      this.onLine(line.slice(start, start + MAX_LINE), start + MAX_LINE < line.length);
  }
};

// src/action/kill-tree.ts
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep2 } from "node:timers/promises";
var GRACE = 2e3;
var LOOK_EVERY = 50;
async function killTree(pid, mark) {
  await signalTree(pid, mark, "SIGTERM");
  const end = performance.now() + GRACE;
  while (performance.now() < end) {
    if (!groupAlive(pid) && (await marked(mark)).length === 0) return;
    await sleep2(LOOK_EVERY);
  }
  await signalTree(pid, mark, "SIGKILL");
}
__name(killTree, "killTree");
async function signalTree(pid, mark, signal) {
  send(-pid, signal);
  for (const process2 of await marked(mark)) send(process2, signal);
}
__name(signalTree, "signalTree");
function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
__name(send, "send");
var groupAlive = /* @__PURE__ */ __name((pid) => send(-pid, 0), "groupAlive");
async function marked(mark) {
  const entries = await readdir("/proc").catch(() => []);
  const found = await Promise.all(
    entries.filter((name) => /^\d+$/.test(name)).map(async (name) => {
      const environment = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "");
      return environment.includes(`${mark}=`) ? [Number(name)] : [];
    })
  );
  return found.flat();
}
__name(marked, "marked");

// src/action/run-program.ts
var WITHHELD = /^(?:INPUT_.*|STATE_.*|ACTIONS_RUNTIME_TOKEN|ACTIONS_ID_TOKEN_REQUEST_TOKEN|GITHUB_OUTPUT|GITHUB_STATE|GITHUB_STEP_SUMMARY)$/;
var PIPE_GRACE = 2e3;
function createRunProgram(inherited = process.env) {
  const base = Object.fromEntries(Object.entries(inherited).filter(([name]) => !WITHHELD.test(name)));
  return async (argv, options = {}) => {
    options.signal?.throwIfAborted();
    const mark = `AUTOPILOT_PROCESS_${randomBytes2(8).toString("hex")}`;
    const started = performance.now();
    const run = new Run(argv, { ...base, ...options.env, [mark]: "1" }, options, mark);
    return { ...await run.finished, duration: performance.now() - started };
  };
}
__name(createRunProgram, "createRunProgram");
var Run = class {
  static {
    __name(this, "Run");
  }
  finished;
  output = { stdout: new Capture(), stderr: new Capture() };
  lines;
  child;
  timedOut = false;
  thrown;
  killing;
  options;
  mark;
  constructor(argv, env, options, mark) {
    this.options = options;
    this.mark = mark;
    this.lines = { stdout: this.splitter("stdout"), stderr: this.splitter("stderr") };
    this.finished = this.start(argv, env);
  }
  splitter(stream) {
    return new LineSplitter((line, goesOn) => {
      try {
        if (!this.thrown) this.options.onLine?.(line, stream, goesOn);
      } catch (error) {
        this.thrown = { error };
        this.kill();
      }
    });
  }
  kill() {
    const pid = this.child?.pid;
    if (pid !== void 0) this.killing ??= killTree(pid, this.mark);
  }
  async start(argv, env) {
    const { options } = this;
    const [program, ...args] = argv;
    const abort = /* @__PURE__ */ __name(() => this.kill(), "abort");
    let timer;
    try {
      this.child = spawn(program, args, {
        ...options.cwd === void 0 ? {} : { cwd: options.cwd },
        env,
        detached: true,
        shell: false,
        stdio: [options.input === void 0 ? "ignore" : "pipe", "pipe", "pipe"]
      });
      options.signal?.addEventListener("abort", abort, { once: true });
      if (options.timeout !== void 0)
        timer = setTimeout(() => {
          this.timedOut = true;
          this.kill();
        }, options.timeout);
      const code = await this.exitOf(this.child);
      await this.killing;
      return this.result(code);
    } catch (error) {
      if (this.thrown?.error === error || this.options.signal?.aborted) throw error;
      return this.notStarted(program, error);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    }
  }
  /** Settles when the program has ended and its output is read; rejects when it could not be started. */
  exitOf(child) {
    return new Promise((resolve, reject) => {
      let grace;
      child.on("error", reject);
      for (const name of ["stdout", "stderr"])
        child[name]?.on("data", (chunk) => {
          this.output[name].add(chunk);
          this.lines[name].add(chunk);
        });
      child.stdin?.on("error", () => void 0);
      child.stdin?.end(this.options.input);
      child.on("exit", () => {
        grace = setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, PIPE_GRACE);
      });
      child.on("close", (code, signal) => {
        clearTimeout(grace);
        this.lines.stdout.end();
        this.lines.stderr.end();
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
      });
    });
  }
  result(code) {
    if (this.thrown) throw this.thrown.error;
    if (this.killing && !this.timedOut) this.options.signal?.throwIfAborted();
    return {
      code,
      stdout: this.output.stdout.text(),
      stderr: this.output.stderr.text(),
      timedOut: this.timedOut
    };
  }
  notStarted(program, error) {
    const missing = error.code === "ENOENT";
    const where = this.options.cwd === void 0 ? "" : ` (in ${this.options.cwd})`;
    return {
      code: missing ? 127 : 126,
      stdout: "",
      stderr: `${program}${where}: ${missing ? "program or directory not found" : error.message}`,
      timedOut: false
    };
  }
};

// src/config/services.ts
var DEFAULT_CATEGORIES = {
  frontend: ["frontend"],
  backend: ["backend", "database"]
};
function servicesOf(config) {
  const dockerfiles = config.build.docker ?? defaultDockerfiles(config.project.type);
  const declared = config.services ?? Object.fromEntries(
    Object.entries(dockerfiles).map(([name, dockerfile]) => [
      name,
      { dockerfile, context: ".", paths: [], strategy: "auto", depends_on: [], args: {} }
    ])
  );
  const services = Object.entries(declared).map(([name, entry]) => {
    const overrides = Object.fromEntries(
      Object.entries(entry.health_check ?? {}).filter(([, value]) => value !== void 0)
    );
    return {
      name,
      dockerfile: entry.dockerfile ?? own(config.build.docker, name) ?? `./Dockerfile.${name}`,
      context: entry.context,
      ...entry.target === void 0 ? {} : { target: entry.target },
      args: { ...config.build.args, ...entry.args },
      paths: entry.paths,
      categories: entry.categories ?? own(DEFAULT_CATEGORIES, name) ?? [],
      composeService: entry.compose_service ?? name,
      healthCheck: { ...config.deploy.health_check, ...overrides },
      strategy: entry.strategy,
      dependsOn: entry.depends_on
    };
  });
  return dependenciesFirst(services);
}
__name(servicesOf, "servicesOf");
function own(record, name) {
  return record && Object.hasOwn(record, name) ? record[name] : void 0;
}
__name(own, "own");
function defaultDockerfiles(type) {
  const all = { frontend: "./Dockerfile.frontend", backend: "./Dockerfile.backend" };
  return type === "fullstack" ? all : { [type]: all[type] };
}
__name(defaultDockerfiles, "defaultDockerfiles");
function dependenciesFirst(services) {
  const byName = new Map(services.map((service) => [service.name, service]));
  const sorted = /* @__PURE__ */ new Set();
  const visit = /* @__PURE__ */ __name((service) => {
    if (sorted.has(service)) return;
    for (const name of service.dependsOn) {
      const dependency = byName.get(name);
      if (dependency) visit(dependency);
    }
    sorted.add(service);
  }, "visit");
  services.forEach(visit);
  return [...sorted];
}
__name(dependenciesFirst, "dependenciesFirst");

// src/wiring.ts
var MAX_PARALLEL_BUILDS = 4;
async function wire(given, outer) {
  const { inputs, event, config } = given;
  const { log, signal, temporary, env } = outer;
  const dockerHost = env["DOCKER_HOST"];
  const run = createRunProgram();
  const { createGitHub } = await import("./client-B4ZEJXLH.js");
  const { createStateStore } = await import("./branch-JLCNZE4M.js");
  const { statusPage } = await import("./status-page-MCTNM5QU.js");
  const { workspaceReader } = await import("./files-FAJLTMQJ.js");
  const { realFiles, realProbe } = await import("./effects-SL4Z3S3W.js");
  const github = createGitHub({
    token: inputs.githubToken,
    apiUrl: event.apiUrl,
    owner: event.owner,
    repo: event.repo,
    log
  });
  const targetName = nameOf(config);
  const access = {
    deploy: config.deploy,
    privateKey: inputs.ssh.privateKey,
    ...inputs.ssh.passphrase === "" ? {} : { passphrase: inputs.ssh.passphrase },
    knownHosts: inputs.ssh.knownHosts
  };
  return {
    event,
    config,
    services: servicesOf(config),
    dryRun: inputs.dryRun,
    verifyFollows: given.verifyFollows,
    directory: inputs.directory,
    temporary,
    targetName,
    store: createStateStore({
      github,
      branch: inputs.stateBranch,
      clock: systemClock,
      random: systemRandom,
      log,
      renderReadme: statusPage
    }),
    registryCache: registryCacheOf({ targetName, workspace: event.workspace, clock: systemClock, log }),
    effects: {
      clock: systemClock,
      random: systemRandom,
      log,
      run,
      github,
      signal,
      post: /* @__PURE__ */ __name(async (url, body, limit) => fetch(url, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
        signal: limit,
        redirect: "error"
      }), "post"),
      readText: /* @__PURE__ */ __name((path) => readFile2(path, "utf8").catch(() => void 0), "readText"),
      readFile: workspaceReader(event.workspace),
      test: { files: realFiles, probe: realProbe },
      checkAccess: /* @__PURE__ */ __name(async () => (await import("./open-BTPMWVID.js")).checkAccess(access), "checkAccess"),
      openTarget: /* @__PURE__ */ __name(async () => {
        const { openTarget } = await import("./open-BTPMWVID.js");
        return openTarget({
          ...access,
          log,
          ...dockerHost === void 0 ? {} : { dockerHost }
        });
      }, "openTarget"),
      transfer: /* @__PURE__ */ __name(async (images, target) => {
        favourMemory();
        const { transfer } = await import("./transfer-PWRRITDR.js");
        const { saveImages } = await import("./save-TLRRUS6H.js");
        const { path } = config.deploy;
        return transfer(images, target, {
          saveImages,
          clock: systemClock,
          random: systemRandom,
          log,
          signal,
          ...path === void 0 ? {} : { signatures: `${path.replace(/\/+$/, "")}/.gonsautopilot/layers` }
        });
      }, "transfer"),
      mask: /* @__PURE__ */ __name((value) => redactAll(value, outer.redact, RECORDED_KEYS), "mask"),
      buildEnvironment: {
        has: /* @__PURE__ */ __name((name) => (env[name] ?? "") !== "", "has"),
        cacheService: cacheServiceOf(env),
        ...env["RUNNER_TOOL_CACHE"] ? { toolCache: env["RUNNER_TOOL_CACHE"] } : {}
      },
      parallelBuilds: Math.min(availableParallelism(), MAX_PARALLEL_BUILDS)
    },
    server: {}
  };
}
__name(wire, "wire");
function nameOf(config) {
  const target = deployTargetOf(config.deploy);
  return target.kind === "local" ? "local" : `${target.user}@${target.host}:${target.port}`;
}
__name(nameOf, "nameOf");
function registryCacheOf(options) {
  let opened;
  const open = /* @__PURE__ */ __name(async () => {
    const [{ createRegistryCache }, cache, { workspaceFiles }] = await Promise.all([
      import("./cache-ZB4WMI3A.js"),
      import("./cache-7TKVXBWT.js"),
      import("./workspace-files-2CNZ4VYC.js")
    ]);
    const { targetName, workspace, clock, log } = options;
    return createRegistryCache({ cache, files: workspaceFiles(workspace), target: targetName, clock, log });
  }, "open");
  const ready = /* @__PURE__ */ __name(() => opened ??= open(), "ready");
  return {
    restore: /* @__PURE__ */ __name(async (newerThan) => (await ready()).restore(newerThan), "restore"),
    save: /* @__PURE__ */ __name(async (registry, run) => (await ready()).save(registry, run), "save")
  };
}
__name(registryCacheOf, "registryCacheOf");
export {
  wire
};
