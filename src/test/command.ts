/** Programs whose report we know how to ask for. */
export type Runner = 'jest' | 'vitest' | 'playwright' | 'pytest' | 'go' | 'node-test';

/** What is known of a user's command without running it. */
export interface Recognised {
  runner?: Runner;
  /**
   * How arguments reach the runner: appended as they are, after `--` through npm, or not at all (a pipe, several
   * runners, arguments of its own that ask for a report).
   */
  takes: 'arguments' | 'arguments-after-dashes' | 'nothing';
  /** The words of the runner's own command, for what it already asks for. */
  words: readonly string[];
}

export interface Manifest {
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const UNKNOWN: Recognised = { takes: 'nothing', words: [] };
const LAUNCHERS = new Set([
  'npx',
  'yarn',
  'pnpm',
  'bunx',
  'exec',
  'dlx',
  'node',
  'cross-env',
  'python',
  'python3',
  'uv',
  'poetry',
  'run',
]);
const DEEPEST_SCRIPT = 5;

/**
 * Which test runner a shell command ends in, following the scripts of package.json. Only the last of several commands
 * can be given arguments, and only where nothing before it is a test runner too: its report would tell half the story.
 */
export function recognise(command: string, scripts: Record<string, string> = {}, depth = 0): Recognised {
  // Quoted text may hold anything; what is left tells pipes, redirections, substitutions and comments.
  const bare = command.replace(/"(?:[^"\\$`]|\\.)*"|'[^']*'/g, (quoted) => 'q'.repeat(quoted.length));
  const cut = [...bare.matchAll(/&&|\|\||;|\n/g)].at(-1);
  const last = cut ? command.slice(cut.index + cut[0].length) : command;
  const before = cut ? bare.slice(0, cut.index).split(/&&|;|\n/) : [];
  // In another folder other scripts have these names.
  const moved = before.some((part) => /^\s*(cd|pushd)\b/.test(part));
  const found = recogniseOne(last, moved ? {} : scripts, depth);
  if (/[|<>()`&#]|\\$/.test(bare.replaceAll('&&', ''))) return { ...found, takes: 'nothing' };
  const half = before.some((part) => recogniseOne(part, scripts, depth).runner !== undefined);
  return half ? { ...found, takes: 'nothing' } : found;
}

function recogniseOne(command: string, scripts: Record<string, string>, depth: number): Recognised {
  const all = (command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) =>
    word.replace(/^(["'])(.*)\1$/, '$2'),
  );
  const words = all.slice(all.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)));
  const script = scriptOf(words, scripts);
  if (script) {
    if (depth >= DEEPEST_SCRIPT) return UNKNOWN;
    const inner = recognise(script.body, scripts, depth + 1);
    // The innermost must take plain arguments: what npm passes down, it passes at the very end of the script.
    const takes = inner.takes === 'arguments' ? script.takes : 'nothing';
    return { ...inner, takes, words: [...inner.words, ...script.rest] };
  }
  for (const [index, word] of words.entries()) {
    const runner = runnerOf(word, words[index + 1], words.slice(index + 1));
    if (runner)
      return { runner, takes: asksForReport(words) ? 'nothing' : 'arguments', words: words.slice(index) };
    if (!LAUNCHERS.has(word) && !word.startsWith('-') && !/^[A-Za-z_]\w*=/.test(word)) return UNKNOWN;
  }
  return UNKNOWN;
}

function runnerOf(word: string, next: string | undefined, rest: readonly string[]): Runner | undefined {
  const name = word.replace(/^.*node_modules\/(?:\.bin\/)?/, '').replace(/@[\w.-]+$/, '');
  if (name === 'jest' || name === 'jest/bin/jest.js') return 'jest';
  if (name === 'vitest' || name === 'vitest/vitest.mjs') return 'vitest';
  if ((name === 'playwright' || name === '@playwright/test/cli.js') && next === 'test') return 'playwright';
  if (name === 'pytest' || name === 'py.test') return 'pytest';
  if (name === 'go' && next === 'test') return 'go';
  if (name === 'node' && rest.includes('--test')) return 'node-test';
  return undefined;
}

/** Arguments that already choose a report: adding ours would fight with them. */
function asksForReport(words: readonly string[]): boolean {
  return words.some((word) => /^--(json|outputFile|reporters?|junit-?xml)\b/i.test(word) || word === '-json');
}

function scriptOf(words: readonly string[], scripts: Record<string, string>) {
  const [tool, verb, name] = words;
  if (tool !== 'npm' && tool !== 'yarn' && tool !== 'pnpm') return undefined;
  const short = verb === 'test' || verb === 't' || verb === 'tst' ? 'test' : undefined;
  const long = verb === 'run' || verb === 'run-script' ? name : undefined;
  const own = tool === 'npm' ? undefined : verb;
  const called = short ?? long ?? own;
  const body = called !== undefined && Object.hasOwn(scripts, called) ? scripts[called] : undefined;
  if (body === undefined) return undefined;
  const rest = words.slice(long === undefined ? 2 : 3);
  if (tool !== 'npm') return { body, rest, takes: 'arguments' as const };
  const dashes = rest.includes('--');
  return { body, rest, takes: dashes ? ('arguments' as const) : ('arguments-after-dashes' as const) };
}
