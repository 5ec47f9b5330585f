import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, loadConfig, parseConfig } from '../../../src/config/load.ts';
import { bytesOf } from '../../../src/config/schema.ts';
import { AutopilotError } from '../../../src/errors.ts';

const FILE = 'gonsautopilot.yaml';
const MINIMAL = 'project: {name: shop}\ndeploy: {target: 203.0.113.5}\n';

function problemsOf(text: string): string[] {
  try {
    parseConfig(text, FILE);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('defaults', () => {
  test('project.name and deploy.target are all that is needed', () => {
    const config = parseConfig(MINIMAL, FILE);
    expect(config).toMatchObject({
      project: { name: 'shop', type: 'fullstack', timezone: 'UTC' },
      test: {
        unit: { '': { enabled: true, timeout: 600 } },
        e2e: { '': { enabled: true, browser: 'chromium', timeout: 900 } },
        performance: { tool: 'lighthouse', min_score: 70, url: 'http://localhost:3000' },
        security: { enabled: true, audit: true, block_severity: 'high' },
      },
      build: { tag_strategy: 'git-sha', args: {} },
      deploy: {
        path: '/srv/shop',
        method: 'docker-compose',
        compose_file: 'docker-compose.prod.yml',
        health_check: { timeout: 60, retries: 3 },
      },
      verify: { watchdog: { duration: 30, interval: 5, latency_spike_ratio: 2 } },
      safety: { auto_rollback: true, max_consecutive_failures: 3, keep_releases: 5 },
      trigger: { branches: ['main', 'master'] },
    });
    expect(bytesOf(config.deploy.min_free_disk)).toBe(2_000_000_000);
  });

  test('a local target has the same default path: a folder that no checkout cleans', () => {
    expect(parseConfig('project: {name: shop}\ndeploy: {target: local}', FILE).deploy.path).toBe('/srv/shop');
  });

  test('original fault 3: false is a value, not a missing one', () => {
    const config = parseConfig(
      `${MINIMAL}safety: {auto_rollback: false, notify: {issue: false}}
test:
  unit: {enabled: false, coverage_threshold: 0}
  e2e: {enabled: false}
  performance: {enabled: false, min_score: 0}
  security: {enabled: false, audit: false}
verify: {watchdog: {duration: 0}}`,
      FILE,
    );
    expect(config.safety).toMatchObject({ auto_rollback: false, notify: { issue: false } });
    expect(config.test.unit['']).toMatchObject({ enabled: false, coverage_threshold: 0 });
    expect(config.test.e2e['']?.enabled).toBe(false);
    expect(config.test.performance).toMatchObject({ enabled: false, min_score: 0 });
    expect(config.test.security).toMatchObject({ enabled: false, audit: false });
    expect(config.verify.watchdog.duration).toBe(0);
  });

  test('unit and e2e may hold several named suites', () => {
    const { unit } = parseConfig(
      `${MINIMAL}test: {unit: {frontend: {command: a, scope: frontend}, backend: {command: b, report: go}}}`,
      FILE,
    ).test;
    expect(Object.keys(unit)).toEqual(['frontend', 'backend']);
    expect(unit['backend']).toMatchObject({ command: 'b', report: 'go', scope: 'all', timeout: 600 });
  });

  test('merge keys and anchors work', () => {
    const config = parseConfig(
      `${MINIMAL}services:\n  a: &a {dockerfile: A, context: ./x}\n  b:\n    <<: *a\n    dockerfile: B\n`,
      FILE,
    );
    expect(config.services).toMatchObject({ a: { dockerfile: 'A' }, b: { dockerfile: 'B', context: './x' } });
  });
});

describe('problems name the path, the place and the nearest valid key', () => {
  const D = 'project: {name: shop}\n';
  test.each<[string, string, string[]]>([
    [
      'typing mistake',
      `${D}deploy:\n  target: h\n  helth_check: {}\n`,
      ['4:3 deploy.helth_check: unknown key; did you mean health_check?'],
    ],
    [
      'kebab-case',
      `${D}deploy:\n  target: h\n  compose-file: x\n`,
      ['4:3 deploy.compose-file: unknown key; did you mean compose_file?'],
    ],
    [
      'right key, wrong place',
      `${MINIMAL}watchdog: {}\n`,
      ['3:1 watchdog: unknown key; it belongs to verify'],
    ],
    [
      'inside a named suite',
      `${MINIMAL}test:\n  unit:\n    web: {comand: x}\n`,
      ['5:11 test.unit.web.comand: unknown key; did you mean command?'],
    ],
    [
      'inside a single suite',
      `${MINIMAL}test:\n  unit: {comand: x}\n`,
      ['4:10 test.unit.comand: unknown key; did you mean command?'],
    ],
    [
      'wrong type',
      `${MINIMAL}safety: {auto_rollback: "no"}`,
      ['3:25 safety.auto_rollback: expected true or false, got the text "no"'],
    ],
    [
      'number for text',
      `${MINIMAL}build: {args: {VERSION: 1.10}}`,
      ['3:25 build.args.VERSION: expected text, got 1.1; put it in quotes'],
    ],
    ['empty section', `${MINIMAL}test:\n`, ['3:1 test: expected a mapping, got nothing']],
    [
      'impossible value',
      `${MINIMAL}build: {tag_strategy: git_sha}`,
      [
        '3:23 build.tag_strategy: must be one of git-sha, semver, timestamp; got the text "git_sha"; did you mean git-sha?',
      ],
    ],
    ['below the least', `${D}deploy: {target: h, port: 0}`, ['2:27 deploy.port: must be at least 1, got 0']],
    [
      'unknown category',
      `${MINIMAL}analyze: {patterns: {frontent: []}}`,
      ['3:22 analyze.patterns.frontent: unknown key; did you mean frontend?'],
    ],
    [
      'size',
      `${D}deploy: {target: h, min_free_disk: lots}`,
      ['2:36 deploy.min_free_disk: must be a size such as 2GB or 500MB, got the text "lots"'],
    ],
    [
      'address that is not http',
      `${D}deploy: {target: h, health_check: {url: "file:///etc/passwd"}}`,
      [
        '2:41 deploy.health_check.url: must be a whole http or https address, such as http://localhost:3000/health, got the text "file:///etc/passwd"',
      ],
    ],
    ['duplicate key', `${MINIMAL}deploy: {target: h}\n`, ['3:1 : not valid YAML: Map keys must be unique']],
    ['not a mapping', `- a\n`, ['1:1 : expected a mapping, got a list']],
    ['empty file', `# nothing\n`, ['1:1 : the file is empty; project.name and deploy.target are needed']],
    [
      'all at once, shape and rules across keys together',
      `project: {name: Shop}\nservices:\n  a: {depends_on: [b], dockerfle: x}\ndeploy:\n  prt: 22\n`,
      [
        '1:17 project.name: must be lower-case letters and digits, joined by "-" or "_", as in an image name, got the text "Shop"',
        '3:20 services.a.depends_on.0: unknown service "b"; services are a',
        '3:24 services.a.dockerfle: unknown key; did you mean dockerfile?',
        '5:3 deploy.prt: unknown key; did you mean port?',
        '5:3 deploy.target: missing: the server to deploy to, such as deploy@203.0.113.5, or local',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  test('the message lists them for people', () => {
    expect(() => parseConfig(`${MINIMAL}tset: {}\n`, FILE)).toThrow(
      'gonsautopilot.yaml has a problem\ngonsautopilot.yaml:3:1 tset: unknown key; did you mean test?',
    );
  });
});

describe('rules across keys', () => {
  const with_ = (deploy: string, rest = '') => `project: {name: shop}\ndeploy: {${deploy}}\n${rest}`;
  test.each<[string, string, string]>([
    ['no target', 'project: {name: shop}\n', 'deploy.target: missing'],
    ['port twice', with_('target: "u@h:2222", port: 22'), 'contradicts the port 2222'],
    ['user twice', with_('target: root@h, user: deploy'), 'contradicts the user root'],
    ['port out of range', with_('target: "h:70000"'), 'between 1 and 65535'],
    ['time zone', 'project: {name: shop, timezone: Mars/Base}\ndeploy: {target: h}', 'not a time zone'],
    ['circle', with_('target: h', 'services: {a: {depends_on: [b]}, b: {depends_on: [a]}}'), 'a -> b -> a'],
    ['itself', with_('target: h', 'services: {a: {depends_on: [a]}}'), 'a -> a'],
    [
      'same compose service',
      with_('target: h', 'services: {a: {}, b: {compose_service: a}}'),
      'already belongs',
    ],
    [
      'unknown service',
      with_('target: h', 'services: {a: {}}\nbuild: {docker: {b: ./D}}'),
      'unknown service',
    ],
    ['no services', with_('target: h', 'services: {}'), 'names no service'],
    ['dockerfile ..', with_('target: h', 'services: {a: {dockerfile: ../D}}'), 'inside the project'],
    [
      'dockerfile a/../../',
      with_('target: h', 'services: {a: {dockerfile: a/../../D}}'),
      'inside the project',
    ],
    ['dockerfile absolute', with_('target: h', 'services: {a: {dockerfile: /D}}'), 'inside the project'],
    ['context', with_('target: h', 'services: {a: {context: ..}}'), 'inside the project'],
    ['glob', with_('target: h', 'services: {a: {paths: ["!../x/**"]}}'), 'inside the project'],
    ['build.docker', with_('target: h', 'build: {docker: {a: ../D}}'), 'inside the project'],
    ['suite directory', with_('target: h', 'test: {unit: {working_directory: ../x}}'), 'inside the project'],
    [
      'named suite directory',
      with_('target: h', 'test: {e2e: {a: {working_directory: /x}}}'),
      'inside the project',
    ],
    ['compose file', with_('target: h, compose_file: ../c.yml'), 'inside the project'],
    ['path is the root', with_('target: h, path: /'), 'a directory of its own'],
    [
      'absolute endpoint',
      with_(
        'target: h, health_check: {url: "http://x/h"}',
        'verify: {smoke_test: {endpoints: ["http://y/z"]}}',
      ),
      'must be a path',
    ],
    [
      'endpoints without an origin',
      with_('target: h', 'verify: {smoke_test: {endpoints: [/a]}}'),
      'need an origin',
    ],
    [
      'watchdog never looks',
      with_('target: h', 'verify: {watchdog: {duration: 5, interval: 10}}'),
      'never look',
    ],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  test.each([
    with_('target: "deploy@h:22", port: 22, user: deploy'),
    with_('target: "[2001:db8::1]:22"'),
    with_('target: local, port: 22'),
    with_(
      'target: h',
      'services: {constructor: {}, a: {dockerfile: ./x/../D, paths: ["**/*.x", "!a/**"], depends_on: [constructor]}}',
    ),
  ])('right: %s', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('finding the file', () => {
  const files = (present: Record<string, string>) => async (path: string) => {
    const text = present[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  };
  test.each(['/w/gonsautopilot.yaml', '/w/gonsautopilot.yml', '/w/.github/gonsautopilot.yaml'])(
    'the default also finds %s',
    async (path) => {
      const request = { workspace: '/w/', file: FILE, readFile: files({ [path]: MINIMAL }) };
      expect((await loadConfig(request)).project.name).toBe('shop');
    },
  );
  test('a file that was named is the only one looked for', async () => {
    const request = {
      workspace: '/w',
      file: 'other.yaml',
      readFile: files({ '/w/gonsautopilot.yaml': MINIMAL }),
    };
    await expect(loadConfig(request)).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
  });
  test('a file that cannot be read says why', async () => {
    const readFile = () =>
      Promise.reject(Object.assign(new Error('EISDIR: is a directory'), { code: 'EISDIR' }));
    await expect(loadConfig({ workspace: '/w', file: FILE, readFile })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      why: 'EISDIR: is a directory',
    });
  });
});

describe('hostile, huge and half-written files', () => {
  const bomb = [
    'a0: &a0 [x]',
    ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`),
  ];
  test.each<[string, string]>([
    ['alias bomb', bomb.join('\n')],
    ['too large', `a: ${'x'.repeat(1_000_001)}`],
    ['flow nesting', '['.repeat(100_000)],
    ['block nesting', '- '.repeat(50_000)],
    ['indentation', Array.from({ length: 1200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['several documents', 'a: 1\n---\nb: 2\n'],
    ['binary', '\u0000\u0001\uFFFD\u0000'],
    ['half a line', 'project: {name: "sho'],
    ['an alias of nothing', 'project: *nothing'],
    ['an alias inside its own anchor', 'project: &a {name: *a}'],
    ['prototype keys', '__proto__: {polluted: true}\nconstructor: {}\n'],
    ['a list as a key', '? [a, b]\n: c\n'],
  ])('%s is CONFIG_INVALID', (_, text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('a thousand mistakes stay a readable message', () => {
    const text = `${MINIMAL}services:\n${Array.from({ length: 1000 }, (_, i) => `  s${i}: {x${i}: 1}`).join('\n')}\n`;
    let error: unknown;
    try {
      parseConfig(text, FILE);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toHaveLength(1000);
    expect((error as ConfigError).message).toContain('and 950 more');
  });

  const keys = fc.constantFrom(
    'project',
    'name',
    'deploy',
    'target',
    'services',
    'test',
    'unit',
    'paths',
    '<<',
    '__proto__',
  );
  const yamlish = fc.array(
    fc.oneof(
      fc
        .tuple(fc.nat(4), keys, fc.constantFrom(':', ': &a', ': *a', ': [', ': {', ': !!set', ': |', ': "'))
        .map(([indent, key, rest]) => `${' '.repeat(indent)}${key}${rest}`),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 12 },
  );
  test('arbitrary garbage never ends in anything but CONFIG_INVALID, one line a problem', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          yamlish.map((lines) => lines.join('\n')),
        ),
        (text) => {
          try {
            parseConfig(text, FILE);
          } catch (error) {
            expect(error).toBeInstanceOf(AutopilotError);
            expect((error as AutopilotError).code).toBe('CONFIG_INVALID');
            for (const problem of (error as ConfigError).problems) {
              expect(problem.line).toBeGreaterThan(0);
              expect(problem.column).toBeGreaterThan(0);
              expect(`${problem.path}${problem.message}`).not.toMatch(/[\r\n]/);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  const anyValue = fc.oneof(fc.jsonValue(), fc.constantFrom('main', 'npm test', 1, true, null));
  test('arbitrary values at every known key never crash', () => {
    const shapes = fc.record(
      {
        project: fc.oneof(fc.record({ name: anyValue, timezone: anyValue }), anyValue),
        services: fc.oneof(fc.dictionary(fc.string(), anyValue), anyValue),
        test: fc.oneof(fc.record({ unit: anyValue, e2e: anyValue }), anyValue),
        deploy: fc.oneof(fc.record({ target: anyValue, path: anyValue, min_free_disk: anyValue }), anyValue),
        build: fc.oneof(fc.record({ docker: anyValue, args: anyValue }), anyValue),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shapes, (value) => {
        expect(Array.isArray(problemsOf(JSON.stringify(value)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
