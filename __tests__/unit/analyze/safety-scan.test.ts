import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { workspaceReader, type ReadFile } from '../../../src/analyze/files.ts';
import { scan, WORKSPACE_LIMITS } from '../../../src/analyze/safety-scan.ts';
import type { Category } from '../../../src/analyze/plan.ts';

// Put together here, so that no scanner finds them in this file.
const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('');
const SLACK = [
  'https://hooks.slack.com',
  '/services/',
  'T0A1B2C3D/B0A1B2C3D/',
  'abcdefghijklmnopqrstuvwx',
].join('');
const KEY = [
  '-----BEGIN RSA',
  ' PRIVATE KEY-----\n',
  `${'MIIEpAIBAAKCAQEA'.repeat(4)}\n`.repeat(8),
  '-----END RSA',
  ' PRIVATE KEY-----\n',
].join('');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'scan-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function scanned(files: Record<string, string | Buffer>, category: Category = 'shared') {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  const list = Object.keys(files).map((path) => ({ path, category }));
  return scan(list, workspaceReader(directory), WORKSPACE_LIMITS);
}

describe('layer 1: secrets', () => {
  test.each([
    ['a GitHub token', TOKEN],
    ['a Slack webhook', SLACK],
    ['a private key', KEY],
  ])('%s is CRITICAL, with file and line, never with the secret', async (_name, secret) => {
    const { findings } = await scanned({ 'src/config.ts': `// one\nconst x = \`${secret}\`;\n` });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      rule: 'secret',
      severity: 'CRITICAL',
      file: 'src/config.ts',
      line: 2,
    });
    for (const part of [secret, secret.slice(4, 24), secret.slice(-12).trim()]) {
      expect(JSON.stringify(findings)).not.toContain(part);
    }
  });

  test('in a test, a text, or a file with a hostile name as well', async () => {
    for (const path of ['a\nb.md', '-x', '::end||\n.ts', '%0A::error::.txt']) {
      const { findings } = await scanned({ [path]: TOKEN }, 'test');
      expect(findings).toMatchObject([{ rule: 'secret', file: path, line: 1 }]);
    }
  });

  test('ordinary code has none', async () => {
    const { findings, warnings } = await scanned({
      'a.ts':
        'const password = process.env.PASSWORD;\nconst sha = "8f019c25882d0a24446e4d4ee27fa31e76d0ae06";\n',
      'empty.ts': '',
    });
    expect(findings).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

describe('layer 1: .env', () => {
  test.each<[string, Category, string[]]>([
    ['.env', 'config', ['CRITICAL']],
    ['apps/web/.env', 'config', ['CRITICAL']],
    ['.env.local', 'config', ['CRITICAL']],
    ['.env.production.local', 'config', ['CRITICAL']],
    ['.env.production', 'config', ['WARNING']],
    ['test/.env', 'test', ['WARNING']],
    ['.env.example', 'config', []],
    ['.env.sample', 'config', []],
    ['.env.production.example', 'config', []],
    ['.envrc', 'other', []],
    ['src/env.ts', 'shared', []],
  ])('%s (%s): %j', async (path, category, severities) => {
    const { findings } = await scanned({ [path]: 'A=1\n' }, category);
    expect(findings.filter(({ rule }) => rule === 'dotenv').map(({ severity }) => severity)).toEqual(
      severities,
    );
  });
});

describe('layer 1: large files', () => {
  test('above 10 MB is a WARNING, and the content is not read', async () => {
    writeFileSync(join(directory, 'large.bin'), '');
    truncateSync(join(directory, 'large.bin'), 10 * 1024 * 1024 + 1);
    writeFileSync(join(directory, 'small.bin'), '');
    truncateSync(join(directory, 'small.bin'), 10 * 1024 * 1024);
    const files = ['large.bin', 'small.bin'].map((path) => ({ path, category: 'other' as const }));
    const { findings } = await scan(files, workspaceReader(directory), WORKSPACE_LIMITS);
    expect(findings).toMatchObject([{ rule: 'large-file', severity: 'WARNING', file: 'large.bin' }]);
  });
});

describe('layer 1: syntax', () => {
  test.each<[string, string, { rule: string; line: number } | undefined]>([
    ['a.json', '{\n  "a": 1\n}', undefined],
    ['a.json', '\uFEFF{}', undefined],
    ['a.json', '{\n  "a": 1,\n}', { rule: 'json-syntax', line: 3 }],
    ['a.json', '{\n  "a": [1, 2\n', { rule: 'json-syntax', line: 3 }],
    ['a.json', '', { rule: 'json-syntax', line: 1 }],
    ['tsconfig.json', '{\n  // comment with "quotes"\n  "a": "http://x", /* b */\n}', undefined],
    ['apps/web/tsconfig.build.json', '{ "a": [1,], }', undefined],
    ['.vscode/settings.json', '{ "a": 1, // x\n}', undefined],
    ['tsconfig.json', '{ "a": ', { rule: 'json-syntax', line: 1 }],
    ['a.jsonc', '{ // not looked at\n', undefined],
    ['a.yaml', 'a: 1\nb: [1, 2]\n', undefined],
    ['a.yml', 'a: 1\n---\nb: !Ref x\n', undefined],
    ['a.yaml', '', undefined],
    ['a.yaml', 'a: 1\nb: [1, 2\nc: 3\n', { rule: 'yaml-syntax', line: 3 }],
    ['a.yml', 'a: "open\n', { rule: 'yaml-syntax', line: 2 }],
    ['chart/a.yaml', 'a: {{ .Values.x }}\n', undefined],
  ])('%s %j: %j', async (path, content, expected) => {
    const { findings } = await scanned({ [path]: content });
    expect(findings).toMatchObject(expected ? [{ ...expected, severity: 'CRITICAL', file: path }] : []);
  });

  test('a fault next to a secret does not quote it', async () => {
    const { findings } = await scanned({
      'c.json': `{"password": "hunter2-hunter2" "x"}`,
      'c.yaml': 'password: "hunter2-hunter2\n',
    });
    expect(findings).toHaveLength(2);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  test('broken fixtures of tests are fine, and so are binary files', async () => {
    expect((await scanned({ 'test/a.json': '{' }, 'test')).findings).toEqual([]);
    expect((await scanned({ 'a.json': Buffer.from([0, 1, 2]) })).findings).toEqual([]);
  });
});

describe('what is left out', () => {
  test('is a warning with the numbers', async () => {
    const read: ReadFile = async (path) => {
      if (path === 'b') throw new Error('no');
      return { size: 1, content: Buffer.from('x') };
    };
    const files = ['a', 'b', 'c', 'd'].map((path) => ({ path, category: 'shared' as const }));
    const { warnings } = await scan(files, read, { files: 3, fileSize: 10, totalSize: 100 });
    expect(warnings).toEqual([expect.stringContaining('2 of 4 changed files were not scanned')]);
  });

  test('links out of the workspace, directories and files that are gone are not read', async () => {
    symlinkSync('/etc', join(directory, 'etc'));
    symlinkSync('/etc/passwd', join(directory, 'passwd'));
    mkdirSync(join(directory, 'sub'), { recursive: true });
    const read = workspaceReader(directory);
    for (const path of ['etc/passwd', 'passwd', 'sub', 'gone', 'gone/deep', '../x']) {
      expect(await read(path, 1000)).toBeUndefined();
    }
  });
});

test('the scanner leaves no marks of its own profiler, which would be searched for each new one', async () => {
  const before = performance.getEntriesByType('mark').length;
  const read: ReadFile = async () => ({ size: 1, content: Buffer.from('x') });
  await scan([{ path: 'a\nb.ts', category: 'shared' }], read, WORKSPACE_LIMITS);
  expect(performance.getEntriesByType('mark')).toHaveLength(before);
  performance.mark('mine');
  expect(performance.getEntriesByName('mine')).toHaveLength(1);
  performance.clearMarks('mine');
});
