import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectAt } from '../../../src/analyze/project.ts';
import { directoryWithin, findCheckout } from '../../../src/analyze/workspace.ts';
import { gitBackedApi } from './helpers/git-backed-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, configOf, push, run } from './helpers/world.ts';

// The input `working-directory`: one project of a repository that holds several.

jest.setTimeout(60_000);
const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('');

let repository: Repository;
let base: string;
beforeAll(() => {
  repository = new Repository();
  base = repository.commit({
    'apps/shop/src/App.tsx': '1',
    'apps/shop/server/main.go': '1',
    'apps/shop/packages/worker/run.ts': '1',
    'apps/shop/package.json': '{}',
    'apps/blog/server/main.go': '1',
    'libs/money/round.ts': '1',
    'libs/text/trim.ts': '1',
    'docker/shop.Dockerfile': 'FROM scratch',
    'package.json': '{}',
  });
});
afterAll(() => repository.remove());

interface Case {
  changed: Record<string, string | null>;
  config?: Record<string, unknown>;
}
/** What a push of these changes means for the project in `apps/shop`, by the API and by the checkout. */
async function shop({ changed, config }: Case) {
  repository.git('reset', '-q', '--hard', base);
  const head = repository.commit(changed);
  const scene = {
    github: gitBackedApi(repository),
    event: push(head, { before: base }),
    config: configOf(config),
    directory: 'apps/shop',
  };
  const plan = await analyzed(scene);
  const { source: _a, ...local } = await analyzed({ ...scene, workspace: repository.directory });
  const { source: _b, ...remote } = plan;
  expect(local).toEqual(remote);
  return plan;
}

describe('the files of the project', () => {
  test('patterns are meant from its directory, files are named from the root of the repository', async () => {
    const config = { analyze: { patterns: { database: ['src/**'] } } };
    const plan = await shop({ changed: { 'apps/shop/src/App.tsx': '2' }, config });
    expect(plan.categories.database).toEqual(['apps/shop/src/App.tsx']);
    expect(plan.because).toEqual({ 'apps/shop/src/App.tsx': 'src/**' });
    expect(plan.files).toEqual([{ path: 'apps/shop/src/App.tsx', status: 'modified' }]);
    expect(plan.warnings).toEqual([]);
  });

  test('defaults for the top of a project count at its top: apps/shop is not a frontend package here', async () => {
    const plan = await shop({ changed: { 'apps/shop/deploy/run.sh': 'x', 'apps/shop/server/main.go': '2' } });
    expect(plan.categories).toMatchObject({
      config: ['apps/shop/deploy/run.sh'],
      backend: ['apps/shop/server/main.go'],
    });
  });

  test('what changed elsewhere in the repository builds nothing, and that is said', async () => {
    const changed = { 'apps/blog/server/main.go': '2', 'libs/money/round.ts': '2', 'package.json': '{ }' };
    const plan = await shop({ changed });
    expect(plan).toMatchObject({ files: [], services: [], suites: [] });
    expect(plan.skipped).toBe(`nothing changed in apps/shop since ${base.slice(0, 7)}`);
  });

  test('a secret elsewhere in the repository stops the other project only', async () => {
    const secret = `token: ${TOKEN}\n`;
    expect((await shop({ changed: { 'apps/blog/a.ts': secret } })).findings).toEqual([]);
    const own = await shop({ changed: { 'apps/shop/src/b.ts': secret } });
    expect(own.findings).toMatchObject([{ rule: 'secret', file: 'apps/shop/src/b.ts', line: 1 }]);
  });

  test('a file that moves in is added, one that moves out is removed', async () => {
    const text = 'the same content in both places\n'.repeat(9);
    const [inside, outside] = ['apps/shop/server/shape.go', 'apps/blog/server/shape.go'];
    repository.git('reset', '-q', '--hard', base);
    const first = repository.commit({ [outside]: text });
    const second = repository.commit({ [outside]: null, [inside]: text });
    const third = repository.commit({ [outside]: text, [inside]: null });
    const github = gitBackedApi(repository);
    const config = configOf();
    const move = (from: string, to: string) =>
      analyzed({ github, event: push(to, { before: from }), config, directory: 'apps/shop' });
    expect((await move(first, second)).files).toEqual([{ path: inside, status: 'added' }]);
    expect((await move(second, third)).files).toEqual([{ path: inside, status: 'removed' }]);
    expect((await move(second, third)).services).toEqual(['backend']);
  });

  test('everything means everything of the project', async () => {
    const plan = await analyzed({
      github: gitBackedApi(repository),
      event: push(base, { before: '0'.repeat(40) }),
      directory: 'apps/shop',
    });
    expect(plan.files.map(({ path }) => path)).toEqual([
      'apps/shop/package.json',
      'apps/shop/packages/worker/run.ts',
      'apps/shop/server/main.go',
      'apps/shop/src/App.tsx',
    ]);
    expect(plan.services).toEqual(['frontend', 'backend']);
  });

  test('a project that is a submodule changes as a whole', async () => {
    repository.git('reset', '-q', '--hard', base);
    repository.git('rm', '-rq', 'apps/shop');
    repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},apps/shop`);
    repository.git('commit', '-q', '-m', 'submodule');
    const from = repository.head();
    repository.git('update-index', '--cacheinfo', `160000,${'2'.repeat(40)},apps/shop`);
    repository.git('commit', '-q', '-m', 'bump');
    const event = push(repository.head(), { before: from });
    const plan = await analyzed({ github: gitBackedApi(repository), event, directory: 'apps/shop' });
    expect(plan).toMatchObject({ services: ['frontend', 'backend'], categories: { shared: ['apps/shop'] } });
  });
});

describe('services of the project', () => {
  const services = {
    web: { paths: ['src/**', '../../libs/money/**'], dockerfile: '../../docker/shop.Dockerfile' },
    worker: { context: 'packages/worker' },
  };
  test.each<[string, Record<string, string>, string[]]>([
    ['paths', { 'apps/shop/src/App.tsx': '2' }, ['web']],
    ['a build context', { 'apps/shop/packages/worker/run.ts': '2' }, ['worker']],
    ['paths that reach out of it', { 'libs/money/round.ts': '2' }, ['web']],
    ['a Dockerfile outside of it', { 'docker/shop.Dockerfile': 'FROM scratch\n' }, ['web']],
    ['a neighbour that nobody names', { 'libs/text/trim.ts': '2' }, []],
    ['config of the project', { 'apps/shop/package.json': '{ }' }, ['web', 'worker']],
    ['config of the repository', { 'package.json': '{ }' }, []],
  ])('%s', async (_name, changed, expected) => {
    expect((await shop({ changed, config: { services } })).services).toEqual(expected);
  });

  test('a build context that is the whole repository sees all of it, unless paths say what of it', async () => {
    const whole = { context: '../..', dockerfile: 'Dockerfile' };
    const changed = { 'libs/money/round.ts': '2' };
    const open = await shop({
      changed,
      config: { services: { web: whole, worker: { context: 'packages/worker' } } },
    });
    expect(open.services).toEqual(['web']);
    const narrow = { web: { ...whole, paths: ['../../libs/text/**'] } };
    expect((await shop({ changed, config: { services: narrow } })).services).toEqual([]);
    const text = { 'libs/text/trim.ts': '2', 'apps/blog/server/main.go': '2' };
    expect((await shop({ changed: text, config: { services: narrow } })).files).toEqual([
      { path: 'libs/text/trim.ts', status: 'modified' },
    ]);
  });

  test('a category that reaches out of it', async () => {
    const config = { analyze: { patterns: { backend: ['server/**', '../../libs/money/**'] } } };
    const plan = await shop({ changed: { 'libs/money/round.ts': '2', 'libs/text/trim.ts': '2' }, config });
    expect(plan.categories.backend).toEqual(['libs/money/round.ts']);
    expect(plan.services).toEqual(['backend']);
  });

  test('a pattern that matches no file of the project is a warning that names it as written', async () => {
    const config = { services: { web: { paths: ['apps/shop/src/**'] } } };
    const { warnings } = await shop({ changed: { 'apps/shop/src/App.tsx': '2' }, config });
    expect(warnings).toEqual([expect.stringContaining('"apps/shop/src/**" matches no file')]);
  });
});

describe('paths between project and repository', () => {
  const project = projectAt('./apps//shop/');
  test.each([
    ['apps/shop/src/a.ts', 'src/a.ts'],
    ['apps/shop', '.'],
    ['apps/shopping/a.ts', '../shopping/a.ts'],
    ['apps/a.ts', '../a.ts'],
    ['a.ts', '../../a.ts'],
    ['apps', '../../apps'],
    ['libs/shop/a.ts', '../../libs/shop/a.ts'],
  ])('%s is %s', (path, seen) => expect(project.toProject(path)).toBe(seen));
  test.each([
    ['.', 'apps/shop'],
    ['./Dockerfile', 'apps/shop/Dockerfile'],
    ['./packages/worker/', 'apps/shop/packages/worker'],
    ['../..', ''],
    ['../../', ''],
    ['../blog', 'apps/blog'],
    ['../../..', undefined],
  ])('the configuration says %s: %s', (path, name) => expect(project.toRepository(path)).toBe(name));
});

describe('where the repository is', () => {
  test('a checkout in a directory of the workspace: what lies above is no part of its paths', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
    try {
      repository.git('reset', '-q', '--hard', base);
      const head = repository.commit({ 'apps/shop/src/b.ts': `token: ${TOKEN}\n` });
      repository.git('clone', '-q', repository.directory, join(workspace, 'code'));
      const found = await findCheckout(run, workspace, 'code/apps/shop');
      expect(found).toMatchObject({ root: 'code/', project: { directory: 'apps/shop' }, checkout: { head } });
      const event = push(head, { before: base });
      const plan = await analyzed({
        github: gitBackedApi(repository),
        event,
        workspace,
        directory: 'code/apps/shop',
      });
      expect(plan).toMatchObject({ source: 'git', services: ['frontend', 'backend'] });
      expect(plan.findings).toMatchObject([{ rule: 'secret', file: 'apps/shop/src/b.ts' }]);
    } finally {
      rmSync(workspace, { recursive: true });
    }
  });

  test('a repository around the workspace is not the one', async () => {
    const found = await findCheckout(run, join(repository.directory, 'apps'), 'shop');
    expect(found).toMatchObject({ checkout: undefined, root: '', project: { directory: 'shop' } });
  });

  test('a link to the project is the project; a missing directory is taken at its word', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
    try {
      mkdirSync(join(workspace, 'apps/shop'), { recursive: true });
      symlinkSync('apps/shop', join(workspace, 'current'));
      symlinkSync('/', join(workspace, 'away'));
      expect(await directoryWithin(workspace, join(workspace, 'current'))).toBe('apps/shop');
      expect(await directoryWithin(workspace, workspace)).toBe('');
      expect(await directoryWithin(workspace, join(workspace, 'gone/x'))).toBe('gone/x');
      expect(await directoryWithin(workspace, join(workspace, 'away'))).toBe('away');
    } finally {
      rmSync(workspace, { recursive: true });
    }
  });
});
