import * as core from '@actions/core';

/** A secret shorter than this cannot be masked: it would turn every text into stars. */
const SHORTEST = 4;
/** Single lines of a longer secret may be ordinary words below this length. */
const SHORTEST_LINE = 8;
const STARS = '***';

/** Every form of a secret in which it may stand in a text. */
export function encodingsOf(secret: string): string[] {
  const whole = secret.replace(/\r\n?/g, '\n').trim();
  const lines = whole.split('\n').map((line) => line.trim());
  const parts = [
    secret,
    whole,
    // The BEGIN and END lines of a key are no secret.
    ...(lines.length > 1
      ? lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'))
      : []),
  ];
  const forms = new Set<string>();
  for (const part of parts.filter((text) => text.length >= SHORTEST)) {
    const bytes = Buffer.from(part);
    const hex = bytes.toString('hex');
    const json = JSON.stringify(part).slice(1, -1);
    const uri = encodeURIComponent(part.toWellFormed());
    for (const form of [
      part,
      ...base64Of(bytes),
      hex,
      hex.toUpperCase(),
      json,
      json.replaceAll('/', '\\/'),
      uri,
      uri.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
      uri.replaceAll('%20', '+'),
      part.replaceAll("'", `'\\''`),
      part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    ])
      if (form.length >= SHORTEST) forms.add(form);
  }
  return [...forms];
}

/**
 * Base64 (both alphabets) of the bytes, and what of it stays the same wherever in a longer text they stand: at each of
 * the three offsets the characters that only these bytes decide.
 */
function base64Of(bytes: Buffer): string[] {
  const forms = [bytes.toString('base64')];
  for (const offset of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    forms.push(text.slice(first, last));
  }
  const long = forms.filter((form) => form.length >= SHORTEST);
  return [...long, ...long.map((form) => form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))];
}

/** The secrets of this run. What the log, outputs, summary and state say goes through `redact` first. */
export class Secrets {
  private readonly forms = new Set<string>();
  private readonly announced = new Set<string>();
  private readonly announce: (form: string) => void;

  /** `announce` tells the runner; by default only where there is one, which takes the line out of the log. */
  constructor(
    announce: (form: string) => void = process.env['GITHUB_ACTIONS'] === 'true'
      ? core.setSecret
      : () => undefined,
  ) {
    this.announce = announce;
  }

  /** Registers a secret with all its encodings. Empty ones and those too short to be masked are left out. */
  add(secret: string): void {
    this.addQuietly(secret);
    for (const form of encodingsOf(secret))
      if (!this.announced.has(form)) {
        this.announced.add(form);
        this.announce(form);
      }
  }

  /**
   * The same for what only looks like a secret. The runner is not told: what comes out of `secrets` it masks by itself, and a
   * word that is none would become stars in the log of every later step.
   */
  addQuietly(secret: string): void {
    for (const form of encodingsOf(secret)) this.forms.add(form);
  }

  /** The text without any form of any secret; overlapping finds become one. */
  readonly redact = (text: string): string => {
    const found: [start: number, end: number][] = [];
    for (const form of this.forms)
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1))
        found.push([at, at + form.length]);
    if (found.length === 0) return text;
    found.sort(([a], [b]) => a - b);
    let clean = '';
    let position = 0;
    for (let index = 0; index < found.length;) {
      const [start, first] = found[index] as [number, number];
      let end = first;
      for (index++; index < found.length; index++) {
        const [next, nextEnd] = found[index] as [number, number];
        if (next >= end) break;
        end = Math.max(end, nextEnd);
      }
      clean += text.slice(position, start) + STARS;
      position = end;
    }
    return clean + text.slice(position);
  };
}

/**
 * Every text in plain data without any form of any secret: before escaping or serialising, after which a secret looks
 * different. `fixed` names the keys of a known shape whose values come from fixed lists: with it, keys stay as they are too.
 */
export function redactAll<T>(value: T, redact: (text: string) => string, fixed?: ReadonlySet<string>): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return redact(item);
    if (Array.isArray(item)) return item.map(walk);
    if (item === null || typeof item !== 'object') return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, inner]) => [
        fixed ? key : redact(key),
        fixed?.has(key) ? inner : walk(inner),
      ]),
    );
  };
  return walk(value) as T;
}

/** Keys whose values come from fixed lists; a secret that happens to be such a word must not break a summary. */
export const FIXED_KEYS: ReadonlySet<string> = new Set(['kind', 'status', 'verdict', 'severity', 'strategy']);

/** In what is recorded also the identities made here: they tie runs, images and services together. */
export const RECORDED_KEYS: ReadonlySet<string> = new Set([
  ...FIXED_KEYS,
  ...['name', 'stage', 'type', 'pipeline_id', 'started_at', 'commit', 'id'],
  ...['service', 'tag', 'reference', 'image', 'previous'],
]);
