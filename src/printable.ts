/** Foreign text as it may stand in one line of a message: no control characters or line ends, at most `limit` characters. */
export function printable(text: string, limit = 200): string {
  const clean = text.replace(/[\p{Cc}\u2028\u2029]/gu, '\uFFFD').toWellFormed();
  return clean.length > limit ? `${clean.slice(0, limit).toWellFormed()}...` : clean;
}
