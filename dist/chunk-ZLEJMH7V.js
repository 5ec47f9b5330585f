import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  IMAGE_LABEL
} from "./chunk-K24USPVH.js";
import {
  ReleasePlan,
  operationLines,
  operations,
  planRows,
  planTable
} from "./chunk-O2WQG6BM.js";
import {
  bytesOf
} from "./chunk-RI65VB6Y.js";
import {
  require_dist
} from "./chunk-KNILVGF2.js";
import {
  argvText,
  quote
} from "./chunk-33DNCJOU.js";
import {
  COMPOSE_LABEL,
  PROOF_LABEL,
  checkCompose,
  chooseStrategy,
  createBeside,
  discardContainer,
  dropStaged,
  joinNetwork,
  leaveNetwork,
  namesOf,
  parseComposeModel,
  planRelease,
  pointHosts,
  proveImage,
  removeContainer,
  removeImage,
  renameContainer,
  restoreCompose,
  runHook,
  runMigration,
  serviceLabels,
  setRestart,
  stageCompose,
  startCandidate,
  startContainer,
  stopContainer,
  swapContainers,
  tagImage,
  writeCandidateOverride,
  writeCompose,
  writeOverride
} from "./chunk-A2A7TAQV.js";
import {
  array,
  boolean,
  looseObject,
  object,
  record,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name,
  __toESM
} from "./chunk-7EV6XQIJ.js";

// src/deploy/baseline.ts
var PERIOD = 250;
var MOST = 60;
var ENOUGH = 12;
var STOP_AFTER_FAILURES = 3;
function sampleBaseline(plan, effects) {
  const { target, clock } = effects;
  const watched = plan.services.filter(
    (service) => !service.current && // What somebody asked to be rid of is no measure for what was verified before it.
    service.proven === "" && service.probe.url !== "" && service.kept.some((kept) => kept.running)
  );
  const stopping = new AbortController();
  const cancelled2 = new AbortController();
  const samples = {};
  const loops = watched.map(async (service) => {
    const own = samples[service.service] = [];
    for (let probes = 0; probes < MOST && !cancelled2.signal.aborted; probes += 1) {
      const at = clock.now().getTime();
      const answer = await target.http(service.probe.url, { timeout: 5e3 });
      if (answer.status === 200) own.push({ at, duration: answer.duration, status: answer.status });
      if (stopping.signal.aborted && (own.length >= ENOUGH || probes - own.length >= STOP_AFTER_FAILURES))
        return;
      await clock.sleep(Math.max(0, PERIOD - answer.duration));
    }
  });
  const done = Promise.all(loops);
  done.catch(() => void 0);
  return {
    async stop() {
      stopping.abort();
      await done;
      return samples;
    },
    async cancel() {
      cancelled2.abort();
      await done;
    }
  };
}
__name(sampleBaseline, "sampleBaseline");

// src/deploy/effects.ts
async function must(effects, command) {
  const result = await effects.keeper.change(command);
  if (result.code === 0) return result;
  throw new AutopilotError("SERVER_COMMAND", {
    what: `Could not ${command.title}: the command ended with exit code ${String(result.code)}.`,
    why: (result.stderr.trim() || result.stdout.trim()).slice(-4e3),
    fix: `Try it on the server: ${argvText(command.argv)}`
  });
}
__name(must, "must");
async function containersOf(effects, plan, service) {
  const all = await effects.target.engine.containers(serviceLabels(plan, service));
  return all.filter((container) => !/^true$/i.test(container.labels[COMPOSE_LABEL.oneoff] ?? ""));
}
__name(containersOf, "containersOf");
async function newContainers(effects, plan, service) {
  const kept = new Set(service.kept.map((container) => container.id));
  const now = await containersOf(effects, plan, service);
  return now.filter((container) => !kept.has(container.id) && container.image === service.image);
}
__name(newContainers, "newContainers");
async function nothingLive(plan, { target }) {
  return await target.readFile(plan.compose.next) !== void 0;
}
__name(nothingLive, "nothingLive");

// src/deploy/as-planned.ts
async function mustBeAsPlanned(plan, serverSource, effects) {
  const changes = [];
  if (await effects.target.readFile(plan.compose.file) !== serverSource)
    changes.push(`${plan.compose.file} was changed`);
  for (const service of plan.services.filter((entry) => !entry.current)) {
    const now = await containersOf(effects, plan, service);
    const came = now.filter(({ id }) => !service.kept.some((kept) => kept.id === id));
    const gone = service.kept.filter((kept) => kept.running && !now.some(({ id }) => id === kept.id));
    changes.push(
      ...came.map((container) => `the container ${container.name} of ${service.service} was created`),
      ...gone.map((container) => `the container ${container.name} of ${service.service} was removed`)
    );
  }
  if (changes.length === 0) return;
  throw new AutopilotError("DEPLOY_FAILED", {
    what: "Somebody else has changed the server while the release was prepared.",
    why: `Since it was planned, ${changes.join(", ")}.`,
    fix: "Nothing of the release is live, and what was changed stands. Run the job again."
  });
}
__name(mustBeAsPlanned, "mustBeAsPlanned");

// src/deploy/health.ts
var STREAK = 3;
var POLL = 150;
var STAY_UP = 5e3;
var LOG_LINES = 30;
async function proveHealthy(request, effects) {
  const { target, clock, keeper } = effects;
  const deadline = clock.now().getTime() + request.probe.timeout * 1e3;
  const first = await target.engine.container(request.container);
  if (!first) return failure(request, effects, void 0, "The container does not exist any more.");
  let streak = 0;
  let crashes = 0;
  let restarts = first.restartCount;
  let upSince = clock.now().getTime();
  let elsewhereSince;
  let last = "it has not answered yet";
  while (true) {
    const container = await target.engine.container(request.container);
    if (!container)
      return failure(request, effects, void 0, "The container was removed while it was checked.");
    const fallen = container.state === "exited" || container.state === "dead";
    if (fallen || container.restartCount > restarts) {
      crashes += fallen ? 1 : container.restartCount - restarts;
      restarts = container.restartCount;
      streak = 0;
      upSince = clock.now().getTime();
      if (crashes > request.probe.retries) {
        return failure(
          request,
          effects,
          container,
          `It crashed ${String(crashes)} times (${ending(container)}).`
        );
      }
      if (fallen) await keeper.change(startContainer(container.name, container.id));
    } else if (container.state === "running") {
      const answer = await look(request, container, target, clock.now().getTime() - upSince);
      last = answer.detail;
      streak = answer.good ? streak + 1 : 0;
      if (answer.final || streak >= STREAK) {
        const after = await target.engine.container(request.container);
        if (after?.state === "running" && after.restartCount === restarts) return void 0;
        streak = 0;
        continue;
      }
      const now = clock.now().getTime();
      elsewhereSince = answer.elsewhere === true ? elsewhereSince ?? now : void 0;
      if (request.servedBefore && elsewhereSince !== void 0 && now - elsewhereSince >= STAY_UP)
        return failure(request, effects, container, `Not healthy: ${last}.`);
    } else {
      streak = 0;
    }
    if (clock.now().getTime() >= deadline) {
      return failure(
        request,
        effects,
        await target.engine.container(request.container),
        `Not healthy within ${String(request.probe.timeout)} s: ${last}.`
      );
    }
    effects.signal?.throwIfAborted();
    await clock.sleep(POLL, effects.signal);
  }
}
__name(proveHealthy, "proveHealthy");
async function look(request, container, target, up) {
  const { probe } = request;
  if (probe.url === "" || request.from === "own" && probe.own === null) {
    if (container.health !== "none") {
      const good = container.health === "healthy";
      return { good, final: good, detail: `its HEALTHCHECK says ${container.health}` };
    }
    return { good: up >= STAY_UP, final: up >= STAY_UP, detail: "it has not been up long enough" };
  }
  const where = endpoint(request, container);
  if (!where) return { good: false, final: false, detail: "it has no address of its own" };
  const answer = await target.http(where.url, {
    timeout: 5e3,
    ...where.address === void 0 ? {} : { address: where.address }
  });
  return {
    good: answer.status === 200,
    final: false,
    // What is only not ready yet says so with 5xx.
    elsewhere: answer.status >= 300 && answer.status < 500,
    detail: answer.status === 0 ? `${where.url} does not answer (${answer.error ?? "no connection"})` : `${where.url} answers ${String(answer.status)}`
  };
}
__name(look, "look");
function endpoint(request, container) {
  const { probe } = request;
  if (request.from === "public" || probe.own === null) return { url: probe.url };
  const address = Object.values(container.networks).map((network) => network.address).find((candidate) => candidate !== "");
  const host = new URL(probe.url).hostname;
  if (address === void 0 && container.networkMode === "host") return { url: probe.url };
  if (address === void 0) return void 0;
  return { url: `${probe.own.scheme}://${host}:${String(probe.own.port)}${probe.own.path}`, address };
}
__name(endpoint, "endpoint");
function ending(container) {
  return container.oomKilled ? "killed for its use of memory" : `exit code ${String(container.exitCode)}`;
}
__name(ending, "ending");
async function failure(request, effects, container, reason) {
  const tail = container ? await effects.target.engine.logs(container.id, LOG_LINES).catch(() => "") : "";
  return {
    service: request.service,
    reason,
    ...container && container.state !== "running" ? { exit_code: container.exitCode } : {},
    ...container && container.healthLog !== "" ? { health_log: container.healthLog } : {},
    log_tail: tail.split("\n").slice(-LOG_LINES).join("\n")
  };
}
__name(failure, "failure");

// src/deploy/candidate.ts
async function tryCandidate(plan, service, effects) {
  await must(effects, proveImage(service.image));
  if (service.candidate === "") return void 0;
  await removeCandidate(service, effects);
  await effects.keeper.record("candidate_started", {
    service: service.service,
    candidate: service.candidate
  });
  await must(effects, writeCandidateOverride(plan, service));
  const started = await effects.keeper.change(startCandidate(plan, service));
  try {
    const container = await effects.target.engine.container(service.candidate);
    if (!container || started.code !== 0 && container.state === "created") {
      const words = (started.stderr.trim() || started.stdout.trim()).slice(-2e3);
      return await failure(service, effects, container, `It could not be started: ${words}`);
    }
    const failed = await proveHealthy(
      { service: service.service, container: container.id, probe: service.probe, from: "own" },
      effects
    );
    return failed && { ...failed, reason: `${failed.reason}${hint(service)}` };
  } finally {
    await removeCandidate(service, effects);
  }
}
__name(tryCandidate, "tryCandidate");
function hint(service) {
  return service.shared_volumes.length === 0 ? "" : ` It shared ${service.shared_volumes.join(", ")} with the old one; if it cannot, set \`services.${service.service}.strategy: stop-first\`.`;
}
__name(hint, "hint");
async function removeMigration({ migrate: migrate2 }, effects) {
  const left = migrate2 && await effects.target.engine.container(migrate2.container);
  if (left) await must(effects, discardContainer(left.name, left.id));
}
__name(removeMigration, "removeMigration");
async function removeCandidate(service, effects) {
  if (service.candidate === "") return;
  const left = await effects.target.engine.container(service.candidate);
  if (!left) return;
  const removed = await effects.keeper.change(discardContainer(service.candidate, left.id));
  if (removed.code !== 0 && await effects.target.engine.container(left.id)) {
    throw new AutopilotError("SERVER_COMMAND", {
      what: `The candidate ${service.candidate} cannot be removed.`,
      why: removed.stderr.trim(),
      fix: `Run on the server: docker rm --force ${service.candidate}`
    });
  }
}
__name(removeCandidate, "removeCandidate");

// src/deploy/candidate-script.ts
function candidateScript(plan) {
  const names = plan.services.filter((service) => !service.current && service.candidate !== "");
  if (names.length === 0) return "";
  return [
    // Without an engine that answers nobody knows whether one is there.
    "docker version >/dev/null || exit 1",
    "failed=0",
    ...names.flatMap(({ candidate }) => removeCandidateLines(candidate)),
    'exit "$failed"',
    ""
  ].join("\n");
}
__name(candidateScript, "candidateScript");
var removeCandidateLines = /* @__PURE__ */ __name((candidate) => [
  `if docker inspect ${quote(candidate)} >/dev/null 2>&1; then`,
  `  docker rm --force --volumes ${quote(candidate)} >/dev/null || failed=1`,
  "fi"
], "removeCandidateLines");

// src/deploy/proxy.ts
var NOTICED = 3e3;
async function tellProxies(plan, service, onTraffic2, effects) {
  if (service.proxies.length === 0) return;
  const told = [];
  const point = /* @__PURE__ */ __name(async (hook, proxy) => {
    const lines = hook.hosts ? hostsLines(proxy, onTraffic2) : "";
    if (lines !== "") await must(effects, pointHosts(service, proxy, lines));
    return lines !== "";
  }, "point");
  let lookup = 0;
  const ready = [];
  for (const hook of service.proxies) {
    await attempt(hook, effects, async () => {
      const proxies = await proxiesOf(plan, hook, effects);
      for (const proxy of proxies) {
        if (proxy && await point(hook, proxy)) lookup = Math.max(lookup, hook.lookup);
        ready.push(
          () => attempt(hook, effects, async () => {
            await reload(hook, hook.reload, service, proxy, onTraffic2, effects);
            told.push(hook);
          })
        );
      }
    });
  }
  if (lookup > 0) await effects.clock.sleep(lookup, effects.signal);
  for (const each2 of ready) await each2();
  const settle = Math.max(0, ...told.map((hook) => hook.settle));
  if (settle > 0) await effects.clock.sleep(settle, effects.signal);
}
__name(tellProxies, "tellProxies");
var withoutHosts = /* @__PURE__ */ __name((service) => ({
  ...service,
  proxies: service.proxies.map((hook) => ({ ...hook, hosts: false, settle: 0 }))
}), "withoutHosts");
async function releaseProxies(plan, service, onTraffic2, effects) {
  await clearHosts(plan, service, effects);
  for (const hook of service.proxies.filter((entry) => entry.after.length > 0)) {
    await attempt({ ...hook, required: false }, effects, async () => {
      for (const proxy of await proxiesOf(plan, hook, effects)) {
        await reload(hook, hook.after, service, proxy, onTraffic2, effects);
      }
    });
  }
}
__name(releaseProxies, "releaseProxies");
async function clearHosts(plan, service, effects) {
  for (const hook of service.proxies.filter((entry) => entry.hosts)) {
    await attempt({ ...hook, required: false }, effects, async () => {
      for (const proxy of await proxiesOf(plan, hook, effects)) {
        if (proxy) await must(effects, pointHosts(service, proxy, ""));
      }
    });
  }
}
__name(clearHosts, "clearHosts");
async function reload(hook, words, service, proxy, onTraffic2, effects) {
  const addresses = onTraffic2.flatMap((container) => addressFor(proxy, container) ?? []);
  const [program, ...rest] = words.map(
    (word) => word.replaceAll("{container}", proxy?.id ?? "").replaceAll("{service}", service.compose_service).replaceAll("{addresses}", addresses.join(","))
  );
  if (program !== void 0) await must(effects, runHook(hook, [program, ...rest]));
}
__name(reload, "reload");
async function proxiesOf(plan, hook, { target, log }) {
  if (hook.compose_service === "" && hook.container === "") return [void 0];
  const found = hook.container === "" ? await target.engine.containers([
    `${COMPOSE_LABEL.project}=${plan.project}`,
    `${COMPOSE_LABEL.service}=${hook.compose_service}`
  ]) : [await target.engine.container(hook.container)];
  const running2 = found.filter((container) => container?.state === "running");
  if (running2.length === 0) log.info(`${hook.name} does not run, so nobody has to tell it anything.`);
  return running2;
}
__name(proxiesOf, "proxiesOf");
async function attempt(hook, effects, body) {
  try {
    await body();
  } catch (error) {
    if (hook.required || effects.signal?.aborted) throw error;
    effects.log.warning(
      `${hook.name} could not be told of the change: ${error instanceof Error ? `${error.message} ${error.why ?? ""}` : String(error)}`
    );
  }
}
__name(attempt, "attempt");
function addressFor(proxy, container) {
  return Object.entries(container.networks).filter(([name, { address }]) => address !== "" && (proxy === void 0 || name in proxy.networks)).map(([, { address }]) => address)[0];
}
__name(addressFor, "addressFor");
function hostsLines(proxy, onTraffic2) {
  return onTraffic2.flatMap(
    (container) => Object.entries(container.networks).filter(([name]) => name in proxy.networks).map(([, { address, aliases }]) => ({
      address,
      names: aliases.filter((alias) => !container.id.startsWith(alias) && alias !== container.name)
    }))
  ).filter(({ address, names }) => address !== "" && names.length > 0).map(({ address, names }) => `${address} ${names.join(" ")}`).join("\n");
}
__name(hostsLines, "hostsLines");

// src/deploy/cut-over.ts
async function cutOver(plan, service, effects) {
  const created = await create(plan, service, effects);
  if (service.strategy === "start-first" && service.kept.some((container) => container.running)) {
    for (const container of created) {
      const problem2 = await startBeside(service, container, effects);
      if (problem2) return problem2;
    }
    const live = await fresh(created, effects);
    await tellProxies(plan, service, live, effects);
    if (service.found_by_labels) await effects.clock.sleep(NOTICED, effects.signal);
    await stopKept(service, effects);
    await releaseProxies(plan, service, live, effects);
    await passNameOn(service, created, effects);
    return void 0;
  }
  await passNameOn(service, created, effects);
  const problem = await swap(service, created, effects);
  if (problem) return problem;
  await tellProxies(plan, withoutHosts(service), await fresh(created, effects), effects);
  for (const container of created) {
    const unhealthy = await proveHealthy(
      { service: service.service, container: container.id, probe: service.probe, from: "public" },
      effects
    );
    if (unhealthy) return unhealthy;
  }
  return void 0;
}
__name(cutOver, "cutOver");
async function swap(service, created, effects) {
  const old = await stillUp(service, effects);
  const swapped = await effects.keeper.change(
    swapContainers(
      service,
      old,
      created.filter((container) => container.state !== "running").map((container) => container.id)
    )
  );
  if (swapped.code === 0) return void 0;
  const [first] = created;
  return failure(
    service,
    effects,
    first && await effects.target.engine.container(first.id),
    swapped.code === 90 ? `The old container could not be stopped: ${swapped.stderr.trim().slice(-2e3)}` : `It could not be started: ${swapped.stderr.trim().slice(-2e3)}`
  );
}
__name(swap, "swap");
async function stillUp(service, effects) {
  const found = await Promise.all(service.kept.map((kept) => effects.target.engine.container(kept.id)));
  return found.filter(
    (container) => container !== void 0 && !["exited", "created", "dead", "removing"].includes(container.state)
  );
}
__name(stillUp, "stillUp");
async function create(plan, service, effects) {
  let created = await newContainers(effects, plan, service);
  if (created.length < service.replicas) {
    const existing = await containersOf(effects, plan, service);
    if (service.container_name !== "") await must(effects, writeOverride(plan, service));
    const count = existing.length + service.replicas - created.length;
    await must(effects, createBeside(plan, service, count));
    created = await newContainers(effects, plan, service);
  }
  if (created.length < service.replicas) {
    throw new AutopilotError("DEPLOY_FAILED", {
      what: `Docker Compose did not create the new container of ${service.service}.`,
      why: `There are ${String(created.length)} of ${String(service.replicas)} with the image ${service.image}.`,
      fix: `Run on the server: docker compose -f ${plan.compose.file} config, and look at the image of ${service.compose_service}.`
    });
  }
  return created;
}
__name(create, "create");
async function startBeside(service, container, effects) {
  const networks = Object.entries(container.networks).filter(
    ([, network]) => !service.found_by_labels && network.aliases.length > 0
  );
  if (container.state !== "running") {
    for (const [name] of networks) {
      await must(effects, leaveNetwork(name, container.id));
      await must(effects, joinNetwork(name, container.id, []));
    }
    const problem2 = await start(service, container, effects);
    if (problem2) return problem2;
  }
  const request = {
    service: service.service,
    container: container.id,
    probe: service.probe,
    from: "own"
  };
  const problem = await proveHealthy(request, effects);
  if (problem) return problem;
  const names = namesOf(container);
  for (const [name] of networks) {
    await must(effects, leaveNetwork(name, container.id));
    await must(effects, joinNetwork(name, container.id, names[name] ?? []));
  }
  return networks.length === 0 ? void 0 : proveHealthy({ ...request, probe: { ...service.probe, retries: 0 } }, effects);
}
__name(startBeside, "startBeside");
async function fresh(containers, { target }) {
  const found = await Promise.all(containers.map((container) => target.engine.container(container.id)));
  return found.filter((container) => container !== void 0);
}
__name(fresh, "fresh");
async function stopKept(service, effects) {
  for (const old of await stillUp(service, effects)) {
    await must(effects, stopContainer(old.name, old.id, old.stopGracePeriod));
  }
}
__name(stopKept, "stopKept");
async function passNameOn(service, created, effects) {
  const [container] = created;
  if (service.container_name === "" || !container) return;
  const holder = await effects.target.engine.container(service.container_name);
  if (holder?.id === container.id) return;
  if (holder && service.kept.some((kept) => kept.id === holder.id)) {
    const older = await effects.target.engine.container(keptName(service));
    if (older && older.id !== holder.id && service.kept.some((kept) => kept.id === older.id))
      await must(effects, renameContainer(older.id, `${keptName(service)}-${older.id.slice(0, 12)}`));
    await must(effects, renameContainer(holder.id, keptName(service)));
  }
  await must(effects, renameContainer(container.id, service.container_name));
}
__name(passNameOn, "passNameOn");
var keptName = /* @__PURE__ */ __name((service) => `${service.container_name}-before`, "keptName");
async function start(service, container, effects) {
  const now = await effects.target.engine.container(container.id);
  if (now?.state === "running") return void 0;
  const started = await effects.keeper.change(startContainer(container.name, container.id));
  if (started.code === 0) return void 0;
  return failure(
    service,
    effects,
    await effects.target.engine.container(container.id),
    `It could not be started: ${started.stderr.trim().slice(-2e3)}`
  );
}
__name(start, "start");

// src/deploy/asked.ts
var ASKED = "person_asked";
var ANSWERED = /* @__PURE__ */ new Set(["recorded", "settled"]);
var Asked = object({
  rolled_back: array(string()),
  failed: record(string(), string()),
  manual_steps: array(string()),
  left_running: boolean()
});
async function askPerson(outcome, effects) {
  const data = {
    rolled_back: outcome.rolledBack,
    failed: outcome.failed,
    manual_steps: outcome.manualSteps,
    left_running: outcome.leftRunning === true
  };
  await effects.keeper.record(ASKED, data).catch((error) => {
    effects.log.warning(`The server's journal could not be written: ${String(error)}`);
  });
  return { ...outcome, asked: true };
}
__name(askPerson, "askPerson");
function askedIn(journal) {
  const index = journal.findLastIndex(({ event }) => event === ASKED);
  const asked = Asked.safeParse(journal[index]?.data);
  if (!asked.success || journal.slice(index).some(({ event }) => ANSWERED.has(event))) return void 0;
  const {
    rolled_back: rolledBack,
    failed,
    manual_steps: manualSteps2,
    left_running: leftRunning
  } = asked.data;
  return { rolledBack, failed, manualSteps: manualSteps2, leftToServer: false, leftRunning, asked: true };
}
__name(askedIn, "askedIn");

// src/deploy/left-running.ts
var ALWAYS = "always";
var restarting = /* @__PURE__ */ __name((service) => service.current ? [] : service.kept.filter((kept) => kept.running && kept.restart === ALWAYS), "restarting");
async function keepStopped(plan, effects) {
  for (const service of plan.services) {
    for (const kept of restarting(service)) {
      try {
        const now = await effects.target.engine.container(kept.id);
        if (now?.state !== "exited") continue;
        await must(effects, setRestart(kept.name, kept.id, "no"));
        effects.log.info(
          `${kept.name} no longer starts with the engine; to have that back with it: ${startsAgain(kept)}`
        );
      } catch (error) {
        effects.log.warning(
          `${kept.name} is stopped, but may start with the engine and serve beside the new version: ${String(error)}`
        );
      }
    }
  }
}
__name(keepStopped, "keepStopped");
var restartSteps = /* @__PURE__ */ __name((service) => restarting(service).map(startsAgain), "restartSteps");
var startsAgain = /* @__PURE__ */ __name(({ id, restart }) => `docker update --restart ${restart} ${id.slice(0, 12)}`, "startsAgain");

// src/deploy/patience.ts
var ENGINE_PATIENCE = 6e4;
var ENGINE_AWAY = /Cannot connect to the Docker daemon|error during connect|raw stream connection|ECONNREFUSED|ECONNRESET|connection reset|socket hang up/i;
function patientWith({ clock, log, target }) {
  const until = clock.now().getTime() + ENGINE_PATIENCE;
  let said = false;
  return async (body) => {
    for (; ; ) {
      try {
        return await body();
      } catch (error) {
        if (!isEngineAway(error) || clock.now().getTime() >= until) throw error;
        if (!said) log.info(`The engine on ${target.name} does not answer; waiting for it: ${String(error)}`);
        said = true;
        await clock.sleep(1e3);
      }
    }
  };
}
__name(patientWith, "patientWith");
var isEngineAway = /* @__PURE__ */ __name((error) => error instanceof AutopilotError && (error.code === "SERVER_COMMAND" || error.code === "SERVER_DOCKER") && ENGINE_AWAY.test(String(error)), "isEngineAway");

// src/deploy/undo-service.ts
async function undoService(plan, service, effects) {
  await removeCandidate(service, effects);
  const created = await newContainers(effects, plan, service);
  const down = await keptAndDown(service, effects);
  await letIntoTraffic(service, down, effects);
  if (created.length === 0 && down.length === 0) {
    await clearHosts(plan, service, effects);
    await giveNameBack(service, effects);
    return false;
  }
  const everStarted = down.length > 0 || created.some((container) => container.state !== "created");
  if (service.strategy === "start-first") {
    await startKept(service, down, effects);
    if (service.found_by_labels && down.length > 0) await effects.clock.sleep(NOTICED);
    const back = await keptNow(service, effects);
    const seen = down.length > 0 || created.some((container) => onTraffic(service, container));
    if (seen) await tellProxies(plan, leniently(service), back, effects);
    await remove();
    if (seen) await releaseProxies(plan, service, back, effects);
  } else {
    await remove();
    await giveNameBack(service, effects);
    await startKept(
      service,
      down,
      effects,
      () => keptNow(service, effects).then(
        (back) => tellProxies(plan, leniently(withoutHosts(service)), back, effects)
      )
    );
  }
  await giveNameBack(service, effects);
  return everStarted;
  async function remove() {
    for (const container of created) {
      if (container.state === "running") {
        await effects.keeper.change(stopContainer(container.name, container.id, container.stopGracePeriod));
      }
      await must(effects, discardContainer(container.name, container.id));
    }
  }
  __name(remove, "remove");
}
__name(undoService, "undoService");
async function keptAndDown(service, effects) {
  const down = [];
  for (const kept of service.kept.filter((container) => container.running)) {
    const now = await effects.target.engine.container(kept.id);
    if (!now) {
      throw new AutopilotError("ROLLBACK_IMPOSSIBLE", {
        what: `The old container ${kept.name} of ${service.service} does not exist any more.`,
        why: "It was removed by something else than this release.",
        fix: `Start the old image again: set \`image: ${service.previous}\` in the compose file and run docker compose up -d.`
      });
    }
    if (now.state !== "running" && now.state !== "restarting") down.push(kept);
  }
  return down;
}
__name(keptAndDown, "keptAndDown");
var onTraffic = /* @__PURE__ */ __name((service, container) => container.state === "running" && Object.values(container.networks).some(({ aliases }) => aliases.includes(service.compose_service)), "onTraffic");
var leniently = /* @__PURE__ */ __name((service) => ({
  ...service,
  proxies: service.proxies.map((hook) => ({ ...hook, required: false }))
}), "leniently");
async function keptNow(service, { target }) {
  const running2 = service.kept.filter((container) => container.running);
  const found = await Promise.all(running2.map((kept) => target.engine.container(kept.id)));
  return found.filter((container) => container !== void 0);
}
__name(keptNow, "keptNow");
async function keepOffTraffic(kept, effects) {
  const now = await effects.target.engine.container(kept.id);
  for (const [network, names] of Object.entries(kept.networks)) {
    if (names.length === 0) continue;
    if (now && network in now.networks) await must(effects, leaveNetwork(network, kept.id));
    await must(effects, joinNetwork(network, kept.id, []));
  }
}
__name(keepOffTraffic, "keepOffTraffic");
async function letIntoTraffic(service, except, effects) {
  if (service.strategy !== "start-first") return;
  for (const kept of service.kept.filter((container) => container.running)) {
    if (except.includes(kept)) continue;
    const now = await effects.target.engine.container(kept.id);
    for (const [network, names] of Object.entries(kept.networks)) {
      const there = now?.networks[network];
      if (!now || names.every((name) => there?.aliases.includes(name))) continue;
      if (there) await must(effects, leaveNetwork(network, kept.id));
      await must(effects, joinNetwork(network, kept.id, names));
    }
  }
}
__name(letIntoTraffic, "letIntoTraffic");
async function startKept(service, down, effects, started = () => Promise.resolve()) {
  const since = /* @__PURE__ */ new Map();
  for (const kept of down) {
    if (service.strategy === "start-first" && !service.found_by_labels) await keepOffTraffic(kept, effects);
    await must(effects, startContainer(kept.name, kept.id));
    since.set(kept.id, (await effects.target.engine.container(kept.id))?.startedAt);
  }
  await started();
  for (const kept of down) await proveBack(service, kept, since.get(kept.id), effects);
  await letIntoTraffic(service, [], effects);
}
__name(startKept, "startKept");
async function proveBack(service, kept, since, effects) {
  const problem = await proveHealthy(
    {
      service: service.service,
      container: kept.id,
      probe: service.probe,
      from: service.strategy === "start-first" ? "own" : "public",
      servedBefore: true
    },
    effects
  );
  if (!problem) return;
  const now = await effects.target.engine.container(kept.id);
  if (now?.state === "running" && now.startedAt === since && ["none", "healthy"].includes(now.health)) {
    effects.log.warning(
      `${service.service}: the old container ${kept.name} runs again and stays up, and serves as before; but it does not answer where the new version would. ${problem.reason}`
    );
    return;
  }
  throw new AutopilotError("ROLLBACK_FAILED", {
    what: `The old container ${kept.name} of ${service.service} was started again but is not healthy.`,
    why: problem.reason,
    fix: `Look at it on the server: docker logs ${kept.name}`
  });
}
__name(proveBack, "proveBack");
async function giveNameBack(service, effects) {
  const owner = service.kept.find((kept) => kept.name === service.container_name);
  if (service.container_name === "" || !owner) return;
  const now = await effects.target.engine.container(owner.id);
  const holder = await effects.target.engine.container(service.container_name);
  if (!now || holder) return;
  await must(effects, renameContainer(owner.id, service.container_name));
}
__name(giveNameBack, "giveNameBack");

// src/deploy/undo.ts
async function undoRelease(plan, effects, { reason, composeFile = "restore", reached }) {
  const outcome = { rolledBack: [], failed: {}, manualSteps: [], leftToServer: false };
  await noted(effects, "rolling_back", { reason });
  const patiently = patientWith(effects);
  const attempt4 = /* @__PURE__ */ __name(async (name, steps, body) => {
    if (outcome.leftToServer) return void 0;
    try {
      return await patiently(body);
    } catch (error) {
      if (isLost(error)) {
        effects.log.warning(`${LEFT_TO_SERVER} ${String(error)}`);
        outcome.leftToServer = true;
        return void 0;
      }
      outcome.failed[name] = error instanceof Error ? error.message : String(error);
      outcome.manualSteps.push(...steps);
      effects.log.error(`${name} could not be put back: ${String(error)}`);
      return void 0;
    }
  }, "attempt");
  if (composeFile === "restore")
    await attempt4(
      "the compose file",
      shown([restoreCompose(plan)]),
      () => must(effects, restoreCompose(plan))
    );
  await attempt4("the migration", [], () => removeMigration(plan, effects));
  for (const service of [...plan.services].reverse()) {
    if (service.current) continue;
    const touched = await attempt4(service.service, manualSteps(plan, service), async () => {
      if (reached !== "preparing" && !await nothingLive(plan, effects))
        return undoService(plan, service, effects);
      await removeCandidate(service, effects);
      return false;
    });
    if (touched === true) outcome.rolledBack.push(service.service);
  }
  if (Object.keys(outcome.failed).length === 0 && !outcome.leftToServer) {
    if (composeFile === "restore")
      await must(effects, dropStaged(plan)).catch((error) => {
        effects.log.warning(`Left behind on the server: ${plan.compose.before} (${String(error)})`);
      });
    await noted(effects, "rolled_back", { reason });
  }
  return outcome;
}
__name(undoRelease, "undoRelease");
var isLost = /* @__PURE__ */ __name((error) => error instanceof AutopilotError && error.code === "SSH_CONNECT", "isLost");
var LEFT_TO_SERVER = "The connection to the server is lost; the server puts the version before back by itself, and the next run looks at it first.";
function manualSteps(plan, service) {
  const running2 = service.kept.filter((container) => container.running);
  const own = `--filter label=com.docker.compose.project=${plan.project} --filter label=com.docker.compose.service=${service.compose_service}`;
  const kept = service.kept.map(({ id }) => ` -e ${short(id)}`).join("");
  const others = `docker ps -aq ${own} --filter ancestor=${service.image}${kept === "" ? "" : ` | grep -v${kept}`}`;
  const steps = [`docker ps -a ${own}`, `docker rm -f $(${others})`];
  if (running2.length === 0) return steps;
  const renames = service.container_name === "" ? [] : running2.map((container) => `docker rename ${short(container.id)} ${service.container_name}`);
  return [
    ...steps,
    ...renames,
    `docker start ${running2.map((container) => short(container.id)).join(" ")}`,
    ...service.strategy === "start-first" ? running2.flatMap((container) => rejoining(container)) : []
  ];
}
__name(manualSteps, "manualSteps");
var rejoining = /* @__PURE__ */ __name(({ id, networks }) => Object.entries(networks).filter(([, names]) => names.length > 0).map(([network, names]) => {
  const aliases = names.map((name) => `--alias ${quote(name)}`).join(" ");
  const where = `${quote(network)} ${short(id)}`;
  return `docker network disconnect ${where}; docker network connect ${aliases} ${where}`;
}), "rejoining");
var short = /* @__PURE__ */ __name((id) => id.slice(0, 12), "short");
var shown = /* @__PURE__ */ __name((commands) => commands.map((command) => argvText(command.argv)), "shown");
async function noted(effects, event, data) {
  try {
    await effects.keeper.record(event, data);
  } catch (error) {
    effects.log.warning(`The server's journal could not be written (${event}): ${String(error)}`);
  }
}
__name(noted, "noted");

// src/deploy/migrate.ts
var BEGAN = "migrating";
var LAST = 4e3;
async function migrate(plan, migration, service, effects) {
  await removeMigration(plan, effects);
  await must(effects, writeCandidateOverride(plan, service));
  await effects.keeper.record(BEGAN, {
    service: service.service,
    image: service.image,
    irreversible: migration.irreversible
  });
  const done = await effects.keeper.change(runMigration(plan, migration, service));
  const words = `${done.stdout}
${done.stderr}`.trim().slice(-LAST);
  if (done.code === 0) {
    if (words !== "") effects.log.foreign(words);
    return;
  }
  await removeMigration(plan, effects);
  throw new AutopilotError("DEPLOY_FAILED", {
    what: done.code === 124 ? `The migration of ${service.service} took longer than ${String(migration.timeout)} s and was ended.` : `The migration of ${service.service} failed with exit code ${String(done.code)}.`,
    why: words,
    fix: "The old version serves on. Look at what the migration left in the database before the next run."
  });
}
__name(migrate, "migrate");
async function undoOrAsk(plan, effects, request) {
  if (plan.migrate?.irreversible !== true) return undoRelease(plan, effects, request);
  const stage = await stageOf(plan, effects, request);
  if (stage === "not migrated") return undoRelease(plan, effects, request);
  const { service } = plan.migrate;
  if (stage === "migrated") {
    const outcome2 = await undoRelease(plan, effects, request);
    const why2 = `its migration is marked irreversible and has begun; the version before runs on what it left`;
    effects.log.error(`${service}: ${why2}. A person has to look at it.`);
    const asking2 = {
      ...outcome2,
      failed: { ...outcome2.failed, [service]: why2 },
      manualSteps: [...outcome2.manualSteps, `# ${service}: ${why2}; see that it works, then unlock`]
    };
    const tryAgain = outcome2.leftToServer || Object.keys(outcome2.failed).length > 0;
    return tryAgain ? asking2 : askPerson(asking2, effects);
  }
  const why = "the release is marked irreversible: it is left running, and a person decides";
  effects.log.error(`${why[0]?.toUpperCase() ?? ""}${why.slice(1)}. ${request.reason}`);
  await keepStopped(plan, effects);
  const changing = plan.services.filter((entry) => !entry.current);
  const outcome = {
    rolledBack: [],
    failed: Object.fromEntries(changing.map((entry) => [entry.service, why])),
    manualSteps: [
      "# only if the version before can run on the migrated data:",
      ...[...changing].reverse().flatMap((entry) => [...manualSteps(plan, entry), ...restartSteps(entry)])
    ],
    leftToServer: false,
    leftRunning: true
  };
  return askPerson(outcome, effects);
}
__name(undoOrAsk, "undoOrAsk");
async function stageOf(plan, effects, { reached }) {
  try {
    const journal = await effects.keeper.journal();
    const own = journal.slice(journal.findLastIndex((entry) => entry.event === "plan") + 1);
    if (!own.some((entry) => entry.event === BEGAN)) return "not migrated";
    return await nothingLive(plan, effects) ? "migrated" : "live";
  } catch (error) {
    if (reached === void 0) throw error;
    return reached === "cutting over" ? "live" : "not migrated";
  }
}
__name(stageOf, "stageOf");

// src/deploy/port.ts
function ownEndpoint(service, url, containerPort, model, imagePorts) {
  const parsed = new URL(url);
  const path = parsed.pathname + parsed.search;
  const scheme = parsed.protocol === "https:" ? "https" : "http";
  const urlPort = parsed.port === "" ? scheme === "https" ? 443 : 80 : Number(parsed.port);
  const published = model.ports.find(
    (port) => port.protocol === "tcp" && port.published !== void 0 && inRange(urlPort, port.published)
  );
  if (containerPort !== void 0) {
    return { port: containerPort, path, scheme: published?.target === containerPort ? scheme : "http" };
  }
  if (published) return { port: published.target, path, scheme };
  for (const candidates of [tcpPorts(model.expose.map(String)), tcpPorts(imagePorts)]) {
    if (candidates.length === 1) return { port: candidates[0], path, scheme: "http" };
    if (candidates.length > 1) break;
  }
  const known = [
    ...model.ports.map((port) => `${port.published ?? "(any)"}:${String(port.target)} (ports)`),
    ...tcpPorts(model.expose.map(String)).map((port) => `${String(port)} (expose)`),
    ...tcpPorts(imagePorts).map((port) => `${String(port)} (image)`)
  ];
  throw new AutopilotError("CONFIG_INVALID", {
    what: `The port inside the container of service \`${service}\` that ${url} stands for is not known.`,
    why: known.length === 0 ? "Neither the compose file nor the image names a port." : `No entry publishes port ${String(urlPort)} and there is not exactly one other. There are: ${known.join(", ")}.`,
    fix: `Set \`services.${service}.health_check.container_port\`.`
  });
}
__name(ownEndpoint, "ownEndpoint");
function inRange(port, published) {
  const [from = Number.NaN, to = from] = published.split("-").map(Number);
  return port >= from && port <= to;
}
__name(inRange, "inRange");
function tcpPorts(entries) {
  const ports = entries.filter((entry) => !/\/(udp|sctp)$/.test(entry)).map((entry) => Number(entry.replace(/\/tcp$/, ""))).filter((port) => Number.isInteger(port) && port > 0);
  return [...new Set(ports)];
}
__name(tcpPorts, "tcpPorts");

// src/deploy/marker.ts
var Marker = looseObject({ project: string(), target: string() });
var markerPath = /* @__PURE__ */ __name((directory) => `${directory === "/" ? "" : directory}/.gonsautopilot.json`, "markerPath");
var markerOf = /* @__PURE__ */ __name((prefix, target) => ({
  project: prefix,
  target: target.name.replace(/^.*@/, "").replace(/:\d+$/, "")
}), "markerOf");
async function readMarker(target, directory) {
  const text = await target.readFile(markerPath(directory));
  try {
    return Marker.parse(JSON.parse(text ?? ""));
  } catch {
    return void 0;
  }
}
__name(readMarker, "readMarker");
var writeMarker = /* @__PURE__ */ __name((directory, marker) => ({
  title: `write ${markerPath(directory)}`,
  argv: ["sh", "-c", 'cat >"$1"', "sh", markerPath(directory)],
  input: `${JSON.stringify(marker)}
`,
  timeout: 6e4
}), "writeMarker");

// src/deploy/retire.ts
var ANONYMOUS = /(?:^|\/volumes\/)([0-9a-f]{64})(?:\/_data)?$/;
async function retire(plan, request, effects) {
  const warnings = await retireKept(plan, effects);
  await attempt2(warnings, "the containers of proofs", async () => {
    for (const left of await effects.target.engine.containers([PROOF_LABEL])) {
      if (left.state === "created") await must(effects, discardContainer(left.name, left.id));
    }
  });
  await attempt2(warnings, "older images", async () => {
    const images = await effects.target.engine.images();
    const containers = await effects.target.engine.containers([]);
    const used = new Set(containers.flatMap((container) => [container.imageId, container.image]));
    const protect = await request.protect;
    for (const reference of imagesToPrune(plan, { ...request, protect }, images, used)) {
      await attempt2(warnings, `image ${reference}`, () => must(effects, removeImage(reference)));
    }
  });
  return warnings;
}
__name(retire, "retire");
async function retireKept(plan, effects) {
  const warnings = [];
  for (const service of plan.services.filter((entry) => !entry.current)) {
    for (const kept of service.kept) {
      await attempt2(warnings, `container ${kept.name}`, async () => {
        const now = await effects.target.engine.container(kept.id);
        if (!now) return;
        await must(effects, removeContainer(kept.name, kept.id));
        warnings.push(...anonymousVolumes(now, service.service));
      });
    }
  }
  await attempt2(warnings, "the mark of the folder", async () => {
    const meant = markerOf(plan.prefix, effects.target);
    if (await readMarker(effects.target, plan.compose.directory)) return;
    await must(effects, writeMarker(plan.compose.directory, meant));
  });
  warnings.push(...await retireStaged(plan, effects));
  return warnings;
}
__name(retireKept, "retireKept");
async function retireStaged(plan, effects) {
  const warnings = [];
  await attempt2(warnings, "what was staged", () => must(effects, dropStaged(plan)));
  return warnings;
}
__name(retireStaged, "retireStaged");
async function attempt2(warnings, what, body) {
  try {
    await body();
  } catch (error) {
    warnings.push(
      `${what} could not be tidied up: ${error instanceof Error ? error.message : String(error)}`
    );
  }
}
__name(attempt2, "attempt");
function anonymousVolumes(container, service) {
  return container.mounts.filter((mount) => mount.type === "volume" && ANONYMOUS.test(mount.source)).map(
    (mount) => `${service}: ${mount.destination} lies in a volume without a name, so the new container began with an empty one. The old one is kept as ${ANONYMOUS.exec(mount.source)?.[1] ?? mount.source}; give it a name in the compose file.`
  );
}
__name(anonymousVolumes, "anonymousVolumes");
function imagesToPrune(plan, request, images, used) {
  const protect = new Set(request.protect);
  return plan.services.flatMap((service) => {
    const prefix = `${plan.prefix}-${service.service}:`;
    const own = images.flatMap(
      (image) => image.references.filter((reference) => reference.startsWith(prefix)).map((reference) => ({ reference, image }))
    ).sort((left, right) => right.image.created.localeCompare(left.image.created));
    const newest = [...new Set(own.map((entry) => entry.image.id))].slice(0, request.keepReleases);
    const keep = /* @__PURE__ */ new Set([
      ...newest,
      service.previous_id,
      ...own.filter(({ reference }) => protect.has(reference) || reference === service.image).map((entry) => entry.image.id)
    ]);
    return own.filter(({ image, reference }) => !keep.has(image.id) && !used.has(image.id) && !used.has(reference)).map((entry) => entry.reference);
  });
}
__name(imagesToPrune, "imagesToPrune");

// src/deploy/recover.ts
var SETTLED = /* @__PURE__ */ new Set(["settled", "rolled_back", "recorded", "left_running"]);
var CUTTING_OVER = "cutting_over";
var isSettled = /* @__PURE__ */ __name((events) => events.some((event) => SETTLED.has(event)) || events.includes("auto_reverted") && events.some((event) => event === CUTTING_OVER || event === "cut_over"), "isSettled");
function lastRelease(journal) {
  const index = journal.findLastIndex((entry2) => entry2.event === "plan");
  const entry = journal[index];
  const parsed = entry && ReleasePlan.safeParse(entry.data);
  if (!parsed?.success) return { state: "nothing" };
  const plan = parsed.data;
  const later = journal.slice(index + 1);
  const asked = askedIn(later);
  if (asked) return { state: "unsettled", plan, asked };
  const events = later.map(({ event }) => event);
  if (isSettled(events)) return { state: "nothing", plan };
  return { state: events.includes("verified") ? "verified" : "unsettled", plan };
}
__name(lastRelease, "lastRelease");
function earlierUnrecorded(journal) {
  const open = journal.slice(journal.findLastIndex(({ event }) => event === "settled") + 1);
  const starts = open.flatMap(({ event }, index) => event === "plan" ? [index] : []);
  return starts.slice(0, -1).flatMap((start2, place) => {
    const events = open.slice(start2, starts[place + 1]).map(({ event }) => event);
    const plan = ReleasePlan.safeParse(open[start2]?.data);
    const wanted = events.includes("verified") && !isSettled(events);
    return wanted && plan.success ? [plan.data] : [];
  });
}
__name(earlierUnrecorded, "earlierUnrecorded");
function cameToItsEnd(journal) {
  const index = journal.findLastIndex((entry) => entry.event === "plan");
  return journal.slice(index + 1).some((entry) => entry.event === "settled");
}
__name(cameToItsEnd, "cameToItsEnd");
async function recover(effects) {
  const journal = await effects.keeper.journal();
  const { state, plan, asked } = lastRelease(journal);
  if (!plan || state !== "unsettled") {
    await effects.keeper.disarm();
    if (plan && !cameToItsEnd(journal)) {
      const left = await (state === "verified" ? retireKept(plan, effects) : retireStaged(plan, effects));
      for (const warning of left) effects.log.warning(warning);
    }
    return plan && state === "verified" ? { state: "verified-unrecorded", plan } : { state: "nothing" };
  }
  if (asked) return { state: "rolled-back", plan, outcome: asked, warnings: [] };
  effects.log.notice(`Release ${plan.pipeline_id} was left half-finished; it is put back first.`);
  const { services, warnings } = await nothingLive(plan, effects) ? { services: plan.services, warnings: [] } : await stillOurs(plan, effects);
  const repaired = services.length < plan.services.length;
  if (repaired && await effects.target.readFile(plan.compose.before) !== void 0)
    warnings.push(
      `${plan.compose.file} is left as it is too; the file before that release is ${plan.compose.before}.`
    );
  const outcome = await undoOrAsk({ ...plan, services }, effects, {
    reason: "left half-finished by an earlier run",
    composeFile: repaired ? "leave" : "restore"
  });
  if (outcome.manualSteps.length === 0 && !outcome.leftToServer) await effects.keeper.disarm();
  return { state: "rolled-back", plan, outcome, warnings };
}
__name(recover, "recover");
async function stillOurs(plan, effects) {
  const services = [];
  const warnings = [];
  for (const service of plan.services) {
    const running2 = service.kept.filter((kept) => kept.running);
    const found = await Promise.all(running2.map((kept) => effects.target.engine.container(kept.id)));
    if (running2.length > 0 && found.some((container) => container === void 0)) {
      warnings.push(
        `${service.service}: the old container of release ${plan.pipeline_id} is gone, so somebody has repaired it by hand; it is left as it is.`
      );
    } else services.push(service);
  }
  return { services, warnings };
}
__name(stillOurs, "stillOurs");

// src/deploy/script.ts
import { readFileSync } from "node:fs";

// src/deploy/script-proxies.ts
function proxyLines(plan, service, step) {
  const hooks = service.proxies;
  if (hooks.length === 0) return [];
  const pointed = hooks.filter(
    (hook) => hook.hosts && (hook.compose_service !== "" || hook.container !== "")
  );
  const point = /* @__PURE__ */ __name((lines) => pointed.flatMap((hook) => each(plan, hook, [pointing(service, lines)])), "point");
  const reload2 = hooks.flatMap((hook) => each(plan, hook, running(service, hook.reload)));
  switch (step) {
    case "look again":
      return [...point("true"), ...reload2];
    case "point at the old":
      return [
        "pointed=yes",
        ...point(hostsLines2(service)),
        ...pause(pointed.map((hook) => hook.lookup)),
        ...reload2,
        ...pause(hooks.map((hook) => hook.settle))
      ];
    case "let go":
      return [
        ...point("true"),
        ...hooks.flatMap((hook) => each(plan, hook, running(service, hook.after))),
        // It may have looked up the address of the one that is gone now.
        'if [ "$pointed" = no ]; then',
        ...reload2,
        "fi"
      ];
  }
}
__name(proxyLines, "proxyLines");
function pause(milliseconds) {
  const longest = Math.max(0, ...milliseconds);
  return longest === 0 ? [] : [`sleep ${String(Math.ceil(longest / 1e3))}`];
}
__name(pause, "pause");
function pointing(service, lines) {
  const words = pointHosts(service, { id: "{container}", name: "" }, "").argv.map(filled);
  return `${lines} | ${words.join(" ")} >/dev/null 2>&1 || pointed=no`;
}
__name(pointing, "pointing");
function hostsLines2({ kept }) {
  const lines = kept.filter((container) => container.running).flatMap(
    ({ id, networks }) => Object.entries(networks).filter(([, aliases]) => aliases.length > 0).map(([network, aliases]) => `hosts_line "$proxy" ${[id, network, ...aliases].map(quote).join(" ")}`)
  );
  return lines.length === 0 ? "true" : `{ ${lines.join("; ")}; }`;
}
__name(hostsLines2, "hostsLines");
function running({ kept, compose_service: name }, words) {
  if (words.length === 0) return [];
  const ids = kept.filter((container) => container.running).map((container) => quote(container.id));
  const line = words.map(
    (word) => filled(word).replaceAll("{addresses}", `'"$(addresses ${ids.join(" ")})"'`).replaceAll("{service}", name)
  );
  return [`${line.join(" ")} >/dev/null 2>&1 || true`];
}
__name(running, "running");
var filled = /* @__PURE__ */ __name((word) => quote(word).replaceAll("{container}", `'"$proxy"'`), "filled");
function each(plan, hook, body) {
  if (body.length === 0) return [];
  const head = hook.compose_service === "" ? [`set -- ${quote(hook.container || "-")}`, "for proxy; do"] : [`for proxy in $(proxies ${quote(plan.project)} ${quote(hook.compose_service)}); do`];
  return [...head, ...body.map((line) => `  ${line}`), "done"];
}
__name(each, "each");

// src/deploy/script.ts
function revertScript(plan) {
  const services = [...plan.services].reverse().filter((service) => !service.current);
  return [
    "# Puts back what release " + plan.pipeline_id.replace(/[^\w.-]/g, "_") + " changed.",
    // Which functions are called depends on the release, and paths may hold a dollar sign.
    "# shellcheck disable=SC2317,SC2016",
    FUNCTIONS,
    ...compose(plan),
    ...services.flatMap((service) => revertService(plan, service)),
    // The new file last, see `stageCompose`.
    `rm -f ${quote(plan.compose.before)} ${quote(plan.compose.override)} ${quote(plan.compose.next)}`,
    'exit "$failed"',
    ""
  ].join("\n");
}
__name(revertScript, "revertScript");
var FUNCTIONS = readFileSync(new URL("./undo.sh", import.meta.url), "utf8");
function compose(plan) {
  const { before, file, next, existed } = plan.compose;
  const back = existed ? `mv -f ${quote(before)} ${quote(file)}` : `rm -f ${quote(file)} ${quote(before)}`;
  return [`if [ ! -e ${quote(next)} ] && [ -e ${quote(before)} ]; then`, `  ${back} || failed=1`, "fi"];
}
__name(compose, "compose");
function revertService(plan, service) {
  const running2 = service.kept.filter((kept) => kept.running);
  const ids = service.kept.map((kept) => kept.id).join(" ");
  const remove = `remove_new ${quote(plan.project)} ${quote(service.compose_service)} ${quote(service.image)} ${quote(ids)}`;
  const owner = service.kept.find((kept) => kept.name === service.container_name);
  const rename = service.container_name === "" || !owner ? [] : [
    `if docker inspect ${quote(keptName(service))} >/dev/null 2>&1; then`,
    `  docker rename ${quote(owner.id)} ${quote(service.container_name)} || failed=1`,
    "fi"
  ];
  const candidate = service.candidate === "" ? [] : removeCandidateLines(service.candidate);
  const start2 = running2.map((kept) => `start_old ${quote(kept.id)}`);
  const wait = running2.map((kept) => waitOld(service, kept));
  const way = service.strategy === "stop-first" ? stopFirst() : startFirst();
  return ["was=$failed failed=0", ...candidate, ...way, '[ "$was" = 0 ] || failed=1'];
  function stopFirst() {
    const there = running2.map((kept) => `must_exist ${quote(kept.id)}`);
    const again = proxyLines(plan, service, "look again");
    return [...there, ...unlessFailed([remove, ...rename, ...start2, ...again, ...wait])];
  }
  __name(stopFirst, "stopFirst");
  function startFirst() {
    const named = running2.flatMap((kept) => networksOf(kept).map((entry) => ({ ...entry, id: kept.id })));
    const hide = service.found_by_labels ? [] : named.map(({ id, network }) => `hide_old ${quote(id)} ${quote(network)}`);
    const names = named.map(
      ({ id, network, aliases }) => `rejoin ${[id, network, ...aliases].map(quote).join(" ")}`
    );
    const leave = [
      ...service.found_by_labels ? [`sleep ${String(NOTICED / 1e3)}`] : [],
      ...proxyLines(plan, service, "point at the old"),
      remove,
      ...proxyLines(plan, service, "let go"),
      ...rename
    ];
    return [...hide, ...start2, ...wait, ...unlessFailed(names), ...unlessFailed(leave)];
  }
  __name(startFirst, "startFirst");
}
__name(revertService, "revertService");
var unlessFailed = /* @__PURE__ */ __name((lines) => lines.length === 0 ? [] : ['if [ "$failed" = 0 ]; then', ...lines.map((line) => `  ${line}`), "fi"], "unlessFailed");
function waitOld({ probe }, { id }) {
  const asked = probe.own === null ? [] : [probe.own.scheme, String(probe.own.port), probe.own.path];
  return `wait_old ${[id, String(Math.ceil(probe.timeout)), ...asked].map(quote).join(" ")}`;
}
__name(waitOld, "waitOld");
var networksOf = /* @__PURE__ */ __name(({ networks }) => Object.entries(networks).filter(([, aliases]) => aliases.length > 0).map(([network, aliases]) => ({ network, aliases })), "networksOf");

// src/deploy/execute.ts
var Unhealthy = class extends Error {
  static {
    __name(this, "Unhealthy");
  }
  failure;
  constructor(failure2) {
    super(`${failure2.service}: ${failure2.reason}`);
    this.name = "Unhealthy";
    this.failure = failure2;
  }
};
async function execute(execution, effects) {
  const { plan } = execution;
  const byName = new Map(plan.services.map((service) => [service.service, service]));
  let sent = { each: {}, warnings: [] };
  let armed = "nothing";
  const { signal } = execution;
  const cancellable = signal ? { ...effects, signal } : effects;
  for (const operation of operations(plan)) {
    if (operation.phase === "confirm") continue;
    if (signal?.aborted) throw cancelled();
    if (operation.kind === "candidate" && armed === "nothing") {
      const script = candidateScript(plan);
      if (script !== "") await effects.keeper.arm(script);
      armed = "candidates";
    }
    if (operation.phase === "cut-over" && armed !== "release") {
      await execution.beforeCutOver();
      await mustBeAsPlanned(plan, execution.serverSource, effects);
      await armRelease(plan, effects);
      armed = "release";
    }
    const prefix = operation.service === "" ? "" : `${operation.service}: `;
    effects.log.info(`${prefix}${operation.description}`);
    const done = await perform(operation, byName.get(operation.service), execution, cancellable).catch(
      (error) => {
        throw signal?.aborted && error === signal.reason ? cancelled() : error;
      }
    );
    if (done) sent = done;
  }
  return sent;
}
__name(execute, "execute");
async function armRelease(plan, { keeper }) {
  if (plan.migrate?.irreversible === true) return keeper.disarm();
  await keeper.arm(revertScript(plan));
  await keeper.record(CUTTING_OVER, {});
}
__name(armRelease, "armRelease");
var cancelled = /* @__PURE__ */ __name(() => new AutopilotError("CANCELLED", {
  what: "The deployment was cancelled.",
  why: "The run was asked to stop."
}), "cancelled");
async function perform(operation, service, execution, effects) {
  const { plan } = execution;
  switch (operation.kind) {
    case "pin":
      if (service) await must(effects, tagImage(service));
      return void 0;
    case "stage-compose":
      await must(effects, stageCompose(plan, execution.nextSource));
      await must(effects, checkCompose(plan));
      return void 0;
    case "transfer":
      return transferAll(execution, effects);
    case "migrate":
      if (service && plan.migrate) await migrate(plan, plan.migrate, service, effects);
      return void 0;
    case "candidate":
      if (service) stopOn(await tryCandidate(plan, service, effects));
      return void 0;
    case "write-compose":
      await must(effects, writeCompose(plan));
      return void 0;
    case "cut-over":
      if (service) {
        stopOn(await cutOver(plan, service, effects));
        await effects.keeper.record("cut_over", { service: service.service, image: service.image });
      }
      return void 0;
    case "retire":
    case "prune":
      return void 0;
  }
}
__name(perform, "perform");
function stopOn(failure2) {
  if (failure2) throw new Unhealthy(failure2);
}
__name(stopOn, "stopOn");
async function transferAll(execution, effects) {
  const { plan, wanted, model } = execution;
  const changing = plan.services.filter((service) => !service.current);
  const images = wanted.filter((entry) => changing.some((service) => service.service === entry.service.name));
  const sent = await execution.transfer(
    images.map((entry) => entry.image),
    effects.target
  );
  for (const service of changing) {
    const image = await effects.target.engine.image(service.image);
    if (!image) {
      throw new AutopilotError("TRANSFER_FAILED", {
        what: `The image ${service.image} is not on ${effects.target.name} after its transfer.`,
        fix: "Run the job again; look at the transfer above if it happens twice."
      });
    }
    service.probe.own = resolveOwn(service, model, wanted, image.exposedPorts);
  }
  return sent;
}
__name(transferAll, "transferAll");
function resolveOwn(service, model, wanted, imagePorts) {
  const compose2 = model.services[service.compose_service];
  const entry = wanted.find((candidate) => candidate.service.name === service.service);
  if (service.probe.url === "" || !compose2 || !entry) return null;
  return ownEndpoint(
    service.service,
    service.probe.url,
    entry.service.healthCheck.container_port,
    compose2,
    imagePorts
  );
}
__name(resolveOwn, "resolveOwn");

// src/deploy/gate.ts
var OLDEST_COMPOSE = [2, 20];
async function gate(input, look2, effects) {
  const checks = await Promise.all([
    [testsCheck(input)],
    Promise.all(input.wanted.map((wanted) => imageCheck(wanted, effects))),
    serverChecks(input, look2, effects),
    composeChecks(input, look2, effects)
  ]);
  return checks.flat();
}
__name(gate, "gate");
function testsCheck({ tests: { passed, detail } }) {
  return {
    name: "critical tests passed",
    passed,
    detail,
    ...passed ? {} : { fix: "Repair what the tests found." }
  };
}
__name(testsCheck, "testsCheck");
async function imageCheck({ service, image }, effects) {
  const exists = await effects.imageExists(image.reference);
  return {
    name: "image exists",
    service: service.name,
    passed: exists,
    detail: exists ? image.reference : `${image.reference} does not exist`,
    ...exists ? {} : { fix: "Run the build stage in the same job." }
  };
}
__name(imageCheck, "imageCheck");
async function serverChecks(input, look2, effects) {
  const name = "SSH connection";
  const info = await attempt3(() => effects.target.engine.info());
  if ("problem" in info) {
    const fix = "Check that the user may reach the Docker engine: `docker version` on the server.";
    return [{ name, passed: false, detail: info.problem, fix }];
  }
  return [
    { name, passed: true, detail: `${effects.target.name} answers` },
    engineCheck(info.value, input),
    composeVersionCheck(info.value),
    await diskCheck(info.value, input, look2, effects)
  ];
}
__name(serverChecks, "serverChecks");
async function composeChecks(input, look2, effects) {
  const name = "compose file";
  if (look2.observed === void 0)
    return [{ name, passed: false, detail: look2.problem, fix: "Repair the compose file." }];
  const { observed, plan } = look2;
  const { file, existed } = plan.compose;
  const services = [];
  for (const wanted of input.wanted)
    services.push(await backupCheck(plan, wanted, observed, effects), ...strategyCheck(wanted, observed));
  return [
    { name, passed: true, detail: `${file}${existed ? "" : " (from the repository)"}` },
    markerCheck(look2, input, effects),
    driftCheck(look2, input),
    ...services
  ];
}
__name(composeChecks, "composeChecks");
async function diskCheck(info, input, look2, effects) {
  const name = "free disk";
  const sizes = input.wanted.filter(({ image }) => look2.observed?.imageIds[image.reference] !== image.id).map(({ image }) => image.size);
  const arriving = sizes.reduce((sum, size) => sum + size, 0);
  const need = bytesOf(input.minFreeDisk) + arriving;
  const free = await attempt3(() => effects.target.freeDisk(info.dataRoot));
  if (!("value" in free)) return { name, passed: false, detail: free.problem };
  const passed = free.value > need;
  return {
    name,
    passed,
    detail: `${gigabytes(free.value)} free on ${info.dataRoot}, more than ${gigabytes(need)} needed${arriving > 0 ? `, ${gigabytes(arriving)} of it for the images` : ""}`,
    ...passed ? {} : { fix: "Free space on the server: `docker system df` shows what uses it." }
  };
}
__name(diskCheck, "diskCheck");
function engineCheck(info, { wanted }) {
  const name = "Docker engine";
  if (info.engine === "") return { name, passed: false, detail: "no engine answers" };
  const detail = `${info.engine}, ${info.store} image store`;
  if (!info.rootless || wanted.every(({ service }) => service.healthCheck.url === void 0)) {
    return { name, passed: true, detail };
  }
  return {
    name,
    passed: false,
    detail: `${detail}, rootless: the addresses of its containers cannot be reached from the server`,
    fix: "Rootless engines are not supported with health check URLs: deploy to an engine that runs as root."
  };
}
__name(engineCheck, "engineCheck");
function composeVersionCheck(info) {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(info.compose) ?? []).slice(1).map(Number);
  const enough = major > OLDEST_COMPOSE[0] || major === OLDEST_COMPOSE[0] && minor >= OLDEST_COMPOSE[1];
  return {
    name: "Docker Compose",
    passed: enough,
    detail: info.compose === "" ? "not installed" : info.compose,
    ...enough ? {} : { fix: `Install Docker Compose ${OLDEST_COMPOSE.join(".")} or later on the server.` }
  };
}
__name(composeVersionCheck, "composeVersionCheck");
function markerCheck({ observed, plan }, input, { target }) {
  const name = "environment";
  const { directory } = plan.compose;
  const meant = markerOf(input.prefix, target);
  const found = observed.marker;
  if (found === void 0) return { name, passed: true, detail: `${directory} is not marked yet` };
  const passed = found.project === meant.project && found.target === meant.target;
  return {
    name,
    passed,
    detail: passed ? `${directory} belongs to ${meant.project} on ${meant.target}` : `${directory} belongs to project ${found.project} on ${found.target}, not to ${meant.project} on ${meant.target}`,
    ...passed ? {} : {
      fix: `Correct \`project.name\`, \`deploy.target\` or \`deploy.path\`; if the folder has moved on purpose, remove ${markerPath(directory)} on the server.`
    }
  };
}
__name(markerCheck, "markerCheck");
function driftCheck({ observed, plan }, input) {
  const name = "compose file drift";
  const { drift = "adopt" } = input;
  if (observed.drift === "") return { name, passed: true, detail: "none" };
  if (drift !== "fail") {
    const used = drift === "adopt" ? "the server's file is used" : "the repository's file is used";
    return { name, passed: true, detail: `\`deploy.drift\` is ${drift}: ${used}` };
  }
  return {
    name,
    passed: false,
    detail: `${plan.compose.file} on the server (-) differs from the repository's (+):
${observed.drift}`,
    fix: "Make the two files the same, or set `deploy.drift` to adopt or overwrite."
  };
}
__name(driftCheck, "driftCheck");
async function backupCheck(plan, wanted, observed, effects) {
  const check = { name: "previous image backed up", service: wanted.service.name };
  const service = plan.services.find((entry) => entry.service === wanted.service.name);
  if (!service || service.previous_id === "") {
    return { ...check, passed: true, detail: "first deployment: there is nothing to back up" };
  }
  const proven = effects.change ? (await effects.change(proveImage(service.previous_id))).code === 0 : await effects.target.engine.image(service.previous_id) !== void 0;
  const kept = observed.containers.find((container) => container.imageId === service.previous_id);
  return {
    ...check,
    passed: proven,
    detail: proven ? `${service.previous}, pinned as ${service.pin}` : `the image of ${kept?.name ?? "the running container"} cannot be started again`,
    ...proven || !kept ? {} : { fix: `Save what runs as an image: docker commit ${kept.name} ${service.pin}` }
  };
}
__name(backupCheck, "backupCheck");
function strategyCheck({ service }, observed) {
  const { impossible } = chooseStrategy(observed.model, service.composeService, service.strategy);
  if (impossible === "") return [];
  return [
    {
      name: "strategy",
      service: service.name,
      passed: false,
      detail: `start-first is not possible: ${impossible}`,
      fix: `Set \`services.${service.name}.strategy\` to auto, or change the compose file.`
    }
  ];
}
__name(strategyCheck, "strategyCheck");
function gateTable(checks) {
  const cell = /* @__PURE__ */ __name((text) => text.replaceAll("|", "\\|").replaceAll("\n", "<br>"), "cell");
  return [
    "| gate | | what |",
    "| --- | --- | --- |",
    ...checks.map(
      (check) => `| ${cell(check.name)}${check.service === void 0 ? "" : ` (${cell(check.service)})`} | ${check.passed ? "ok" : "FAILED"} | ${cell(check.detail)} |`
    )
  ].join("\n");
}
__name(gateTable, "gateTable");
async function attempt3(body) {
  try {
    return { value: await body() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
__name(attempt3, "attempt");
var gigabytes = /* @__PURE__ */ __name((bytes) => `${(bytes / 1e9).toFixed(1)} GB`, "gigabytes");

// src/deploy/compose-edit.ts
var import_yaml = __toESM(require_dist(), 1);
function setImages(source, images) {
  const document = parse(source);
  const services = document.get("services", true);
  if (!(0, import_yaml.isMap)(services)) {
    throw invalid("The compose file has no `services`.", "Add a `services` map with the services to deploy.");
  }
  const names = services.items.map((pair) => String(pair.key instanceof import_yaml.Scalar ? pair.key.value : pair.key));
  const splices = [];
  for (const [name, image] of Object.entries(images)) {
    if (!names.includes(name)) {
      throw invalid(
        `The compose file has no service \`${name}\`.`,
        `It has ${names.length === 0 ? "none" : names.map((entry) => `\`${entry}\``).join(", ")}. Name the right one in \`services.<name>.compose_service\`.`
      );
    }
    splices.push(...imageSplice(source, services, name, image));
  }
  const edited = splices.sort((left, right) => right.from - left.from).reduce((text, splice) => text.slice(0, splice.from) + splice.text + text.slice(splice.to), source);
  return edited;
}
__name(setImages, "setImages");
function servicesIn(source) {
  const value = parse(source).toJS();
  return Object.keys(value?.services ?? {});
}
__name(servicesIn, "servicesIn");
function imagesIn(source) {
  const value = parse(source).toJS();
  return Object.fromEntries(
    Object.entries(value?.services ?? {}).flatMap(
      ([name, service]) => typeof service?.image === "string" ? [[name, service.image]] : []
    )
  );
}
__name(imagesIn, "imagesIn");
function imageSplice(source, services, name, image) {
  const value = JSON.stringify(image);
  const text = (0, import_yaml.parseDocument)(image).toJS() === image ? image : value;
  const node = services.get(name, true);
  if ((0, import_yaml.isMap)(node)) {
    const current = node.get("image", true);
    if (current instanceof import_yaml.Scalar && current.value === image) return [];
    if ((current instanceof import_yaml.Scalar || current instanceof import_yaml.Alias) && current.range) {
      const [from2, to] = current.range;
      const block = current instanceof import_yaml.Scalar && (current.type ?? "").startsWith("BLOCK_");
      return [{ from: from2, to, text: from2 === to ? ` ${text}` : block ? `${text}
` : text }];
    }
    const first = node.items[0]?.key;
    if (node.flow || !first?.range) {
      const from2 = (node.range?.[0] ?? 0) + 1;
      return [{ from: from2, to: from2, text: ` image: ${value}${node.items.length > 0 ? "," : " "}` }];
    }
    const [from] = first.range;
    const indent = from - (source.lastIndexOf("\n", from - 1) + 1);
    const eol = source.includes("\r\n") ? "\r\n" : "\n";
    return [{ from, to: from, text: `image: ${text}${eol}${" ".repeat(indent)}` }];
  }
  if (node instanceof import_yaml.Alias && node.range) {
    return [{ from: node.range[0], to: node.range[1], text: `{ <<: *${node.source}, image: ${value} }` }];
  }
  const range = node?.range;
  if (!range || node instanceof import_yaml.Scalar && node.value !== null) {
    throw invalid(`Service \`${name}\` of the compose file is no map.`, "Write its keys below its name.");
  }
  return [{ from: range[0], to: range[0], text: ` { image: ${value} }` }];
}
__name(imageSplice, "imageSplice");
function parse(source) {
  const document = (0, import_yaml.parseDocument)(source, { merge: true, keepSourceTokens: false });
  const [problem] = document.errors;
  if (problem) throw invalid(`The compose file is not valid YAML: ${problem.message}`, "Repair the file.");
  return document;
}
__name(parse, "parse");
function invalid(what, fix) {
  return new AutopilotError("CONFIG_INVALID", { what, fix });
}
__name(invalid, "invalid");

// src/deploy/drift.ts
var MOST_LINES = 3e3;
function driftOf(server, repository, images, own = {}) {
  if (server === void 0 || repository === void 0) return "";
  const same = { ...taggedImages(server, repository, own), ...images };
  const [left, right] = [comparable(server, same), comparable(repository, same)];
  if (left.join("\n") === right.join("\n")) return "";
  if (left.length > MOST_LINES || right.length > MOST_LINES) {
    return `${String(left.length)} lines on the server, ${String(right.length)} in the repository`;
  }
  return lineDiff(left, right).map(withoutSecrets).join("\n");
}
__name(driftOf, "driftOf");
function taggedImages(server, repository, own) {
  try {
    const here = imagesIn(repository);
    const services = servicesIn(repository);
    const tagged = Object.entries(imagesIn(server)).filter(
      ([name, image]) => services.includes(name) && [own[name], nameOf(here[name] ?? "")].includes(nameOf(image))
    );
    return Object.fromEntries(tagged);
  } catch {
    return {};
  }
}
__name(taggedImages, "taggedImages");
var nameOf = /* @__PURE__ */ __name((image) => image.replace(/:[^:/]*$/, ""), "nameOf");
function comparable(source, images) {
  const lines = /* @__PURE__ */ __name((text) => text.trimEnd().split(/\r?\n/), "lines");
  try {
    return lines(setImages(source, images));
  } catch {
    return lines(source);
  }
}
__name(comparable, "comparable");
function lineDiff(left, right) {
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  const at = /* @__PURE__ */ __name((row2, column2) => common[row2 * width + column2] ?? 0, "at");
  for (let row2 = left.length - 1; row2 >= 0; row2 -= 1) {
    for (let column2 = right.length - 1; column2 >= 0; column2 -= 1) {
      common[row2 * width + column2] = left[row2] === right[column2] ? at(row2 + 1, column2 + 1) + 1 : Math.max(at(row2 + 1, column2), at(row2, column2 + 1));
    }
  }
  const found = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      row += 1;
      column += 1;
    } else if (column >= right.length || row < left.length && at(row + 1, column) >= at(row, column + 1)) {
      found.push(`-${String(row + 1)}: ${left[row] ?? ""}`);
      row += 1;
    } else {
      found.push(`+${String(column + 1)}: ${right[column] ?? ""}`);
      column += 1;
    }
  }
  return found;
}
__name(lineDiff, "lineDiff");
var SECRET_KEY = /((?:pass|secret|token|key|credential|auth|dsn|private)[\w.-]*["']?\s*[:=]\s*).+$/i;
var SECRET_URL = /(\w+:\/\/[^\s:/@]*:)[^\s@]+@/g;
var withoutSecrets = /* @__PURE__ */ __name((line) => line.replace(SECRET_KEY, "$1***").replace(SECRET_URL, "$1***@"), "withoutSecrets");

// src/deploy/resolve.ts
var asking = /* @__PURE__ */ __name((directory, source) => (title, question, profiles = []) => ({
  title,
  argv: [
    ...["docker", "compose", "--project-directory", directory],
    ...profiles.flatMap((profile) => ["--profile", profile]),
    ...["-f", "-", "config", ...question]
  ],
  input: source,
  timeout: 6e4
}), "asking");
async function resolve(target, directory, source, wanted) {
  const ask = asking(directory, source);
  const resolved = /* @__PURE__ */ __name((profiles2, services = []) => modelOf(target, ask("read the compose file", ["--format", "json", ...services], profiles2)), "resolved");
  const hashed = /* @__PURE__ */ __name((profiles2) => hashesOf(target, ask("hash the services of the compose file", ["--hash", "*"], profiles2)), "hashed");
  const [model, hashes] = await Promise.all([resolved([]), hashed([])]);
  const disabled = wanted.filter((name) => !(name in model.services));
  if (disabled.length === 0) return { model, hashes };
  const named = await resolved([], disabled);
  const profiles = [...new Set(disabled.flatMap((name) => named.services[name]?.profiles ?? []))];
  const [wider, more] = await Promise.all([resolved(profiles), hashed(profiles)]);
  return {
    model: { ...model, services: { ...wider.services, ...model.services } },
    hashes: { ...more, ...hashes }
  };
}
__name(resolve, "resolve");
async function modelOf(target, command) {
  const resolved = await target.query(command);
  if (resolved.code === 0) return parseComposeModel(resolved.stdout);
  throw new AutopilotError("SERVER_COMPOSE", {
    what: `Docker Compose on ${target.name} refuses the compose file with the new images.`,
    why: resolved.stderr.trim() || resolved.stdout.trim(),
    fix: "Repair the compose file, or the files it refers to (`env_file`, `.env`, `include`), on the server."
  });
}
__name(modelOf, "modelOf");
async function hashesOf({ query }, command) {
  const hashed = await query(command);
  if (hashed.code !== 0) return {};
  return Object.fromEntries(
    hashed.stdout.split("\n").map((line) => line.trim().split(/\s+/)).flatMap(([name, hash]) => name && hash ? [[name, hash]] : [])
  );
}
__name(hashesOf, "hashesOf");

// src/deploy/observe.ts
async function observe(target, composeFile, composeSource, wanted, drift = "adopt", own = {}) {
  const directory = composeFile.slice(0, composeFile.lastIndexOf("/")) || "/";
  const looked = Promise.all([engineOf(target), readMarker(target, directory)]);
  looked.catch(() => void 0);
  const serverSource = await target.readFile(composeFile);
  const source = drift === "overwrite" ? composeSource ?? serverSource : serverSource ?? composeSource;
  if (source === void 0) {
    throw new AutopilotError("CONFIG_INVALID", {
      what: `There is no compose file: neither ${composeFile} on ${target.name} nor one in the repository.`,
      fix: "Commit the file that `deploy.compose_file` names, or put it on the server at `deploy.path`."
    });
  }
  const images = Object.fromEntries(
    wanted.map((entry) => [entry.service.composeService, entry.image.reference])
  );
  const kept = drift === "overwrite" && serverSource !== void 0 && composeSource !== void 0 ? taggedImages(serverSource, composeSource, own) : {};
  const nextSource = setImages(source, { ...kept, ...images });
  const [{ model, hashes }, [{ engine, freeDisk }, marker]] = await Promise.all([
    resolve(target, directory, nextSource, Object.keys(images)),
    looked
  ]);
  const all = await target.engine.containers([`${COMPOSE_LABEL.project}=${model.name}`]);
  const containers = all.filter((container) => !/^true$/i.test(container.labels[COMPOSE_LABEL.oneoff] ?? ""));
  const references = /* @__PURE__ */ new Set([...containers.map((container) => container.image), ...Object.values(images)]);
  const imageIds = {};
  const tags = {};
  const builtBy = {};
  await Promise.all(
    [...references].map(async (reference) => {
      const image = await target.engine.image(reference);
      if (!image) return;
      imageIds[reference] = image.id;
      tags[image.id] = image.references;
      builtBy[image.id] = image.labels[IMAGE_LABEL.pipeline] ?? "";
    })
  );
  const differences = driftOf(serverSource, composeSource, images, own);
  return {
    model,
    containers,
    hashes,
    imageIds,
    tags,
    builtBy,
    engine,
    freeDisk,
    serverSource,
    nextSource,
    drift: differences,
    marker,
    warnings: differences === "" || drift !== "adopt" ? [] : [adopted(composeFile, differences)]
  };
}
__name(observe, "observe");
async function engineOf(target) {
  const engine = await target.engine.info();
  return { engine, freeDisk: await target.freeDisk(engine.dataRoot) };
}
__name(engineOf, "engineOf");
var adopted = /* @__PURE__ */ __name((composeFile, differences) => `${composeFile} on the server differs from the one in the repository by more than image tags. The server's file is used; copy it into the repository, or the other way round, to end this warning:
${differences}`, "adopted");

// src/deploy/deploy.ts
async function planOnly(input, outer) {
  const look2 = await lookAt(input, outer);
  const checks = await gate(input, look2, {
    target: outer.target,
    imageExists: input.imageExists,
    change: void 0
  });
  if (look2.plan) outer.log.info(planTable(look2.plan));
  outer.log.info(gateTable(checks));
  return {
    gate: checks,
    services: look2.plan ? planRows(look2.plan) : [],
    operations: look2.plan ? operationLines(look2.plan) : []
  };
}
__name(planOnly, "planOnly");
async function lookAt(input, { target, log }) {
  try {
    const { composeFile, composeSource, wanted, drift, ownImages } = input;
    const observed = await observe(target, composeFile, composeSource, wanted, drift, ownImages);
    return { observed, plan: planRelease(observed, input) };
  } catch (error) {
    if (!(error instanceof AutopilotError)) throw error;
    log.debug(error.toString());
    return { observed: void 0, plan: void 0, problem: `${error.message} ${error.why}`.trim() };
  }
}
__name(lookAt, "lookAt");
async function carryOut(input, look2, checks, effects) {
  const { plan, observed } = look2;
  effects.log.info(gateTable(checks));
  effects.log.info(planTable(plan));
  const result = {
    ...emptyResult(checks, plan),
    warnings: [...observed.warnings, ...plan.warnings]
  };
  if (plan.services.every((service) => service.current)) return { ...result, status: "skipped" };
  await effects.keeper.record("plan", plan);
  const baseline = sampleBaseline(plan, effects);
  let cutOverBegan = false;
  try {
    const sent = await execute(
      {
        plan,
        wanted: input.wanted,
        model: observed.model,
        nextSource: observed.nextSource,
        serverSource: observed.serverSource,
        transfer: input.transfer,
        beforeCutOver: /* @__PURE__ */ __name(async () => {
          cutOverBegan = true;
          result.baselines = await baseline.stop();
        }, "beforeCutOver"),
        signal: input.signal
      },
      effects
    );
    const warnings = [...result.warnings, ...sent.warnings];
    return {
      ...result,
      status: warnings.length > 0 ? "warning" : "passed",
      services: plan.services.map((service) => {
        const bytes = sent.each[service.image];
        const outcome = outcomeOf(service, "deployed");
        return bytes === void 0 ? outcome : { ...outcome, bytes_sent: bytes };
      }),
      warnings
    };
  } catch (error) {
    const reached = cutOverBegan ? "cutting over" : "preparing";
    const undone = await putBack(error, result, { plan, reached }, baseline, effects);
    return cutOverBegan || undone.services.some((service) => service.status === "undo-failed") ? undone : { ...undone, services: result.services };
  }
}
__name(carryOut, "carryOut");
async function putBack(error, result, { plan, reached }, baseline, effects) {
  await baseline.cancel();
  const { failure: failure2, problem } = explain(error);
  effects.log.info(problem.toString());
  if (failure2?.log_tail) effects.log.foreign(failure2.log_tail);
  const outcome = await undoOrAsk(plan, effects, { reason: problem.message, reached });
  if (!outcome.leftToServer && outcome.leftRunning !== true) {
    await effects.keeper.disarm().catch((cause) => {
      outcome.manualSteps.push(`# the server could not be told that the release is over: ${String(cause)}`);
    });
  }
  return {
    ...result,
    status: "failed",
    services: plan.services.map((service) => undoneOutcome(service, outcome, problem.message)),
    rolled_back: outcome.rolledBack,
    ...failure2 ? { failure: failure2 } : {},
    manual_steps: outcome.manualSteps,
    error: { code: problem.code, what: problem.message, why: problem.why, fix: problem.fix }
  };
}
__name(putBack, "putBack");
function explain(error) {
  if (error instanceof Unhealthy) {
    return {
      failure: error.failure,
      problem: new AutopilotError("DEPLOY_FAILED", {
        what: `The new version of ${error.failure.service} is not healthy.`,
        why: error.failure.reason,
        fix: "Look at the last log lines of the container; the old version serves on."
      })
    };
  }
  if (error instanceof AutopilotError) return { failure: void 0, problem: error };
  return {
    failure: void 0,
    problem: new AutopilotError("INTERNAL", { what: String(error), cause: error })
  };
}
__name(explain, "explain");
function refused(checks, plan) {
  const failed = checks.filter((check) => !check.passed);
  return {
    ...emptyResult(checks, plan),
    status: "failed",
    error: {
      code: "GATE_FAILED",
      what: `The gate stopped the deployment: ${failed.map((check) => label(check)).join(", ")}.`,
      why: failed.map((check) => `${label(check)}: ${check.detail}`).join("\n"),
      fix: failed.flatMap((check) => check.fix ? [check.fix] : []).join("\n")
    }
  };
}
__name(refused, "refused");
var label = /* @__PURE__ */ __name((check) => check.service ? `${check.name} (${check.service})` : check.name, "label");
function emptyResult(checks, plan) {
  return {
    status: "passed",
    gate: checks,
    services: (plan?.services ?? []).map((service) => outcomeOf(service, "untouched")),
    rolled_back: [],
    manual_steps: [],
    baselines: {},
    release: plan?.pipeline_id ?? "",
    warnings: []
  };
}
__name(emptyResult, "emptyResult");
function undoneResult(plan, outcome, reason) {
  return {
    ...emptyResult([], plan),
    status: "failed",
    services: plan.services.map((service) => undoneOutcome(service, outcome, reason)),
    rolled_back: outcome.rolledBack,
    manual_steps: outcome.manualSteps
  };
}
__name(undoneResult, "undoneResult");
function outcomeOf(service, status) {
  const deployed = status === "deployed" && !service.current;
  return {
    service: service.service,
    image: deployed || service.current ? service.image : service.previous,
    previous: service.previous,
    strategy: service.strategy,
    status: deployed ? "deployed" : "untouched",
    reason: service.current ? "this image with this configuration runs already" : service.reason
  };
}
__name(outcomeOf, "outcomeOf");
function undoneOutcome(service, outcome, reason) {
  const failed = outcome.failed[service.service];
  if (outcome.leftToServer && !service.current) {
    return {
      ...outcomeOf(service, "untouched"),
      status: "rolled-back",
      reason: `${reason} ${LEFT_TO_SERVER}`
    };
  }
  if (outcome.leftRunning && failed !== void 0) {
    return { ...outcomeOf(service, "deployed"), status: "undo-failed", reason: failed };
  }
  const back = outcome.rolledBack.includes(service.service);
  return {
    ...outcomeOf(service, "untouched"),
    status: failed !== void 0 ? "undo-failed" : back ? "rolled-back" : "untouched",
    reason: failed ?? reason
  };
}
__name(undoneOutcome, "undoneOutcome");

// src/deploy/under-test.ts
function underTest(plan, request, effects) {
  const { keeper, target } = effects;
  const containers = /* @__PURE__ */ __name(async () => {
    const found = {};
    for (const service of plan().services) {
      const others = service.kept.filter((container) => !service.current || !container.running);
      const kept = new Set(others.map((container) => container.id));
      const now = await containersOf(effects, plan(), service);
      found[service.service] = now.filter((entry) => !kept.has(entry.id)).map((entry) => entry.id);
    }
    return found;
  }, "containers");
  return {
    containers,
    async describeFailure(service, reason) {
      const [id] = (await containers())[service] ?? [];
      return failure(
        { service },
        effects,
        id === void 0 ? void 0 : await target.engine.container(id),
        reason
      );
    },
    async rollBack(reason) {
      const outcome = await undoOrAsk(plan(), effects, { reason, reached: "cutting over" });
      if (!outcome.leftToServer && outcome.leftRunning !== true) await keeper.disarm();
      return outcome;
    },
    async confirm() {
      await keeper.record("verified", { pipeline_id: plan().pipeline_id });
      await keeper.disarm();
      return retire(plan(), request, effects);
    },
    async leaveRunning(reason) {
      await keeper.record("left_running", { reason });
      await keeper.disarm();
      await keepStopped(plan(), effects);
      for (const warning of await retireStaged(plan(), effects)) effects.log.warning(warning);
    },
    outcomes: /* @__PURE__ */ __name((reason, undone) => plan().services.map(
      (service) => undone ? undoneOutcome(service, undone, reason) : { ...outcomeOf(service, "deployed"), reason: service.current ? service.reason : reason }
    ), "outcomes")
  };
}
__name(underTest, "underTest");

// src/deploy/index.ts
async function openRelease(options, outer) {
  const keeper = await outer.target.openKeeper({
    pipelineId: options.pipelineId,
    runUrl: options.runUrl,
    actor: options.actor,
    wait: options.lockWait,
    heartbeat: options.heartbeat,
    ...options.handover ? { claim: options.handover.nonce } : {}
  });
  const effects = { ...outer, keeper };
  try {
    const claimed = options.handover !== void 0 && keeper.claimed !== false;
    const settled = claimed ? { state: "nothing" } : await recover(effects);
    refuseUnknown(settled);
    const refusal = refusalOf(settled);
    if (options.handover && !claimed && !refusal) throw handoverLost(options.handover);
    return handle(effects, { settled, refusal, taken: claimed ? options.handover?.plan : void 0 });
  } catch (error) {
    await keeper.close().catch(() => void 0);
    throw error;
  }
}
__name(openRelease, "openRelease");
function handoverLost(handover) {
  return new AutopilotError("DEPLOY_FAILED", {
    what: `Release ${handover.plan.pipeline_id} is not in place any more.`,
    why: "The server waited for the next step of this job, heard nothing in time, and rolled back by itself.",
    fix: "Run the stage `verify` in the same job, directly after `deploy`; then run the job again."
  });
}
__name(handoverLost, "handoverLost");
function refuseUnknown(settled) {
  if (settled.state !== "rolled-back" || !settled.outcome.leftToServer) return;
  throw new AutopilotError("SSH_CONNECT", {
    what: `The connection was lost while release ${settled.plan.pipeline_id}, left half-finished, was put back.`,
    why: LEFT_TO_SERVER,
    fix: "Run the job again."
  });
}
__name(refuseUnknown, "refuseUnknown");
function refusalOf(settled) {
  if (settled.state !== "rolled-back") return void 0;
  const { plan, outcome } = settled;
  const failed = Object.entries(outcome.failed);
  if (failed.length === 0) return void 0;
  return {
    undoFailed: failed.map(([service]) => service),
    error: new AutopilotError("ROLLBACK_FAILED", {
      what: `Release ${plan.pipeline_id} was left half-finished and could not be put back.`,
      why: failed.map(([service, why]) => `${service}: ${why}`).join("; "),
      fix: `Run on the server: ${outcome.manualSteps.join(" ; ")}`
    })
  };
}
__name(refusalOf, "refusalOf");
function handle(effects, {
  settled,
  refusal,
  taken
}) {
  const { keeper, target } = effects;
  let plan = taken;
  let fateUnknown = false;
  let undecided = taken !== void 0 || settled.state === "rolled-back" && refusal !== void 0 && !settled.outcome.asked;
  const deciding = /* @__PURE__ */ __name((way) => async (...given) => {
    const result = await way(...given);
    undecided = false;
    return result;
  }, "deciding");
  const current = /* @__PURE__ */ __name(() => {
    if (plan) return plan;
    throw new AutopilotError("INTERNAL", { what: "There is no release yet: deploy comes first." });
  }, "current");
  return {
    keeper,
    settled,
    refusal,
    get plan() {
      return plan;
    },
    async deploy(input) {
      if (refusal) throw refusal.error;
      const look2 = await lookAt(input, effects);
      const checks = await gate(input, look2, {
        target,
        imageExists: input.imageExists,
        change: /* @__PURE__ */ __name((command) => keeper.change(command), "change")
      });
      if (look2.plan === void 0 || checks.some((check) => !check.passed)) {
        effects.log.info(gateTable(checks));
        return refused(checks, look2.plan);
      }
      plan = look2.plan;
      const result = await carryOut(input, look2, checks, effects);
      undecided = result.status === "passed" || result.status === "warning";
      return result;
    },
    get fateUnknown() {
      return fateUnknown;
    },
    underTest(request) {
      const release = underTest(current, request, effects);
      return {
        ...release,
        rollBack: deciding(release.rollBack),
        leaveRunning: deciding(release.leaveRunning),
        confirm: deciding(
          () => release.confirm().catch((error) => {
            fateUnknown = true;
            throw unconfirmed(current(), error);
          })
        )
      };
    },
    async recorded() {
      if (undecided) return;
      try {
        await keeper.record("recorded", {});
        await keeper.record("settled", {});
      } catch (error) {
        effects.log.warning(`The server could not be told that the run is recorded: ${String(error)}`);
      }
    },
    async handOver(seconds) {
      const { nonce } = await keeper.detach(seconds);
      return { nonce, plan: current() };
    },
    close: /* @__PURE__ */ __name(() => keeper.close(), "close")
  };
}
__name(handle, "handle");
function unconfirmed(plan, cause) {
  return new AutopilotError("SSH_CONNECT", {
    what: `Release ${plan.pipeline_id} passed VERIFY, but the server could not be told.`,
    why: `${cause instanceof Error ? cause.message : String(cause)} Either it stands, or the server puts the version before back.`,
    fix: "Run the job again: it reads the journal of the server first and records what became of this release.",
    cause
  });
}
__name(unconfirmed, "unconfirmed");

export {
  lastRelease,
  earlierUnrecorded,
  recover,
  planOnly,
  undoneResult,
  openRelease
};
