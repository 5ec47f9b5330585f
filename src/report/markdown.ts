import { stripVTControlCharacters } from 'node:util';

/** Characters that mean something to Markdown, to HTML, or to GitHub's own additions (mentions, issue numbers, emoji). */
const SPECIAL = /[&<>"'`*_[\]{}()|~\\#@!$:]/g;
const MAX_CELL = 300;

/** Foreign text as one line of text and nothing else, at most `limit` characters of it. */
export function text(value: string, limit = MAX_CELL): string {
  return escaped(bounded(value, limit));
}

/** Foreign text as inline code; HTML instead of backticks, which cannot be escaped and end a table cell. */
export function code(value: string, limit = MAX_CELL): string {
  return `<code>${escaped(bounded(value, limit)) || ' '}</code>`;
}

function escaped(value: string): string {
  return value.replace(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}

function bounded(value: string, limit: number): string {
  // Far more than is shown, so that colours and spaces do not count, and not a megabyte for one cell.
  const line = withoutControls(value.slice(0, 20 * limit))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > limit ? `${line.slice(0, limit).toWellFormed()}…` : line.toWellFormed();
}

function withoutControls(value: string): string {
  return stripVTControlCharacters(value).replace(/(?![\t\n\r])\p{Cc}|\p{Bidi_Control}/gu, '');
}

const MAX_ADDRESS = 2_000;

/** A link where the address is one of http(s); the label alone where it is not. `label` is Markdown already. */
export function link(label: string, address: string | undefined): string {
  if (!address || address.length > MAX_ADDRESS || !/^https?:\/\//.test(address) || !URL.canParse(address))
    return label;
  const safe = new URL(address).href.replace(
    /[()[\]<>"'`\\|*_~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${label}](${safe})`;
}

/** Foreign text as a block that its own backticks cannot end: the last `limit` characters of it. */
export function fence(value: string, language = '', limit = 8_000): string {
  const clean = withoutControls(value.slice(-4 * limit).replace(/\r\n?/g, '\n'))
    .toWellFormed()
    .replace(/^\n+|\s+$/g, '');
  const shown = clean.length > limit ? `… ${clean.slice(-limit).toWellFormed()}` : clean;
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${shown}\n${marks}`;
}

/** A table; header and cells are Markdown already. */
export function table(
  header: readonly string[],
  align: readonly ('l' | 'c' | 'r')[],
  rows: readonly (readonly string[])[],
): string {
  const rule = { l: ':--', c: ':-:', r: '--:' };
  return [header, align.map((side) => rule[side]), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** A part that is folded until somebody wants to see it. `title` and `body` are Markdown or HTML already. */
export function details(title: string, body: string, state: 'folded' | 'open' = 'folded'): string {
  return `<details${state === 'open' ? ' open' : ''}><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Items until `limit` UTF-8 bytes, then how many more there are. */
export function upTo(items: readonly string[], limit: number, more: (left: number) => string): string[] {
  const shown: string[] = [];
  let size = 0;
  for (const item of items) {
    size += Buffer.byteLength(item) + 1;
    if (size > limit) return [...shown, more(items.length - shown.length)];
    shown.push(item);
  }
  return shown;
}
