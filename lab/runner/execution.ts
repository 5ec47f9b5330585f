/** One process of a step: its command files before, what it left in them after. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePairs, parsePaths } from './command-files.ts';
import { type Annotation, CommandReader } from './commands.ts';
import type { Masks } from './masks.ts';
import { type Running, start } from './process.ts';

/** Over it the whole summary of the step is dropped. */
const SUMMARY_LIMIT = 1024 * 1024;

export interface Execution {
  /** The runner says why a script failed; an action has to say it itself. */
  kind: 'script' | 'action';
  file: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
}

export interface Executed {
  exitCode: number;
  /** By exit code, by a malformed command file, or by a refused command. */
  failed: boolean;
  log: string;
  outputs: Map<string, string>;
  state: Map<string, string>;
  env: Map<string, string>;
  paths: string[];
  annotations: Annotation[];
  summary: string;
}

export interface Surroundings {
  temp: string;
  masks: Masks;
  debug: boolean;
  write: (line: string) => void;
  started: (running: Running) => void;
}

const FILES = {
  output: 'set_output',
  state: 'save_state',
  env: 'set_env',
  path: 'add_path',
  summary: 'step_summary',
};

export async function execute(
  execution: Execution,
  { temp, masks, debug, write, started }: Surroundings,
): Promise<Executed> {
  const dir = join(temp, '_runner_file_commands');
  await mkdir(dir, { recursive: true });
  const id = randomUUID();
  const file = (kind: keyof typeof FILES): string => join(dir, `${FILES[kind]}_${id}`);
  for (const kind of Object.keys(FILES) as (keyof typeof FILES)[]) await writeFile(file(kind), '');
  const lines: string[] = [];
  const reader = new CommandReader(masks, {
    debug,
    write: (line) => {
      lines.push(line);
      write(line);
    },
  });
  const running = start(execution.file, execution.args, {
    cwd: execution.cwd,
    env: {
      ...execution.env,
      GITHUB_OUTPUT: file('output'),
      GITHUB_STATE: file('state'),
      GITHUB_ENV: file('env'),
      GITHUB_PATH: file('path'),
      GITHUB_STEP_SUMMARY: file('summary'),
    },
    line: (line) => {
      reader.line(line);
    },
  });
  started(running);
  const exitCode = await running.ended;
  let failed = exitCode !== 0;
  if (failed && execution.kind === 'script')
    reader.annotate({ level: 'error', message: `Process completed with exit code ${exitCode}.` });

  const read = async <T>(
    kind: keyof typeof FILES,
    parse: (content: string) => T,
    otherwise: T,
  ): Promise<T> => {
    try {
      const content = await readFile(file(kind), 'utf8').catch(() => '');
      return parse(content.replace(/^\uFEFF/, ''));
    } catch (error) {
      failed = true;
      reader.annotate({ level: 'error', message: `Unable to process file command '${kind}' successfully.` });
      reader.annotate({ level: 'error', message: error instanceof Error ? error.message : String(error) });
      return otherwise;
    }
  };
  const outputs = await read('output', parsePairs, new Map<string, string>());
  const state = await read('state', parsePairs, new Map<string, string>());
  const env = await read('env', parseEnvironment, new Map<string, string>());
  const paths = await read('path', parsePaths, []);
  const markdown = await readFile(file('summary'), 'utf8').catch(() => '');
  const size = Buffer.byteLength(markdown);
  if (size > SUMMARY_LIMIT) {
    const kibibytes = Math.ceil(size / 1024);
    reader.annotate({
      level: 'error',
      message: `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${kibibytes}k.`,
    });
  }
  for (const kind of Object.keys(FILES) as (keyof typeof FILES)[])
    await rm(file(kind), { force: true, recursive: true });
  return {
    exitCode,
    failed: failed || reader.failed,
    log: lines.join('\n'),
    outputs: new Map([...reader.outputs, ...outputs]),
    state: new Map([...reader.state, ...state]),
    env,
    paths,
    annotations: reader.annotations,
    summary: size > SUMMARY_LIMIT ? '' : masks.apply(markdown),
  };
}

function parseEnvironment(content: string): Map<string, string> {
  const pairs = parsePairs(content);
  if (pairs.has('NODE_OPTIONS'))
    throw new Error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
  return pairs;
}
