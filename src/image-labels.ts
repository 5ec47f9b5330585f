/** Of every image that BUILD makes; how later stages and runs know it, whatever it is called and whichever store it is in. */
export const IMAGE_LABEL = {
  project: 'gonsautopilot.project',
  service: 'gonsautopilot.service',
  /** Id of the run that built it. */
  pipeline: 'gonsautopilot.pipeline',
} as const;
