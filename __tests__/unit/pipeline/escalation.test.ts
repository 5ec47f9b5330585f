import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { analysisReport, escalationOf } from '../../../src/pipeline/escalation.ts';
import { applyEvent, emptyPipelineFile } from '../../../src/pipeline/record.ts';
import type { RecordEvent } from '../../../src/pipeline/events.ts';
import { finished, header } from '../../helpers/record-events.ts';

const after = (...events: RecordEvent[]) => events.reduce(applyEvent, emptyPipelineFile());
const failure = (number: number, over: Parameters<typeof finished>[2] = {}) =>
  finished(number, 'failed', over);

describe('V4: escalation', () => {
  it.each([
    [1, { level: 1, lock: false }],
    [2, { level: 2, lock: false, report: expect.stringContaining('## Failure analysis') }],
    [3, { level: 3, lock: true, report: expect.stringContaining('## Failure analysis') }],
  ])('V4: failure number %i in a row', (count, expected) => {
    const failures = Array.from({ length: count }, (_, index) => failure(index));
    expect(escalationOf(after(...failures), `run-${count - 1}`)).toEqual(expected);
  });

  it('V4: a success in between starts again at the first level', () => {
    const file = after(failure(1), failure(2), finished(3, 'success'), failure(4));
    expect(escalationOf(file, 'run-4')).toEqual({ level: 1, lock: false });
  });

  it('V4: a rollback that failed is the third level at once', () => {
    expect(escalationOf(after(failure(1, { undo_failed: ['backend'] })), 'run-1')).toEqual({
      level: 3,
      lock: true,
    });
  });

  it('V4: between the second failure and a higher maximum the report comes each time', () => {
    const file = after(...[1, 2, 3, 4].map((number) => failure(number, { max_consecutive_failures: 9 })));
    expect(escalationOf(file, 'run-4')).toMatchObject({ level: 2, lock: false, report: expect.any(String) });
  });

  it('V4: an unknown run has no report, an empty record no lock', () => {
    expect(escalationOf(emptyPipelineFile(), 'nowhere')).toEqual({ level: 1, lock: false });
  });
});

describe('V4: the analysis report', () => {
  const changes = (paths: string[]) => ({ changes: { categories: { backend: paths } } });
  const reportOf = (...events: RecordEvent[]) => escalationOf(after(...events), 'run-2').report ?? '';

  it('V4: failed stage and cause, log extract, comparison with the failure before', () => {
    const report = reportOf(
      failure(1, { ...changes(['api/a.go', 'api/b.go']), services: ['backend'] }),
      failure(2, {
        ...changes(['api/b.go', 'api/c.go']),
        services: ['backend', 'frontend'],
        failed_stage: 'verify',
        failure_reason: 'GET /health answered 500',
        log_extract: 'panic: no database\nexit 2\n',
        rolled_back: ['backend'],
      }),
    );
    for (const part of [
      '- Failed stage: `verify`',
      '- Cause: `GET /health answered 500`',
      '- Put back: `backend`',
      '### Compared with the failure before (`run-1`)',
      '| Stage | `verify` | `test` | different |',
      '| Services in common | `backend` | | |',
      '| Changed files in common | `api/b.go` | | |',
      'Another stage: the files changed in both runs',
      '```text\npanic: no database\nexit 2\n```',
    ]) {
      expect(report).toContain(part);
    }
  });

  it('V4: says when it is the same failure again', () => {
    const report = reportOf(failure(1), failure(2));
    expect(report).toContain('| Stage | `test` | `test` | same |');
    expect(report).toContain('The same failure twice');
    expect(report).not.toContain('Log extract');
  });

  it('V4: compares with a counted failure of the pipeline, not with a failed manual rollback', () => {
    const report = escalationOf(
      after(failure(1), failure(2, { run: header(2, { kind: 'rollback' }) }), failure(3)),
      'run-3',
    ).report;
    expect(report).toContain('(`run-1`)');
  });

  it('V4: hostile text stays inside its code, and the report is bounded', () => {
    const text = fc.string({ unit: fc.constantFrom('`', '|', '\n', '@', '<', 'a', ' ', '#'), maxLength: 40 });
    fc.assert(
      fc.property(text, text, fc.nat(3000), (reason, log, repeat) => {
        const run = {
          ...failure(1).run,
          status: 'failed' as const,
          finished_at: null,
          stages: [],
          decisions: [],
        };
        const paths = Array.from({ length: 30 }, (_, index) => `${reason}${index}`);
        const failed = {
          ...run,
          kind: undefined,
          changes: { categories: { backend: paths } },
          failure_reason: reason.repeat(repeat),
          services: paths,
          rolled_back: paths,
        };
        const report = analysisReport(failed, failed, log.repeat(repeat));
        expect(report.length).toBeLessThanOrEqual(16_000);
        const [head = '', extract] = report.split('\n### Log extract\n\n');
        // Each table row has the same number of cells, whatever the text.
        for (const line of head.split('\n').filter((row) => /^\| (Stage|Cause|Commit) /.test(row))) {
          expect(line.match(/(?<!\\)\|/g)).toHaveLength(5);
        }
        if (extract !== undefined) {
          const fence = extract.slice(0, extract.indexOf('text'));
          expect(extract.split('\n').filter((line) => line.startsWith(fence))).toHaveLength(2);
        }
      }),
    );
  });
});
