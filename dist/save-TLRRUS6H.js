import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/deploy/transfer/save.ts
import { spawn } from "node:child_process";
function saveImages(references, env) {
  const child = spawn("docker", ["save", "--", ...references], {
    stdio: ["ignore", "pipe", "pipe"],
    ...env === void 0 ? {} : { env }
  });
  let complaint = "";
  child.stderr.on("data", (part) => {
    complaint = (complaint + part.toString()).slice(-2e3);
  });
  const finished = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on(
      "close",
      (code) => code === 0 ? resolve() : reject(new Error(`docker save failed: ${complaint.trim() || code}`))
    );
  });
  finished.catch(() => void 0);
  return { archive: child.stdout, finished };
}
__name(saveImages, "saveImages");
export {
  saveImages
};
