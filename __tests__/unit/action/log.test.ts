import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createLog, type RunnerLog } from '../../../src/action/log.ts';

let written = '';
let log: RunnerLog;

beforeEach(() => {
  written = '';
  log = createLog((text) => text.replaceAll('hunter2', '***'));
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** The commands that the runner would take from the output, by its own rules. */
function commandsIn(output: string): string[] {
  const commands: string[] = [];
  let stopped = '';
  for (const line of output.split(/\r\n|\n|\r/)) {
    const trimmed = line.replace(/^[\s\u0085]+|[\s\u0085]+$/g, '');
    if (stopped) {
      if (trimmed === `::${stopped}::`) stopped = '';
      continue;
    }
    if (trimmed.startsWith('::stop-commands::')) stopped = trimmed.slice('::stop-commands::'.length);
    else if (trimmed.startsWith('::') || line.includes('##[')) commands.push(trimmed);
  }
  return commands;
}

const hostile = fc
  .array(
    fc.constantFrom(
      '::',
      ':',
      '##[',
      '#',
      '[',
      ']',
      '\n',
      '\r',
      ' ',
      '\t',
      '\u0085',
      '\u00a0',
      '\u0000',
      '\u2028',
      'set-env',
      'error',
      'stop-commands',
      '%0A',
      'x',
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

describe('hostile text never becomes a command', () => {
  test.each(['info', 'foreign'] as const)('%s', (way) => {
    fc.assert(
      fc.property(hostile, (text) => {
        written = '';
        log[way](text);
        expect(commandsIn(written)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
  test.each(['notice', 'warning', 'error', 'debug'] as const)('%s is one command, its own', (way) => {
    fc.assert(
      fc.property(hostile, hostile, (text, file) => {
        written = '';
        createLog((same) => same)[way](text, { file, line: 1, column: 2 });
        const commands = commandsIn(written);
        expect(commands).toHaveLength(1);
        expect(commands[0]).toMatch(new RegExp(`^::${way}`));
      }),
    );
  });
  test('a group title', async () => {
    await log.group('a\n::error::b', async () => undefined);
    expect(commandsIn(written)).toEqual(['::group::a%0A::error::b', '::endgroup::']);
  });
});

test('foreign output is printed as it is, between tokens nobody can guess', () => {
  log.foreign('::error::x\n##[group]y\n');
  const [, first] =
    /^::stop-commands::([0-9a-f]{32})\n::error::x\n##\[group\]y\n::\1::\n$/.exec(written) ?? [];
  written = '';
  log.foreign('z');
  expect(first).toBeDefined();
  expect(written).not.toContain(first);
});

test('secrets are taken out everywhere', async () => {
  log.info('hunter2');
  log.foreign('hunter2');
  log.debug('hunter2');
  for (let i = 0; i < 12; i++) log.error('hunter2');
  await log.group('hunter2', () => log.group('hunter2', async () => undefined));
  log.close();
  expect(written).not.toContain('hunter2');
});

describe('ten annotations of a kind', () => {
  test.each([
    [9, 9, false],
    [10, 10, false],
    [11, 10, true],
    [25, 10, true],
  ])('%i warnings are %i annotations', (count, shown, closing) => {
    for (let i = 1; i <= count; i++) log.warning(`w${i}`, { file: 'a.ts', line: i });
    log.close();
    const annotations = commandsIn(written).filter((line) => line.startsWith('::warning'));
    expect(annotations).toHaveLength(shown);
    expect(annotations.at(-1)?.includes(`and ${count - 9} more`)).toBe(closing);
    for (let i = 1; i <= count; i++) expect(written).toContain(`w${i}`);
  });
  test('the kinds are counted apart', () => {
    for (let i = 0; i < 10; i++) {
      log.notice('n');
      log.error('e');
    }
    log.close();
    expect(commandsIn(written)).toHaveLength(20);
  });
  test('the place is in the annotation', () => {
    log.error('wrong', { file: 'gonsautopilot.yaml', line: 3, column: 5 });
    expect(written).toBe('::error file=gonsautopilot.yaml,line=3,col=5::wrong\n');
  });
});

test('a group ends when its body fails', async () => {
  await expect(log.group('g', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(written).toBe('::group::g\n::endgroup::\n');
});
