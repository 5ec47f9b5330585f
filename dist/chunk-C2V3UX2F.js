import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  getState,
  saveState
} from "./chunk-TXLGVKAY.js";
import {
  boolean,
  object,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/action/state-for-post.ts
var PostState = object({
  /** False while the step is under way: found so in `post`, it was interrupted. */
  settled: boolean(),
  stage: string(),
  pipeline_id: string().default(""),
  started_at: string().default(""),
  /** Absolute path of the hand-over file. */
  handover: string().default("")
});
var NAME = "autopilot";
function savePostState(state, save = saveState) {
  save(NAME, JSON.stringify(state));
}
__name(savePostState, "savePostState");
function loadPostState(get = getState) {
  try {
    return PostState.safeParse(JSON.parse(get(NAME))).data;
  } catch {
    return void 0;
  }
}
__name(loadPostState, "loadPostState");

export {
  PostState,
  savePostState,
  loadPostState
};
