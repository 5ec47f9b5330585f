import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/context.ts
async function serverOf(context) {
  context.server.target ??= await context.effects.openTarget();
  return context.server.target;
}
__name(serverOf, "serverOf");
async function closeServer({ server, effects }) {
  const { release, target } = server;
  delete server.release;
  delete server.target;
  for (const close of [() => release?.close(), () => target?.close()]) {
    try {
      await close();
    } catch (error) {
      effects.log.warning(`The connection could not be closed in order: ${error.message}`);
    }
  }
}
__name(closeServer, "closeServer");
function tagOf(reference) {
  const colon = reference.lastIndexOf(":");
  return colon > reference.lastIndexOf("/") ? reference.slice(colon + 1) : "latest";
}
__name(tagOf, "tagOf");

export {
  serverOf,
  closeServer,
  tagOf
};
