import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);

// src/index.ts
import { enableCompileCache } from "node:module";
import { join } from "node:path";
enableCompileCache(join(process.env["RUNNER_TEMP"] ?? "/tmp", "gonsautopilot-compile-cache"));
process.noDeprecation = true;
var { main } = await import("./main-MIBKVVTJ.js");
process.exit(await main());
