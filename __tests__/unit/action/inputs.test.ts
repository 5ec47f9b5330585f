import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { isBranchName, readInputs, STAGE_INPUTS } from '../../../src/action/inputs.ts';
import { AutopilotError } from '../../../src/errors.ts';

const read = (inputs: Record<string, string>) =>
  readInputs(
    Object.fromEntries(
      Object.entries({ 'github-token': 't', ...inputs }).map(([name, value]) => [
        `INPUT_${name.toUpperCase()}`,
        value,
      ]),
    ),
    '/home/runner/work/app',
  );

test('without any input the defaults of the contract hold', () => {
  expect(read({})).toEqual({
    stage: 'all',
    config: 'gonsautopilot.yaml',
    githubToken: 't',
    ssh: { privateKey: '', passphrase: '', knownHosts: '' },
    dryRun: false,
    services: [],
    to: '',
    reason: '',
    stateBranch: 'autopilot-state',
    directory: '/home/runner/work/app',
  });
});

test('an empty input counts as not given', () => {
  const empty = Object.fromEntries(
    ['stage', 'config', 'dry-run', 'state-branch', 'working-directory'].map((n) => [n, ' ']),
  );
  expect(read(empty)).toEqual(read({}));
});

test.each(STAGE_INPUTS)('stage %s', (stage) => {
  expect(read({ stage }).stage).toBe(stage);
});

test.each<[string, Partial<ReturnType<typeof read>>, Record<string, string>]>([
  ['services by commas, spaces and lines', { services: ['a', 'b', 'c'] }, { services: 'a, b,\n c,a,' }],
  ['dry-run in any case', { dryRun: true }, { 'dry-run': 'True' }],
  ['a tag', { to: 'shop-api:a1b2c3d' }, { to: ' shop-api:a1b2c3d ' }],
  ['a reason of several lines becomes one', { reason: 'it broke' }, { reason: 'it\n  broke\n' }],
  ['a directory', { directory: '/home/runner/work/app/web' }, { 'working-directory': './web/' }],
  [
    'a directory by its whole path',
    { directory: '/home/runner/work/app/web' },
    { 'working-directory': '/home/runner/work/app/web' },
  ],
  ['the file beside it', { config: 'ops/autopilot.yaml' }, { config: './ops/autopilot.yaml' }],
  [
    'a passphrase keeps its spaces',
    { ssh: { privateKey: '', passphrase: ' ', knownHosts: '' } },
    { 'ssh-passphrase': ' ' },
  ],
])('%s', (_, expected, inputs) => {
  expect(read(inputs)).toMatchObject(expected);
});

describe('wrong requests name the input', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['stage', 'STAGE_UNKNOWN', 'Did you mean `deploy`?', { stage: 'deplyo' }],
    ['stage, nothing near', 'STAGE_UNKNOWN', 'one of all, analyze', { stage: 'launch-the-rocket' }],
    ['dry-run', 'INPUT_INVALID', '`dry-run`', { 'dry-run': 'yes' }],
    ['services', 'INPUT_INVALID', '`services`', { services: 'a,$(id)' }],
    ['to', 'INPUT_INVALID', '`to`', { to: '-rf /' }],
    ['to with a second line', 'INPUT_INVALID', '`to`', { to: 'a\n::error::b' }],
    ['state-branch', 'INPUT_INVALID', '`state-branch`', { 'state-branch': 'a..b' }],
    ['working-directory', 'INPUT_INVALID', '`working-directory`', { 'working-directory': '../other' }],
    [
      'working-directory beside',
      'INPUT_INVALID',
      '`working-directory`',
      { 'working-directory': '/home/runner/work/app2' },
    ],
    ['config', 'INPUT_INVALID', '`config`', { config: '../../etc/passwd' }],
    ['config absolute', 'INPUT_INVALID', '`config`', { config: '/etc/passwd' }],
    ['github-token', 'INPUT_INVALID', '`github-token`', { 'github-token': '' }],
  ])('%s', (_, code, text, inputs) => {
    let error: unknown;
    try {
      read(inputs);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(AutopilotError);
    expect(error).toMatchObject({ code });
    expect(String(error)).toContain(text);
    expect(String(error)).not.toContain('\n::');
  });

  test('validate needs no token', () => {
    expect(read({ stage: 'validate', 'github-token': '' }).githubToken).toBe('');
  });
});

test('branch names are those that git allows', () => {
  const piece = fc.constantFrom(
    'a',
    'state',
    '.',
    '..',
    '/',
    '-',
    '@',
    '{',
    '@{',
    '.lock',
    ' ',
    '~',
    '^',
    ':',
    '?',
    '*',
    '[',
    '\\',
    'é',
    '\t',
    'HEAD',
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), (pieces) => {
      const name = pieces.join('');
      let git = true;
      try {
        execFileSync('git', ['check-ref-format', `refs/heads/${name}`], { stdio: 'ignore' });
      } catch {
        git = false;
      }
      // Stricter than git only where a name would be read as something else.
      if (isBranchName(name)) expect(git).toBe(true);
      else if (git) expect(name).toMatch(/^-|^@$|^HEAD$|^refs\//);
    }),
    { numRuns: 100 },
  );
});

test('arbitrary values never crash with anything but a named error', () => {
  const value = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(
      fc.record(
        {
          stage: value,
          config: value,
          'dry-run': value,
          services: value,
          to: value,
          reason: value,
          'state-branch': value,
          'working-directory': value,
        },
        { requiredKeys: [] },
      ),
      (inputs) => {
        try {
          read(inputs);
        } catch (error) {
          expect(error).toBeInstanceOf(AutopilotError);
          expect(String(error)).not.toMatch(/\n::/);
        }
      },
    ),
  );
});
