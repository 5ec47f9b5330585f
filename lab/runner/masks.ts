/** Secrets in a log become `***`: the value, its lines, and the encodings the official runner knows; not hex, not parts. */
const base64 =
  (shift: number) =>
  (value: string): string => {
    const bytes = Buffer.from(value);
    return bytes.length <= shift
      ? ''
      : Buffer.from(bytes.subarray(shift)).toString('base64').replace(/=+$/, '').slice(0, -1);
  };

/** The runner masks base64 at the three offsets at which a secret can stand inside a longer text. */
const ENCODERS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => Buffer.from(value).toString('base64'),
  base64(1),
  base64(2),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => encodeURIComponent(value.isWellFormed() ? value : ''),
  (value) =>
    value
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      .replace(/'/g, '&apos;'),
  (value) => value.replaceAll("'", "''"),
  (value) => (/^".*"$/s.test(value) && value.length > 8 ? value.slice(1, -1) : ''),
];

export class Masks {
  readonly #values = new Set<string>();
  #sorted: string[] = [];

  /** Adds a secret and each of its lines; blank ones are ignored. */
  add(value: string): void {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.trim() === '') continue;
      for (const encode of ENCODERS) {
        const encoded = encode(part);
        if (encoded.trim() !== '') this.#values.add(encoded);
      }
    }
    this.#sorted = [...this.#values].sort((a, b) => b.length - a.length);
  }

  /** Overlapping secrets become one `***`. */
  apply(text: string): string {
    const spans: [number, number][] = [];
    for (const value of this.#sorted) {
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1))
        spans.push([at, at + value.length]);
    }
    if (spans.length === 0) return text;
    spans.sort((a, b) => a[0] - b[0]);
    let result = '';
    let end = 0;
    let open = -1;
    for (const [from, to] of spans) {
      if (open < 0 || from > end) {
        result += text.slice(end, from) + '***';
        open = from;
        end = to;
      } else end = Math.max(end, to);
    }
    return result + text.slice(end);
  }

  hides(text: string): boolean {
    return this.apply(text) !== text;
  }
}
