import type { RunOptions, RunResult } from '../effects.ts';
import type { TestEffects } from './effects.ts';

/** How often a running suite says that it still runs, in milliseconds. */
export const HEARTBEAT = 30_000;

const PRINTED_LINES = 2_000;
const TAIL_LINES = 40;
const TAIL_CHARACTERS = 8_000;

/**
 * The deploy key, the token and the cache's token are inputs of the step and so in the environment of every program it
 * starts; the project's tests have no use for them.
 */
export const WITHHELD = {
  'INPUT_SSH-PRIVATE-KEY': '',
  'INPUT_SSH-PASSPHRASE': '',
  'INPUT_GITHUB-TOKEN': '',
  ACTIONS_RUNTIME_TOKEN: '',
};

export interface Executed extends RunResult {
  /** Both streams, in the order in which the lines came. */
  lines: string[];
}

export type Shell = readonly [string, ...string[]];

/** The shell of users' commands, as a workflow step has it; a runner without bash gets the POSIX one. */
export async function findShell({ run }: Pick<TestEffects, 'run'>): Promise<Shell> {
  const bash = ['bash', '-e', '-o', 'pipefail', '-c'] as const;
  return (await run([...bash, ':'])).code === 0 ? bash : ['sh', '-e', '-c'];
}

/**
 * Runs one program of a suite: lines as they come are kept, not printed, so that suites beside each other stay
 * readable; a heartbeat says that it still runs.
 */
export async function execute(
  name: string,
  argv: readonly [string, ...string[]],
  options: RunOptions,
  effects: Pick<TestEffects, 'run' | 'clock' | 'log'>,
): Promise<Executed> {
  const lines: string[] = [];
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
    const env = { ...WITHHELD, ...options.env };
    const result = await effects.run(argv, { ...options, env, onLine: (line) => void lines.push(line) });
    return { ...result, lines };
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

/** What is printed of an output: all of it, or the first and last lines with the number left out between. */
export function printable(lines: readonly string[]): string {
  if (lines.length <= PRINTED_LINES) return lines.join('\n');
  const head = lines.slice(0, PRINTED_LINES / 4);
  const tail = lines.slice(-(PRINTED_LINES * 3) / 4);
  const left = lines.length - head.length - tail.length;
  return [...head, `... ${left} lines left out ...`, ...tail].join('\n');
}

/** The last lines, kept for the record of a failure. */
export function tailOf(lines: readonly string[]): string {
  return lines.slice(-TAIL_LINES).join('\n').slice(-TAIL_CHARACTERS);
}
