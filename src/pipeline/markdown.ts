/** Foreign text in Markdown of ours: it can neither leave its code nor notify, link or format anything. */

/** One line of code; pipes are escaped, so that it also fits into a table. */
export function inlineCode(text: string): string {
  const flat = text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
  if (flat === '') return '(empty)';
  if (!flat.includes('`')) return `\`${flat}\``;
  const fence = '`'.repeat(longestRun(flat) + 1);
  return `${fence} ${flat} ${fence}`;
}

/** A code block that nothing in the text can end. */
export function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

/** At most `limit` characters and three dots. */
export function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}...`;
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}
