import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findCoverage } from '../../../src/test/coverage/find.ts';
import {
  readFinal,
  readGoProfile,
  readLcov,
  readSummary,
  readXml,
} from '../../../src/test/coverage/formats.ts';
import { realFiles } from '../../../src/test/effects.ts';
import { percent } from '../../../src/test/judge.ts';
import { project } from './helpers.ts';

const summary = (covered: number, total: number) =>
  JSON.stringify({ total: { lines: { total, covered, pct: 1 } } });

describe('coverage is a share of lines', () => {
  test.each([
    ['summary', readSummary, summary(3, 4), 75],
    [
      'final',
      readFinal,
      JSON.stringify({
        a: { statementMap: { 0: { start: { line: 1 } }, 1: { start: { line: 5 } } }, s: { 0: 1, 1: 0 } },
        b: { statementMap: { 0: { start: { line: 1 } } }, s: { 0: 0 } },
      }),
      100 / 3,
    ],
    ['lcov', readLcov, 'SF:a\nDA:1,2\nDA:2,0\nDA:3,0\nDA:4,1\nend_of_record\n', 50],
    ['Cobertura counts', readXml, '<coverage lines-valid="8" lines-covered="6" line-rate="0.1"/>', 75],
    ['Cobertura rate', readXml, '<coverage line-rate="0.875"><packages/></coverage>', 87.5],
    [
      'Clover',
      readXml,
      '<coverage><project><file name="a"><line num="1" count="1"/><line num="2" count="0"/></file></project></coverage>',
      50,
    ],
    ['Go profile', readGoProfile, 'mode: set\na.go:1.1,2.5 2 1\na.go:3.1,4.2 1 0\na.go:1.2,1.9 1 0\n', 50],
  ])('%s', (_name, read, text, expected) => {
    expect(read(text)).toBeCloseTo(expected, 6);
  });

  test('fault 10 of the original: one hit in each file is not full coverage', () => {
    const file = (name: string) => `SF:${name}\nDA:1,1\n${'DA:2,0\n'.repeat(9)}end_of_record\n`;
    expect(readLcov(file('a') + file('b'))).toBe(10);
  });

  test.each([readSummary, readFinal, readLcov, readXml, readGoProfile])(
    'empty, cut-off and impossible reports know nothing: %p',
    (read) => {
      const texts = [
        '',
        '{',
        '{}',
        '[]',
        'x',
        summary(3, 0),
        summary(5, 4),
        'SF:a\nDA:1,2\nDA:2',
        'mode: set\n',
        '<coverage',
      ];
      for (const text of texts) expect(read(text)).toBeUndefined();
    },
  );

  test('T3: a report of an earlier run says nothing about this one', async () => {
    const { workspace } = await project({
      'coverage/coverage-summary.json': summary(9, 10),
      'coverage/lcov.info': 'DA:1,1\nDA:2,0\nend_of_record',
    });
    const since = Date.now() - 60_000;
    const old = new Date(since - 1);
    await utimes(join(workspace, 'coverage/coverage-summary.json'), old, old);
    expect(await findCoverage(realFiles, workspace, '', since)).toEqual({
      percent: 50,
      file: 'coverage/lcov.info',
    });
    expect(await findCoverage(realFiles, workspace, '', Date.now() + 60_000)).toBeUndefined();
  });

  test('a named suite prefers its own folder', async () => {
    const { workspace } = await project({
      'coverage/coverage-summary.json': summary(1, 10),
      'coverage/backend/coverage-summary.json': summary(9, 10),
    });
    expect((await findCoverage(realFiles, workspace, 'backend', 0))?.percent).toBe(90);
    expect((await findCoverage(realFiles, workspace, 'frontend', 0))?.percent).toBe(10);
  });

  test.each([
    [79.99, '79.9%'],
    [80, '80%'],
    [0, '0%'],
    [99.999, '99.9%'],
    [87.5, '87.5%'],
  ])('%d reads as %s', (value, text) => {
    expect(percent(value)).toBe(text);
  });
});
