import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shellCommand } from '../../../src/test/execute.ts';
import { Output } from '../../../src/test/output.ts';
import { runProgram } from './helpers.ts';

const outputOf = (count: number) => {
  const output = new Output();
  for (let line = 1; line <= count; line++) output.add(`${line}`);
  return output;
};

describe('Output', () => {
  test('of nothing', () => {
    expect(new Output()).toMatchObject({ isEmpty: true });
    expect([new Output().text(), new Output().tail(), new Output().lastWords()]).toEqual(['', '', '']);
  });

  test('however much was printed: the beginning, the end, and the right number between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12_000 }), (count) => {
        const lines = outputOf(count).text().split('\n');
        if (count <= 2_000) expect(lines).toHaveLength(count);
        else {
          expect(lines).toHaveLength(2_001);
          expect(lines[500]).toBe(`... ${count - 2_000} lines left out ...`);
        }
        expect([lines[0], lines.at(-1)]).toEqual(['1', `${count}`]);
        expect(outputOf(count).tail().split('\n')).toHaveLength(Math.min(count, 40));
      }),
      { numRuns: 30 },
    );
  });

  test('an endless line is cut', () => {
    const output = new Output();
    output.add('x'.repeat(1e6));
    expect(output.text()).toHaveLength(10_001);
    expect(output.tail()).toHaveLength(8_000);
  });
});

describe('shellCommand', () => {
  const shell = ['bash', '-e', '-o', 'pipefail', '-c'] as const;

  test.each([
    ['npm test', 'arguments-after-dashes', ['--json'], 'npm test -- "$@"', ['suite', '--json']],
    ['npx jest\n', 'arguments', ['--json'], 'npx jest "$@"', ['suite', '--json']],
    ['make test', 'nothing', ['--json'], 'make test', []],
    ['npx jest', 'arguments', [], 'npx jest', []],
  ] as const)('%j, %s', (command, takes, args, text, rest) => {
    expect(shellCommand(shell, command, takes, args)).toEqual([...shell, text, ...rest]);
  });

  test('arguments reach the program as they are, whatever they hold', async () => {
    const program = `${process.execPath} -p 'JSON.stringify(process.argv.slice(1))' --`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme-ascii' }).map((text) => text.replaceAll('\0', '')),
          { minLength: 1, maxLength: 4 },
        ),
        async (args) => {
          const result = await runProgram(shellCommand(shell, program, 'arguments', args));
          expect(JSON.parse(result.stdout)).toEqual(args);
        },
      ),
      { numRuns: 15, examples: [[['$(touch x)', '`id`', '; exit 3', "it's", '"', '*', '\n']]] },
    );
  }, 30_000);
});
