import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { argvText, attemptAll, commandText, loginText, quote, sequence } from '../../../src/server/shell.ts';
import type { Command } from '../../../src/server/target.ts';

const SHELLS: [string, string[]][] = [
  ['dash', []],
  ['bash', ['--posix']],
  ['bash', []],
  ['busybox', ['sh']],
];

/** Byte strings as latin1 text, so that every byte but NUL can be tried, not only valid UTF-8. */
const bytes = fc
  .uint8Array({ min: 1, max: 255, maxLength: 60 })
  .map((array) => Buffer.from(array).toString('latin1'));
const nasty = fc.oneof(
  bytes,
  fc.constantFrom(
    '',
    '-n',
    '--',
    '$(id)',
    '`id`',
    "'",
    "''",
    '\\',
    '\n',
    '\n\n',
    '*',
    '~',
    'a=b',
    'if',
    '!',
    '"$x"',
    '\r\n',
    '#',
  ),
);

function run(shell: string, args: string[], text: string, env?: Record<string, string>) {
  return spawnSync(shell, args, {
    input: Buffer.from(text, 'latin1'),
    ...(env ? { env: { PATH: '/usr/bin:/bin', ...env } } : {}),
  });
}

const command = (argv: Command['argv'], more: Partial<Command> = {}): Command => ({
  title: 't',
  argv,
  ...more,
});

describe.each(SHELLS)('%s %j', (shell, args) => {
  test('every byte string but NUL comes back from the shell as it went in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(nasty, { minLength: 1, maxLength: 8 }), { minLength: 8, maxLength: 8 }),
        (lists) => {
          // NUL between words is what no word can hold; eight lists a process keep this fast.
          const text = lists.map((words) => `${argvText(['printf', '%s\\0', ...words])}\n`).join('');
          const { stdout, status } = run(shell, args, text);
          expect(status).toBe(0);
          expect(stdout.toString('latin1')).toBe(
            lists
              .flat()
              .map((word) => `${word}\0`)
              .join(''),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('environment, directory and standard input come through whole, and stay in their own subshell', () => {
    fc.assert(
      fc.property(nasty, nasty, (value, input) => {
        const inner = command(['sh', '-c', 'printf "%s\\0" "$VALUE" "$PWD"; exec cat'], {
          env: { VALUE: value },
          cwd: '/usr/bin',
          input,
        });
        const { stdout } = run(shell, args, `${commandText(inner)}; printf '\\0%s' "\${VALUE-none}$PWD"`, {
          CDPATH: '/',
        });
        expect(stdout.toString('latin1')).toBe(`${value}\0/usr/bin\0${input}\0none${process.cwd()}`);
      }),
      { numRuns: 25 },
    );
  });

  test.each(['-', '-P', '~', 'a b', "it's"])('a relative directory %j is that directory', (name) => {
    const text = sequence([command(['mktemp', '-d'])]).trim();
    const script = `d=$( ${text} ) && cd "$d" && mkdir -- ${quote(name)} && ${commandText(command(['pwd'], { cwd: name }))}; rm -r "$d"`;
    expect(run(shell, args, script, { CDPATH: '/usr' }).stdout.toString().trim()).toMatch(
      new RegExp(`/${name.replace(/[-]/g, '\\-')}$`),
    );
  });

  test('sequence stops at the first failure with its code; attemptAll goes on and fails at the end (rule D3)', () => {
    const three = [command(['echo', '1']), command(['sh', '-c', 'exit 7']), command(['echo', '3'])];
    const stopped = run(shell, args, sequence(three));
    expect([stopped.status, stopped.stdout.toString()]).toEqual([7, '1\n']);
    const all = run(shell, args, attemptAll(three));
    expect([all.status, all.stdout.toString()]).toEqual([1, '1\n3\n']);
    expect(run(shell, args, attemptAll([])).status).toBe(0);
    expect(run(shell, args, sequence([])).status).toBe(0);
  });

  test('a login shell hands the text to sh unchanged', () => {
    fc.assert(
      fc.property(nasty, (word) => {
        const text = loginText(`${argvText(['printf', '%s', word])}\nexit 3`);
        const { stdout, status } = run(shell, args, text);
        expect([stdout.toString('latin1'), status]).toEqual([word, 3]);
      }),
      { numRuns: 15 },
    );
  });
});

test.each(['\0', 'a\0b', '\ud800'])('%j cannot be carried and is refused', (word) => {
  expect(() => quote(word)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
});

test.each(['', 'A B', 'A=B', '1A', 'A;id', 'É'])('%j is no name for a variable', (name) => {
  expect(() => commandText(command(['true'], { env: { [name]: 'x' } }))).toThrow(/not a name/);
});
