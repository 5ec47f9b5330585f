import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  cacheNote,
  cacheOf,
  keepCache
} from "./chunk-5KPNCOUB.js";
import {
  needed
} from "./chunk-6L4HAHFR.js";
import {
  IMAGE_LABEL
} from "./chunk-K24USPVH.js";
import "./chunk-O2WQG6BM.js";
import {
  deployTargetOf
} from "./chunk-CFYLDNZO.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import {
  array,
  boolean,
  looseObject,
  record,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  duration,
  size
} from "./chunk-ANS66LPE.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/build/check.ts
import { join } from "node:path";

// src/build/builder.ts
var NO_ENVIRONMENT = { has: /* @__PURE__ */ __name(() => false, "has"), cacheService: {} };
async function findBuilder(run, warn) {
  const buildx = await run(["docker", "buildx", "version"]);
  const inspected = buildx.code === 0 ? await run(["docker", "buildx", "inspect"]) : void 0;
  const engine = await run(["docker", "info", "--format", "{{.ServerVersion}} {{json .DriverStatus}}"]);
  if (inspected?.code === 0) return readBuilder(inspected.stdout, engine.stdout, buildx.stdout);
  if (engine.code !== 0) {
    throw new AutopilotError("BUILD_FAILED", {
      what: "Docker does not answer on this runner",
      why: said(engine),
      fix: "Use a runner with a Docker engine (ubuntu-latest has one), and check that this user may use it."
    });
  }
  if (inspected !== void 0) {
    throw new AutopilotError("BUILD_FAILED", {
      what: "The builder of docker buildx cannot be used",
      why: said(inspected),
      fix: "Unset BUILDX_BUILDER, or create the builder that it names (docker buildx create) in a step before; docker buildx ls shows those that there are."
    });
  }
  warn(
    "docker buildx is not installed: plain `docker build` is used, without build secrets, parallel stages and a build cache that outlives the runner"
  );
  const nothing = { rewritesTimestamps: false, exportsCache: false, speaksCacheServiceV2: false };
  return { command: "docker", driver: "", ...nothing };
}
__name(findBuilder, "findBuilder");
var said = /* @__PURE__ */ __name(({ stderr, stdout }) => (stderr || stdout).trim().slice(0, 500), "said");
function readBuilder(inspected, engine, buildxVersion) {
  const driver = /^Driver:\s*(\S+)/m.exec(inspected)?.[1] ?? "docker";
  const containerd = engine.includes("io.containerd.snapshotter");
  const nodes = [...inspected.matchAll(/^Build[Kk]it(?: version)?:\s*v?(\d+\.\d+)/gm)].map(
    ([, version]) => version
  );
  const buildKit = /* @__PURE__ */ __name((minor) => nodes.length > 0 && nodes.every((version) => reaches(version, minor)), "buildKit");
  const own = driver !== "docker";
  return {
    command: "buildx",
    driver,
    // BuildKit 0.13 brought it. The engine's own builder unpacks what it builds, which BuildKit refuses together with it.
    rewritesTimestamps: buildKit(13) && own,
    exportsCache: own || containerd,
    // Of BuildKit 0.20, which came into Docker 28: a distribution's engine may not tell the version of the one inside.
    speaksCacheServiceV2: (buildKit(20) || !own && Number.parseInt(engine, 10) >= 28) && reaches(/\d+\.\d+/.exec(buildxVersion)?.[0], 21)
  };
}
__name(readBuilder, "readBuilder");
function reaches(version, minor) {
  const [major = 0, own = 0] = (version ?? "").split(".").map(Number);
  return major > 0 || own >= minor;
}
__name(reaches, "reaches");

// src/build/check.ts
async function checkDockerfiles(input, effects) {
  const missing = [];
  for (const service of input.services) {
    const text = await effects.readFile(join(input.directory, service.dockerfile));
    if (text === void 0) missing.push(`${service.name}: ${service.dockerfile}`);
  }
  if (missing.length === 0) return;
  throw new AutopilotError("BUILD_FAILED", {
    what: `No Dockerfile for ${missing.join(", ")}`,
    why: "Rule B2: the Dockerfile of every service to build must exist before anything is built.",
    fix: "Add the file, or set services.<name>.dockerfile (or build.docker) in gonsautopilot.yaml. Is there a checkout step before this one?"
  });
}
__name(checkDockerfiles, "checkDockerfiles");
function checkSecrets({ secrets = [] }, effects, builder) {
  const { has } = effects.environment ?? NO_ENVIRONMENT;
  const missing = secrets.filter((name) => !has(name));
  if (missing.length > 0) {
    throw new AutopilotError("BUILD_FAILED", {
      what: `No value for the build ${missing.length === 1 ? "secret" : "secrets"} ${missing.join(", ")}`,
      why: "`build.secrets` names environment variables of the step, and these are not set.",
      fix: `Give them to the step: env: { ${missing[0]}: \${{ secrets.${missing[0]} }} }`
    });
  }
  if (secrets.length === 0 || builder.command === "buildx") return;
  throw new AutopilotError("BUILD_FAILED", {
    what: "Build secrets need docker buildx",
    why: "Plain `docker build` would have to take them as build arguments, which stay in the image.",
    fix: "Install the package docker-buildx-plugin on the runner."
  });
}
__name(checkSecrets, "checkSecrets");

// src/build/command.ts
function buildCommand(input) {
  const { builder, service, labels, platform, cache } = input;
  const pairs = {
    "org.opencontainers.image.revision": labels.revision,
    "org.opencontainers.image.source": labels.source,
    "org.opencontainers.image.created": labels.created,
    "org.opencontainers.image.version": labels.version,
    [IMAGE_LABEL.pipeline]: labels.pipelineId,
    [IMAGE_LABEL.project]: labels.project,
    [IMAGE_LABEL.service]: service.name
  };
  const head = builder.command === "buildx" ? (
    // Attestations hold times, so that the same image would get another id at each build.
    ["docker", "buildx", "build", "--progress=plain", "--provenance=false", ...outputOf(builder)]
  ) : ["docker", "build"];
  return [
    ...head,
    ...flag("--file", service.dockerfile),
    ...flag("--tag", input.reference),
    ...service.target === void 0 ? [] : flag("--target", service.target),
    ...platform === void 0 ? [] : flag("--platform", platform),
    ...input.secrets.flatMap((name) => flag("--secret", `id=${name},env=${name}`)),
    ...cache.from.flatMap((from) => flag("--cache-from", from)),
    ...cache.to.flatMap((to) => flag("--cache-to", to)),
    ...Object.entries(service.args).flatMap(([name, value]) => flag("--build-arg", `${name}=${value}`)),
    ...Object.entries(pairs).flatMap(([name, value]) => flag("--label", `${name}=${value}`)),
    "--",
    service.context
  ];
}
__name(buildCommand, "buildCommand");
var outputOf = /* @__PURE__ */ __name(({ rewritesTimestamps }) => rewritesTimestamps ? flag("--output", "type=docker,rewrite-timestamp=true") : ["--load"], "outputOf");
var flag = /* @__PURE__ */ __name((name, value) => [`${name}=${value}`], "flag");

// src/build/failure.ts
var TAIL_LINES = 30;
function explainFailure(output) {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return { step: failingStep(lines), tail: lines.slice(-TAIL_LINES).join("\n") };
}
__name(explainFailure, "explainFailure");
function failingStep(lines) {
  const repeated = lines.findLast((line) => /^ > \[.+\]/.test(line));
  if (repeated !== void 0) return repeated.replace(/^ > /, "").replace(/:\s*$/, "").trim();
  const classic = lines.findLast((line) => /^Step \d+\/\d+ : /.test(line));
  if (classic !== void 0) return classic.trim();
  return lines.findLast((line) => /^(ERROR|error)[: ]/.test(line))?.trim() ?? lines.at(-1)?.trim() ?? "no output";
}
__name(failingStep, "failingStep");

// src/build/registry-tag.ts
import { BlockList, isIP } from "node:net";
var LIMIT = 2e4;
var ABSENT = /no such manifest|manifest unknown|name unknown/i;
var RegistryConfig = looseObject({
  IndexConfigs: record(string(), looseObject({ Secure: boolean() })).nullish(),
  InsecureRegistryCIDRs: array(string()).nullish()
});
var remoteName = /* @__PURE__ */ __name((registry, reference) => `${registry.replace(/\/+$/, "")}/${reference}`, "remoteName");
var hostOf = /* @__PURE__ */ __name((registry) => /^(?:[^/]*[.:][^/]*|localhost)(?=\/|$)/.exec(registry)?.[0], "hostOf");
async function inRegistry(remote, effects) {
  const flags = await isInsecure(remote, effects) ? ["--insecure"] : [];
  const asked = await say(["docker", "manifest", "inspect", ...flags, remote], effects);
  if (asked.timedOut) return { why: `no answer within ${LIMIT / 1e3} s` };
  if (asked.code === 0) return "taken";
  return ABSENT.test(asked.stderr) ? "free" : { why: asked.stderr.trim() };
}
__name(inRegistry, "inRegistry");
async function isInsecure(remote, effects) {
  const host = hostOf(remote);
  if (host === void 0) return false;
  const info = await say(["docker", "info", "--format", "{{json .RegistryConfig}}"], effects);
  const { IndexConfigs, InsecureRegistryCIDRs } = readConfig(info.stdout);
  if (IndexConfigs?.[host]?.Secure === false) return true;
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = isIP(name) === 0 ? await addressesOf(name, effects) : [name];
  const networks = new BlockList();
  for (const network of InsecureRegistryCIDRs ?? []) {
    const [net = "", prefix = ""] = network.split("/");
    networks.addSubnet(net, Number(prefix), familyOf(net));
  }
  return addresses.some((address) => networks.check(address, familyOf(address)));
}
__name(isInsecure, "isInsecure");
async function addressesOf(name, effects) {
  const { stdout } = await say(["getent", "ahosts", name], effects);
  const first = stdout.split("\n").map((line) => line.split(/\s/, 1)[0] ?? "");
  return first.filter((address) => isIP(address) !== 0);
}
__name(addressesOf, "addressesOf");
function readConfig(text) {
  try {
    return RegistryConfig.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
__name(readConfig, "readConfig");
var familyOf = /* @__PURE__ */ __name((address) => isIP(address) === 6 ? "ipv6" : "ipv4", "familyOf");
var say = /* @__PURE__ */ __name((argv, { run, signal }) => run(argv, { timeout: LIMIT, ...signal === void 0 ? {} : { signal } }), "say");

// src/build/tags.ts
var SEMVER = /^v?(\d+)\.(\d+)\.(\d+)$/;
function chooseTag(strategy, source) {
  const short = source.sha.slice(0, 7);
  switch (strategy) {
    case "git-sha":
      return { tag: short };
    case "timestamp":
      return { tag: source.timestamp };
    case "semver": {
      const newest = newestVersion(source.repositoryTags);
      if (newest !== void 0) return { tag: newest };
      return {
        tag: short,
        warning: `build.tag_strategy is semver, but the repository has no tag such as v1.2.3: the commit ${short} is used instead`
      };
    }
  }
}
__name(chooseTag, "chooseTag");
function newestVersion(tags) {
  const versions = tags.flatMap((tag) => {
    const match = SEMVER.exec(tag);
    return match ? [{ tag, numbers: match.slice(1).map(Number) }] : [];
  });
  versions.sort((a, b) => compare(b.numbers, a.numbers));
  return versions[0]?.tag;
}
__name(newestVersion, "newestVersion");
function compare(a, b) {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
__name(compare, "compare");
async function freeTag(wanted, { sha, timestamp }, again, isFree) {
  const shortSha = sha.slice(0, 7);
  const ofCommit = wanted.includes(shortSha) ? wanted : `${wanted}-${shortSha}`;
  const ofRun = ofCommit.includes(timestamp) ? ofCommit : `${ofCommit}-${timestamp}`;
  const candidates = [.../* @__PURE__ */ new Set([wanted, ofCommit, ofRun])];
  for (let attempt = 0; ; attempt += 1) {
    const tag = candidates[attempt] ?? `${ofRun}-${attempt - candidates.length + 2}`;
    if (again && !tag.includes(timestamp)) continue;
    if (await isFree(tag)) return { tag, taken: tag !== wanted };
  }
}
__name(freeTag, "freeTag");

// src/build/name.ts
async function nameImage(name, id, wanted, holders, { input, effects, warnings }) {
  let silent = false;
  const isFree = /* @__PURE__ */ __name(async (candidate) => {
    const reference2 = `${name}:${candidate}`;
    const holder = holders.get(reference2);
    if (holder === void 0 ? input.taken.has(reference2) : holder !== id) return false;
    if (input.registry === void 0) return true;
    const remote = remoteName(input.registry, reference2);
    const there = silent ? void 0 : await inRegistry(remote, effects);
    if (typeof there === "string") return there === "free";
    if (there !== void 0) warnings.push(`Whether ${remote} is taken could not be asked: ${there.why}`);
    silent = true;
    return candidate.includes(input.source.timestamp);
  }, "isFree");
  const { tag, taken } = await freeTag(wanted, input.source, input.again, isFree);
  if (taken)
    warnings.push(`${name}:${wanted} may be another image already and is kept: this one is tagged ${tag}`);
  const reference = `${name}:${tag}`;
  const tagged = await effects.run(["docker", "tag", id, reference]);
  return tagged.code === 0 ? { tag, reference } : { step: `docker tag ${reference}`, tail: tagged.stderr };
}
__name(nameImage, "nameImage");
async function tagHolders(name, { run }) {
  const listed = await run([
    "docker",
    "image",
    "ls",
    "--no-trunc",
    "--format",
    "{{.Repository}}:{{.Tag}}	{{.ID}}",
    name
  ]);
  const pairs = listed.stdout.split("\n").filter((line) => line !== "" && !line.includes(":<none>	")).map((line) => line.split("	"));
  return new Map(pairs);
}
__name(tagHolders, "tagHolders");

// src/build/progress.ts
var NOTEWORTHY = 5;
var SIGN_OF_LIFE = 30;
var BuildProgress = class {
  static {
    __name(this, "BuildProgress");
  }
  #titles = /* @__PURE__ */ new Map();
  /** Step -> seconds after which it is to say something again. */
  #due = /* @__PURE__ */ new Map();
  #quotes = false;
  read(line) {
    const [, step, rest] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (step === void 0 || rest === void 0) return this.#outside(line);
    const title = this.#titles.get(step);
    if (rest.startsWith("[") || title === void 0) {
      this.#titles.set(step, title ?? readable(rest));
      return void 0;
    }
    if (rest === "CACHED") return internal(title) ? void 0 : { level: "info", text: `${title} (cached)` };
    const seconds = /^DONE ([\d.]+)s$/.exec(rest)?.[1];
    if (seconds !== void 0) {
      if (internal(title) && Number(seconds) < NOTEWORTHY) return void 0;
      return { level: "info", text: `${title} (${duration(Number(seconds) * 1e3)})` };
    }
    if (/^(ERROR|CANCELED|WARN)/.test(rest)) return { level: "info", text: `${title}: ${reason(rest)}` };
    return this.#output(step, title, rest);
  }
  /** Lines of no step: those of the classic builder, and at the end of a failed build the last words of its step. */
  #outside(line) {
    if (/^-+$/.test(line)) this.#quotes = false;
    if (line.trim() === "" || /^-+$/.test(line)) return void 0;
    if (this.#quotes) return { level: "info", text: `  ${line.replace(/^\d+\.\d+ /, "")}` };
    this.#quotes = line.startsWith(" > [");
    if (this.#quotes) return { level: "info", text: "Its last lines:" };
    const plain = /^(?:Step \d+\/\d+ : |ERROR|WARNING|\[Warning\])/.test(line);
    return { level: plain ? "info" : "debug", text: plain ? reason(line) : line };
  }
  /** What the step printed, after its seconds so far. */
  #output(step, title, rest) {
    const [, seconds = "0", output = rest] = /^(\d+\.\d+) (.*)$/.exec(rest) ?? [];
    if (output.trim() === "") return void 0;
    if (Number(seconds) < (this.#due.get(step) ?? SIGN_OF_LIFE)) return { level: "debug", text: output };
    this.#due.set(step, (Math.floor(Number(seconds) / SIGN_OF_LIFE) + 1) * SIGN_OF_LIFE);
    return { level: "info", text: `${title}, ${duration(Number(seconds) * 1e3)} so far: ${output.trim()}` };
  }
};
var internal = /* @__PURE__ */ __name((title) => !/^\[(?:[^\]]+ )?\d+\/\d+\]/.test(title), "internal");
var readable = /* @__PURE__ */ __name((title) => title.replace(/@sha256:[0-9a-f]{64}/g, "").replace(/\s+/g, " "), "readable");
var reason = /* @__PURE__ */ __name((text) => text.replace(/process ".*" did not complete successfully: |executor failed running \[.*\]: /, ""), "reason");

// src/build/prune.ts
var Inspected = array(
  looseObject({
    Id: string(),
    Config: looseObject({ Labels: record(string(), string()).nullish() })
  })
);
async function prune({ name, service, id, holders }, { input, effects, warnings }) {
  const { keep, project } = input;
  const earlier = [...holders].filter(([reference, holder]) => holder !== id && !isPin(name, reference));
  const ids = new Set(earlier.map(([, holder]) => holder));
  if (keep === void 0 || ids.size < keep.images) return;
  const { run } = effects;
  const inspected = await run(["docker", "image", "inspect", ...earlier.map(([reference]) => reference)]);
  const containers = await run(["docker", "ps", "--all", "--no-trunc", "--format", "{{.Image}}"]);
  if (containers.code !== 0) return;
  const used = new Set(containers.stdout.split("\n"));
  const runs = /* @__PURE__ */ new Map();
  for (const { Id, Config } of read(inspected.stdout)) {
    const { [IMAGE_LABEL.pipeline]: by, ...labels } = Config.Labels ?? {};
    if (labels[IMAGE_LABEL.project] !== project || labels[IMAGE_LABEL.service] !== service) continue;
    if (by !== void 0) runs.set(Id, by);
  }
  const old = [...runs].sort(([, left], [, right]) => right.localeCompare(left)).slice(keep.images - 1).map(([image]) => image);
  for (const [reference, holder] of earlier) {
    if (!old.includes(holder) || keep.protect.has(reference) || used.has(reference)) continue;
    const removed = await run(["docker", "image", "rm", reference]);
    if (removed.code !== 0)
      warnings.push(`${reference} of an earlier run could not be removed: ${removed.stderr.trim()}`);
  }
}
__name(prune, "prune");
var isPin = /* @__PURE__ */ __name((name, reference) => reference.startsWith(`${name}:pinned-`), "isPin");
function read(text) {
  try {
    return Inspected.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
__name(read, "read");

// src/build/push.ts
var REFUSED = /no basic auth credentials|unauthorized|authentication required|denied|forbidden|401|403/i;
async function push(reference, registry, { run, log, timeout, signal }) {
  const remote = remoteName(registry, reference);
  const repository = remote.slice(0, remote.lastIndexOf(":"));
  const options = { timeout, ...signal === void 0 ? {} : { signal } };
  const tagged = await run(["docker", "tag", reference, remote], options);
  if (tagged.code !== 0) return { step: `docker tag ${remote}`, tail: tagged.stderr };
  const pushed = await run(["docker", "push", remote], options);
  const digest = /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(pushed.stdout)?.[1];
  const there = digest === void 0 ? [] : [`${repository}@${digest}`];
  await run(["docker", "image", "rm", "--no-prune", remote, ...there], options);
  if (pushed.code !== 0 || pushed.timedOut || digest === void 0) {
    const tail = (pushed.stderr || pushed.stdout).trim();
    const limit = `time limit of ${Math.round(timeout / 1e3)} s reached at `;
    return {
      step: `${pushed.timedOut ? limit : ""}docker push ${remote}`,
      tail,
      fix: advice(registry, repository, tail)
    };
  }
  log.info(`Pushed ${repository}@${digest}`);
  return { digest: `${repository}@${digest}` };
}
__name(push, "push");
function advice(registry, repository, words) {
  const host = hostOf(registry);
  if (!REFUSED.test(words)) return `Check that ${host ?? "Docker Hub"} answers from this runner.`;
  const command = host === void 0 ? "docker login" : `docker login ${host}`;
  return `Log the runner in before this step (docker/login-action, or \`${command}\`), with an account that may push to ${repository}.`;
}
__name(advice, "advice");

// src/build/image.ts
async function buildImage(service, context) {
  const { input, effects } = context;
  const name = `${input.project}-${service.name}`;
  const fresh = `${name}:building-${input.pipelineId.toLowerCase()}`;
  try {
    return await buildAs(fresh, name, service, context);
  } finally {
    await effects.run(["docker", "image", "rm", "--no-prune", fresh]);
  }
}
__name(buildImage, "buildImage");
async function buildAs(fresh, name, service, { input, effects, builder, tag, created, warnings }) {
  const { run, log } = effects;
  const cache = cacheOf(builder, effects.environment ?? NO_ENVIRONMENT, {
    scope: name,
    mode: input.cache ?? "auto"
  });
  const argv = buildCommand({
    builder,
    service,
    labels: {
      revision: input.source.sha,
      source: input.repositoryUrl,
      created: created.toISOString(),
      version: tag,
      pipelineId: input.pipelineId,
      project: input.project
    },
    reference: fresh,
    secrets: input.secrets ?? [],
    cache,
    ...input.platform === void 0 ? {} : { platform: input.platform }
  });
  log.info(`Building ${service.name} from ${service.dockerfile}`);
  const progress = new BuildProgress();
  const result = await run(argv, {
    cwd: input.directory,
    env: {
      ...cache.env,
      SOURCE_DATE_EPOCH: String(Math.floor(created.getTime() / 1e3)),
      // A client from 23 on has no BuildKit but Buildx, and refuses to build when told to use it.
      DOCKER_BUILDKIT: builder.command === "buildx" ? "1" : "0"
    },
    timeout: input.timeout,
    onLine: /* @__PURE__ */ __name((line) => {
      const shown = progress.read(line);
      if (shown) log[shown.level](`${service.name} | ${shown.text}`);
    }, "onLine"),
    ...effects.signal === void 0 ? {} : { signal: effects.signal }
  });
  if (result.code !== 0 || result.timedOut) {
    const explained = explainFailure(`${result.stdout}
${result.stderr}`);
    return result.timedOut ? {
      ...explained,
      step: `time limit of ${Math.round(input.timeout / 1e3)} s reached at ${explained.step}`
    } : explained;
  }
  await keepCache(cache, effects);
  const id = await imageId(fresh, effects);
  const holders = await tagHolders(name, effects);
  const named = await nameImage(name, id, tag, holders, { input, effects, warnings });
  if ("step" in named) return named;
  const { reference } = named;
  await prune({ name, service: service.name, id, holders }, { input, effects, warnings });
  const size2 = Number((await run(["docker", "image", "inspect", "--format", "{{.Size}}", reference])).stdout.trim()) || 0;
  log.info(`Built ${reference} in ${duration(result.duration)}, ${size(size2)}`);
  const built = { service: service.name, ...named, id, size: size2, duration: result.duration };
  if (input.registry === void 0) return built;
  const pushed = await push(reference, input.registry, { ...effects, timeout: input.timeout });
  return "digest" in pushed ? { ...built, pull: pushed.digest } : pushed;
}
__name(buildAs, "buildAs");
async function imageId(reference, { run }) {
  const found = await run(["docker", "image", "inspect", "--format", "{{.Id}}", reference]);
  const id = found.stdout.trim();
  if (found.code === 0 && /^sha256:[0-9a-f]{64}$/.test(id)) return id;
  throw new AutopilotError("BUILD_FAILED", {
    what: "The builder did not bring the image into the engine of this runner",
    why: found.stderr.trim() || `Its id is ${JSON.stringify(id.slice(0, 80))}.`,
    fix: "Check that the builder loads images into the local engine (docker buildx ls); the default builder does."
  });
}
__name(imageId, "imageId");

// src/build/index.ts
async function build(input, effects) {
  if (input.services.length === 0) return { status: "skipped", images: [], warnings: [] };
  await checkDockerfiles(input, effects);
  const warnings = [];
  const builder = await findBuilder(effects.run, (message) => warnings.push(message));
  checkSecrets(input, effects, builder);
  const chosen = chooseTag(input.strategy, input.source);
  if (chosen.warning !== void 0) warnings.push(chosen.warning);
  const created = await commitDate(input, effects);
  if (input.cache !== "off") effects.log.info(cacheNote(builder, effects.environment ?? NO_ENVIRONMENT));
  const images = [];
  let failure;
  const queue = [...input.services];
  const worker = /* @__PURE__ */ __name(async () => {
    for (let service = queue.shift(); service !== void 0 && failure === void 0; service = queue.shift()) {
      const outcome = await buildImage(service, {
        input,
        effects,
        builder,
        tag: chosen.tag,
        created,
        warnings
      });
      if ("reference" in outcome) images.push(outcome);
      else failure ??= { service: service.name, ...outcome };
    }
  }, "worker");
  await Promise.all(Array.from({ length: Math.max(1, effects.parallel) }, worker));
  for (const warning of warnings) effects.log.warning(warning);
  if (failure !== void 0) return { status: "failed", images, failure, warnings };
  const order = input.services.map((service) => service.name);
  images.sort((a, b) => order.indexOf(a.service) - order.indexOf(b.service));
  return { status: warnings.length > 0 ? "warning" : "passed", images, warnings };
}
__name(build, "build");
async function commitDate(input, { run, clock, log }) {
  const git = ["git", "-c", "safe.directory=*"];
  const shown = await run([...git, "log", "-1", "--format=%ct", input.source.sha], { cwd: input.directory });
  const seconds = Number(shown.stdout.trim());
  if (shown.code === 0 && Number.isInteger(seconds) && seconds > 0) return new Date(seconds * 1e3);
  const why = shown.stderr.trim().slice(0, 500) || "git named none";
  log.warning(
    `The time of the commit is not known (${why}): layers get the time of this build, so those that did not change are sent again`
  );
  return clock.now();
}
__name(commitDate, "commitDate");

// src/pipeline/known-tags.ts
function knownTags({ file, registry }, { project, target }, own) {
  const taken = new Set(file.pipelines.flatMap(({ deployed = {} }) => Object.values(deployed)));
  const rollbackTargets = /* @__PURE__ */ new Set();
  for (const [name, { current, previous, history }] of Object.entries(registry.services)) {
    for (const { image, tag, status } of history) {
      const reference = image ?? `${project}-${name}:${tag}`;
      taken.add(reference);
      if (status === "success") rollbackTargets.add(reference);
    }
    for (const image of [current, previous]) if (image !== null) taken.add(image);
  }
  const sameCommit = `-${own.commit.slice(0, 7)}`;
  const again = file.pipelines.some(
    (run) => run.pipeline_id !== own.pipeline_id && run.pipeline_id.endsWith(sameCommit) && (run.target ?? target) === target && mayHaveBrought(run)
  );
  return { taken, again, rollbackTargets };
}
__name(knownTags, "knownTags");
function mayHaveBrought(run) {
  if (run.kind !== void 0 || run.status === "locked" || run.status === "skipped") return false;
  if (run.status === "running" || run.status === "cancelled") return true;
  return run.stages.find(({ name }) => name === "deploy")?.status !== "skipped";
}
__name(mayHaveBrought, "mayHaveBrought");

// src/pipeline/stages/build.ts
var MatchingRefs = array(looseObject({ ref: string() }));
async function buildStage(context, run) {
  const { config, effects, event } = context;
  const plan = needed(run, "analyze", "build");
  const services = context.services.filter((service2) => plan.services.includes(service2.name));
  if (services.length === 0) return { status: "skipped", reason: "no service to build" };
  if (context.dryRun)
    return { status: "skipped", reason: `dry run: would build ${plan.services.join(", ")}` };
  needed(run, "test", "build");
  const { taken, again, rollbackTargets } = knownTags(
    await context.store.read(),
    { project: config.project.name, target: context.targetName },
    run
  );
  const result = await build(
    {
      project: config.project.name,
      services,
      strategy: config.build.tag_strategy,
      source: {
        sha: run.commit,
        timestamp: run.pipeline_id.slice(0, 15),
        repositoryTags: config.build.tag_strategy === "semver" ? await versionTags(context) : []
      },
      pipelineId: run.pipeline_id,
      repositoryUrl: `${event.serverUrl}/${event.owner}/${event.repo}`,
      directory: context.directory,
      secrets: config.build.secrets,
      cache: config.build.cache,
      ...config.build.registry === void 0 ? {} : { registry: config.build.registry },
      ...config.build.platform === void 0 ? {} : { platform: config.build.platform },
      timeout: config.build.timeout * 1e3,
      taken,
      again,
      ...deployTargetOf(config.deploy).kind === "local" ? {} : { keep: { images: config.safety.keep_releases, protect: rollbackTargets } }
    },
    {
      run: effects.run,
      clock: effects.clock,
      log: effects.log,
      readFile: effects.readText,
      ...effects.buildEnvironment === void 0 ? {} : { environment: effects.buildEnvironment },
      parallel: effects.parallelBuilds,
      signal: effects.signal
    }
  );
  const found = { build: result };
  if (result.failure === void 0) return { status: result.status, found };
  const { service, step, tail, fix } = result.failure;
  const reason2 = `the image of ${service} could not be built: ${step}`;
  const end = { status: "failed", reason: reason2, log_extract: tail, ...fix === void 0 ? {} : { fix } };
  return { status: "failed", reason: reason2, found, end };
}
__name(buildStage, "buildStage");
async function versionTags({ effects }) {
  const { data } = await effects.github.request("GET /repos/{owner}/{repo}/git/matching-refs/{ref}", {
    ref: "tags/"
  });
  const names = MatchingRefs.parse(data).map(({ ref }) => ref.replace("refs/tags/", ""));
  const newest = newestVersion(names);
  return newest === void 0 ? [] : [newest];
}
__name(versionTags, "versionTags");
export {
  buildStage
};
