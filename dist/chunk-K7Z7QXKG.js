import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/limit.ts
async function withLimit(clock, milliseconds, work) {
  const working = new AbortController();
  const waiting = new AbortController();
  const late = /* @__PURE__ */ __name(async () => {
    await clock.sleep(milliseconds, waiting.signal);
    throw new Error(`no answer within ${milliseconds / 1e3} s`);
  }, "late");
  try {
    return await Promise.race([work(working.signal), late()]);
  } finally {
    waiting.abort();
    working.abort();
  }
}
__name(withLimit, "withLimit");

export {
  withLimit
};
