import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AutopilotError } from '../../../src/errors.ts';
import { readPrivateKey } from '../../../src/server/private-key.ts';

let folder: string;
let plain = '';
let fingerprint = '';
let encrypted = '';

function make(name: string, ...args: string[]): string {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-f', file, ...args]);
  return readFileSync(file, 'utf8');
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-key-'));
  plain = make('plain', '-t', 'ed25519', '-N', '');
  fingerprint =
    execFileSync('ssh-keygen', ['-lf', join(folder, 'plain')], { encoding: 'utf8' }).split(' ')[1] ?? '';
  encrypted = make('encrypted', '-t', 'ed25519', '-N', 'open sesame');
});
afterAll(() => rmSync(folder, { recursive: true }));

const lines = () => plain.trim().split('\n');

describe('mended silently', () => {
  test.each<[string, () => string]>([
    ['as it is', () => plain],
    ['no line break at the end', () => plain.trimEnd()],
    ['CRLF', () => plain.replaceAll('\n', '\r\n')],
    ['literal \\n', () => plain.replaceAll('\n', '\\n')],
    ['literal \\r\\n', () => plain.replaceAll('\n', '\\r\\n')],
    ['on one line', () => lines().join(' ')],
    [
      'indented',
      () =>
        lines()
          .map((line) => `    ${line}`)
          .join('\n'),
    ],
    ['byte order mark and blank lines', () => `\uFEFF\n\n${plain}\n\n`],
    ['in quotes', () => `"${plain}"`],
    ['base64 around it', () => Buffer.from(plain).toString('base64')],
  ])('%s', (_name, write) => {
    expect(readPrivateKey(write())).toMatchObject({ type: 'ssh-ed25519', fingerprint, text: plain });
  });

  test('RSA and ECDSA, traditional and PKCS#8', () => {
    expect(readPrivateKey(make('rsa', '-t', 'rsa', '-m', 'PEM', '-N', '')).type).toBe('ssh-rsa');
    expect(readPrivateKey(make('ecdsa', '-t', 'ecdsa', '-N', '')).type).toBe('ecdsa-sha2-nistp256');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(readPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string).type).toBe(
      'ssh-rsa',
    );
  });

  test('encrypted, with its passphrase', () => {
    expect(readPrivateKey(encrypted, 'open sesame').type).toBe('ssh-ed25519');
  });
});

describe('refused with the way out, and never with a part of the key', () => {
  test.each<[string, () => string, string, RegExp]>([
    ['empty', () => ' \n', '', /empty/],
    ['public key', () => readFileSync(join(folder, 'plain.pub'), 'utf8'), '', /public key/],
    ['PuTTY', () => 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', '', /PuTTY/],
    [
      'certificate',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      '',
      /not a private key/,
    ],
    ['cut off', () => lines().slice(0, -1).join('\n'), '', /half-way/],
    ['damaged', () => [lines()[0], 'AAAA', lines().at(-1)].join('\n'), '', /cannot be read/],
    ['a path', () => '~/.ssh/id_ed25519', '', /not a private key/],
    ['encrypted without passphrase', () => encrypted, '', /is encrypted/],
    ['wrong passphrase', () => encrypted, 'wrong', /does not open/],
    ['huge nonsense', () => 'x '.repeat(1_000_000), '', /not a private key/],
  ])('%s', (_name, write, passphrase, message) => {
    const input = write();
    let error: unknown;
    try {
      readPrivateKey(input, passphrase);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(AutopilotError);
    const text = String(error);
    expect(text).toMatch(/\[SSH_KEY\]/);
    expect(text).toMatch(message);
    expect((error as AutopilotError).fix).not.toBe('');
    for (const line of input.split('\n').filter((each) => each.length > 30 && !each.startsWith('---'))) {
      expect(text).not.toContain(line.slice(0, 30));
    }
  });
});
