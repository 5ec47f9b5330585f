const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
};

/**
 * A name as git quotes it (`core.quotePath`): `"caf\303\251"`. Bytes that are no UTF-8 become U+FFFD, as in the answers
 * of GitHub. Names without anything to quote come as they are.
 */
export function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  const bytes: number[] = [];
  for (const [, octal, letter, text] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (text !== undefined) bytes.push(...Buffer.from(text));
    else bytes.push(ESCAPES[letter ?? ''] ?? 63);
  }
  return Buffer.from(bytes).toString('utf8');
}
