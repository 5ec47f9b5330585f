import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);

// src/image-labels.ts
var IMAGE_LABEL = {
  project: "gonsautopilot.project",
  service: "gonsautopilot.service",
  /** Id of the run that built it. */
  pipeline: "gonsautopilot.pipeline"
};

export {
  IMAGE_LABEL
};
