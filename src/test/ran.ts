import type { Output } from './output.ts';
import type { Check } from './result.ts';
import type { Shell } from './execute.ts';

/** What is around a suite while it runs. All paths are absolute. */
export interface Surroundings {
  /** Where the suite's command runs. */
  folder: string;
  /** Of the repository, for annotations. */
  root: string;
  /** Path that the names of the suite's own reports begin with. */
  report: string;
  shell: Shell;
  /** Takes what the suite's programs print. */
  output: Output;
  signal?: AbortSignal;
}

/** What a suite hands back to the stage. */
export interface Ran {
  checks: Check[];
  summary: string;
}
