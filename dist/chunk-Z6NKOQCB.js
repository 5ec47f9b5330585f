import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  goodEntries,
  imageOf,
  isOf,
  newestGood
} from "./chunk-E5QVSBEW.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/own-releases.ts
function whoseOf({
  config,
  targetName,
  services
}) {
  return { project: config.project.name, target: targetName, services: services.map(({ name }) => name) };
}
__name(whoseOf, "whoseOf");
function ownReleases(registry, whose, there = /* @__PURE__ */ new Set()) {
  const services = whose.services.flatMap((name) => {
    const service = Object.hasOwn(registry.services, name) ? registry.services[name] : void 0;
    if (service === void 0) return [];
    const own = service.history.filter((entry) => isOwn(entry, name, whose));
    if (own.length === service.history.length) return [[name, service]];
    const known = new Set(own.map(imageOf));
    const others = service.history.filter(
      (entry) => isProjects(entry, name, whose) && there.has(imageOf(entry)) && !known.has(imageOf(entry))
    );
    const history = [...others, ...own];
    const newest = goodEntries(history).at(-1);
    if (newest === void 0) return [];
    const current = imageOf(newest);
    return [[name, { ...service, history, current, previous: newestGood(history, current) }]];
  });
  return { ...registry, services: Object.fromEntries(services) };
}
__name(ownReleases, "ownReleases");
function elsewhere(registry, whose) {
  return whose.services.flatMap((name) => {
    const { history } = Object.hasOwn(registry.services, name) && registry.services[name] || {
      history: []
    };
    return goodEntries(history).filter((entry) => isProjects(entry, name, whose) && !isOf(entry, whose.target)).map(imageOf);
  });
}
__name(elsewhere, "elsewhere");
var isOwn = /* @__PURE__ */ __name((entry, name, whose) => isProjects(entry, name, whose) && isOf(entry, whose.target), "isOwn");
var isProjects = /* @__PURE__ */ __name(({ image }, name, { project }) => image === void 0 || image.startsWith(`${project}-${name}:`), "isProjects");

export {
  whoseOf,
  ownReleases,
  elsewhere
};
