import type { RunStage } from '../carried.ts';
import type { PipelineContext } from '../context.ts';
import type { StageFunction } from '../run.ts';

/** The five stages over one context; each is loaded when its turn comes, so that a step starts fast. */
export function stagesOf(context: PipelineContext): Record<RunStage, StageFunction> {
  return {
    analyze: async (run) => (await import('./analyze.ts')).analyzeStage(context, run),
    test: async (run) => (await import('./test.ts')).testStage(context, run),
    build: async (run) => (await import('./build.ts')).buildStage(context, run),
    deploy: async (run) => (await import('./deploy.ts')).deployStage(context, run),
    verify: async (run) => (await import('./verify.ts')).verifyStage(context, run),
  };
}
