import { describe, expect, test } from '@jest/globals';
import { type Project, absence, lookAt, suitesOf } from '../../../src/test/suites.ts';
import { realFiles } from '../../../src/test/effects.ts';
import { configOf, project } from './helpers.ts';

const names = (settings: Record<string, unknown>) => suitesOf(configOf(settings)).map((suite) => suite.name);

describe('suites', () => {
  test('T1: the four kinds, named ones with their name', () => {
    expect(names({})).toEqual(['unit', 'e2e', 'performance', 'security']);
    expect(names({ unit: { frontend: { command: 'a' }, backend: { command: 'b' } } })).toEqual([
      'unit:frontend',
      'unit:backend',
      'e2e',
      'performance',
      'security',
    ]);
  });

  const empty: Project = { files: [] };
  const node = (manifest: Project['manifest'] = {}, files: string[] = []): Project => ({ manifest, files });
  const placeholder = { test: 'echo "Error: no test specified" && exit 1' };

  test.each<[string, Record<string, unknown>, string, Project, RegExp | 'runs']>([
    ['unit, nothing there', {}, 'unit', empty, /no test script/],
    ['unit, no script', {}, 'unit', node(), /no test script/],
    ['unit, the placeholder of npm', {}, 'unit', node({ scripts: placeholder }), /placeholder/],
    ['unit, a script', {}, 'unit', node({ scripts: { test: 'jest' } }), 'runs'],
    ['unit, configured', { unit: { command: 'make test' } }, 'unit', empty, 'runs'],
    ['e2e, nothing there', {}, 'e2e', node(), /does not use Playwright/],
    ['e2e, a dependency', {}, 'e2e', node({ devDependencies: { '@playwright/test': '1' } }), 'runs'],
    ['e2e, a configuration', {}, 'e2e', node({}, ['playwright.config.mts']), 'runs'],
    ['e2e, configured', { e2e: { command: 'npx playwright test' } }, 'e2e', empty, 'runs'],
    ['performance, nothing there', {}, 'performance', node(), /no page to measure/],
    ['performance, only a start script', {}, 'performance', node({ scripts: { start: 'x' } }), /no page/],
    [
      'performance, Lighthouse and a start script',
      {},
      'performance',
      node({ scripts: { start: 'x' }, devDependencies: { lighthouse: '12' } }),
      'runs',
    ],
    ['performance, a start command', { performance: { start: 'x' } }, 'performance', empty, 'runs'],
    [
      'performance, another page',
      { performance: { url: 'http://localhost:8080' } },
      'performance',
      empty,
      'runs',
    ],
    ['security, nothing there', {}, 'security', empty, /no package.json/],
    ['security, a manifest', {}, 'security', node(), 'runs'],
    ['security, switched off', { security: { audit: false } }, 'security', node(), /audit is false/],
  ])('%s', (_name, settings, name, found, expected) => {
    const suite = suitesOf(configOf(settings)).find((each) => each.name === name);
    const reason = suite && absence(suite, found);
    if (expected === 'runs') expect(reason).toBeUndefined();
    else expect(reason).toMatch(expected);
  });

  test.each([
    ['{', {}],
    ['[]', {}],
    ['null', {}],
    ['{"scripts": []}', {}],
    ['{"scripts": {"test": 1}}', {}],
    ['{"scripts": {"test": "jest"}}', { test: 'jest' }],
  ])('a package.json of %s', async (text, scripts) => {
    const { workspace } = await project({ 'package.json': text });
    const found = await lookAt(realFiles, workspace);
    expect(found.files).toContain('package.json');
    expect(found.manifest?.scripts ?? {}).toEqual(scripts);
  });

  test('a folder that does not exist has nothing in it', async () => {
    expect(await lookAt(realFiles, '/nowhere/at/all')).toEqual({ files: [] });
  });
});
