import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  goodEntries,
  imageOf,
  isBeside,
  isOf,
  newestGood
} from "./chunk-E5QVSBEW.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/registry.ts
var KEPT_REJECTED = 10;
function emptyRegistry() {
  return { revision: 0, services: {} };
}
__name(emptyRegistry, "emptyRegistry");
function recordRelease(registry, release, keepReleases) {
  return changed(registry, Object.keys(release.services), keepReleases, (name, service) => {
    const released = release.services[name];
    if (!released) return service;
    const known = entryOf(service.history, released.image, release.target);
    if (known && lastChange(known) >= Date.parse(release.at)) return service;
    const entry = {
      ...known,
      tag: released.tag,
      deployed_at: release.at,
      status: "success",
      image: released.image,
      pipeline_id: release.pipeline_id,
      target: release.target,
      ...released.commit === void 0 ? {} : { commit: released.commit }
    };
    delete entry.status_at;
    return settled(service, entry);
  });
}
__name(recordRelease, "recordRelease");
function recordRollback(registry, rollback, keepReleases) {
  const at = Date.parse(rollback.at);
  return changed(registry, Object.keys(rollback.services), keepReleases, (name, service) => {
    const step = rollback.services[name];
    if (!step) return service;
    let next = service;
    const { from } = step;
    if (from && from.image !== step.to) {
      const known = entryOf(next.history, from.image, rollback.target);
      if (!known || lastChange(known) < at) {
        const rejected = known ? { ...known, status: rollback.verdict, status_at: rollback.at, target: rollback.target } : {
          ...from,
          deployed_at: rollback.at,
          status: rollback.verdict,
          pipeline_id: rollback.pipeline_id,
          target: rollback.target
        };
        next = settled(next, rejected);
      }
    }
    const target = entryOf(next.history, step.to, rollback.target) ?? goodEntries(next.history).find((entry) => imageOf(entry) === step.to);
    if (!target) {
      const own = next.history.filter((entry) => isOf(entry, rollback.target));
      return { ...next, current: step.to, previous: newestGood(own, step.to) };
    }
    if (lastChange(target) >= at || target.status !== "success") return next;
    return settled(next, {
      ...target,
      target: rollback.target,
      deployed_at: rollback.at,
      first_deployed_at: target.first_deployed_at ?? target.deployed_at
    });
  });
}
__name(recordRollback, "recordRollback");
function entryOf(history, image, target) {
  return history.find((entry) => imageOf(entry) === image && isOf(entry, target));
}
__name(entryOf, "entryOf");
function lastChange(entry) {
  return Math.max(Date.parse(entry.deployed_at), Date.parse(entry.status_at ?? entry.deployed_at));
}
__name(lastChange, "lastChange");
function settled(service, entry) {
  const others = service.history.filter(
    (other) => imageOf(other) !== imageOf(entry) || !isOf(other, entry.target)
  );
  const index = others.findLastIndex(
    (other) => Date.parse(other.deployed_at) <= Date.parse(entry.deployed_at)
  );
  const history = others.toSpliced(index + 1, 0, entry);
  const newest = goodEntries(history).at(-1);
  const current = newest ? imageOf(newest) : service.current;
  const beside = history.filter((other) => newest !== void 0 && isBeside(other, newest));
  return { ...service, history, current, previous: current === null ? null : newestGood(beside, current) };
}
__name(settled, "settled");
function changed(registry, names, keepReleases, change) {
  const services = new Map(Object.entries(registry.services));
  let touched = false;
  for (const name of names) {
    const before = services.get(name) ?? { current: null, previous: null, history: [] };
    const after = change(name, before);
    if (JSON.stringify(after) === JSON.stringify(before)) continue;
    services.set(name, retained(after, keepReleases));
    touched = true;
  }
  if (!touched) return registry;
  return { ...registry, revision: registry.revision + 1, services: Object.fromEntries(services) };
}
__name(changed, "changed");
function retained(service, keepReleases) {
  const kept = /* @__PURE__ */ new Set();
  for (const one of service.history) {
    const beside = service.history.filter((entry) => isBeside(entry, one));
    for (const entry of goodEntries(beside).slice(-Math.max(2, keepReleases))) kept.add(entry);
    for (const entry of beside.filter(({ status }) => status !== "success").slice(-KEPT_REJECTED))
      kept.add(entry);
  }
  return { ...service, history: service.history.filter((entry) => kept.has(entry)) };
}
__name(retained, "retained");

export {
  emptyRegistry,
  recordRelease,
  recordRollback
};
