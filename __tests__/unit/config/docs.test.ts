import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  configurationPage,
  errorTable,
  generatedSchema,
  inputTable,
  outputTable,
} from '../../../scripts/docs-parts.ts';
import { configJsonSchema, formsAt } from '../../../src/config/json-schema.ts';

const source = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('the published JSON Schema and docs/configuration.md are current', () => {
  expect(source('gonsautopilot.schema.json')).toBe(generatedSchema());
  expect(source('docs/configuration.md')).toBe(configurationPage(errorTable(source('src/errors.ts'))));
});

test('every input, output and error code has its line', () => {
  expect(inputTable(source('action.yml'))).toContain('| `state-branch` | `autopilot-state` |');
  expect(outputTable(source('action.yml'))).toContain('| `rolled-back` |');
  const errors = errorTable(source('src/errors.ts'));
  expect(errors).toContain('| `CONFIG_MISSING` |');
  expect(errors).toContain('| `INTERNAL` |');
  expect(errors).not.toContain('undefined');
});

describe('the JSON Schema', () => {
  const schema = configJsonSchema();
  test('asks for what has no default, and nothing else', () => {
    expect(schema.required).toEqual(['project']);
    expect(formsAt(schema, ['project'])[0]?.required).toEqual(['name']);
  });
  test('knows both forms of a suite', () => {
    expect(formsAt(schema, ['test', 'unit', 'coverage_threshold'])[0]).toMatchObject({
      type: 'number',
      maximum: 100,
    });
    expect(formsAt(schema, ['test', 'unit', 'web', 'report'])[0]?.enum).toContain('junit');
  });
  test('no key is left without a form', () => {
    const walk = (form: { [key: string]: unknown }): void => {
      expect(Object.keys(form)).not.toEqual([]);
      for (const child of Object.values((form['properties'] ?? {}) as Record<string, typeof form>))
        walk(child);
    };
    walk(schema);
  });
});
