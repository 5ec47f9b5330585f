import { describe, expect, test } from '@jest/globals';
import { createClassifier } from '../../../src/analyze/categories.ts';
import { planOf } from '../../../src/analyze/planning.ts';
import { Plan } from '../../../src/analyze/plan.ts';
import { servicesOf } from '../../../src/config/services.ts';
import { configOf } from './helpers/world.ts';

const SHA = 'a'.repeat(40);
const NAMED = {
  test: {
    unit: {
      frontend: { command: 'npm test', scope: 'frontend' },
      backend: { command: 'go test', scope: 'backend' },
    },
  },
};

/** A plan of changes that are the same for every service. */
function planFor(paths: string[], more: Record<string, unknown> = {}): Plan {
  const config = configOf(more);
  const services = servicesOf(config);
  const files = paths.map((path) => ({ path, status: 'modified' as const }));
  return planOf({
    config,
    services,
    classifier: createClassifier(config.analyze.patterns),
    head: SHA,
    changes: [
      { services: services.map(({ name }) => name), changes: { files, source: 'compare', base: SHA } },
    ],
  });
}
const actions = (plan: Plan) => plan.decisions.map(({ action }) => action);

const FRONTEND = 'src/components/Button.tsx';
const BACKEND = 'server/main.go';
const DATABASE = 'migrations/1.sql';
const CONFIG = 'Dockerfile';
const MANIFEST = 'package.json';
const SHARED = 'src/util.ts';
const TEST = '__tests__/all.test.ts';
const README = 'README.md';
const ALL = ['unit', 'e2e', 'performance', 'security'];
const BOTH = ['frontend', 'backend'];

describe('which tests run and what is built, with one unit suite', () => {
  test.each<[string, string[], string[], string[], string[]]>([
    ['A3: only frontend', [FRONTEND], ALL, ['frontend'], ['skip_backend_test']],
    [
      'A3: frontend with its test',
      [FRONTEND, 'src/Button.test.tsx'],
      ALL,
      ['frontend'],
      ['skip_backend_test'],
    ],
    ['A4: only backend', [BACKEND], ['unit', 'e2e', 'security'], ['backend'], ['skip_performance_test']],
    [
      'A4: only database',
      [DATABASE],
      ['unit', 'e2e', 'security'],
      ['backend'],
      ['skip_performance_test', 'migration_needed'],
    ],
    ['A5: only config', [CONFIG], ['e2e', 'performance'], BOTH, ['skip_unit_test', 'skip_security_test']],
    ['A5: a dependency manifest', [MANIFEST], ['e2e', 'performance', 'security'], BOTH, ['skip_unit_test']],
    ['A5: config with a test', [CONFIG, TEST], ['unit', 'e2e', 'performance'], BOTH, ['skip_security_test']],
    ['A6: shared', [SHARED], ALL, BOTH, []],
    ['A6: config with frontend', [CONFIG, FRONTEND], ALL, BOTH, []],
    ['A6: config with backend', [CONFIG, BACKEND], ALL, BOTH, []],
    ['A6: shared with frontend', [SHARED, FRONTEND], ALL, BOTH, []],
    ['frontend and backend', [FRONTEND, BACKEND], ALL, BOTH, []],
    ['A7: only tests', [TEST], ALL, [], ['skip_build', 'skip_deploy']],
    ['A7: tests and texts', [TEST, README], ALL, [], ['skip_build', 'skip_deploy']],
    ['B1: frontend with texts', [FRONTEND, README], ALL, ['frontend'], ['skip_backend_test']],
  ])('%s', (_name, paths, suites, services, decisions) => {
    const plan = planFor(paths);
    expect(plan.suites).toEqual(suites);
    expect(plan.services).toEqual(services);
    expect(actions(plan).filter((action) => !/build_(front|back)end/.test(action))).toEqual(decisions);
    expect(plan.skipped).toBeUndefined();
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test.each<[string, string[], RegExp]>([
    ['nothing', [], /nothing changed since aaaaaaa/],
    ['only other', [README, 'logo.png'], /README\.md/],
  ])('A7: %s: the whole pipeline is skipped, and says so', (_name, paths, reason) => {
    const plan = planFor(paths);
    expect(plan).toMatchObject({ suites: [], services: [], skipped: expect.stringMatching(reason) });
    expect(plan.decisions).toEqual([{ action: 'skip_pipeline', reason: plan.skipped }]);
  });
});

describe('named suites', () => {
  test.each<[string, string[], string[]]>([
    ['A3', [FRONTEND], ['unit:frontend', 'e2e', 'performance', 'security']],
    [
      'A3 with a backend test',
      [FRONTEND, 'server/a_test.go'],
      ['unit:frontend', 'unit:backend', 'e2e', 'performance', 'security'],
    ],
    ['A4', [BACKEND], ['unit:backend', 'e2e', 'security']],
    [
      'A4 with a test of nobody knows what',
      [BACKEND, TEST],
      ['unit:frontend', 'unit:backend', 'e2e', 'security'],
    ],
    ['A5', [CONFIG], ['e2e', 'performance']],
    ['A6', [SHARED], ['unit:frontend', 'unit:backend', 'e2e', 'performance', 'security']],
  ])('%s', (_name, paths, suites) => {
    expect(planFor(paths, NAMED).suites).toEqual(suites);
  });

  test('A8: each skip is a decision with a reason', () => {
    expect(planFor([FRONTEND], NAMED).decisions).toContainEqual({
      action: 'skip_backend_test',
      reason: 'no backend file changed',
    });
    expect(planFor([BACKEND], NAMED).decisions).toEqual(
      expect.arrayContaining([
        { action: 'skip_frontend_test', reason: 'no frontend file changed' },
        { action: 'skip_performance_test', reason: 'only backend changed' },
      ]),
    );
  });

  test('A8: disabled suites are not in the list, and a decision says why', () => {
    const plan = planFor([SHARED], { test: { e2e: { enabled: false }, security: { enabled: false } } });
    expect(plan.suites).toEqual(['unit', 'performance']);
    expect(plan.decisions).toEqual(
      expect.arrayContaining([
        { action: 'skip_e2e_test', reason: 'test.e2e is disabled in the configuration' },
        { action: 'skip_security_test', reason: 'test.security is disabled in the configuration' },
      ]),
    );
  });
});

describe('B1: any services', () => {
  const MONOREPO = {
    services: {
      web: { context: 'apps/web', dockerfile: 'apps/web/Dockerfile', depends_on: ['api'] },
      api: { paths: ['services/api/**', 'libs/db/**'], dockerfile: 'services/api/Dockerfile' },
      worker: { context: './services/worker/', paths: ['libs/db/**'] },
      docs: { context: 'docs', paths: ['docs/**'] },
    },
  };
  test.each<[string, string[], string[]]>([
    ['a file of its build context', ['apps/web/src/a.ts'], ['web']],
    ['what a service depends on', ['services/api/src/a.ts'], ['api', 'web']],
    ['a shared path, and the dependants of both', ['libs/db/a.ts'], ['api', 'web', 'worker']],
    ['its own manifest', ['services/worker/package.json'], ['worker']],
    ['source code of its own, in a category of all', ['services/worker/src/a.ts'], ['worker']],
    ['its own Dockerfile', ['apps/web/Dockerfile'], ['web']],
    ['a text that a service declares', ['docs/guide.md'], ['docs']],
    ['a text in a build context', ['apps/web/README.md'], []],
    ['a test in a build context', ['apps/web/src/a.test.ts'], []],
    ['config for all', ['docker-compose.yml'], ['api', 'web', 'worker', 'docs']],
    ['source code that nobody declares', ['server/lost.go'], ['api', 'web', 'worker', 'docs']],
  ])('%s', (name, paths, services) => {
    const plan = planFor(paths, MONOREPO);
    expect([name, plan.services.slice().sort()]).toEqual([name, services.slice().sort()]);
  });

  test('a project without a backend ships its `api/` directory all the same', () => {
    const plan = planFor(['src/pages/api/hello.ts'], { project: { name: 'app', type: 'frontend' } });
    expect(plan.categories.backend).toEqual(['src/pages/api/hello.ts']);
    expect(plan.services).toEqual(['frontend']);
  });

  test('a service that says nothing about what it is made of is rebuilt by any code', () => {
    const services = { frontend: {}, backend: {}, proxy: { dockerfile: 'Dockerfile.proxy' } };
    expect(planFor([BACKEND], { services }).services).toEqual(['backend', 'proxy']);
    expect(planFor([README], { services }).services).toEqual([]);
  });

  test('declared categories rebuild', () => {
    const services = {
      web: { categories: ['frontend'], context: 'web' },
      jobs: { categories: ['database'] },
    };
    expect(planFor([DATABASE], { services }).services).toEqual(['jobs']);
    expect(planFor(['public/a.txt'], { services }).services).toEqual(['web']);
  });

  test('every choice is a decision with the file that caused it', () => {
    expect(planFor([BACKEND]).decisions).toEqual(
      expect.arrayContaining([
        { action: 'build_backend', reason: `${BACKEND} is backend` },
        { action: 'skip_build_frontend', reason: 'no changed file concerns frontend' },
      ]),
    );
  });
});

describe('A9: services with different bases', () => {
  const config = configOf();
  const services = servicesOf(config);
  const modified = (path: string) => ({ path, status: 'modified' as const });
  const planWith = (frontend: string[], backend: string[], everything = false) =>
    planOf({
      config,
      services,
      classifier: createClassifier({}),
      head: SHA,
      changes: [
        { services: ['frontend'], changes: { files: frontend.map(modified), source: 'compare', base: 'b1' } },
        {
          services: ['backend'],
          changes: everything
            ? { files: backend.map(modified), source: 'everything', base: '', reason: 'it is new' }
            : { files: backend.map(modified), source: 'compare', base: 'b2' },
        },
      ],
    });

  test('what a service has already is not deployed again because another one has not', () => {
    // the frontend stayed at an older commit, since only backend changed in between
    const plan = planWith([BACKEND, README, TEST], [README]);
    expect(plan.skipped).toMatch(/README/);
    expect(plan.files.map(({ path }) => path)).toEqual([README]);
    expect(plan.bases).toEqual({ frontend: 'b1', backend: 'b2' });
  });

  test('what a service lacks still ships', () => {
    const plan = planWith([FRONTEND, BACKEND, TEST], [BACKEND]);
    expect(plan.services).toEqual(['frontend', 'backend']);
    expect(plan.files.map(({ path }) => path).sort()).toEqual([BACKEND, FRONTEND].sort());
  });

  test('a service that was never deployed is built, whatever changed', () => {
    const plan = planWith([README], [README, FRONTEND, BACKEND], true);
    expect(plan.services).toEqual(['backend']);
    expect(plan.suites).toEqual(ALL);
    expect(plan.decisions).toContainEqual({ action: 'build_backend', reason: 'it is new' });
  });
});

test('the files of nobody and the name `__proto__` are plain data', () => {
  const plan = planFor(['__proto__', 'constructor', 'server/__proto__']);
  expect(plan.categories.other).toEqual(['__proto__', 'constructor']);
  expect(Object.keys(plan.because)).toHaveLength(3);
});
