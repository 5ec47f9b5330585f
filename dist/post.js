import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);

// src/post.ts
import { enableCompileCache } from "node:module";
import { join } from "node:path";
enableCompileCache(join(process.env["RUNNER_TEMP"] ?? "/tmp", "gonsautopilot-compile-cache"));
process.noDeprecation = true;
var { loadPostState } = await import("./state-for-post-Q42FV3V2.js");
var state = loadPostState();
if (state !== void 0 && !state.settled) {
  const { settleStep } = await import("./post-JTB3VGK5.js");
  await settleStep(state, process.env);
}
process.exit(0);
