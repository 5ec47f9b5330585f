import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunContext } from '../../../src/action/event.ts';
import type { Config } from '../../../src/config/schema.ts';
import { refuseUnusable } from '../../../src/pipeline/begin.ts';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { checkAccess } from '../../../src/server/open.ts';

const HOST = '203.0.113.5';
const PIN = 'SHA256:Jp1x3Pq1l2bq0wXxB6mQhJbVnJkq0vQyJ8o5uWc7w3M';
let folder = '';
const keys: Record<string, string> = {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  for (const [name, passphrase] of [
    ['open', ''],
    ['closed', 'secret'],
  ] as const) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', join(folder, name)]);
    keys[name] = readFileSync(join(folder, name), 'utf8');
    keys[`${name}.pub`] = readFileSync(join(folder, `${name}.pub`), 'utf8');
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const deploy = (target: string) =>
  ({ target, port: undefined, user: undefined }) as unknown as Config['deploy'];
const verdict = (given: { target?: string; key?: string; passphrase?: string; hosts?: string }) =>
  checkAccess({
    deploy: deploy(given.target ?? `deploy@${HOST}`),
    privateKey: keys[given.key ?? 'open'] ?? '',
    passphrase: given.passphrase ?? '',
    knownHosts: given.hosts ?? PIN,
  }).then(
    () => 'usable',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe('what is wrong with key and host key whatever the server says', () => {
  test.each<[string, Parameters<typeof verdict>[0], RegExp]>([
    ['a key and a pin', {}, /^usable$/],
    ['an encrypted key with its passphrase', { key: 'closed', passphrase: 'secret' }, /^usable$/],
    [
      'nothing at all, for the engine of this machine',
      { target: 'local', key: 'none', hosts: '' },
      /^usable$/,
    ],
    ['no key', { key: 'none' }, /^SSH_KEY: .*`ssh-private-key` is empty/],
    ['the public half', { key: 'open.pub' }, /^SSH_KEY: .*public key/],
    ['an encrypted key without its passphrase', { key: 'closed' }, /^SSH_KEY: .*encrypted/],
    ['a wrong passphrase', { key: 'closed', passphrase: 'other' }, /^SSH_KEY: .*does not open/],
    ['no known hosts', { hosts: ' ' }, /^SSH_HOST_KEY: .*`ssh-known-hosts` is empty/],
    [
      'known hosts of another server',
      { hosts: 'PUB' },
      /^SSH_HOST_KEY: No line .* is for 203\.0\.113\.5 port 22/,
    ],
    ['a certificate authority', { hosts: 'CA' }, /^SSH_HOST_KEY: .*certificate authority/],
  ])('%s', async (_name, given, expected) => {
    const line = (keys['open.pub'] ?? '').trim();
    const hosts = { PUB: `198.51.100.1 ${line}`, CA: `@cert-authority * ${line}` }[given.hosts ?? ''];
    expect(await verdict(hosts === undefined ? given : { ...given, hosts })).toMatch(expected);
  });
});

describe('V4: who is asked for them', () => {
  test.each([
    ['a push to a branch that deploys', 'push', 'main', 'refused'],
    ['a dispatch on it', 'workflow_dispatch', 'main', 'refused'],
    ['a push elsewhere, which concerns nobody', 'push', 'feature', 'let through'],
    ['a pull request, which gets no secrets and never deploys', 'pull_request', 'main', 'let through'],
  ])('%s', async (_name, eventName, branch, expected) => {
    const context = {
      event: { eventName, branch, ref: `refs/heads/${branch}` } as RunContext,
      config: { trigger: { branches: ['main'] } } as Config,
      effects: {
        checkAccess: () => Promise.reject(new Error('no key')),
      } as unknown as PipelineContext['effects'],
    };
    const outcome = refuseUnusable(context).then(
      () => 'let through',
      () => 'refused',
    );
    expect(await outcome).toBe(expected);
  });
});
