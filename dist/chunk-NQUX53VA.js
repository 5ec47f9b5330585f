import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);

// src/report/icons.ts
var STAGE_ICONS = {
  passed: "\u2705",
  warning: "\u26A0\uFE0F",
  failed: "\u274C",
  skipped: "\u23ED\uFE0F",
  running: "\u23F3"
};
var RUN_ICONS = {
  success: "\u2705",
  failed: "\u274C",
  skipped: "\u23ED\uFE0F",
  locked: "\u{1F512}",
  cancelled: "\u{1F6AB}",
  running: "\u23F3"
};

export {
  STAGE_ICONS,
  RUN_ICONS
};
