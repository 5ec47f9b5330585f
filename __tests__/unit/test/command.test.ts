import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recognise } from '../../../src/test/command.ts';

const scripts = {
  test: 'jest',
  'test:esm': 'NODE_OPTIONS=--experimental-vm-modules jest --selectProjects a',
  lint: 'eslint .',
  checked: 'npm run lint && jest',
  both: 'npm run test && npm run test:esm',
  nested: 'npm run test',
  passing: 'npm run test --',
  piped: 'jest | tee log',
  loop: 'npm run loop',
  vitest: 'vitest run',
  e2e: 'playwright test',
};

describe('recognise', () => {
  test.each([
    ['npm test', 'jest', 'arguments-after-dashes'],
    ['npm t', 'jest', 'arguments-after-dashes'],
    ['npm test -- --ci', 'jest', 'arguments'],
    ['npm run test:esm', 'jest', 'arguments-after-dashes'],
    ['npm run checked', 'jest', 'arguments-after-dashes'],
    ['npm run both', 'jest', 'nothing'],
    ['npm run nested', 'jest', 'nothing'],
    ['npm run passing', 'jest', 'arguments-after-dashes'],
    ['npm run piped', 'jest', 'nothing'],
    ['npm run loop', undefined, 'nothing'],
    ['npm run missing', undefined, 'nothing'],
    ['npm run constructor', undefined, 'nothing'],
    ['yarn test', 'jest', 'arguments'],
    ['pnpm run vitest', 'vitest', 'arguments'],
    ['npx jest', 'jest', 'arguments'],
    ['npx --no-install jest frontend', 'jest', 'arguments'],
    ['npx jest@30 --ci', 'jest', 'arguments'],
    ['CI=1 NODE_ENV=test npx jest', 'jest', 'arguments'],
    ['cross-env A=b jest', 'jest', 'arguments'],
    ['./node_modules/.bin/jest', 'jest', 'arguments'],
    ['node --experimental-vm-modules node_modules/jest/bin/jest.js', 'jest', 'arguments'],
    ['npm run lint && npx jest', 'jest', 'arguments'],
    ['npx jest && npm run lint', undefined, 'nothing'],
    ['npx jest && npx jest --selectProjects b', 'jest', 'nothing'],
    ['npx jest -t "a | b"', 'jest', 'arguments'],
    ['npx jest | tee log', 'jest', 'nothing'],
    ['npx jest > log', 'jest', 'nothing'],
    ['cd app && npx jest', 'jest', 'arguments'],
    ['cd app && npm test', undefined, 'nothing'],
    ['npx jest \\', 'jest', 'nothing'],
    ['npx jest # all of them', 'jest', 'nothing'],
    ['npx jest $(cat list)', 'jest', 'nothing'],
    ['npx jest &', 'jest', 'nothing'],
    ['npx jest --json --outputFile=mine.json', 'jest', 'nothing'],
    ['npx vitest run', 'vitest', 'arguments'],
    ['npx playwright test', 'playwright', 'arguments'],
    ['npx playwright test --reporter=dot', 'playwright', 'nothing'],
    ['npx playwright install', undefined, 'nothing'],
    ['npm run e2e', 'playwright', 'arguments-after-dashes'],
    ['python -m pytest', 'pytest', 'arguments'],
    ['pytest -q tests', 'pytest', 'arguments'],
    ['go test -json ./...', 'go', 'nothing'],
    ['go test ./...', 'go', 'arguments'],
    ['node --test', 'node-test', 'arguments'],
    ['make test', undefined, 'nothing'],
    ['echo jest', undefined, 'nothing'],
    ['', undefined, 'nothing'],
    ['"', undefined, 'nothing'],
  ])('%s is %s and takes %s', (command, runner, takes) => {
    expect(recognise(command, scripts)).toMatchObject({ takes });
    expect(recognise(command, scripts).runner).toBe(runner);
  });

  test('any text has an answer, and no text with shell syntax in its last command takes arguments', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('|', '>', '$(x)', '`x`', '#', '(', '&'), (text, syntax) => {
        expect(() => recognise(text, scripts)).not.toThrow();
        expect(recognise(`npx jest ${syntax}`, scripts).takes).toBe('nothing');
      }),
    );
  });
});
