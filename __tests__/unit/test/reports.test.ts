import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readGo } from '../../../src/test/reports/go.ts';
import { readJest } from '../../../src/test/reports/jest.ts';
import { readJunit } from '../../../src/test/reports/junit.ts';
import { readPlaywright } from '../../../src/test/reports/playwright.ts';
import { type Report, ReportUnreadable } from '../../../src/test/reports/report.ts';
import { readTap } from '../../../src/test/reports/tap.ts';

const counts = ({ passed, failed, skipped }: Report) => [passed, failed, skipped];

const jest = JSON.stringify({
  testResults: [
    {
      name: '/app/a.test.js',
      status: 'failed',
      message: '',
      assertionResults: [
        { status: 'passed', fullName: 'adds', failureMessages: [] },
        { status: 'pending', fullName: 'later', failureMessages: [] },
        { status: 'todo', fullName: 'some day', failureMessages: [] },
        {
          status: 'failed',
          fullName: 'subtracts',
          failureMessages: [
            'Error: \u001b[31mexpected 1\u001b[39m\n    at deep (/app/lib.js:9:1)\n    at Object.<anonymous> (/app/a.test.js:12:5)',
          ],
        },
      ],
    },
    { name: '/app/b.test.js', status: 'failed', message: 'Cannot find module', assertionResults: [] },
  ],
  coverageMap: {
    '/app/lib.js': {
      statementMap: { 0: { start: { line: 1 } }, 1: { start: { line: 1 } }, 2: { start: { line: 2 } } },
      s: { 0: 0, 1: 3, 2: 0 },
    },
  },
});

const playwright = JSON.stringify({
  config: { rootDir: '/app/e2e' },
  suites: [
    {
      title: 'shop.spec.js',
      specs: [
        { title: 'opens', file: 'shop.spec.js', line: 3, tests: [{ status: 'expected', results: [{}] }] },
        {
          title: 'tries twice',
          file: 'shop.spec.js',
          line: 5,
          tests: [{ status: 'flaky', results: [{}, {}] }],
        },
      ],
      suites: [
        {
          title: 'basket',
          specs: [
            {
              title: 'sums',
              file: 'shop.spec.js',
              line: 9,
              tests: [
                {
                  status: 'unexpected',
                  projectName: 'chromium',
                  results: [
                    {
                      error: { message: 'expected 2', location: { file: '/app/e2e/shop.spec.js', line: 11 } },
                    },
                  ],
                },
                { status: 'skipped', results: [] },
                { status: 'unexpected', results: [] },
              ],
            },
          ],
        },
      ],
    },
  ],
  errors: [{ message: 'no tests in other.spec.js' }],
});

const junit = `<?xml version="1.0"?>
<testsuites><testsuite name="outer"><testsuite name="inner">
  <testcase classname="cart" name="sums" file="cart_test.py" line="7"><failure message="1 != 2">trace</failure></testcase>
  <testcase classname="cart" name="breaks"><error>boom</error></testcase>
  <testcase classname="cart" name="later"><skipped/></testcase>
  <testcase classname="cart" name="works"/>
</testsuite></testsuite></testsuites>`;

const goLine = (event: Record<string, string>) =>
  JSON.stringify({ Time: 't', Package: 'example.com/shop/cart', ...event });
const go = [
  goLine({ Action: 'start' }),
  goLine({ Action: 'run', Test: 'TestSum' }),
  goLine({ Action: 'run', Test: 'TestSum/empty' }),
  goLine({ Action: 'output', Test: 'TestSum/empty', Output: '    cart_test.go:12: got 1\n' }),
  goLine({ Action: 'fail', Test: 'TestSum/empty' }),
  goLine({ Action: 'fail', Test: 'TestSum' }),
  goLine({ Action: 'run', Test: 'TestOk' }),
  goLine({ Action: 'pass', Test: 'TestOk' }),
  goLine({ Action: 'run', Test: 'TestLater' }),
  goLine({ Action: 'skip', Test: 'TestLater' }),
  goLine({ Action: 'fail' }),
  'some line of a program that prints in between',
].join('\n');

const tap = `TAP version 13
# Subtest: outer
    # Subtest: inner
    not ok 1 - inner
      ---
      location: 'file:///app/sum.test.js:5:3'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:
        1 !== 2
      code: 'ERR_ASSERTION'
      ...
    ok 2 - second
    1..2
not ok 1 - outer
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
ok 2 - later # SKIP not now
ok 3 - plain
1..3
# pass 2
`;

describe('report readers', () => {
  test('Jest and Vitest: tests, files that do not load, and lines covered', () => {
    const report = readJest(jest);
    expect(counts(report)).toEqual([1, 2, 2]);
    expect(report.failures).toEqual([
      { message: 'subtracts: Error: expected 1', file: '/app/a.test.js', line: 12 },
      { message: 'the test file failed: Cannot find module', file: '/app/b.test.js' },
    ]);
    // Two lines, one of them run: a share of lines, not of files or of statements.
    expect(report.coverage).toBe(50);
  });

  test('Playwright: nested suites, flaky tests pass, errors outside of tests fail', () => {
    const report = readPlaywright(playwright);
    expect(counts(report)).toEqual([2, 3, 1]);
    expect(report.flaky).toBe(1);
    expect(report.failures).toEqual([
      { message: '[chromium] basket › sums: expected 2', file: '/app/e2e/shop.spec.js', line: 11 },
      { message: 'basket › sums', file: '/app/e2e/shop.spec.js', line: 9 },
      { message: 'Playwright: no tests in other.spec.js' },
    ]);
  });

  test('JUnit: nested suites, failures and errors', () => {
    const report = readJunit(junit);
    expect(counts(report)).toEqual([1, 2, 1]);
    expect(report.failures).toEqual([
      { message: 'cart › sums: 1 != 2', file: 'cart_test.py', line: 7 },
      { message: 'cart › breaks: boom' },
    ]);
  });

  test('JUnit: a single suite, and one without any test', () => {
    expect(counts(readJunit('<testsuite><testcase name="a"/></testsuite>'))).toEqual([1, 0, 0]);
    expect(counts(readJunit('<testsuites/>'))).toEqual([0, 0, 0]);
  });

  test('go test -json: the innermost failure, with its place in the module', () => {
    const report = readGo(go, 'example.com/shop');
    expect(counts(report)).toEqual([1, 1, 1]);
    expect(report.failures).toEqual([
      { message: 'TestSum/empty: cart_test.go:12: got 1', file: 'cart/cart_test.go', line: 12 },
    ]);
  });

  test('T3: go test -json: a subtest that fails explains its parent, not a test of that name in another package', () => {
    const failed = (unit: string, name: string) => [
      goLine({ Action: 'run', Package: unit, Test: name }),
      goLine({ Action: 'fail', Package: unit, Test: name }),
    ];
    const lines = [
      ...[...failed('a', 'TestX/sub'), ...failed('a', 'TestX')],
      ...[...failed('b', 'TestX'), ...failed('b', 'TestX2/sub')],
      ...['a', 'b'].map((unit) => goLine({ Action: 'fail', Package: unit })),
    ];
    const { failures, failed: count } = readGo(lines.join('\n'));
    expect(failures.map(({ message }) => message)).toEqual(['TestX/sub', 'TestX', 'TestX2/sub']);
    expect(count).toBe(3);
  });

  test('go test -json: a package that does not compile', () => {
    const lines = [
      { ImportPath: 'example.com/shop/cart', Action: 'build-output', Output: './cart.go:3: undefined: x\n' },
      { ImportPath: 'example.com/shop/cart', Action: 'build-fail' },
      { Package: 'example.com/shop/cart', Action: 'start' },
      { Package: 'example.com/shop/cart', Action: 'fail' },
    ];
    const report = readGo(lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(report.failures).toEqual([{ message: 'example.com/shop/cart: ./cart.go:3: undefined: x' }]);
  });

  test('TAP: innermost points, diagnoses, directives', () => {
    const report = readTap(tap);
    expect(counts(report)).toEqual([2, 1, 1]);
    expect(report.failures).toEqual([
      {
        message: 'inner: Expected values to be strictly equal:\n1 !== 2',
        file: '/app/sum.test.js',
        line: 5,
      },
    ]);
  });

  test('TAP: bailing out is a failure', () => {
    expect(readTap('TAP version 13\nok 1\nBail out! no database').failures).toEqual([
      { message: 'Bail out!: no database' },
    ]);
  });

  const readers = { readJest, readPlaywright, readJunit, readGo, readTap };
  const whole = { readJest: jest, readPlaywright: playwright, readJunit: junit, readGo: go, readTap: tap };

  test.each(Object.entries(readers))(
    '%s: empty and foreign texts are unreadable, not "no failures"',
    (_name, read) => {
      for (const text of ['', ' \n', '{}', '[]', 'null', 'hello', '<html></html>', '\0']) {
        expect(() => read(text)).toThrow(ReportUnreadable);
      }
    },
  );

  test.each(['readJest', 'readPlaywright', 'readJunit', 'readTap'] as const)(
    '%s: a report cut off anywhere never reads as complete',
    (name) => {
      const text = whole[name].trimEnd();
      // Of TAP everything behind the plan is comment.
      const end = name === 'readTap' ? text.indexOf('1..3\n') : text.length - 1;
      for (let length = 1; length <= end; length++) {
        expect(() => readers[name](text.slice(0, length))).toThrow(ReportUnreadable);
      }
    },
  );

  test.each(Object.entries(readers))(
    '%s: any text is read or refused, never another error',
    (_name, read) => {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string(),
            fc.json(),
            fc.string().map((text) => `<testsuite>${text}`),
          ),
          (text) => {
            try {
              read(text);
            } catch (error) {
              expect(error).toBeInstanceOf(ReportUnreadable);
            }
          },
        ),
      );
    },
  );

  test('a hostile report cannot make a message endless or colourful', () => {
    const text = JSON.stringify({
      testResults: [
        {
          name: 'a',
          status: 'failed',
          assertionResults: [
            { status: 'failed', fullName: 'x', failureMessages: ['\u001b[31m'.repeat(9) + 'y'.repeat(1e6)] },
          ],
        },
      ],
    });
    const message = readJest(text).failures[0]?.message ?? '';
    expect(message).toHaveLength(600);
    expect(message).not.toContain('\u001b');
  });

  test('a hostile JUnit file cannot expand entities without end', () => {
    const entities = Array.from(
      { length: 12 },
      (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`,
    ).join('');
    const text = `<!DOCTYPE x [<!ENTITY e0 "y">${entities}]><testsuite><testcase name="&e12;"><failure/></testcase></testsuite>`;
    let message = '';
    try {
      message = readJunit(text).failures[0]?.message ?? '';
    } catch (error) {
      expect(error).toBeInstanceOf(ReportUnreadable);
    }
    expect(message.length).toBeLessThan(1_000);
  });
});
