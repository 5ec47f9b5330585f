import * as core from '@actions/core';
import * as z from 'zod';

/** What the step leaves for its own `post`: enough to know whether it ended by itself and what to settle if not. */
export const PostState = z.object({
  /** False while the step is under way: found so in `post`, it was interrupted. */
  settled: z.boolean(),
  stage: z.string(),
  pipeline_id: z.string().default(''),
  started_at: z.string().default(''),
  /** Absolute path of the hand-over file. */
  handover: z.string().default(''),
});
export type PostState = z.infer<typeof PostState>;

const NAME = 'autopilot';

/** The last one saved wins, so it can be saved at each step of the way. No secrets. */
export function savePostState(
  state: PostState,
  save: (name: string, value: string) => void = core.saveState,
): void {
  save(NAME, JSON.stringify(state));
}

/** Undefined when the step ended before it left anything, or what is there is not ours. */
export function loadPostState(get: (name: string) => string = core.getState): PostState | undefined {
  try {
    return PostState.safeParse(JSON.parse(get(NAME))).data;
  } catch {
    return undefined;
  }
}
