import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marked } from 'marked';
import { Secrets } from '../../../src/action/masking.ts';
import { link } from '../../../src/report/markdown.ts';
import type { RunReport } from '../../../src/report/run-report.ts';
import { summaryOf } from '../../../src/report/summary.ts';
import { writeSummary } from '../../../src/report/write-summary.ts';
import { CASCADE, LOCKED, SKIPPED, SUCCESS } from './reports.ts';

const MIB = 1_048_576;
const heading = (report: RunReport) => summaryOf(report).split('\n')[0];

describe('the verdict is the heading', () => {
  const manual: RunReport = {
    ...CASCADE,
    deploy: { ...(CASCADE.deploy as NonNullable<RunReport['deploy']>), manual_steps: ['docker start old'] },
  };
  test.each<[string, RunReport, string]>([
    ['success', SUCCESS, '## ✅ Deployed <code>backend</code> and <code>frontend</code>'],
    ['cascade (D3)', CASCADE, '## ❌ DEPLOY failed; <code>backend</code> and <code>frontend</code> put back'],
    ['locked by this run', LOCKED, '## 🔒 DEPLOY failed, and the pipeline is now locked'],
    ['skipped (A7)', SKIPPED, '## ⏭️ Nothing to do: only documentation changed'],
    ['a person is needed', manual, '## 🚨 DEPLOY failed, and a person is needed'],
    [
      'dry run',
      { ...SUCCESS, dryRun: true },
      '## 🔍 Dry run: would build and deploy <code>backend</code> and <code>frontend</code>',
    ],
    ['unlock', { ...SUCCESS, kind: 'unlock' }, '## 🔓 Unlocked: the next push deploys again'],
    ['cancelled', { ...SKIPPED, status: 'cancelled', reason: 'by a person' }, '## 🚫 Cancelled: by a person'],
    ['tests only', { ...SKIPPED, status: 'success', reason: '' }, '## ✅ Passed; nothing to deploy'],
  ])('%s', (_, report, expected) => {
    expect(heading(report)).toBe(expected);
  });
  test('locked before: nothing was tried', () => {
    const { failedStage: _, ...report } = LOCKED;
    expect(heading(report)).toBe('## 🔒 Locked: nothing was deployed');
  });
});

test('one table of stages with verdict and duration', () => {
  const lines = summaryOf(SUCCESS).split('\n');
  expect(lines.filter((line) => line.includes('| Stage | Verdict | Time |'))).toHaveLength(1);
  expect(lines).toContain(
    '| ✅ | <b>DEPLOY</b> | <code>backend</code> and <code>frontend</code> healthy | 14 s |',
  );
  expect(lines).toContain('| ⚠️ | <b>TEST</b> | <code>performance</code> score 65, minimum 70 | 31 s |');
});

describe('a dry run', () => {
  const row = {
    service: 'backend',
    from: 'shop-backend:1111111',
    to: 'shop-backend:a1b2c3d',
    strategy: 'start-first' as const,
    why: 'nothing forbids two containers side by side',
    send: 'what differs; last time 16.8 kB',
  };
  const { deploy: _deploy, verify: _verify, ...planned } = SUCCESS;
  const check = { name: 'free disk', passed: true, detail: '9.1 GB free' };
  const preview = { gate: [check], services: [row], operations: ['write the file', 'backend: stop the old'] };

  test('shows what it would do on the server, and in which order', () => {
    const summary = summaryOf({ ...planned, dryRun: true, preview });
    expect(summary).toContain('### What it would do on the server');
    expect(summary).toContain(
      '| <b>backend</b> | <code>shop-backend&#58;1111111</code> | <code>shop-backend&#58;a1b2c3d</code> | start-first | nothing forbids two containers side by side | what differs; last time 16.8 kB |',
    );
    expect(summary).toContain('In this order: 2 operations');
    expect(summary).toContain('1. write the file\n2. backend&#58; stop the old');
    expect(summary).not.toContain('The gate');
  });
  test('D1: says when the gate would stop it', () => {
    const gate = [{ ...check, passed: false, detail: '0.1 GB free', fix: 'Make room.' }];
    const summary = summaryOf({ ...planned, dryRun: true, preview: { ...preview, gate } });
    expect(summary).toContain('### The gate would stay shut');
    expect(summary).toContain('| ❌ | free disk | 0.1 GB free | Make room. |');
  });
  test('R1: of a rollback names what would go back', () => {
    const services = [row, { ...row, service: 'frontend', strategy: 'none' as const }];
    const report: RunReport = {
      ...planned,
      kind: 'rollback',
      dryRun: true,
      preview: { ...preview, services },
    };
    expect(heading(report)).toBe('## 🔍 Dry run: would roll back <code>backend</code>');
    expect(heading({ ...report, preview: { ...preview, services: [] } })).toBe(
      '## 🔍 Dry run: would roll back nothing',
    );
  });
});

test('how much was sent stands beside how large the image is', () => {
  const { deploy } = SUCCESS;
  const services = (deploy?.services ?? []).map((service) => ({ ...service, bytes_sent: 16_800 }));
  const report: RunReport = { ...SUCCESS, ...(deploy ? { deploy: { ...deploy, services } } : {}) };
  expect(summaryOf(report)).toContain('| Service | Image | Size | Sent | Time to build |');
  expect(summaryOf(report)).toContain('| 16.8 kB |');
});

test('what changed, what was skipped and why, what is running', () => {
  const summary = summaryOf(SUCCESS);
  expect(summary).toContain('What changed: 5 files since <code>99aa88b</code>');
  expect(summary).toContain('- <code>src/components/Price &#91;sale&#93;.tsx</code>');
  expect(summary).toContain('no dependency manifest or lock file changed');
  expect(summary).toContain(
    '| <b>backend</b> | <code>shop-backend&#58;a1b2c3d</code> | 2026-11-23 10&#58;16&#58;08 UTC | 🚀 new |',
  );
  expect(summary).not.toContain('What went wrong');
});

test('a rollback shows why, in which order, and the last log lines of the container, open', () => {
  const summary = summaryOf(CASCADE);
  expect(summary).toContain('<details open><summary>Its last log lines</summary>');
  expect(summary).toContain('database: connect ECONNREFUSED 172.18.0.9:5432');
  expect(summary).toContain('<code>backend</code> → <code>frontend</code>, in this order');
  expect(summary).toContain('exit code 1');
  expect(summary).toContain('Failure 1 in a row; at 3 the pipeline locks.');
  expect(summary).toContain('↩️ put back');
});

test('D1: the gate is a table only where it did not open; a lock says how to unlock', () => {
  const summary = summaryOf(LOCKED);
  expect(summary).toContain(
    '| ❌ | Free disk | 1.2 GB free at /var/lib/docker, 2 GB needed | docker image prune, or a larger disk |',
  );
  expect(summary).toContain('stage: unlock');
  expect(summaryOf(SUCCESS)).not.toContain('The gate');
});

/** The report with a foreign text everywhere where one can stand. */
function everywhere(foreign: string, many = 1): RunReport {
  const list = <T>(item: T): T[] => Array.from({ length: many }, () => item);
  const outcome = {
    service: foreign,
    image: foreign,
    previous: foreign,
    strategy: 'stop-first',
    status: 'rolled-back',
    reason: foreign,
  } as const;
  const failure = { service: foreign, reason: foreign, exit_code: 1, health_log: foreign, log_tail: foreign };
  return {
    pipelineId: foreign,
    kind: 'pipeline',
    dryRun: false,
    status: 'failed',
    reason: foreign,
    failedStage: foreign,
    trigger: foreign,
    actor: foreign,
    branch: foreign,
    commit: foreign,
    target: foreign,
    stages: list({ name: foreign, status: 'failed', reason: foreign }),
    plan: {
      base: foreign,
      head: foreign,
      categories: {
        frontend: list(foreign),
        backend: list(foreign),
        database: [],
        config: [],
        test: [],
        shared: [],
        other: list(foreign),
      },
      suites: [],
      services: list(foreign),
      decisions: list({ action: foreign, reason: foreign }),
      files: [],
      because: {},
      source: foreign,
      findings: list({ rule: 'secret', severity: 'CRITICAL', file: foreign, message: foreign }),
      warnings: list(foreign),
    },
    test: {
      status: 'failed',
      suites: list({
        name: foreign,
        kind: 'unit',
        status: 'failed',
        duration: 1,
        summary: foreign,
        tail: foreign,
      }),
      checks: list({ suite: foreign, severity: 'CRITICAL', message: foreign, file: foreign }),
    },
    build: {
      status: 'failed',
      images: list({ service: foreign, tag: foreign, reference: foreign, id: foreign, size: 1, duration: 1 }),
      failure: { service: foreign, step: foreign, tail: foreign },
      warnings: list(foreign),
    },
    deploy: {
      status: 'failed',
      gate: list({ name: foreign, service: foreign, passed: false, detail: foreign, fix: foreign }),
      services: list(outcome),
      rolled_back: list(foreign),
      failure,
      manual_steps: list(foreign),
      baselines: {},
      release: foreign,
      warnings: list(foreign),
    },
    verify: {
      status: 'failed',
      smoke: list({ service: foreign, url: foreign, passed: false, status: 0, duration: 1, detail: foreign }),
      watch: list({ service: foreign, verdict: 'roll-back', reason: foreign, samples: [] }),
      services: list(outcome),
      rolled_back: list(foreign),
      failure,
      manual_steps: list(foreign),
      warnings: list(foreign),
    },
    preview: {
      gate: [],
      services: list({
        service: foreign,
        from: foreign,
        to: foreign,
        strategy: 'none',
        why: foreign,
        send: foreign,
      }),
      operations: list(foreign),
    },
    running: list({ service: foreign, image: foreign, since: foreign }),
    lock: { reason: foreign, lockedAt: foreign },
    failures: { consecutive: 2, allowed: 3 },
    warnings: list(foreign),
    links: { run: 'https://x/y', commit: 'https://x/z' },
  };
}

/** Opening tags as a browser would see them, in order. */
const tagsOf = (markdown: string) =>
  [
    ...(marked.parse(markdown, { async: false, gfm: true }) as string).matchAll(
      /<([a-z][a-z0-9]*)(\s[^>]*)?>/gi,
    ),
  ].map(([, name, attributes = '']) => `${name}${attributes.replace(/ href="[^"]*"/, '')}`);

describe('foreign text stays text', () => {
  const benign = tagsOf(summaryOf(everywhere('benign')));
  test.each([
    ['HTML', '<img src=x onerror=alert(1)><script>x</script></details></table>'],
    ['Markdown', '# h **b** _i_ [a](javascript:b) ![i](https://x/y.png) ~~s~~ | cell | `code`'],
    ['fences', '```\n````\n`````\n</details>\n# heading\n'],
    ['lines', 'a\n\n# b\r\n- c\n> d\n\n| e |\n|--|\n'],
    ['links', 'https://evil.example http://x <https://y> a@b.example'],
    ['entities', '&lt;b&gt; &amp;#60; &#96;'],
    ['bidi and colours', '\u202e\u001b[31mred\u001b[0m\u0000\u0007 x'],
    ['half a pair', '\ud83d x'],
  ])('%s', (_, hostile) => {
    expect(tagsOf(summaryOf(everywhere(hostile)))).toEqual(benign);
  });

  test('whatever it is made of', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '</',
      'b',
      'details',
      '`',
      '```',
      '\n',
      '|',
      '[',
      ']',
      '(',
      ')',
      '*',
      '_',
      '~',
      '\\',
      '&',
      ';',
      '#',
      '!',
      '"',
      "'",
      '-',
      '\r',
      'https:',
      '//',
      ' ',
      '$',
      '{',
      '<!--',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const hostile = `x${parts.join('')}x`;
        expect(tagsOf(summaryOf(everywhere(hostile)))).toEqual(benign);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['a script', 'javascript:alert(1)'],
    ['a word', 'x'],
    ['no host', 'http://'],
    ['nothing', ''],
    ['too long', `https://x/${'y'.repeat(3_000)}`],
    ['a second line', '\nhttps://x'],
  ])('%s is no link', (_, address) => {
    expect(link('label', address)).toBe('label');
  });
  test.each(['https://x/a b)[c](d', 'https://x/"onclick="y', 'https://x/\ud83d`|', 'https://x/<b>'])(
    '%j is one link',
    (address) => {
      expect(tagsOf(`| ${link('label', address)} |`)).toEqual(['p', 'a']);
    },
  );
});

describe('below 1 MiB', () => {
  test.each([
    ['very long texts', everywhere('`<é'.repeat(400_000))],
    ['very many of everything', everywhere('some/path/<x>.ts', 4_000)],
    ['both', everywhere('🙂`&'.repeat(3_000), 150)],
    ['a huge analysis', { ...CASCADE, analysis: 'x'.repeat(2_000_000) }],
  ])('%s', (_, report) => {
    const summary = summaryOf(report);
    expect(Buffer.byteLength(summary)).toBeLessThan(MIB);
    expect(summary.startsWith('## ')).toBe(true);
    expect(summary).toContain('| Stage | Verdict | Time |');
  });
  test('any size', () => {
    fc.assert(
      fc.property(
        fc.nat(20_000),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom('a', '`', '<', '🙂', '\n', '| '),
        (length, many, unit) => {
          expect(Buffer.byteLength(summaryOf(everywhere(unit.repeat(length), many)))).toBeLessThan(MIB);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('writeSummary', () => {
  test('takes secrets out before escaping, which would hide them', async () => {
    const secrets = new Secrets(() => undefined);
    secrets.add('pa_ss*wo|rd');
    let written = '';
    const ok = await writeSummary(
      everywhere('x pa_ss*wo|rd y'),
      secrets.redact,
      async (markdown) => (written = markdown),
    );
    expect(ok).toBe(true);
    expect(written).toContain('x &#42;&#42;&#42; y');
    expect(written).not.toMatch(/pa&#95;ss|pa_ss/);
  });
  test('a secret that is a word of the report does not break it', async () => {
    const secrets = new Secrets(() => undefined);
    for (const word of ['success', 'passed', 'deployed', 'pipeline', 'healthy']) secrets.add(word);
    let written = '';
    await writeSummary(SUCCESS, secrets.redact, async (markdown) => (written = markdown));
    expect(written).toContain('## ✅ Deployed');
    expect(written).not.toContain('undefined');
  });
  test('a summary that cannot be written is no failure of the run', async () => {
    expect(
      await writeSummary(
        SUCCESS,
        (same) => same,
        () => Promise.reject(new Error('ENOSPC')),
      ),
    ).toBe(false);
  });
});
