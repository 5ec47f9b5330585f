import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  asFound,
  fateOf,
  refuseUnsettled
} from "./chunk-DM2LZYME.js";
import {
  needed
} from "./chunk-6L4HAHFR.js";
import {
  serverOf
} from "./chunk-PARIFH2F.js";
import {
  goodEntries,
  imageOf
} from "./chunk-E5QVSBEW.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/verify/smoke.ts
function smokeUrls(request) {
  const health = Object.entries(request.urls).map(([service, url]) => ({
    service,
    url,
    kind: "health"
  }));
  const base = request.origin || (health[0]?.url ?? "");
  const owner = health.find((entry) => origin(entry.url) === origin(base))?.service ?? "";
  const endpoints = request.endpoints.map((endpoint) => ({
    service: owner,
    // Without any URL there is nothing to be relative to; the check then fails and says so.
    url: base === "" ? endpoint : new URL(endpoint, base).href,
    kind: "endpoint"
  }));
  return [...health, ...endpoints];
}
__name(smokeUrls, "smokeUrls");
var origin = /* @__PURE__ */ __name((url) => URL.canParse(url) ? new URL(url).origin : "", "origin");
async function smoke(request, target) {
  const checks = [];
  for (const { service, url, kind } of smokeUrls(request)) {
    const answer = await target.http(url, { timeout: Math.max(request.responseTimeMax * 2, 5e3) });
    const right = kind === "health" ? answer.status === 200 : answer.status >= 200 && answer.status < 400;
    const slow = answer.duration > request.responseTimeMax;
    const time = `${String(Math.round(answer.duration))} ms`;
    checks.push({
      service,
      url,
      passed: right && !slow,
      status: answer.status,
      duration: answer.duration,
      detail: answer.status === 0 ? `no answer (${answer.error ?? "no connection"})` : `${String(answer.status)} in ${time}${slow ? `, more than ${String(request.responseTimeMax)} ms` : ""}`
    });
  }
  return checks;
}
__name(smoke, "smoke");

// src/verify/statistics.ts
function median(values) {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
__name(median, "median");
function mannWhitneyGreater(first, second) {
  const [m, n] = [first.length, second.length];
  if (m === 0 || n === 0) return 1;
  const all = [
    ...first.map((value) => ({ value, own: true })),
    ...second.map((value) => ({ value, own: false }))
  ].sort((left, right) => left.value - right.value);
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index += 1) if (all[index]?.own) rankSum += rank;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const total = m + n;
  const u = rankSum - m * (m + 1) / 2;
  const variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  return upperTail((u - m * n / 2 - 0.5) / Math.sqrt(variance));
}
__name(mannWhitneyGreater, "mannWhitneyGreater");
function upperTail(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = series * Math.exp(-x * x) / 2;
  return z >= 0 ? tail : 1 - tail;
}
__name(upperTail, "upperTail");

// src/verify/watchdog.ts
var FLOOR = 50;
var SLOW_LOOKS = 2;
var P_VALUE = 1e-3;
var NULL_RATIO = 1.5;
var VALID_SAMPLES = 50;
var CONNECTION_FAILURES = 3;
var PERIOD = 250;
function pause(baseline) {
  const usual = median(baseline);
  return Number.isNaN(usual) ? PERIOD : Math.max(PERIOD, usual);
}
__name(pause, "pause");
function judgeProbe(samples) {
  const newest = samples.at(-1);
  if (!newest) return void 0;
  if (newest.status >= 500) return `it answered ${String(newest.status)}`;
  const last = samples.slice(-CONNECTION_FAILURES);
  return last.length === CONNECTION_FAILURES && last.every((sample) => sample.status === 0) ? `${String(CONNECTION_FAILURES)} connection failures in a row` : void 0;
}
__name(judgeProbe, "judgeProbe");
function judgeLooks(looks, baseline, ratio) {
  const usual = median(baseline);
  if (Number.isNaN(usual) || looks.length < SLOW_LOOKS) return void 0;
  const recent = looks.slice(-SLOW_LOOKS).map(durations);
  const slow = recent.every((look) => {
    const now2 = median(look);
    return now2 > ratio * usual && now2 - usual > FLOOR;
  });
  if (!slow) return void 0;
  const p = mannWhitneyGreater(
    recent.flat(),
    baseline.map((duration) => duration * NULL_RATIO)
  );
  if (p >= P_VALUE) return void 0;
  const now = median(recent.flat());
  return `response time ${Math.round(now)} ms, ${(now / usual).toFixed(1)} times the ${Math.round(usual)} ms before (p ${p < 1e-6 ? "< 0.000001" : `= ${p.toPrecision(2)}`})`;
}
__name(judgeLooks, "judgeLooks");
function judgeEnd(samples, settings) {
  const valid = durations(samples).length;
  const needed2 = Math.min(VALID_SAMPLES, Math.floor(settings.duration * 1e3 / PERIOD * 0.5));
  if (valid >= needed2) {
    return { verdict: "healthy", reason: `${String(valid)} answers, median ${formatMedian(samples)}` };
  }
  return valid === 0 ? { verdict: "roll-back", reason: "nothing answered" } : { verdict: "inconclusive", reason: `only ${String(valid)} answers of ${String(needed2)}` };
}
__name(judgeEnd, "judgeEnd");
function durations(samples) {
  return samples.filter((sample) => sample.status > 0 && sample.status < 500).map((sample) => sample.duration);
}
__name(durations, "durations");
var formatMedian = /* @__PURE__ */ __name((samples) => `${String(Math.round(median(durations(samples))))} ms`, "formatMedian");

// src/verify/watch.ts
var WARM_UP = { successes: 3, least: 3e3, most: 3e4 };
var FEWEST_BASELINE = 10;
var CONFIRMATIONS = 10;
var PROBE_TIMEOUT = 1e4;
async function watch(request, effects, signal) {
  const samples = [];
  const verdict = /* @__PURE__ */ __name((judgement) => ({
    service: request.service,
    ...judgement,
    samples
  }), "verdict");
  const restarts = await startingCounts(request, effects);
  if (typeof restarts === "string") return verdict({ verdict: "roll-back", reason: restarts });
  const cold = request.url === "" ? void 0 : await warmUp(request, effects, signal);
  if (cold !== void 0) return verdict({ verdict: "roll-back", reason: cold });
  let baseline = request.baseline.map((sample) => sample.duration);
  for (let round = 0; round < 2; round += 1) {
    const looks = [];
    const begin = effects.clock.now().getTime();
    const end = begin + request.settings.duration * 1e3;
    for (let number = 1; effects.clock.now().getTime() < end && !signal?.aborted; number += 1) {
      const until = Math.min(end, begin + number * request.settings.interval * 1e3);
      const own = [];
      looks.push(own);
      const failed2 = await oneLook(request, effects, until, own, samples, baseline, signal) ?? await containersFailed(restarts, effects);
      if (failed2 !== void 0) return verdict({ verdict: "roll-back", reason: failed2 });
      if (baseline.length < FEWEST_BASELINE) {
        baseline = [...baseline, ...durations(own)];
        continue;
      }
      const slow = judgeLooks(looks, baseline, request.settings.ratio);
      if (slow !== void 0) return verdict({ verdict: "roll-back", reason: slow });
    }
    if (request.url === "") {
      return verdict({ verdict: "healthy", reason: "its containers kept running without a restart" });
    }
    if (signal?.aborted) return verdict({ verdict: "inconclusive", reason: "another service failed first" });
    const judgement = judgeEnd(samples, request.settings);
    if (judgement.verdict === "healthy" || round === 1) return verdict(judgement);
  }
  return verdict(judgeEnd(samples, request.settings));
}
__name(watch, "watch");
async function oneLook(request, effects, until, own, samples, baseline, signal) {
  const { clock } = effects;
  while (clock.now().getTime() < until && !signal?.aborted) {
    const begin = clock.now().getTime();
    if (request.url !== "") {
      const sample = await probe(request, effects);
      own.push(sample);
      samples.push(sample);
      const failed2 = judgeProbe(samples);
      if (failed2 !== void 0 && await confirmed(request, effects, sample)) return failed2;
    }
    const period = request.url === "" ? 1e3 : pause(baseline.length > 0 ? baseline : durations(own));
    const left = Math.min(period - (clock.now().getTime() - begin), until - clock.now().getTime());
    if (left > 0) await clock.sleep(left);
  }
  return void 0;
}
__name(oneLook, "oneLook");
async function confirmed(request, effects, sample) {
  if (request.errors === "at-once" || sample.status < 500) return true;
  const again = await Promise.all(Array.from({ length: CONFIRMATIONS }, () => probe(request, effects)));
  return again.some((answer) => answer.status >= 500 || answer.status === 0);
}
__name(confirmed, "confirmed");
async function probe(request, { target, clock }) {
  const at = clock.now().getTime();
  const answer = await target.http(request.url, { timeout: PROBE_TIMEOUT });
  return { at, duration: answer.duration, status: answer.status };
}
__name(probe, "probe");
async function warmUp(request, effects, signal) {
  const { clock } = effects;
  const begin = clock.now().getTime();
  let streak = 0;
  while (!signal?.aborted) {
    const sample = await probe(request, effects);
    streak = sample.status > 0 && sample.status < 500 ? streak + 1 : 0;
    const last = sample.status === 0 ? "no connection" : String(sample.status);
    const passed = clock.now().getTime() - begin;
    if (streak >= WARM_UP.successes && passed >= WARM_UP.least) return void 0;
    if (passed >= WARM_UP.most) {
      return `it did not answer ${String(WARM_UP.successes)} times in a row within ${String(WARM_UP.most / 1e3)} s (last: ${last})`;
    }
    await clock.sleep(Math.max(0, PERIOD - sample.duration));
  }
  return void 0;
}
__name(warmUp, "warmUp");
async function startingCounts(request, { target }) {
  const counts = /* @__PURE__ */ new Map();
  for (const id of request.containers) {
    const container = await target.engine.container(id);
    const problem = troubleOf(container, container?.restartCount ?? 0);
    if (problem !== void 0 || !container) return problem ?? "its container is gone";
    counts.set(id, container.restartCount);
  }
  return counts.size === 0 ? "it has no container" : counts;
}
__name(startingCounts, "startingCounts");
async function containersFailed(counts, { target }) {
  for (const [id, count] of counts) {
    const problem = troubleOf(await target.engine.container(id), count);
    if (problem !== void 0) return problem;
  }
  return void 0;
}
__name(containersFailed, "containersFailed");
function troubleOf(container, restarts) {
  if (!container) return "its container was removed or replaced";
  if (container.oomKilled) return "its container was killed for its use of memory";
  if (container.restartCount > restarts) {
    return `its container restarted (${String(container.restartCount)} times, ${String(restarts)} before)`;
  }
  if (container.state !== "running") {
    return `its container is ${container.state} (exit code ${String(container.exitCode)})`;
  }
  return container.health === "unhealthy" ? "its HEALTHCHECK says unhealthy" : void 0;
}
__name(troubleOf, "troubleOf");

// src/verify/index.ts
async function verify(input, effects) {
  const seen = await judge(input, effects);
  if (seen.fault) return failed(input, effects, seen, seen.fault);
  const warnings = seen.verdicts.filter((entry) => entry.verdict === "inconclusive").map((entry) => `${entry.service}: the watchdog could not tell: ${entry.reason}.`);
  warnings.push(...await effects.release.confirm());
  return {
    status: warnings.length > 0 ? "warning" : "passed",
    smoke: seen.checks,
    watch: seen.verdicts,
    services: effects.release.outcomes("verified"),
    rolled_back: [],
    manual_steps: [],
    warnings
  };
}
__name(verify, "verify");
async function judge(input, effects) {
  const seen = { checks: [], verdicts: [] };
  try {
    seen.checks = await smoke(input.smoke, effects.target);
    const bad = seen.checks.find((check) => !check.passed);
    if (bad) {
      const reason = `smoke test failed: ${bad.url}: ${bad.detail}`;
      return { ...seen, fault: { service: bad.service, reason } };
    }
    if (input.watch.duration > 0) seen.verdicts = await watchAll(input, effects);
    const fallen = seen.verdicts.find((entry) => entry.verdict === "roll-back");
    return fallen ? { ...seen, fault: { service: fallen.service, reason: `watchdog: ${fallen.reason}` } } : seen;
  } catch (error) {
    const [first] = effects.release.outcomes("");
    const why = error instanceof AutopilotError ? `${error.message} [${error.code}] ${error.why}` : String(error);
    return { ...seen, fault: { service: first?.service ?? "", reason: `it could not be watched: ${why}` } };
  }
}
__name(judge, "judge");
async function watchAll(input, effects) {
  const containers = await effects.release.containers();
  const stop = new AbortController();
  return Promise.all(
    Object.entries(containers).map(async ([service, ids]) => {
      const verdict = await watch(
        {
          service,
          url: input.smoke.urls[service] ?? "",
          containers: ids,
          baseline: input.baselines[service] ?? [],
          settings: input.watch,
          errors: input.errors ?? "at-once"
        },
        effects,
        stop.signal
      ).catch((error) => {
        stop.abort();
        throw error;
      });
      if (verdict.verdict === "roll-back") stop.abort();
      effects.log.info(`${service}: ${verdict.verdict}, ${verdict.reason}`);
      return verdict;
    })
  );
}
__name(watchAll, "watchAll");
async function failed(input, { release, log }, { checks, verdicts }, { service, reason }) {
  log.info(`${service}: ${reason}`);
  const failure = await release.describeFailure(service, reason).catch(() => ({ service, reason, log_tail: "" }));
  if (failure.log_tail !== "") log.foreign(failure.log_tail);
  const base = { status: "failed", smoke: checks, watch: verdicts, failure };
  if (!input.autoRollback) {
    await release.leaveRunning(reason);
    return {
      ...base,
      services: release.outcomes("left running: `safety.auto_rollback` is false"),
      rolled_back: [],
      manual_steps: [],
      warnings: ["Nothing was rolled back, because `safety.auto_rollback` is false."]
    };
  }
  const undone = await release.rollBack(reason);
  return {
    ...base,
    services: release.outcomes(reason, undone),
    rolled_back: undone.rolledBack,
    manual_steps: undone.manualSteps,
    warnings: []
  };
}
__name(failed, "failed");

// src/pipeline/stages/verify.ts
async function verifyStage(context, run) {
  if (context.dryRun) {
    const reason = "dry run: nothing was changed";
    return { status: "skipped", reason, end: { status: "success", reason } };
  }
  const deployed = needed(run, "deploy", "verify");
  const release = context.server.release ?? await takeOver(context, run, deployed);
  context.server.release = release;
  const refused = await refuseUnsettled(context, release);
  if (refused) {
    const fate = await fateOf(release);
    const own = fate?.kind === "put-back" && fate.plan.pipeline_id === run.pipeline_id;
    return own ? { ...refused, found: { deploy: asFound(deployed, fate.result) } } : refused;
  }
  const names = run.analyze?.services ?? [];
  return outcomeOf(await verifyRelease(context, release, deployed, names));
}
__name(verifyStage, "verifyStage");
async function verifyRelease(context, release, deployed, names) {
  const { config, effects, services } = context;
  const released = services.filter((service) => names.includes(service.name));
  const urls = released.flatMap(
    ({ name, healthCheck }) => healthCheck.url === void 0 ? [] : [[name, healthCheck.url]]
  );
  const { smoke_test: smoke2, watchdog } = config.verify;
  const protect = context.store.read().then(({ registry }) => rollbackTargets(registry));
  protect.catch(() => void 0);
  const result = await verify(
    {
      smoke: {
        urls: Object.fromEntries(urls),
        endpoints: smoke2.endpoints,
        origin: config.deploy.health_check.url ?? "",
        responseTimeMax: smoke2.response_time_max
      },
      watch: {
        duration: watchdog.duration,
        interval: watchdog.interval,
        ratio: watchdog.latency_spike_ratio
      },
      baselines: deployed.baselines,
      autoRollback: config.safety.auto_rollback
    },
    {
      target: await serverOf(context),
      clock: effects.clock,
      log: effects.log,
      release: release.underTest({
        keepReleases: config.safety.keep_releases,
        protect
      })
    }
  );
  for (const { passed, url, detail } of result.smoke)
    effects.log.info(`${passed ? "ok" : "FAILED"} ${url}: ${detail}`);
  return result;
}
__name(verifyRelease, "verifyRelease");
function rollbackTargets({ services }) {
  return Object.values(services).flatMap(({ history }) => goodEntries(history).map(imageOf));
}
__name(rollbackTargets, "rollbackTargets");
async function takeOver(context, run, { handover }) {
  const { openRelease } = await import("./deploy-FY2BE7TW.js");
  const { config, event, effects } = context;
  return openRelease(
    {
      pipelineId: run.pipeline_id,
      runUrl: event.runUrl,
      actor: event.actor,
      lockWait: config.deploy.lock_wait,
      heartbeat: config.deploy.heartbeat,
      ...handover === void 0 ? {} : { handover }
    },
    { target: await serverOf(context), clock: effects.clock, log: effects.log }
  );
}
__name(takeOver, "takeOver");
function outcomeOf(result) {
  const found = { verify: result };
  if (result.status !== "failed") {
    return { status: result.status, found, end: { status: "success", reason: "deployed and verified" } };
  }
  const reason = result.failure === void 0 ? "the release was not healthy" : `${result.failure.service}: ${result.failure.reason}`;
  return {
    status: "failed",
    reason,
    found,
    end: { status: "failed", reason, log_extract: result.failure?.log_tail ?? reason }
  };
}
__name(outcomeOf, "outcomeOf");

export {
  verifyStage,
  verifyRelease
};
