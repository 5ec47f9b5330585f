import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  announceLock,
  showDeployment
} from "./chunk-ELI6Y2OV.js";
import {
  elsewhere,
  ownReleases,
  whoseOf
} from "./chunk-Z6NKOQCB.js";
import {
  reportOfRollback
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
  verifyRelease
} from "./chunk-YYGHUJH7.js";
import {
  settleEarlierOrWarn
} from "./chunk-DM2LZYME.js";
import "./chunk-LTFQZQCK.js";
import "./chunk-6L4HAHFR.js";
import {
  isoWithOffset,
  pipelineId
} from "./chunk-GRLBLCD5.js";
import {
  serverOf,
  tagOf
} from "./chunk-PARIFH2F.js";
import {
  openRelease,
  planOnly
} from "./chunk-ZLEJMH7V.js";
import "./chunk-K24USPVH.js";
import "./chunk-O2WQG6BM.js";
import "./chunk-RI65VB6Y.js";
import "./chunk-KNILVGF2.js";
import "./chunk-33DNCJOU.js";
import "./chunk-A2A7TAQV.js";
import "./chunk-RZNKN4MS.js";
import "./chunk-K7Z7QXKG.js";
import "./chunk-GQPMUFTI.js";
import "./chunk-TXLGVKAY.js";
import "./chunk-KDMU73A4.js";
import "./chunk-DNZ7MGUB.js";
import {
  recordRollback
} from "./chunk-SER2FINV.js";
import {
  goodEntries,
  imageOf
} from "./chunk-E5QVSBEW.js";
import {
  applyEvent,
  emptyPipelineFile
} from "./chunk-ZTA2TRVF.js";
import {
  iso_exports
} from "./chunk-XHA3XECK.js";
import {
  RegistryEntry
} from "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import {
  object,
  string
} from "./chunk-4JOCUQ4S.js";
import "./chunk-NQUX53VA.js";
import "./chunk-H4DZ7JEN.js";
import "./chunk-ANS66LPE.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/manual-rollback.ts
import { join } from "node:path";

// src/rollback/index.ts
async function rollback(input, effects) {
  const deployed = await effects.release.deploy(await releaseOf(input, effects.target));
  if (deployed.status === "failed" || deployed.status === "skipped") return { deploy: deployed };
  return { deploy: deployed, verify: await effects.verify(deployed) };
}
__name(rollback, "rollback");
async function previewRollback(input, effects) {
  return planOnly(await releaseOf(input, effects.target), effects);
}
__name(previewRollback, "previewRollback");
async function releaseOf(input, target) {
  return {
    pipelineId: input.pipelineId,
    kind: "rollback",
    wanted: await imagesThere(input, target),
    prefix: input.prefix,
    composeFile: input.composeFile,
    composeSource: void 0,
    // Nothing is sent, so a full disk is no reason to stay with a broken version.
    minFreeDisk: 0,
    ...input.proxy === void 0 ? {} : { proxy: input.proxy },
    tests: { passed: true, detail: "not asked for a rollback: this release was verified before" },
    transfer: /* @__PURE__ */ __name(() => Promise.resolve({ each: {}, warnings: [] }), "transfer"),
    imageExists: /* @__PURE__ */ __name(async (reference) => await target.engine.image(reference) !== void 0, "imageExists"),
    ...input.signal ? { signal: input.signal } : {}
  };
}
__name(releaseOf, "releaseOf");
async function imagesThere({ services }, target) {
  if (services.length === 0) {
    throw new AutopilotError("ROLLBACK_IMPOSSIBLE", {
      what: "There is nothing to roll back.",
      why: "No service has an earlier release that was verified.",
      fix: "Name a release with the input `to`, or deploy a good version."
    });
  }
  const wanted = [];
  const missing = [];
  const found = await Promise.all(services.map(({ image }) => target.engine.image(image)));
  for (const [index, { service, image, verified }] of services.entries()) {
    const there = found[index];
    if (!there) missing.push(`${image} (${service.name})`);
    else wanted.push({ service, image: { reference: image, id: there.id, size: there.size }, verified });
  }
  if (missing.length === 0) return wanted;
  throw new AutopilotError("ROLLBACK_IMPOSSIBLE", {
    what: `Not on ${target.name} any more: ${missing.join(", ")}.`,
    why: "The image was removed from the server, by hand or beyond `safety.keep_releases`.",
    fix: "Roll back to another release with the input `to`, or run the pipeline on the older commit."
  });
}
__name(imagesThere, "imagesThere");

// src/state/reconcile.ts
var MAX_AHEAD = 1e3;
var CachedEntry = object({
  ...RegistryEntry.shape,
  tag: string().regex(/^\w[\w.-]{0,127}$/),
  image: string().max(400),
  target: string().max(400).optional(),
  deployed_at: iso_exports.datetime({ offset: true }),
  first_deployed_at: iso_exports.datetime({ offset: true }).optional(),
  status_at: iso_exports.datetime({ offset: true }).optional(),
  pipeline_id: string().regex(/^[\w.-]{1,100}$/).optional(),
  commit: string().regex(/^[0-9a-f]{7,64}$/).optional()
});
function reconcile(branch, cache, project) {
  const durable = branch ?? { revision: 0, services: {} };
  const kept = { registry: durable, source: "branch", writeBack: false, refused: [] };
  if (!cache || cache.revision <= durable.revision) return kept;
  if (branch && cache.revision > branch.revision + MAX_AHEAD) {
    return { ...kept, refused: [`revision ${cache.revision}, while the branch has ${branch.revision}`] };
  }
  const refused2 = [];
  const services = new Map(Object.entries(durable.services));
  for (const [name, cached] of Object.entries(cache.services)) {
    if (!project.services.includes(name) && !Object.hasOwn(durable.services, name)) {
      refused2.push(`service ${name}`);
      continue;
    }
    services.set(
      name,
      merged(services.get(name), cached, `${project.name}-${name}`, (image) => refused2.push(image))
    );
  }
  return {
    registry: { ...durable, revision: cache.revision, services: Object.fromEntries(services) },
    source: "cache",
    writeBack: true,
    refused: refused2
  };
}
__name(reconcile, "reconcile");
function merged(durable, cached, repository, refuse) {
  const history = cached.history.flatMap((claimed) => {
    const parsed = CachedEntry.safeParse(claimed);
    const ours = parsed.success && parsed.data.image === `${repository}:${parsed.data.tag}`;
    if (!ours) {
      refuse(String(claimed.image ?? claimed.tag).slice(0, 200));
      return [];
    }
    const before = knownBefore(durable?.history ?? [], parsed.data);
    if (before && before.status !== "success" && parsed.data.status === "success") {
      refuse(parsed.data.image);
      return [before];
    }
    return [{ ...before, ...parsed.data }];
  });
  const good = new Set(history.filter(({ status }) => status === "success").map(({ image }) => image));
  const allowed = /* @__PURE__ */ __name((claimed, fallback) => {
    if (claimed !== null && good.has(claimed)) return claimed;
    if (claimed === null || claimed === fallback) return claimed;
    refuse(claimed.slice(0, 200));
    return fallback ?? null;
  }, "allowed");
  return {
    ...durable,
    current: allowed(cached.current, durable?.current),
    previous: allowed(cached.previous, durable?.previous),
    history
  };
}
__name(merged, "merged");
function knownBefore(history, { image, target }) {
  const same = history.filter((entry) => entry.image === image);
  return same.find((entry) => entry.target === target) ?? same.find(({ status }) => status !== "success") ?? same[0];
}
__name(knownBefore, "knownBefore");

// src/pipeline/known-releases.ts
async function knownReleases({ store, registryCache, config, services, effects }, warnings) {
  let branch;
  try {
    branch = await store.read();
  } catch (error) {
    if (error instanceof AutopilotError && error.code === "STATE_CORRUPT") throw error;
    warnings.push(
      `The state branch could not be read (${error.message}); the copy in the Actions cache is used.`
    );
    effects.log.warning(warnings.at(-1) ?? "");
  }
  const cached = await registryCache.restore(branch?.registry.revision);
  const merged2 = reconcile(branch?.registry, cached, {
    name: config.project.name,
    services: services.map(({ name }) => name)
  });
  for (const refused2 of merged2.refused) effects.log.warning(`Not taken from the Actions cache: ${refused2}`);
  return {
    registry: merged2.registry,
    lock: (branch?.file ?? emptyPipelineFile()).lock,
    source: branch === void 0 ? "cache" : "branch"
  };
}
__name(knownReleases, "knownReleases");
async function knownNow({ store }, known) {
  if (known.source === "cache") return known;
  const now = await store.read().catch(() => void 0);
  if (now === void 0 || now.registry.revision <= known.registry.revision) return known;
  return { ...known, registry: now.registry, lock: now.file.lock };
}
__name(knownNow, "knownNow");
async function imagesRunning(context) {
  const { engine } = await serverOf(context);
  const found = await Promise.all(
    context.services.map(async ({ name, composeService }) => {
      const containers = await engine.containers([`com.docker.compose.service=${composeService}`]);
      const own = `${context.config.project.name}-${name}:`;
      const running = containers.find(({ state, image }) => state === "running" && image.startsWith(own));
      return running === void 0 ? [] : [[name, running.image]];
    })
  );
  return Object.fromEntries(found.flat());
}
__name(imagesRunning, "imagesRunning");
async function imagesHere(context, references) {
  const { engine } = await serverOf(context);
  const found = await Promise.all(
    references.map(async (one) => await engine.image(one) === void 0 ? [] : [one])
  );
  return new Set(found.flat());
}
__name(imagesHere, "imagesHere");

// src/pipeline/manual-rollback-record.ts
async function recordManualRollback(context, run, done) {
  const { event, effects, registryCache } = context;
  let written;
  try {
    written = await record(context, run, done);
  } catch (error) {
    const warning = `The rollback could not be recorded: ${error.message}`;
    effects.log.warning(warning);
    return { warnings: [warning] };
  }
  const { own } = written;
  const now = { ...run, pipeline_id: own };
  const state = await announceLock(context, { ...now, failed: done.status === "failed" }, written.state);
  await registryCache.save(state.registry, { run_id: event.runId, attempt: event.runAttempt });
  if (Object.keys(done.targets).length > 0) {
    const commits = new Set(Object.values(commitsOf(done)));
    const [only] = commits;
    await showDeployment(context, {
      pipelineId: own,
      // One commit has to stand for all of them, and of several none would be right.
      commit: only !== void 0 && commits.size === 1 ? only : run.commit,
      task: "rollback",
      state: done.status === "success" ? "success" : "failure"
    });
  }
  const { lock } = state.file;
  return { pipelineId: own, locked: lock?.locked === true, lock, state, warnings: [] };
}
__name(recordManualRollback, "recordManualRollback");
function commitsOf({ targets, known }) {
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, image]) => {
      const commit = known?.services[name]?.history.find((entry) => entry.image === image)?.commit;
      return commit === void 0 ? [] : [[name, commit]];
    })
  );
}
__name(commitsOf, "commitsOf");
async function record(context, run, done) {
  const { config, effects, store } = context;
  const { asked, running = {}, undoFailed = [], ...outcome } = done;
  const at = isoWithOffset(effects.clock.now(), config.project.timezone);
  const good = outcome.status === "success";
  const event = {
    type: "run-finished",
    status: outcome.status,
    finished_at: at,
    max_consecutive_failures: config.safety.max_consecutive_failures,
    stages: [{ name: "rollback", status: good ? "passed" : "failed", reason: outcome.reason }],
    ...good ? { deployed_commits: commitsOf(done) } : { failed_stage: "rollback", failure_reason: outcome.reason },
    services: Object.keys(outcome.targets),
    deployed: Object.fromEntries(outcome.services.map(({ service, image }) => [service, image])),
    rolled_back: good ? Object.keys(outcome.targets) : [],
    undo_failed: [
      ...outcome.services.filter(({ status }) => status === "undo-failed").map(({ service }) => service),
      ...undoFailed
    ]
  };
  let own = run.pipeline_id;
  const state = await store.update(`rollback ${outcome.status}: ${run.pipeline_id}`, (before) => {
    own = idIn(before.file, context, run);
    const header = { ...headerOf(context, { ...run, pipeline_id: own }), reason: asked };
    return {
      ...before,
      file: applyEvent(before.file, {
        ...event,
        id: idOf(context, own, "rollback"),
        run: { ...header, kind: "rollback" }
      }),
      registry: good ? rolledBack(
        before.registry,
        whoseOf(context),
        { ...outcome, running },
        own,
        at,
        config.safety.keep_releases
      ) : before.registry
    };
  });
  return { state, own };
}
__name(record, "record");
function rolledBack(registry, whose, { targets, running }, pipeline, at, keep) {
  const { services: known } = ownReleases(registry, whose);
  const services = Object.fromEntries(
    Object.entries(targets).map(([name, to]) => {
      const from = running[name] ?? known[name]?.current ?? void 0;
      return [name, { to, ...from === void 0 ? {} : { from: { image: from, tag: tagOf(from) } } }];
    })
  );
  const { target } = whose;
  return recordRollback(
    registry,
    { services, verdict: "rolled-back", pipeline_id: pipeline, target, at },
    keep
  );
}
__name(rolledBack, "rolledBack");

// src/pipeline/rollback-targets.ts
function rollbackTargets(registry, request) {
  const known = Object.keys(registry.services);
  const unknown = request.services.filter((name) => !Object.hasOwn(registry.services, name));
  if (unknown.length > 0) throw impossible(registry, `no release of ${unknown.join(", ")} was ever verified`);
  if (known.length === 0) throw impossible(registry, "no release was ever verified");
  const to = request.to?.trim() ?? "";
  const named = request.services.length > 0;
  const names = named ? [...new Set(request.services)] : known;
  const runs = /* @__PURE__ */ __name((name) => request.running?.[name] ?? registry.services[name]?.current ?? null, "runs");
  const strays = known.filter((name) => runs(name) !== (registry.services[name]?.current ?? null));
  const newest = strays.length > 0 ? strays : lastReleased(registry);
  const candidates = to === "" && !named ? newest : names;
  const moment = to === "" ? void 0 : momentOf(registry, to);
  const targets = {};
  const without = [];
  for (const name of candidates) {
    const history = registry.services[name]?.history ?? [];
    const now = runs(name);
    const entry = moment === void 0 ? goodEntries(history).findLast((candidate) => imageOf(candidate) !== now) : entryAt(history, to, moment);
    if (!entry) without.push(name);
    else if (imageOf(entry) !== now) targets[name] = entry;
  }
  if (without.length > 0) {
    throw impossible(
      registry,
      to === "" ? `${without.join(", ")} has no other verified release` : `${without.join(", ")} has no verified release from the time of ${to}`
    );
  }
  if (Object.keys(targets).length === 0) throw impossible(registry, `${to} is what runs now`);
  return targets;
}
__name(rollbackTargets, "rollbackTargets");
function lastReleased(registry) {
  const current = Object.entries(registry.services).map(([name, { history, current: image }]) => {
    const entry = history.find((candidate) => imageOf(candidate) === image);
    return { name, pipeline: entry?.pipeline_id, at: entry ? Date.parse(entry.deployed_at) : 0 };
  });
  const newest = current.reduce((best, candidate) => candidate.at > best.at ? candidate : best);
  return current.filter(
    ({ pipeline, at }) => newest.pipeline === void 0 ? at === newest.at : pipeline === newest.pipeline
  ).map(({ name }) => name);
}
__name(lastReleased, "lastReleased");
function momentOf(registry, to) {
  const times = Object.values(registry.services).flatMap(({ history }) => goodEntries(history)).filter((entry) => isNamed(entry, to)).map(firstDeployed);
  if (times.length === 0) throw impossible(registry, `${to} is no verified release`);
  return Math.max(...times);
}
__name(momentOf, "momentOf");
function entryAt(history, to, moment) {
  const good = goodEntries(history);
  return good.findLast((entry) => isNamed(entry, to)) ?? good.filter((entry) => firstDeployed(entry) <= moment).reduce(
    (best, entry) => best && firstDeployed(best) > firstDeployed(entry) ? best : entry,
    void 0
  );
}
__name(entryAt, "entryAt");
function isNamed(entry, to) {
  return entry.tag === to || entry.pipeline_id === to || entry.image === to;
}
__name(isNamed, "isNamed");
function firstDeployed(entry) {
  return Date.parse(entry.first_deployed_at ?? entry.deployed_at);
}
__name(firstDeployed, "firstDeployed");
function impossible(registry, why) {
  const there = Object.entries(registry.services).map(([name, { history, current }]) => {
    const good = goodEntries(history).map(
      (entry) => `${entry.tag}${entry.pipeline_id ? ` (${entry.pipeline_id})` : ""}${imageOf(entry) === current ? " running now" : ""}`
    );
    return `${name}: ${good.length ? good.join(", ") : "none"}`;
  });
  return new AutopilotError("ROLLBACK_IMPOSSIBLE", {
    what: "There is no release to roll back to.",
    why,
    fix: there.length ? `Name one of the verified releases with the inputs \`services\` and \`to\`. There are: ${there.join("; ")}` : "Deploy a version that passes verification first; only verified releases can be rolled back to."
  });
}
__name(impossible, "impossible");

// src/pipeline/manual-rollback.ts
async function manualRollback(context, asked) {
  const { config, event, effects } = context;
  const request = { ...asked, reason: effects.mask(asked.reason) };
  const started = effects.clock.now();
  const id = pipelineId(started, event.sha, config.project.timezone);
  const run = {
    pipeline_id: id,
    started_at: isoWithOffset(started, config.project.timezone),
    commit: event.sha
  };
  const warnings = [];
  const reading = knownReleases(context, warnings);
  reading.catch(() => void 0);
  const release = context.dryRun ? void 0 : await lockServer(context, id);
  const earlier = release && await settleEarlierOrWarn(context, release, warnings);
  if (release?.refusal) {
    const done = await refused(context, run, request.reason, release.refusal);
    return { ...done, warnings: [...warnings, ...done.warnings] };
  }
  const [{ registry: all, lock }, running] = await Promise.all([
    reading.then((known) => knownNow(context, known)),
    imagesRunning(context)
  ]);
  const there = await imagesHere(context, elsewhere(all, whoseOf(context)));
  const registry = ownReleases(all, whoseOf(context), there);
  const chosen = rollbackTargets(registry, {
    services: request.services,
    running,
    ...request.to === "" ? {} : { to: request.to }
  });
  const targets = Object.fromEntries(
    Object.entries(chosen).map(([name, entry]) => [
      name,
      entry.image ?? `${config.project.name}-${name}:${entry.tag}`
    ])
  );
  for (const [name, image] of Object.entries(targets))
    effects.log.info(
      `${name}: ${running[name] ?? registry.services[name]?.current ?? "(unknown)"} -> ${image}`
    );
  const base = { pipelineId: id, targets, locked: lock?.locked === true, lock, warnings };
  const wanted = context.services.flatMap((service) => {
    const [image, entry] = [targets[service.name], chosen[service.name]];
    return image === void 0 || entry === void 0 ? [] : [{ service, image, verified: verifiedWhen(entry) }];
  });
  const input = {
    pipelineId: id,
    prefix: config.project.name,
    composeFile: join(config.deploy.path ?? "", config.deploy.compose_file),
    services: wanted,
    proxy: config.deploy.proxy,
    signal: effects.signal
  };
  const target = await serverOf(context);
  if (release === void 0) {
    const preview = await previewRollback(input, { target, clock: effects.clock, log: effects.log });
    return { ...base, status: "success", reason: "dry run: nothing was changed", services: [], preview };
  }
  const result = await rollback(input, {
    target,
    release,
    verify: /* @__PURE__ */ __name((deployed) => verifyRelease(context, release, deployed, Object.keys(targets)), "verify")
  });
  const failed = result.deploy.status === "failed" || result.verify?.status === "failed";
  const services = result.verify?.services ?? result.deploy.services;
  const outcome = effects.mask({
    ...base,
    ...result,
    status: failed ? "failed" : "success",
    reason: failed ? result.verify?.failure?.reason ?? result.deploy.error?.what ?? "the older release was not healthy" : request.reason,
    services
  });
  const told = await recordManualRollback(context, run, {
    ...outcome,
    asked: request.reason,
    running,
    known: registry
  });
  if (told.state && earlier === "recorded") await release.recorded();
  return { ...outcome, ...told, warnings: [...warnings, ...told.warnings] };
}
__name(manualRollback, "manualRollback");
async function refused(context, run, asked, { error, undoFailed }) {
  const outcome = context.effects.mask({
    pipelineId: run.pipeline_id,
    status: "failed",
    reason: `${error.message} ${error.why}`,
    fix: error.fix,
    targets: {},
    services: [],
    locked: false,
    lock: null,
    warnings: []
  });
  return { ...outcome, ...await recordManualRollback(context, run, { ...outcome, asked, undoFailed }) };
}
__name(refused, "refused");
async function lockServer(context, pipelineId2) {
  const { config, event, effects } = context;
  const release = await openRelease(
    {
      pipelineId: pipelineId2,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: config.deploy.lock_wait,
      heartbeat: config.deploy.heartbeat
    },
    { target: await serverOf(context), clock: effects.clock, log: effects.log }
  );
  context.server.release = release;
  return release;
}
__name(lockServer, "lockServer");
var verifiedWhen = /* @__PURE__ */ __name(({ pipeline_id: id, deployed_at: at }) => id === void 0 ? `at ${at}` : `in run ${id}`, "verifiedWhen");

// src/commands/rollback.ts
async function rollbackCommand({ inputs, log, secrets }, context) {
  const { clock } = context.effects;
  const started = clock.now().getTime();
  const done = await log.group(
    "ROLLBACK: back to a release that was verified",
    () => manualRollback(context, { services: inputs.services, to: inputs.to, reason: inputs.reason })
  );
  if (done.status === "failed")
    log.error(`The rollback failed: ${done.reason}${done.fix ? `
What to do: ${done.fix}` : ""}`);
  else log.info(inputs.dryRun ? done.reason : `Rolled back: ${Object.values(done.targets).join(", ")}`);
  const report = reportOfRollback(context, done, inputs.reason, clock.now().getTime() - started);
  if (!await writeSummary(report, secrets.redact)) log.warning("The job summary could not be written.");
  return {
    ...NO_OUTPUTS,
    "pipeline-id": done.pipelineId,
    status: done.status,
    deployed: Object.fromEntries(done.services.map(({ service, image }) => [service, tagOf(image)])),
    "rolled-back": done.status === "success" && !inputs.dryRun ? Object.keys(done.targets) : [],
    ...done.status === "failed" ? { "failed-stage": "rollback", "failure-reason": done.reason } : {},
    locked: done.locked
  };
}
__name(rollbackCommand, "rollbackCommand");
export {
  rollbackCommand
};
