import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { countAdvisories, judgeAudit, readAudit } from '../../../src/test/audit.ts';
import { test as runTests } from '../../../src/test/stage.ts';
import { configOf, project, realEffects, runProgram } from './helpers.ts';

const current = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: {
    minimist: {
      name: 'minimist',
      severity: 'critical',
      via: [
        {
          source: 1,
          name: 'minimist',
          title: 'Prototype pollution',
          url: 'https://a.example/1',
          severity: 'critical',
        },
        { source: 2, name: 'minimist', title: 'Slow', severity: 'low' },
      ],
    },
    mkdirp: { name: 'mkdirp', severity: 'critical', via: ['minimist'] },
    mocha: { name: 'mocha', severity: 'critical', via: ['mkdirp', 'minimist'] },
  },
});
const old = JSON.stringify({
  advisories: { 7: { id: 7, module_name: 'lodash', severity: 'moderate', title: 'Pollution' } },
});
const yarn = [
  { type: 'auditAdvisory', data: { advisory: { id: 9, module_name: 'qs', severity: 'high', title: 'DoS' } } },
  { type: 'auditAdvisory', data: { advisory: { id: 9, module_name: 'qs', severity: 'high', title: 'DoS' } } },
  { type: 'auditSummary', data: {} },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

describe('readAudit', () => {
  test.each([
    [
      'npm 7 and later: an advisory counts once, however many packages pass it on',
      current,
      '1 critical, 1 low',
    ],
    ['npm 6 and pnpm', old, '1 moderate'],
    ['yarn 1', yarn, '1 high'],
    ['a clean project', '{"auditReportVersion":2,"vulnerabilities":{}}', 'no known vulnerability'],
  ])('%s', (_name, text, counted) => {
    const audit = readAudit(text);
    expect(audit.kind === 'advisories' && countAdvisories(audit.advisories)).toBe(counted);
  });

  test.each([
    ['nothing', '', 'it printed nothing'],
    [
      'a registry without audits',
      '{"message":"405 Method Not Allowed - POST"}',
      '405 Method Not Allowed - POST',
    ],
    [
      'no lock file',
      '{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile."}}',
      'This command requires an existing lockfile.',
    ],
    ['an error as text', '{"error":"Unauthorized"}', 'Unauthorized'],
    ['an error without words', '{"error":{"code":"EAI_AGAIN"}}', 'EAI_AGAIN'],
    ['another document', '{"hello":1}', 'its answer holds no list of vulnerabilities'],
    ['a list', '[]', 'its answer holds no list of vulnerabilities'],
    ['half an answer', current.slice(0, 200), 'its answer is not complete JSON'],
    ['yarn cut off', yarn.split('\n')[0] ?? '', 'its answer holds no list of vulnerabilities'],
    ['yarn that failed', '{"type":"error","data":"no network"}', 'no network'],
    [
      'an unknown severity',
      current.replaceAll('critical', 'apocalyptic'),
      'its answer holds no list of vulnerabilities',
    ],
  ])('fault 8 of the original: %s is never "no vulnerabilities"', (_name, text, why) => {
    expect(readAudit(text)).toEqual({ kind: 'unavailable', why });
  });

  test.each([
    ['low', ['CRITICAL', 'CRITICAL', 'CRITICAL', 'CRITICAL', 'WARNING']],
    ['moderate', ['CRITICAL', 'CRITICAL', 'CRITICAL', 'WARNING', 'WARNING']],
    ['high', ['CRITICAL', 'CRITICAL', 'WARNING', 'WARNING', 'WARNING']],
    ['critical', ['CRITICAL', 'WARNING', 'WARNING', 'WARNING', 'WARNING']],
  ] as const)('T3: block_severity %s', (block, expected) => {
    const advisories = (['info', 'low', 'moderate', 'high', 'critical'] as const).map((severity) => ({
      id: severity,
      package: 'p',
      severity,
      title: 't',
    }));
    expect(judgeAudit('security', advisories, block).map((check) => check.severity)).toEqual(expected);
  });
});

type Bulk = Record<
  string,
  { id: number; severity: string; title: string; url: string; vulnerable_versions: string }[]
>;

/** A registry on loopback that knows one package and answers the audit as told. */
async function withRegistry<T>(
  answer: number | Bulk,
  body: (origin: string, asked: unknown[]) => Promise<T>,
) {
  const asked: unknown[] = [];
  const registry = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const audit = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk';
      const packument = {
        name: 'left-out',
        'dist-tags': { latest: '1.0.0' },
        versions: { '1.0.0': { name: 'left-out', version: '1.0.0' } },
      };
      const known = request.method === 'GET' && request.url === '/left-out';
      if (audit) asked.push(JSON.parse(unpacked(Buffer.concat(chunks))));
      const status = known ? 200 : audit ? (typeof answer === 'number' ? answer : 200) : 404;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(known ? packument : audit && typeof answer !== 'number' ? answer : {}));
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  try {
    return await body(`http://127.0.0.1:${(registry.address() as AddressInfo).port}/`, asked);
  } finally {
    registry.closeAllConnections();
    registry.close();
  }
}

const unpacked = (body: Buffer) => (body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8');

const manifest = { name: 'app', version: '1.0.0', dependencies: { 'left-out': '1.0.0' } };
const files = {
  'package.json': JSON.stringify(manifest),
  'package-lock.json': JSON.stringify({
    ...manifest,
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, 'node_modules/left-out': { version: '1.0.0' } },
  }),
};
const advisory = (severity: string) => ({
  'left-out': [
    { id: 1, severity, title: 'Leaves things out', url: 'https://a.example/1', vulnerable_versions: '<2' },
  ],
});

async function audit(answer: number | Bulk, projectFiles: Record<string, string> = files) {
  return withRegistry(answer, async (origin, asked) => {
    const { workspace, temp } = await project({
      ...projectFiles,
      '.npmrc': `registry=${origin}\nfetch-retries=0\n`,
    });
    const effects = {
      ...realEffects(),
      run: ((argv, options) =>
        // npm keeps advisories by their id, and started by npm itself it takes that one's cache.
        runProgram(argv, {
          ...options,
          env: { ...options?.env, HOME: temp, npm_config_cache: `${temp}/npm-cache` },
        })) as typeof runProgram,
    };
    const plan = { suites: ['security'], findings: [] };
    const result = await runTests({ config: configOf(), plan, workspace, temp }, effects);
    return { result, suite: result.suites.find((each) => each.kind === 'security'), asked };
  });
}

describe('security suite, with the real npm and a registry on loopback', () => {
  test('T3: high is CRITICAL and stops', async () => {
    const { result, suite, asked } = await audit(advisory('high'));
    expect(asked).toEqual([{ 'left-out': ['1.0.0'] }]);
    expect(suite).toMatchObject({ status: 'failed', summary: '1 high' });
    expect(result.status).toBe('failed');
    expect(result.checks).toEqual([
      {
        suite: 'security',
        severity: 'CRITICAL',
        message: 'high: left-out: Leaves things out (https://a.example/1)',
      },
    ]);
  }, 60_000);

  test('T3: moderate is a WARNING', async () => {
    const { result } = await audit(advisory('moderate'));
    expect(result).toMatchObject({ status: 'warning', checks: [{ severity: 'WARNING' }] });
  }, 60_000);

  test('nothing known passes', async () => {
    const { result, suite } = await audit({});
    expect(result.status).toBe('passed');
    expect(suite?.summary).toBe('no known vulnerability');
  }, 60_000);

  test('fault 8: a registry that refuses audits is a WARNING with its words', async () => {
    const { result, suite } = await audit(405);
    expect(result.status).toBe('warning');
    expect(suite?.summary).toBe('could not run');
    expect(result.checks[0]?.message).toMatch(/^the audit could not run: .*405/);
  }, 60_000);

  test('no lock file is a WARNING that says what to do', async () => {
    const { result } = await audit({}, { 'package.json': files['package.json'] });
    expect(result.checks[0]?.message).toBe(
      'the audit could not run: there is no lock file; commit package-lock.json',
    );
  }, 60_000);

  test('no package.json: nothing to audit, skipped with the reason', async () => {
    const { result, suite } = await audit({}, {});
    expect(suite).toMatchObject({ status: 'skipped', summary: 'there is no package.json to audit' });
    expect(result.status).toBe('skipped');
  }, 60_000);
});
