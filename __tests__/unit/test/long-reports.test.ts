import { describe, expect, test } from '@jest/globals';
import { LineSplitter } from '../../../src/action/captured-output.ts';
import { createRunProgram } from '../../../src/action/run-program.ts';
import { Excerpt } from '../../../src/test/reports/excerpt.ts';
import { readGo } from '../../../src/test/reports/go.ts';
import { type ReportReader, linesInto } from '../../../src/test/reports/reader.ts';
import { test as runTests } from '../../../src/test/stage.ts';
import { configOf, project, realEffects } from './helpers.ts';

/** A unit suite whose program is this script, by the action's own way to run programs. */
async function suiteOf(report: 'go' | 'tap', script: string, more: Record<string, string> = {}) {
  const place = await project({ 'print.mjs': script, ...more });
  const config = configOf({ unit: { command: `"${process.execPath}" print.mjs`, report } });
  const effects = { ...realEffects(), run: createRunProgram() };
  const { suites, checks } = await runTests(
    { config, plan: { suites: ['unit'], findings: [] }, ...place },
    effects,
  );
  return { summary: suites.find(({ name }) => name === 'unit')?.summary, checks };
}

/** 3000 tests beside each other, 13 MB in all. The one in the middle says 'end', after `says`. */
const goScript = (end: 'pass' | 'fail', says = '') => `
const event = (more) => console.log(JSON.stringify({ Time: '2026-01-01T00:00:00Z', Package: 'shop/cart', ...more }));
const tests = Array.from({ length: 3000 }, (_, at) => 'Test' + at);
event({ Action: 'start' });
for (const Test of tests) event({ Action: 'run', Test });
for (const Test of tests) {
  for (let line = 0; line < 4; line++) event({ Action: 'output', Test, Output: '${'x'.repeat(1000)}\\n' });
  if (Test === 'Test1500') event({ Action: 'output', Test, Output: ${JSON.stringify(says)} });
  event({ Action: Test === 'Test1500' ? '${end}' : 'pass', Test, Elapsed: 0 });
}
event({ Action: '${end}', Elapsed: 1 });
process.exitCode = ${end === 'pass' ? 0 : 1};
`;

const tapScript = (end: 'ok' | 'not ok') => `
console.log('TAP version 13');
for (let at = 1; at <= 3000; at++) {
  for (let line = 0; line < 4; line++) console.log('# ${'x'.repeat(1000)}');
  console.log((at === 1500 ? '${end}' : 'ok') + ' ' + at + ' - test ' + at);
  console.log("  ---\\n  duration_ms: 1\\n  location: '/app/a.test.js:7:3'\\n  error: 'not that'\\n  ...");
}
console.log('1..3000');
process.exitCode = ${end === 'ok' ? 0 : 1};
`;

describe('T3: a report on the standard output is read whole, however long it is', () => {
  test.each([
    ['go', goScript('pass')],
    ['tap', tapScript('ok')],
  ] as const)(
    '%s: every test of 13 MB passed',
    async (report, script) => {
      expect(await suiteOf(report, script)).toEqual({ summary: '3000 passed', checks: [] });
    },
    60_000,
  );

  test.each([
    ['go', goScript('fail', '    cart_test.go:7: not that\n'), 'cart/cart_test.go'],
    ['tap', tapScript('not ok'), '/app/a.test.js'],
  ] as const)(
    '%s: the one that failed in the middle is named, with its place',
    async (report, script, file) => {
      const { summary, checks } = await suiteOf(report, script, { 'go.mod': 'module shop\n' });
      expect(summary).toBe('2999 passed, 1 failed');
      expect(checks).toEqual([
        {
          suite: 'unit',
          severity: 'CRITICAL',
          message: expect.stringMatching(/^[Tt]est ?1500: .*/),
          file,
          line: 7,
        },
      ]);
    },
    60_000,
  );
});

describe('T3: a line of any length', () => {
  const PIECE = 65_536;
  const go = (output: string) =>
    `for (const event of [{ Action: 'run' }, { Action: 'output', Output: ${output} }, { Action: 'pass' }])
      console.log(JSON.stringify({ Package: 'shop', Test: 'TestLong', ...event }));`;

  test.each([
    ['go: in pieces', 'go', go("'x'.repeat(200_000)")],
    ['go: longer than what is kept of a line', 'go', go("'x'.repeat(3_000_000)")],
    [
      'tap: no piece of it is a line of its own',
      'tap',
      `console.log('# '.padEnd(${PIECE}, 'x') + 'not ok 1 - ghost\\nok 1 - real\\n1..1');`,
    ],
  ] as const)('%s', async (_name, report, script) => {
    expect(await suiteOf(report, script)).toEqual({ summary: '1 passed', checks: [] });
  });

  /** The lines that a reader gets of these bytes, which come in chunks of `size`. */
  function linesOf(text: string, size: number, stream: 'stdout' | 'stderr' = 'stdout'): string[] {
    const lines: string[] = [];
    const reader: ReportReader = {
      line: (line) => void lines.push(line),
      report: () => ({ passed: 0, failed: 0, skipped: 0, failures: [] }),
    };
    const take = linesInto(reader);
    const splitter = new LineSplitter((line, goesOn) => take(line, stream, goesOn));
    for (let start = 0; start < text.length; start += size)
      splitter.add(Buffer.from(text.slice(start, start + size)));
    splitter.end();
    return lines;
  }

  test.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1])(
    'is whole again: %i characters',
    (length) => {
      const line = 'ab'.repeat(length).slice(0, length);
      for (const size of [1000, PIECE, PIECE + 1, 1e6]) {
        expect(linesOf(`${line}\n${line}\r\nlast`, size)).toEqual([line, line, 'last']);
        expect(linesOf(`first\n${line}x`, size)).toEqual(['first', `${line}x`]);
      }
    },
  );

  test('one that never ends is cut, and the next one is whole', () => {
    const [cut, next] = linesOf(`${'x'.repeat(5e6)}\nnext`, 1e6);
    expect(cut?.length).toBeLessThan(1_100_000);
    expect(next).toBe('next');
  });

  test('the other stream is no report', () => {
    expect(linesOf('1..1\nnot ok 1\n', 100, 'stderr')).toEqual([]);
  });
});

describe('T3: what is kept of one test', () => {
  test('is all of a short output, and beginning and end of a long one', () => {
    const excerpt = new Excerpt();
    let all = '';
    for (let at = 0; at < 1000; at++) {
      const text = `${at},`;
      all += text;
      excerpt.add(text);
      expect(excerpt.text()).toBe(all);
    }
    for (let at = 0; at < 100; at++) excerpt.add('x'.repeat(10_000));
    excerpt.add('the end');
    expect(excerpt.text()).toMatch(/^0,1,2,.*x\n… left out …\nx+the end$/s);
    expect(excerpt.text().length).toBeLessThan(33_000);
  });

  test('go: the place behind a megabyte of output is found', () => {
    const event = (more: object) => JSON.stringify({ Package: 'shop', Test: 'TestA', ...more });
    const chatter = Array.from({ length: 100 }, () => event({ Action: 'output', Output: 'x'.repeat(9999) }));
    const place = event({ Action: 'output', Output: '\n    a_test.go:7: not that\n' });
    const { failures } = readGo([...chatter, place, event({ Action: 'fail' })].join('\n'));
    expect(failures).toMatchObject([{ file: 'a_test.go', line: 7 }]);
    expect(failures[0]?.message).toHaveLength(600);
  });
});
