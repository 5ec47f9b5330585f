/** The files a step writes for the runner: GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE, GITHUB_PATH. */

/** Parses `name=value` and `name<<DELIMITER` blocks. Throws on a malformed line, which fails the step. */
export function parsePairs(content: string): Map<string, string> {
  const pairs = new Map<string, string>();
  const lines = [...content.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)].map(([, text = '', newline = '']) => ({
    text,
    newline,
  }));
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]?.text ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`);
      pairs.set(line.slice(0, equals), line.slice(equals + 1));
    } else if (heredoc >= 0) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      if (name === '' || delimiter === '') {
        throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
      }
      let value = '';
      let newline = '';
      for (;;) {
        at += 1;
        const next = lines[at];
        if (!next || (next.text === '' && next.newline === '')) {
          throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
        }
        if (next.text === delimiter) break;
        value += newline + next.text;
        newline = next.newline;
      }
      pairs.set(name, value);
    } else throw new Error(`Invalid format '${line}'`);
  }
  return pairs;
}

/** GITHUB_PATH: one directory a line, the last one ends up first. */
export function parsePaths(content: string): string[] {
  return content
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .reverse();
}
