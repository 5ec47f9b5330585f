import * as core from '@actions/core';
import { FIXED_KEYS, redactAll } from '../action/masking.ts';
import type { RunReport } from './run-report.ts';
import { summaryOf } from './summary.ts';

/**
 * Appends the summary of a run to that of the step. A summary is never the reason why a run fails: false says that it could
 * not be written (no runner, no space), and the caller prints a warning.
 */
export async function writeSummary(
  report: RunReport,
  redact: (text: string) => string,
  append: (markdown: string) => Promise<unknown> = (markdown) => core.summary.addRaw(markdown).write(),
): Promise<boolean> {
  return appendSummary(summaryOf(redactAll(report, redact, FIXED_KEYS)), append);
}

/** Appends Markdown that is redacted already, e.g. the status page; false says that it could not be written. */
export async function appendSummary(
  markdown: string,
  append: (markdown: string) => Promise<unknown> = (text) => core.summary.addRaw(text).write(),
): Promise<boolean> {
  try {
    await append(markdown);
    return true;
  } catch {
    return false;
  }
}
