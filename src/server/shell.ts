import { AutopilotError } from '../errors.ts';
import type { Argv, Command } from './target.ts';

/**
 * The one place where a program and its arguments become POSIX sh text. Everything that any shell of a server reads is
 * built here, so this file is all there is to audit.
 */

/** One word, quoted so that sh reads back exactly these characters. NUL and lone surrogates cannot be carried: refused. */
export function quote(word: string): string {
  if (word.includes('\0') || !word.isWellFormed()) {
    throw new AutopilotError('INTERNAL', {
      what: 'A word with a NUL byte or half a character cannot be passed to a shell.',
      why: `It begins with ${JSON.stringify(word.slice(0, 20))}.`,
      fix: 'Remove the character from the configuration or the file name it came from.',
    });
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments as one simple command. Quoting keeps keywords, aliases and `a=b` from being special. */
export function argvText(argv: Argv): string {
  return argv.map(quote).join(' ');
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

function assignments(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => {
      if (!VARIABLE.test(name)) {
        throw new AutopilotError('INTERNAL', {
          what: `${JSON.stringify(name)} is not a name for an environment variable.`,
          fix: 'Use letters, digits and underscores.',
        });
      }
      return `${name}=${quote(value)}; export ${name}; `;
    })
    .join('');
}

/** A directory that `cd` takes as it is: not an option, not `-`, not looked up in CDPATH. */
function directory(path: string): string {
  return quote(path.startsWith('/') ? path : `./${path}`);
}

/** A whole command (directory, environment, standard input) in a subshell of its own. */
export function commandText(command: Pick<Command, 'argv' | 'cwd' | 'input' | 'env'>): string {
  const input = command.input === undefined ? '' : `printf %s ${quote(command.input)} | `;
  const cwd = command.cwd === undefined ? '' : `cd ${directory(command.cwd)} && `;
  return `( ${cwd}{ ${assignments(command.env ?? {})}${input}${argvText(command.argv)}; } )`;
}

/** One after the other, up to the first failure; its exit code is the text's. Nothing at all succeeds. */
export function sequence(commands: readonly Command[]): string {
  return commands.length === 0 ? ':\n' : `${commands.map(commandText).join(' &&\n')}\n`;
}

/** All of them, whatever fails; exit code 1 when any did (rule D3: one failing undo does not stop the others). */
export function attemptAll(commands: readonly Command[]): string {
  const lines = commands.map((command) => `${commandText(command)} || failed=1\n`);
  return `failed=0\n${lines.join('')}( exit "$failed" )\n`;
}

/** For an SSH server's login shell, which may be none that speaks POSIX: only `sh` reads the text. */
export function loginText(text: string): string {
  return `exec sh -c ${quote(text)}`;
}
