import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secrets } from '../../../src/action/masking.ts';
import { secretsIn } from '../../../src/action/secret-variables.ts';
import { surroundingsOf } from '../../../src/step.ts';

const VALUE = 'hunter2-hunter2';

describe('invariant 8: secrets in the environment of a step', () => {
  test.each([
    'DB_PASSWORD',
    'PGPASSWORD',
    'MYSQL_PASSWD',
    'SMTP_PASS',
    'GPG_PASSPHRASE',
    'NPM_TOKEN',
    'npm_config_//registry.npmjs.org/:_authToken',
    'AWS_SECRET_ACCESS_KEY',
    'CLIENT_SECRET',
    'API_SECRETS',
    'STRIPE_KEY',
    'apiKey',
    'SERVICE_CREDENTIALS',
    'CREDENTIAL_FOR_TESTS',
    'PRIVATE_PEM',
    'SENTRY_DSN',
  ])('invariant 8: %s holds one', (name) => {
    expect(secretsIn({ [name]: VALUE })).toEqual([VALUE]);
  });

  test.each([
    'AWS_ACCESS_KEY_ID',
    'KEYBOARD',
    'MONKEY',
    'COMPASS',
    'BYPASS',
    'PASSENGERS',
    'TOKENIZER',
    'SECRETARY',
    'SSH_AUTH_SOCK',
    'AUTHOR',
  ])('invariant 8: %s holds none', (name) => {
    expect(secretsIn({ [name]: VALUE })).toEqual([]);
  });

  test.each([
    ['a path', { GOOGLE_APPLICATION_CREDENTIALS: '/home/runner/work/_temp/gcp.json' }, []],
    ['a path from here', { TLS_KEY: './certs/server.key' }, []],
    ['a path of Windows', { TLS_KEY: 'C:\\certs\\server.key' }, []],
    ['base64 that begins like a path', { APP_KEY: '/Zk3xQ9vT1mB/w==' }, ['/Zk3xQ9vT1mB/w==']],
    ['the same without padding', { APP_KEY: '/Zk3xQ9vT1mBw7' }, ['/Zk3xQ9vT1mBw7']],
    ['a number', { MAX_TOKENS: '1000000000', RETRY_TOKEN: '-12345678.5' }, []],
    ['a short one', { DB_PASSWORD: 'testing' }, []],
    ['an empty one', { DB_PASSWORD: '', API_TOKEN: undefined }, []],
    ['with spaces around', { DB_PASSWORD: `  ${VALUE}\n` }, [VALUE]],
    ['twice', { DB_PASSWORD: VALUE, PGPASSWORD: VALUE }, [VALUE]],
    ['a user and password of one word', { DB: 'postgres://postgres:postgres@localhost/test' }, []],
    ['the same in variables', { POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: 'postgres' }, []],
    ['the commit, which everybody knows', { CACHE_KEY: 'a1b2c3d4e5', GITHUB_SHA: 'a1b2c3d4e5' }, []],
    ['a token that the runner has as well', { GITHUB_TOKEN: VALUE, API_TOKEN: VALUE }, [VALUE]],
    ['a secret under another name as well', { DB_PASSWORD: VALUE, DB_PW: VALUE }, [VALUE]],
  ])('invariant 8: %s', (_what, env, found) => {
    expect(secretsIn(env)).toEqual(found);
  });

  test.each([
    ['postgres://app:s3cr3t-pw@db.internal:5432/app', ['s3cr3t-pw']],
    ['redis://:s3cr3t-pw@cache', ['s3cr3t-pw']],
    ['mysql://app:p%40ss-w%2Frd@db/app?ssl=true', ['p%40ss-w%2Frd', 'p@ss-w/rd']],
    ['mysql://app:p@ss-w0rd@db/app', ['p@ss-w0rd']],
    ['jdbc:postgresql://app:first-one@a/x, amqp://app:second-one@b', ['first-one', 'second-one']],
    ['mysql://app:not%ZZdecodable@db', ['not%ZZdecodable']],
    ['https://example.com/a:long-enough@b', []],
    ['https://example.com:8443/path?to=user:password@host', []],
    ['git@github.com:gons/autopilot.git', []],
  ])('invariant 8: of a URL in any variable the password: %s', (value, found) => {
    expect(secretsIn({ DATABASE_URL: value })).toEqual(found);
  });

  test('invariant 8: what the variables of a runner say is never hidden, whatever it is', () => {
    const own = fc.constantFrom(
      ...[
        'PATH',
        'HOME',
        'LANG',
        'USER',
        'SHELL',
        'PWD',
        'CI',
        'SSH_AUTH_SOCK',
        'JAVA_HOME',
        'JAVA_HOME_21_X64',
      ],
      ...[
        'GOROOT_1_22_X64',
        'CONDA',
        'ImageOS',
        'ImageVersion',
        'DOTNET_ROOT',
        'NODE_OPTIONS',
        'XDG_RUNTIME_DIR',
      ],
      ...['ACTIONS_CACHE_URL', 'ACTIONS_RESULTS_URL', 'ACTIONS_RUNTIME_URL', 'ACTIONS_STEP_DEBUG'],
    );
    const family = fc
      .tuple(
        fc.constantFrom('GITHUB', 'RUNNER'),
        fc.constantFrom(
          ...[
            'ACTION',
            'ACTIONS',
            'ACTOR',
            'ACTOR_ID',
            'API_URL',
            'BASE_REF',
            'ENV',
            'EVENT_NAME',
            'EVENT_PATH',
          ],
          ...[
            'JOB',
            'OUTPUT',
            'REF',
            'REF_NAME',
            'REF_PROTECTED',
            'REPOSITORY',
            'RUN_ID',
            'SHA',
            'STATE',
            'TEMP',
          ],
          ...[
            'WORKFLOW',
            'WORKFLOW_REF',
            'WORKSPACE',
            'NAME',
            'OS',
            'ARCH',
            'TOOL_CACHE',
            'TRACKING_ID',
            'DEBUG',
          ],
        ),
      )
      .map((parts) => parts.join('_'));
    const value = fc.oneof(
      fc.string({ minLength: 8, maxLength: 60 }),
      fc.webUrl(),
      fc.constantFrom('/usr/local/bin:/usr/bin', '/home/runner/work/shop/shop', 'refs/heads/main'),
    );
    const ordinary = value.filter((text) => !/:\/\/[^/]*:[^/]*@/.test(text));
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(own, family), ordinary), (env) => {
        expect(secretsIn(env)).toEqual([]);
      }),
    );
  });

  test('invariant 8: whatever random value a secret has, nothing that is written holds it', () => {
    const characters = fc.constantFrom(...'ABCabc0123456789+/_-.!$');
    const secret = fc
      .string({ unit: characters, minLength: 12, maxLength: 44 })
      .filter((text) => /[a-z]/i.test(text) && !text.includes('/'));
    fc.assert(
      fc.property(secret, secret, (password, token) => {
        const env = { DATABASE_URL: `postgres://app:${password}@db/app`, API_TOKEN: token };
        const { redact } = surroundingsOf(env).secrets;
        const printed = redact(`connect ECONNREFUSED ${env.DATABASE_URL} with ${token}`);
        expect(printed).not.toContain(password);
        expect(printed).not.toContain(token);
      }),
    );
  });

  test('invariant 8: what only looks like a secret is hidden here, and the runner is told nothing', () => {
    const told: string[] = [];
    const secrets = new Secrets((form) => told.push(form));
    secrets.addQuietly(VALUE);
    expect(secrets.redact(`x ${VALUE} ${Buffer.from(VALUE).toString('base64')}`)).toBe('x *** ***');
    expect(told).toEqual([]);
    // Until it is named as one.
    secrets.add(VALUE);
    expect(told).toContain(VALUE);
  });

  test('invariant 8: a long variable takes no time', () => {
    const long = { A: 'a'.repeat(100_000), B: '://a:'.repeat(20_000), TOKEN: '/a1B'.repeat(20_000) };
    const started = performance.now();
    secretsIn(long);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
