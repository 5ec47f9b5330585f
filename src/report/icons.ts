import type { RunStatus, StageStatus } from '../state/schema.ts';

export const STAGE_ICONS: Record<StageStatus, string> = {
  passed: '✅',
  warning: '⚠️',
  failed: '❌',
  skipped: '⏭️',
  running: '⏳',
};
export const RUN_ICONS: Record<RunStatus, string> = {
  success: '✅',
  failed: '❌',
  skipped: '⏭️',
  locked: '🔒',
  cancelled: '🚫',
  running: '⏳',
};
