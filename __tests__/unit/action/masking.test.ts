import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secrets } from '../../../src/action/masking.ts';

const secret = fc
  .string({ unit: 'binary', minLength: 12, maxLength: 60 })
  .filter((text) => text.trim().length >= 12);
/** Does not matter what stands around it. */
const around = fc.string({ unit: fc.constantFrom('a', 'Z', '0', ' ', '\n', '"', '+'), maxLength: 9 });

const ENCODINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  HEX: (text) => Buffer.from(text).toString('hex').toUpperCase(),
  uri: (text) => encodeURIComponent(text.toWellFormed()),
  json: (text) => JSON.stringify(text).slice(1, -1),
  'shell quotes': (text) => text.replaceAll("'", `'\\''`),
};

describe('redact', () => {
  test.each(Object.entries(ENCODINGS))('leaks no secret as %s', (_, encode) => {
    fc.assert(
      fc.property(secret, around, around, (value, before, after) => {
        const secrets = new Secrets(() => undefined);
        secrets.add(value);
        const encoded = encode(value);
        expect(secrets.redact(`${before} ${encoded} ${after}`)).not.toContain(encoded);
      }),
    );
  });

  test('leaks no secret inside of a longer base64 text, at any of the three alignments', () => {
    fc.assert(
      fc.property(
        secret,
        around,
        around,
        fc.constantFrom('base64' as const, 'base64url' as const),
        (value, before, after, form) => {
          const secrets = new Secrets(() => undefined);
          secrets.add(value);
          const text = Buffer.from(`${before}${value}${after}`).toString(form);
          const left = secrets
            .redact(text)
            .split('***')
            .map((piece) => piece.length);
          // At most the characters that neighbours share with the secret are left.
          expect(left).toHaveLength(2);
          expect(text.length - left.reduce((sum, length) => sum + length)).toBeGreaterThanOrEqual(
            Math.floor((Buffer.byteLength(value) * 8) / 6) - 2,
          );
        },
      ),
    );
  });

  test('each line of a key is a secret of its own, its BEGIN and END lines are not', () => {
    const secrets = new Secrets(() => undefined);
    secrets.add('-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEA\r\nAAAABG5vbmUAAAAEbm9u\n-----END KEY-----\n');
    expect(secrets.redact('x b3BlbnNzaC1rZXktdjEA y AAAABG5vbmUAAAAEbm9u z')).toBe('x *** y *** z');
    expect(secrets.redact('-----BEGIN KEY-----')).toBe('-----BEGIN KEY-----');
  });

  test('secrets that overlap go together', () => {
    const secrets = new Secrets(() => undefined);
    secrets.add('abcdef');
    secrets.add('defghi');
    expect(secrets.redact('1abcdefghi2 abcdef defghi')).toBe('1***2 *** ***');
  });

  test('an empty secret and one of three characters would hide everything, and hide nothing', () => {
    const secrets = new Secrets(() => undefined);
    secrets.add('');
    secrets.add('  \n');
    secrets.add('abc');
    expect(secrets.redact('abc is fine')).toBe('abc is fine');
  });

  test('the runner is told each form once', () => {
    const told: string[] = [];
    const secrets = new Secrets((form) => told.push(form));
    secrets.add('s3cr3t-value');
    secrets.add('s3cr3t-value');
    expect(told).toContain('s3cr3t-value');
    expect(told).toContain(Buffer.from('s3cr3t-value').toString('hex'));
    expect(new Set(told).size).toBe(told.length);
  });

  test('two megabytes take no time', () => {
    const secrets = new Secrets(() => undefined);
    secrets.add(Array.from({ length: 40 }, (_, i) => `line-${i}-${'x'.repeat(60)}`).join('\n'));
    const started = performance.now();
    secrets.redact('lorem ipsum '.repeat(180_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
