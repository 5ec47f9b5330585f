import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A host key that the user vouches for. */
export interface Pin {
  /** Line in the input, from 1. */
  line: number;
  /** `SHA256:...` as ssh-keygen prints it. */
  fingerprint: string;
  /** Key type; unknown when the user gave a fingerprint only. */
  type: string | undefined;
  revoked: boolean;
}

export interface Pins {
  /** Those for this host and port. */
  pins: Pin[];
  /** Hosts named without this port, certificates, unreadable lines: what to tell when nothing matches. */
  hints: string[];
  /** Lines that trust a certificate authority for this host. */
  authorities: number[];
}

const KEY_TYPE = /^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh\.com)$/;

/** `SHA256:...` of a key blob. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key blob names itself. */
export function typeOf(blob: Buffer): string {
  if (blob.length < 4) return '';
  const length = blob.readUInt32BE(0);
  return length > 64 ? '' : blob.subarray(4, 4 + length).toString('latin1');
}

/**
 * Reads the input `ssh-known-hosts`: lines of a known_hosts file (plain, hashed, with a port, `@revoked`), bare public
 * keys, or fingerprints as `SHA256:...` anywhere in a line. Never throws; lines it cannot use become hints.
 */
export function readPins(text: string, host: string, port: number): Pins {
  const found: Pins = { pins: [], hints: [], authorities: [] };
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n|\r/)
    .forEach((raw, index) => readLine(raw.trim(), index + 1, host.toLowerCase(), port, found));
  return found;
}

function readLine(text: string, line: number, host: string, port: number, found: Pins): void {
  if (text === '' || text.startsWith('#')) return;
  const fingerprint = /(?:^|\s)(SHA256:[A-Za-z0-9+/]{43})=?(?:\s|$)/.exec(text)?.[1];
  if (fingerprint) {
    const type = text.split(/\s+/).find((word) => KEY_TYPE.test(word));
    found.pins.push({ line, fingerprint, type, revoked: false });
    return;
  }
  const words = text.split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  // A bare public key, as in a .pub file: it can only mean this server.
  const names = KEY_TYPE.test(words[0] ?? '') ? undefined : words.shift();
  const [type = '', base64 = ''] = words;
  const blob = Buffer.from(base64, 'base64');
  if (!KEY_TYPE.test(type) || typeOf(blob) !== type) {
    found.hints.push(`line ${line} is neither a known_hosts line nor a SHA256: fingerprint`);
    return;
  }
  if (names !== undefined && !matches(names, host, port)) {
    if (matches(names, host, 22) && port !== 22) {
      found.hints.push(`line ${line} is for port 22; for port ${port} it must begin with [${host}]:${port}`);
    }
    return;
  }
  if (marker === '@cert-authority') found.authorities.push(line);
  else if (marker === undefined || marker === '@revoked') {
    found.pins.push({ line, fingerprint: fingerprintOf(blob), type, revoked: marker === '@revoked' });
  } else found.hints.push(`line ${line} has the unknown marker ${marker}`);
}

/** Whether the first field of a known_hosts line means this host and port, as sshd(8) defines it. */
function matches(names: string, host: string, port: number): boolean {
  const wanted = port === 22 ? host : `[${host}]:${port}`;
  const hashed = /^\|1\|([A-Za-z0-9+/=]+)\|([A-Za-z0-9+/=]+)$/.exec(names);
  if (hashed) {
    const [, salt = '', digest = ''] = hashed;
    const expected = Buffer.from(digest, 'base64');
    const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(wanted).digest();
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }
  let matched = false;
  for (const name of names.toLowerCase().split(',')) {
    const negated = name.startsWith('!');
    const pattern = negated ? name.slice(1) : name;
    // `[host]:22` is how some tools write the default port.
    if (wildcard(pattern, wanted) || (port === 22 && pattern === `[${host}]:22`)) {
      if (negated) return false;
      matched = true;
    }
  }
  return matched;
}

/** `*` and `?`, without a regular expression that hostile input could make slow. */
function wildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === text[t] || pattern[p] === '?')) {
      p++;
      t++;
    } else if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

const FAMILIES: [string, string[]][] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']],
];

/**
 * Lists of host key algorithms to negotiate, one attempt each. A server with several keys shows one; pinned types come
 * first, so that it shows a pinned one. Where only fingerprints are given, each family is asked for in turn.
 */
export function hostKeyAttempts(pins: readonly Pin[]): string[][] {
  const wanted = pins.filter((pin) => !pin.revoked);
  const typed = new Set(wanted.map((pin) => pin.type));
  if (typed.has(undefined)) return FAMILIES.map(([, algorithms]) => algorithms);
  const first = FAMILIES.filter(([type]) => typed.has(type));
  const rest = FAMILIES.filter(([type]) => !typed.has(type));
  return [[...first, ...rest].flatMap(([, algorithms]) => algorithms)];
}
