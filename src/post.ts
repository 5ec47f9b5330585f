import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(process.env['RUNNER_TEMP'] ?? '/tmp', 'gonsautopilot-compile-cache'));
process.noDeprecation = true;
const { loadPostState } = await import('./action/state-for-post.ts');
const state = loadPostState();
// Most steps end by themselves and leave nothing to settle: then nothing more is loaded.
if (state !== undefined && !state.settled) {
  const { settleStep } = await import('./commands/post.ts');
  await settleStep(state, process.env);
}
process.exit(0);
