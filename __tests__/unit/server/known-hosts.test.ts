import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { hostKeyAttempts, readPins } from '../../../src/server/known-hosts.ts';

let folder: string;
const keys: Record<string, { line: string; fingerprint: string }> = {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'known-hosts-'));
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    const file = join(folder, type);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'comment', '-f', file]);
    const fingerprint =
      execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(' ')[1] ?? '';
    keys[type] = { line: readFileSync(`${file}.pub`, 'utf8').trim(), fingerprint };
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const key = (type = 'ed25519') => keys[type] ?? { line: '', fingerprint: '' };
const hash = (line: string) => {
  const file = join(folder, 'to-hash');
  writeFileSync(file, `${line}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
};

describe('lines that pin', () => {
  test.each<[string, (line: string) => string, string, number, boolean]>([
    ['plain', (line) => `web.example ${line}`, 'web.example', 22, true],
    ['another host', (line) => `web.example ${line}`, 'other.example', 22, false],
    ['upper case', (line) => `WEB.example ${line}`, 'web.EXAMPLE', 22, true],
    ['list of names', (line) => `a,web.example,203.0.113.5 ${line}`, '203.0.113.5', 22, true],
    ['port', (line) => `[web.example]:2222 ${line}`, 'web.example', 2222, true],
    ['another port', (line) => `[web.example]:2222 ${line}`, 'web.example', 2223, false],
    ['no port where one is used', (line) => `web.example ${line}`, 'web.example', 2222, false],
    ['default port written out', (line) => `[web.example]:22 ${line}`, 'web.example', 22, true],
    ['IPv6', (line) => `2001:db8::1 ${line}`, '2001:db8::1', 22, true],
    ['IPv6 with port', (line) => `[2001:db8::1]:2222 ${line}`, '2001:db8::1', 2222, true],
    ['wildcard', (line) => `*.example ${line}`, 'web.example', 22, true],
    ['negated', (line) => `*.example,!web.example ${line}`, 'web.example', 22, false],
    ['one character', (line) => `we?.example ${line}`, 'web.example', 22, true],
    ['bare public key', (line) => line, 'web.example', 2222, true],
    ['hashed by ssh-keygen -H', (line) => hash(`web.example ${line}`), 'web.example', 22, true],
    ['hashed, other host', (line) => hash(`web.example ${line}`), 'other.example', 22, false],
    ['hashed with port', (line) => hash(`[web.example]:2222 ${line}`), 'web.example', 2222, true],
    [
      'CRLF and comments',
      (line) => `# web:22 SSH-2.0\r\n\r\nweb.example ${line}\r\n`,
      'web.example',
      22,
      true,
    ],
  ])('%s', (_name, write, host, port, pinned) => {
    const { pins } = readPins(write(key().line), host, port);
    expect(pins.map((pin) => pin.fingerprint)).toEqual(pinned ? [key().fingerprint] : []);
  });

  test('a fingerprint is taken as it is and as ssh-keygen -l prints it', () => {
    const { fingerprint } = key('rsa');
    const text = `${fingerprint}\n3072 ${fingerprint} me@host (RSA)\nssh-rsa ${fingerprint}\n${fingerprint}=`;
    const { pins } = readPins(text, 'h', 22);
    expect(pins.map((pin) => [pin.fingerprint, pin.type])).toEqual([
      [fingerprint, undefined],
      [fingerprint, undefined],
      [fingerprint, 'ssh-rsa'],
      [fingerprint, undefined],
    ]);
  });

  test('markers: revoked is kept as such, a certificate authority is told', () => {
    const text = `@revoked * ${key().line}\n@cert-authority *.example ${key('rsa').line}\n@cert-authority other ${key().line}`;
    const found = readPins(text, 'web.example', 22);
    expect(found.pins).toMatchObject([{ line: 1, revoked: true }]);
    expect(found.authorities).toEqual([2]);
  });
});

test('what cannot be used becomes a hint with its line', () => {
  const { line } = key();
  const text = [
    'nonsense',
    `web.example ${line.replace('ssh-ed25519', 'ssh-rsa')}`,
    'MD5:00:11',
    `web.example ${line}`,
  ].join('\n');
  const { hints, pins } = readPins(text, 'web.example', 2222);
  expect(pins).toEqual([]);
  expect(hints.map((hint) => /line \d/.exec(hint)?.[0])).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
  expect(hints[3]).toContain('[web.example]:2222');
});

test('hostile text neither throws nor hangs', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void readPins(text, 'h', 22)),
  );
  const begin = performance.now();
  readPins(`${'*a'.repeat(5000)}b ${key().line}`, 'a'.repeat(250), 22);
  expect(performance.now() - begin).toBeLessThan(2000);
});

test('the pinned types are negotiated first; with a fingerprint only, each family in turn', () => {
  const attempts = hostKeyAttempts(readPins(`h ${key('rsa').line}`, 'h', 22).pins);
  expect(attempts).toHaveLength(1);
  expect(attempts[0]?.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
  expect(attempts[0]).toContain('ssh-ed25519');
  expect(hostKeyAttempts(readPins(key().fingerprint, 'h', 22).pins)).toHaveLength(5);
});
