/** Foreign text in Markdown of ours: it can neither leave its code nor notify, link or format anything. */

/** One line of code; backticks become apostrophes, so that the length stays in bounds. */
export function inlineCode(text: string): string {
  const flat = text.replace(/\s+/g, ' ').replaceAll('`', "'").trim();
  return flat === '' ? '(empty)' : `\`${flat}\``;
}

/** A code block that nothing in the text can end. */
export function fenced(text: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}

/** At most `limit` characters and three dots. */
export function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}...`;
}
