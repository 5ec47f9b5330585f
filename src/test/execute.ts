import type { RunOptions, RunResult } from '../effects.ts';
import type { TestEffects } from './effects.ts';
import type { Output } from './output.ts';

/** How often a running suite says that it still runs, in milliseconds. */
export const HEARTBEAT = 30_000;

export type Shell = readonly [string, ...string[]];

/** The shell of users' commands, as a workflow step has it; a runner without bash gets the POSIX one. */
export async function findShell({ run }: Pick<TestEffects, 'run'>): Promise<Shell> {
  const bash = ['bash', '-e', '-o', 'pipefail', '-c'] as const;
  return (await run([...bash, ':'])).code === 0 ? bash : ['sh', '-e', '-c'];
}

/**
 * Runs one program of a suite: its lines go into `output` and are not printed yet, so that suites beside each other stay
 * readable, and on to `options.onLine`; a heartbeat says that it still runs.
 */
export async function execute(
  name: string,
  argv: readonly [string, ...string[]],
  options: RunOptions,
  output: Output,
  effects: Pick<TestEffects, 'run' | 'clock' | 'log'>,
): Promise<RunResult> {
  const done = new AbortController();
  const started = effects.clock.now().getTime();
  const beat = async () => {
    while (!done.signal.aborted) {
      await effects.clock.sleep(HEARTBEAT, done.signal);
      const seconds = Math.round((effects.clock.now().getTime() - started) / 1000);
      effects.log.info(`${name} has been running for ${seconds} s`);
    }
  };
  const beating = beat().catch((error: unknown) => {
    if (!done.signal.aborted) throw error;
  });
  try {
    return await effects.run(argv, {
      ...options,
      onLine: (line, ...from) => {
        output.add(line);
        options.onLine?.(line, ...from);
      },
    });
  } finally {
    done.abort();
    await beating;
  }
}

/** The arguments that run a user's command with `args` behind it, as arguments: nothing is put into the text. */
export function shellCommand(
  shell: Shell,
  command: string,
  takes: 'arguments' | 'arguments-after-dashes' | 'nothing',
  args: readonly string[],
): [string, ...string[]] {
  const text = command.trim();
  if (takes === 'nothing' || args.length === 0) return [...shell, text];
  const dashes = takes === 'arguments-after-dashes' ? '-- ' : '';
  return [...shell, `${text} ${dashes}"$@"`, 'suite', ...args];
}
