import { describe, expect, test } from '@jest/globals';
import { test as runTests } from '../../../src/test/stage.ts';
import { configOf, project, realEffects } from './helpers.ts';

const junit = '<?xml version="1.0"?><testsuites><testsuite><testcase name="a"/></testsuite></testsuites>';
const cobertura =
  '<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd"><coverage line-rate="1"><packages/></coverage>';
const testng =
  '<testng-results passed="1"><suite><test><class><test-method/></class></test></suite></testng-results>';

describe('T2: the JUnit files of a suite, between other XML of the same run', () => {
  const passed = '1 passed';
  const broken = (why: string) => `\`cp -r made/. .\` ended with success, but its report ${why}`;
  const absent = broken(
    'was not found in ., reports, test-results, test-reports, build/test-results/test, target/surefire-reports',
  );
  test.each<[string, Record<string, string>, string]>([
    ['coverage beside it', { 'reports/junit.xml': junit, 'reports/coverage.xml': cobertura }, passed],
    ['TestNG in the folder itself', { 'junit.xml': junit, 'testng-results.xml': testng }, passed],
    [
      'TestNG beside Surefire',
      {
        'target/surefire-reports/TEST-a.xml': '<testsuite><testcase name="a"/></testsuite>',
        'target/surefire-reports/testng-results.xml': testng,
      },
      passed,
    ],
    ['only coverage', { 'reports/coverage.xml': cobertura }, absent],
    ['a root of another kind around suites', { 'reports/a.xml': `<all>${testng}<testsuite/></all>` }, absent],
    [
      'cut off',
      { 'reports/a.xml': junit, 'reports/b.xml': junit.slice(0, -1) },
      broken('is not complete XML'),
    ],
    [
      'cut off before its root',
      { 'reports/a.xml': junit, 'reports/b.xml': junit.slice(0, 21) },
      broken('is not complete XML'),
    ],
    [
      'another kind, cut off: it cannot be told from a report',
      { 'reports/a.xml': junit, 'reports/coverage.xml': cobertura.slice(0, -2) },
      broken('is not complete XML'),
    ],
    ['empty', { 'reports/a.xml': junit, 'reports/b.xml': '' }, broken('is empty')],
  ])('%s', async (_name, files, expected) => {
    const made = Object.fromEntries(Object.entries(files).map(([path, text]) => [`made/${path}`, text]));
    const place = await project(made);
    const config = configOf({ unit: { command: 'cp -r made/. .', report: 'junit' } });
    const plan = { suites: ['unit'], findings: [] };
    const { suites, checks } = await runTests({ config, plan, ...place }, realEffects());
    const summary = suites.find(({ name }) => name === 'unit')?.summary;
    expect(checks.length === 0 ? summary : checks[0]?.message).toBe(expected);
  });
});
