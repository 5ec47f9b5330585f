import { describe, expect, test } from '@jest/globals';
import { marked } from 'marked';
import { duration, sentence, size, time } from '../../../src/report/format.ts';
import { planTable, planText } from '../../../src/report/plan-table.ts';
import { statusPage } from '../../../src/report/status-page.ts';
import { statusText } from '../../../src/report/status-text.ts';
import { PipelineFile, RollbackRegistry } from '../../../src/state/schema.ts';
import { SUCCESS } from './reports.ts';

const run = (n: number, more: object = {}) => ({
  pipeline_id: `20261123-1015${String(n).padStart(2, '0')}-a1b2c3d`,
  status: 'success',
  trigger: 'push',
  started_at: '2026-11-23T10:15:00Z',
  finished_at: '2026-11-23T10:16:42Z',
  stages: [],
  changes: { categories: {} },
  decisions: [],
  ...more,
});
const FAILED = {
  status: 'failed',
  failed_stage: 'deploy',
  failure_reason: 'backend unhealthy',
  rolled_back: ['backend'],
};
const file = (more: object = {}) =>
  PipelineFile.parse({
    pipelines: [
      ...Array.from({ length: 12 }, (_, n) => run(n, { deployed: { web: `shop-web:t${n}` } })),
      run(12, FAILED),
    ],
    current: null,
    stats: { total_runs: 13, success_count: 12, failure_count: 1, consecutive_failures: 1 },
    ...more,
  });
const REGISTRY = RollbackRegistry.parse({
  services: {
    web: {
      current: 't11',
      previous: 't10',
      history: [{ tag: 't11', deployed_at: '2026-11-23T19:16:00+09:00', status: 'success' }],
    },
  },
});
const EMPTY = PipelineFile.parse({
  pipelines: [],
  current: null,
  stats: { total_runs: 0, success_count: 0, failure_count: 0, consecutive_failures: 0 },
});
const LOCKED = file({
  lock: { locked: true, reason: '3 failures in a row', locked_at: '2026-11-23T10:17:00Z', pipeline_id: 'p' },
});

describe('the status page', () => {
  test('says what runs, the last ten runs, statistics, and how to go back', () => {
    const page = statusPage(file(), REGISTRY);
    expect(page).toContain('# 🔴 The last run failed in DEPLOY');
    expect(page).toContain(
      '| <b>web</b> | <code>t11</code> | 2026-11-23 19&#58;16&#58;00 +09&#58;00 | <code>t10</code> |',
    );
    expect(page.match(/20261123-1015\d\d-a1b2c3d/g)).toHaveLength(10);
    expect(page).toContain('DEPLOY: backend unhealthy (put back)');
    expect(page).toContain('1 min 42 s');
    expect(page).toContain('<b>92%</b> good');
    expect(page).toContain('Failures by stage: deploy 1');
    expect(page).toContain('stage: rollback');
  });
  test('a lock comes first', () => {
    expect(statusPage(LOCKED, REGISTRY)).toMatch(
      /^# 🔒 Locked[\s\S]*Locked since 2026-11-23 10&#58;17&#58;00 UTC[\s\S]*stage: unlock[\s\S]*## Running now/,
    );
  });
  test('the same record gives the same page', () => {
    expect(statusPage(file(), REGISTRY)).toBe(statusPage(file(), REGISTRY));
  });
  test('before anything has happened', () => {
    const page = statusPage(EMPTY, RollbackRegistry.parse({ services: {} }));
    expect(page).toContain('# ⚪ Nothing deployed yet');
    expect(page).not.toMatch(/undefined|NaN/);
  });
  test('text of the record stays text, and a huge record a page', () => {
    const hostile = '<script>alert(1)</script> | `x` \n# h';
    const many = Array.from({ length: 500 }, (_, n) =>
      run(n, {
        ...FAILED,
        trigger: hostile,
        actor: hostile,
        failed_stage: `${hostile}${n}`,
        failure_reason: hostile.repeat(500),
        run_url: 'javascript:x',
      }),
    );
    const services = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [
        `${hostile}${n}`,
        { current: hostile, previous: null, history: [] },
      ]),
    );
    const page = statusPage(file({ pipelines: many }), RollbackRegistry.parse({ services }));
    const html = marked.parse(page, { async: false, gfm: true }) as string;
    expect(html).not.toContain('<script');
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(page.length).toBeLessThan(200_000);
  });
});

describe('the status text', () => {
  test('plain lines for a log', () => {
    const text = statusText(file(), REGISTRY);
    expect(text).toContain('🔓 Not locked');
    expect(text).toContain('web: t11 since 2026-11-23 19:16:00 +09:00, before it t10');
    expect(text).toContain('❌ 20261123-101512-a1b2c3d failed, push, deploy: backend unhealthy');
    expect(text).toContain('13 runs: 12 good, 1 failed, 92% good; 1 failure in a row');
  });
  test('a lock, and nothing yet', () => {
    expect(statusText(LOCKED, REGISTRY)).toMatch(
      /^🔒 Locked since 2026-11-23 10:17:00 UTC by run p: 3 failures in a row/,
    );
    expect(statusText(EMPTY, RollbackRegistry.parse({ services: {} }))).toContain(
      'There has been no run yet',
    );
  });
});

describe('the plan', () => {
  const plan = SUCCESS.plan as NonNullable<typeof SUCCESS.plan>;
  test('names the pattern that decided for each file', () => {
    expect(planText(plan)).toMatch(/ {2}src\/pages\/cart\.tsx +frontend {2}src\/pages\/\*\*/);
    expect(planText(plan)).toContain('Services to build and deploy: backend, frontend');
    expect(planTable(plan)).toContain(
      '| <code>server/routes/cart.js</code> | backend | <code>server/&#42;&#42;</code> |',
    );
  });
  test('hostile names and a hundred thousand files', () => {
    const files = Array.from({ length: 100_000 }, (_, n) => `a\n::error::${n}|<b>`);
    const huge = { ...plan, categories: { ...plan.categories, other: files } };
    expect(planText(huge)).not.toContain('\n::');
    expect(planText(huge).length).toBeLessThan(200_000);
    expect(Buffer.byteLength(planTable(huge))).toBeLessThan(210_000);
  });
  test('nothing changed', () => {
    const none = {
      ...plan,
      categories: { ...plan.categories, frontend: [], backend: [], test: [], other: [] },
      skipped: 'nothing changed',
    };
    expect(planText(none)).toContain('No file has changed');
    expect(planText(none)).toContain('The pipeline is skipped: nothing changed');
    expect(planTable(none)).toBe('');
  });
});

test.each([
  [duration(0), '0.0 s'],
  [duration(9_990), '10 s'],
  [duration(59_700), '1 min 0 s'],
  [duration(3_700_000), '1 h 1 min'],
  [duration(Number.NaN), ''],
  [size(999), '999 B'],
  [size(184_300_000), '184 MB'],
  [size(1_234_567), '1.2 MB'],
  [sentence([]), ''],
  [sentence(['a', 'b', 'c']), 'a, b and c'],
  [time('2026-11-23T10:15:00.123Z'), '2026-11-23 10:15:00 UTC'],
  [time('yesterday'), 'yesterday'],
])('%j', (actual, expected) => {
  expect(actual).toBe(expected);
});
