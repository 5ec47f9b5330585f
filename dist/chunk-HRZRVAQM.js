import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/registry-entries.ts
function goodEntries(history) {
  return history.filter(({ status }) => status === "success");
}
__name(goodEntries, "goodEntries");
function imageOf(entry) {
  return entry.image ?? entry.tag;
}
__name(imageOf, "imageOf");

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
    const known = service.history.find((entry2) => imageOf(entry2) === released.image);
    if (known && lastChange(known) >= Date.parse(release.at)) return service;
    const entry = {
      ...known,
      tag: released.tag,
      deployed_at: release.at,
      status: "success",
      image: released.image,
      pipeline_id: release.pipeline_id,
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
      const known = next.history.find((entry) => imageOf(entry) === from.image);
      if (!known || lastChange(known) < at) {
        const rejected = known ? { ...known, status: rollback.verdict, status_at: rollback.at } : {
          ...from,
          deployed_at: rollback.at,
          status: rollback.verdict,
          pipeline_id: rollback.pipeline_id
        };
        next = settled(next, rejected);
      }
    }
    const target = next.history.find((entry) => imageOf(entry) === step.to);
    if (!target) return { ...next, current: step.to, previous: newestGood(next.history, step.to) };
    if (lastChange(target) >= at || target.status !== "success") return next;
    return settled(next, {
      ...target,
      deployed_at: rollback.at,
      first_deployed_at: target.first_deployed_at ?? target.deployed_at
    });
  });
}
__name(recordRollback, "recordRollback");
function newestGood(history, except) {
  const entry = goodEntries(history).findLast((candidate) => imageOf(candidate) !== except);
  return entry ? imageOf(entry) : null;
}
__name(newestGood, "newestGood");
function lastChange(entry) {
  return Math.max(Date.parse(entry.deployed_at), Date.parse(entry.status_at ?? entry.deployed_at));
}
__name(lastChange, "lastChange");
function settled(service, entry) {
  const others = service.history.filter((other) => imageOf(other) !== imageOf(entry));
  const index = others.findLastIndex(
    (other) => Date.parse(other.deployed_at) <= Date.parse(entry.deployed_at)
  );
  const history = others.toSpliced(index + 1, 0, entry);
  const newest = goodEntries(history).at(-1);
  const current = newest ? imageOf(newest) : service.current;
  return { ...service, history, current, previous: current === null ? null : newestGood(history, current) };
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
  const good = new Set(goodEntries(service.history).slice(-Math.max(2, keepReleases)));
  const rejected = new Set(
    service.history.filter(({ status }) => status !== "success").slice(-KEPT_REJECTED)
  );
  return { ...service, history: service.history.filter((entry) => good.has(entry) || rejected.has(entry)) };
}
__name(retained, "retained");

export {
  goodEntries,
  imageOf,
  emptyRegistry,
  recordRelease,
  recordRollback
};
