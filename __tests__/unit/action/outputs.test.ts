import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { INPUT_DEFAULTS } from '../../../src/action/inputs.ts';
import { NO_OUTPUTS, type Outputs, outputsOfPlan, setOutputs } from '../../../src/action/outputs.ts';
import type { Plan } from '../../../src/analyze/plan.ts';

const PLAN: Plan = {
  base: 'b',
  head: 'h',
  categories: {
    frontend: ['a.tsx'],
    backend: [],
    database: [],
    config: [],
    test: ['x.test.ts'],
    shared: [],
    other: [],
  },
  suites: ['unit'],
  services: ['frontend'],
  decisions: [{ action: 'skip_backend_test', reason: 'only frontend changed' }],
  files: [],
  because: {},
  source: 'compare',
  findings: [],
  warnings: [],
};

function collect(outputs: Partial<Outputs>, redact = (text: string) => text): Record<string, string> {
  const set: Record<string, string> = {};
  setOutputs({ ...NO_OUTPUTS, ...outputs }, redact, (name, value) => (set[name] = value));
  return set;
}

test('every output is always set', () => {
  const set = collect({});
  expect(Object.keys(set)).toEqual(Object.keys(NO_OUTPUTS));
  expect(set).toMatchObject({
    plan: '{}',
    services: '[]',
    images: '{}',
    changed: 'false',
    'verify-status': 'skipped',
  });
});

test('the plan is its public part, every file in exactly one category', () => {
  const set = collect(outputsOfPlan(PLAN));
  expect(JSON.parse(set['plan'] ?? '')).toEqual({
    base: 'b',
    head: 'h',
    categories: PLAN.categories,
    suites: ['unit'],
    services: ['frontend'],
    decisions: PLAN.decisions,
  });
  expect(set).toMatchObject({
    changed: 'true',
    frontend: 'true',
    backend: 'false',
    tests: 'true',
    services: '["frontend"]',
  });
});

describe('huge and secret', () => {
  test('a plan too large stays JSON and says that it is cut', () => {
    const files = Array.from({ length: 50_000 }, (_, i) => `src/components/some/long/path/${i}.tsx`);
    const set = collect(outputsOfPlan({ ...PLAN, categories: { ...PLAN.categories, frontend: files } }));
    expect(set['plan']?.length).toBeLessThanOrEqual(300_000);
    expect(JSON.parse(set['plan'] ?? '')).toMatchObject({
      base: 'b',
      services: ['frontend'],
      truncated: true,
    });
  });
  test('all outputs together stay below 1 MB of UTF-16', () => {
    const long = 'x'.repeat(1_000_000);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`s${i}`, long.slice(0, 99)]));
    const set = collect({
      ...outputsOfPlan({ ...PLAN, categories: { ...PLAN.categories, other: [long] } }),
      'failure-reason': long,
      images: many,
      deployed: many,
      'rolled-back': Object.keys(many),
    });
    expect(Object.values(set).reduce((sum, value) => sum + 2 * value.length, 0)).toBeLessThan(1_000_000);
    expect(() => JSON.parse(set['images'] ?? '')).not.toThrow();
  });
  test('secrets are taken out before the JSON is made', () => {
    const redact = (text: string) => text.replaceAll('a"b', '***');
    const set = collect({ 'failure-reason': 'key a"b', deployed: { web: 'a"b' } }, redact);
    expect(set).toMatchObject({ 'failure-reason': 'key ***', deployed: '{"web":"***"}' });
  });
});

describe('action.yml and the code say the same', () => {
  const action = parse(readFileSync(new URL('../../../action.yml', import.meta.url), 'utf8')) as {
    inputs: Record<string, { description?: string; default?: string }>;
    outputs: Record<string, { description?: string }>;
  };
  test('every input that is declared is read, and the reverse, with the same default', () => {
    const declared = Object.fromEntries(
      Object.entries(action.inputs).map(([name, { default: value = '' }]) => [
        name,
        value.startsWith('${{') ? '' : value,
      ]),
    );
    expect(declared).toEqual(INPUT_DEFAULTS);
  });
  test('every output that is declared is set, and the reverse', () => {
    expect(Object.keys(action.outputs)).toEqual(Object.keys(NO_OUTPUTS));
  });
  test('everything is described', () => {
    for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)])
      expect(description?.length).toBeGreaterThan(10);
  });
});
