import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Capture, LineSplitter } from '../../../src/action/captured-output.ts';
import { createRunProgram } from '../../../src/action/run-program.ts';

const run = createRunProgram({
  PATH: process.env['PATH'],
  'INPUT_SSH-PRIVATE-KEY': 'key',
  GITHUB_OUTPUT: '/o',
  KEPT: 'yes',
});
const node = (script: string): [string, ...string[]] => [process.execPath, '-e', script];

/** Waits until the process is gone or only a zombie, which nobody here can reap. */
async function gone(pid: number): Promise<boolean> {
  for (let look = 0; look < 200; look++) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return true;
    } catch {
      return true;
    }
    await new Promise((resolve) => setImmediate(resolve));
    await run(['true']);
  }
  return false;
}

describe('exit codes', () => {
  test.each<[string, [string, ...string[]], number]>([
    ['success', ['true'], 0],
    ['failure', ['sh', '-c', 'exit 7'], 7],
    ['missing program', ['no-such-program-here'], 127],
    ['killed by a signal', ['sh', '-c', 'kill -9 $$'], 137],
    ['a directory', ['/'], 126],
    ['a NUL byte', ['true', 'a\0b'], 126],
  ])('%s', async (_, argv, code) => {
    expect(await run(argv)).toMatchObject({ code, timedOut: false });
  });
  test('a missing directory is 127 and named', async () => {
    const result = await run(['true'], { cwd: '/no/such/directory' });
    expect(result.code).toBe(127);
    expect(result.stderr).toContain('/no/such/directory');
  });
});

test('arguments reach the program as they are, no shell in between', async () => {
  const argv = ['$(id)', '`id`', 'a b', "'", '"', ';', '*', '', '\n'] as const;
  const { stdout } = await run([...node('console.log(JSON.stringify(process.argv.slice(1)))'), ...argv]);
  expect(JSON.parse(stdout)).toEqual([...argv]);
});

test('the inputs and command files of the action are withheld, the rest is inherited, env wins', async () => {
  const { stdout } = await run(node('console.log(JSON.stringify(process.env))'), {
    env: { KEPT: 'over', NEW: '1' },
  });
  const env = JSON.parse(stdout) as Record<string, string>;
  expect(env).toMatchObject({ KEPT: 'over', NEW: '1' });
  expect(Object.keys(env).filter((name) => /INPUT_|GITHUB_OUTPUT/.test(name))).toEqual([]);
});

test('input reaches standard input, and a program that does not read it does no harm', async () => {
  expect((await run(['cat'], { input: 'hello' })).stdout).toBe('hello');
  expect((await run(['true'], { input: Buffer.alloc(5_000_000) })).code).toBe(0);
});

describe('time-out and abort end the whole tree', () => {
  // The second child leaves the group; the mark in its environment still finds it. Both ignore SIGTERM.
  const tree = `
    const { spawn } = require('node:child_process');
    const stubborn = ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log(process.pid)"];
    for (const detached of [false, true]) spawn(process.execPath, stubborn, { stdio: ['ignore', 'inherit', 'inherit'], detached });
    setInterval(() => {}, 1000);`;

  test('timeout', async () => {
    const pids: number[] = [];
    const result = await run(node(tree), { timeout: 1500, onLine: (line) => pids.push(Number(line)) });
    expect(result.timedOut).toBe(true);
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(await gone(pid)).toBe(true);
  }, 20_000);

  test('abort rejects with the reason, after the end', async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const running = run(node(tree), {
      signal: controller.signal,
      onLine: (line) => {
        pids.push(Number(line));
        if (pids.length === 2) controller.abort(new Error('cancelled by a person'));
      },
    });
    await expect(running).rejects.toThrow('cancelled by a person');
    for (const pid of pids) expect(await gone(pid)).toBe(true);
  }, 20_000);

  test('an aborted signal starts nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'run-'));
    const touched = join(directory, 'touched');
    await expect(run(['touch', touched], { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow(
      'no',
    );
    expect(() => readFileSync(touched)).toThrow('ENOENT');
  });
});

test('a background process that keeps the pipes open does not keep the result', async () => {
  const result = await run(['sh', '-c', 'sleep 30 & echo $!']);
  process.kill(Number(result.stdout));
  expect(result).toMatchObject({ code: 0 });
  expect(result.duration).toBeLessThan(10_000);
}, 20_000);

test('what onLine throws comes back, and the program is ended', async () => {
  const onLine = () => {
    throw new Error('from onLine');
  };
  await expect(run(['sh', '-c', 'echo a; exec sleep 30'], { onLine })).rejects.toThrow('from onLine');
}, 20_000);

describe('output', () => {
  test('lines come from both streams, CR progress included', async () => {
    const lines: string[] = [];
    await run(['sh', '-c', "printf '10%%\\r20%%\\rdone\\r\\nlast'; printf 'e\\n' >&2"], {
      onLine: (line, stream) => lines.push(`${stream}:${line}`),
    });
    expect(lines.filter((line) => line.startsWith('stdout'))).toEqual([
      'stdout:10%',
      'stdout:20%',
      'stdout:done',
      'stdout:last',
    ]);
    expect(lines).toContain('stderr:e');
  });

  test('splitting does not depend on where the chunks end', () => {
    const text = fc.array(fc.constantFrom('a', 'é', '🙂', '\r', '\n', '\r\n')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const lines: string[] = [];
        const splitter = new LineSplitter((line) => lines.push(line));
        let start = 0;
        for (const cut of cuts) {
          splitter.add(bytes.subarray(start, start + cut));
          start += cut;
        }
        splitter.add(bytes.subarray(start));
        splitter.end();
        const expected = whole.split(/\r\n|\n|\r/);
        if (expected.at(-1) === '') expected.pop();
        expect(lines).toEqual(expected);
      }),
    );
  });

  test('a line without an end comes in pieces, bounded', () => {
    const sizes: number[] = [];
    const splitter = new LineSplitter((line) => sizes.push(line.length));
    for (let i = 0; i < 10; i++) splitter.add(Buffer.alloc(100_000, 'x'));
    splitter.end();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(1_000_000);
  });

  test('head and tail are kept, what is between is counted', () => {
    const capture = new Capture();
    capture.add(Buffer.from('first\n'));
    for (let i = 0; i < 30; i++) capture.add(Buffer.alloc(1_000_000, '.'));
    capture.add(Buffer.from('\nlast'));
    const text = capture.text();
    expect(text.startsWith('first\n')).toBe(true);
    expect(text.endsWith('\nlast')).toBe(true);
    expect(text).toContain('... 20000011 bytes left out ...');
    expect(text.length).toBeLessThan(10_000_100);
  });

  test('up to the limit nothing is lost', () => {
    const capture = new Capture();
    const chunks = Array.from({ length: 99 }, (_, i) => Buffer.alloc(100_000, String(i % 10)));
    chunks.forEach((chunk) => capture.add(chunk));
    expect(capture.text()).toBe(Buffer.concat(chunks).toString());
  });
});
