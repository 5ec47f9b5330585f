import type { PipelineFile, PipelineRun } from '../state/schema.ts';
import { clip, fenced, inlineCode } from './markdown.ts';

/** Characters of the log extract, of one text and of a list; together they keep the report below 16,000. */
const EXTRACT_LIMIT = 3000;
const TEXT_LIMIT = 150;
const CAUSE_LIMIT = 500;
const SHOWN = 10;

/** Rule V4. 1: rolled back and recorded; 2: also an analysis report; 3: locked, people are told. */
export interface Escalation {
  level: 1 | 2 | 3;
  lock: boolean;
  /** Markdown; from the second failure in a row on. */
  report?: string;
}

/**
 * What a failed run means, read from the record *after* the failure was applied to it (never before: the original
 * asked too early and locked at the fourth failure). An unknown run, or one whose text was trimmed, has no report.
 */
export function escalationOf(file: PipelineFile, pipelineId: string): Escalation {
  const lock = file.lock?.locked === true;
  const report = file.pipelines.find(({ pipeline_id }) => pipeline_id === pipelineId)?.analysis;
  return {
    level: lock ? 3 : file.stats.consecutive_failures >= 2 ? 2 : 1,
    lock,
    ...(report === undefined ? {} : { report }),
  };
}

/**
 * The analysis report of rule V4: failed stage and cause, log extract, comparison with the failure before. Markdown of
 * bounded size; `extract` is masked already, and nothing in it can end its code block or become markup.
 */
export function analysisReport(
  failed: PipelineRun,
  before: PipelineRun | undefined,
  extract: string,
): string {
  const lines = [
    '## Failure analysis',
    '',
    `- Run: ${code(failed.pipeline_id)}`,
    `- Failed stage: ${code(failed.failed_stage ?? 'unknown')}`,
    `- Cause: ${inlineCode(clip(failed.failure_reason ?? 'unknown', CAUSE_LIMIT))}`,
    ...(failed.rolled_back?.length ? [`- Put back: ${list(failed.rolled_back)}`] : []),
    '',
    ...comparison(failed, before),
  ];
  const tail = lastLines(extract.replaceAll('\r', ''), EXTRACT_LIMIT);
  const head = lines.join('\n');
  if (tail.trim() === '') return `${head}\n`;
  return `${head}\n\n### Log extract\n\n${fenced(tail)}\n`;
}

function comparison(failed: PipelineRun, before: PipelineRun | undefined): string[] {
  if (!before) return ['The failure before is no longer in the record.'];
  const common = intersection(pathsOf(failed), pathsOf(before));
  const services = intersection(servicesOf(failed), servicesOf(before));
  const sameStage = failed.failed_stage === before.failed_stage;
  const sameReason = failed.failure_reason === before.failure_reason;
  return [
    `### Compared with the failure before (${code(before.pipeline_id)})`,
    '',
    '| | this failure | the failure before | |',
    '| --- | --- | --- | --- |',
    row('Stage', failed.failed_stage, before.failed_stage, sameStage),
    row('Cause', failed.failure_reason, before.failure_reason, sameReason),
    row('Commit', failed.commit, before.commit, failed.commit === before.commit),
    `| Services in common | ${list(services)} | | |`,
    `| Changed files in common | ${list(common)} | | |`,
    '',
    conclusion(sameStage, sameReason, common.length),
  ];
}

function conclusion(sameStage: boolean, sameReason: boolean, common: number): string {
  if (sameStage && sameReason)
    return 'The same failure twice: the change between the runs did not touch its cause.';
  if (sameStage) return 'The same stage, another cause: compare the two logs before trying again.';
  return common > 0
    ? 'Another stage: the files changed in both runs are the first place to look.'
    : 'Another stage and no file in common: suspect the surroundings (server, network, dependencies) too.';
}

function row(title: string, now: string | undefined, then: string | undefined, same: boolean): string {
  return `| ${title} | ${cell(now ?? 'unknown')} | ${cell(then ?? 'unknown')} | ${same ? 'same' : 'different'} |`;
}

function code(text: string): string {
  return inlineCode(clip(text, TEXT_LIMIT));
}

function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

function list(texts: readonly string[]): string {
  if (texts.length === 0) return 'none';
  const more = texts.length > SHOWN ? ` and ${texts.length - SHOWN} more` : '';
  return texts.slice(0, SHOWN).map(cell).join(', ') + more;
}

function pathsOf(run: PipelineRun): string[] {
  return Object.values(run.changes.categories).flat();
}

function servicesOf(run: PipelineRun): string[] {
  return [...new Set([...(run.services ?? []), ...(run.rolled_back ?? [])])];
}

function intersection(left: readonly string[], right: readonly string[]): string[] {
  const known = new Set(right);
  return [...new Set(left)].filter((entry) => known.has(entry));
}

function lastLines(text: string, limit: number): string {
  const trimmed = text.trimEnd();
  return trimmed.length <= limit ? trimmed : `...${trimmed.slice(-limit)}`;
}
