import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { gitBackedApi, type GitBackedApi } from './helpers/git-backed-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, configOf, push } from './helpers/world.ts';

let repository: Repository;
let github: GitBackedApi;
let base: string;
beforeEach(() => {
  repository = new Repository();
  github = gitBackedApi(repository);
  base = repository.commit({ 'src/App.tsx': 'one', 'server/main.ts': 'one', 'README.md': 'one' });
});
afterEach(() => repository.remove());

describe('A9: bases', () => {
  test('each service is compared with the commit it was last deployed from', async () => {
    const second = repository.commit({ 'server/main.ts': 'two' });
    const head = repository.commit({ 'src/App.tsx': 'two' });
    const event = push(head, { before: second });
    const behind = await analyzed({ github, event, deployed: { frontend: second, backend: base } });
    expect(behind.services).toEqual(['frontend', 'backend']);
    const level = await analyzed({ github, event, deployed: { frontend: base, backend: second } });
    expect(level.services).toEqual(['frontend']);
    expect(level.bases).toEqual({ frontend: base, backend: second });
    expect(level.files.map(({ path }) => path)).toEqual(['src/App.tsx']);
  });

  test('services with the same base share one comparison', async () => {
    const head = repository.commit({ 'README.md': 'two' });
    await analyzed({ github, event: push(head), deployed: base });
    expect(github.requests.filter((line) => line.includes('/compare/'))).toHaveLength(1);
  });

  test('a service that was never deployed is built, others are not because of it', async () => {
    const head = repository.commit({ 'README.md': 'two' });
    const plan = await analyzed({
      github,
      event: push(head, { before: base }),
      deployed: { frontend: base },
    });
    expect(plan.services).toEqual(['backend']);
    expect(plan.decisions).toContainEqual({
      action: 'build_backend',
      reason: 'it was never deployed with success to this target',
    });
  });

  test('`analyze.base: event` compares with the event', async () => {
    const second = repository.commit({ 'server/main.ts': 'two' });
    const head = repository.commit({ 'src/App.tsx': 'two' });
    const config = configOf({ analyze: { base: 'event' } });
    const plan = await analyzed({ github, event: push(head, { before: second }), deployed: base, config });
    expect(plan.services).toEqual(['frontend']);
  });

  test('a service removed from the configuration is reported', async () => {
    const head = repository.commit({ 'src/App.tsx': 'two' });
    const deployed = { frontend: base, backend: base, mailer: base };
    const plan = await analyzed({ github, event: push(head), deployed });
    expect(plan.warnings).toEqual([
      expect.stringContaining('mailer is deployed but no longer in the configuration'),
    ]);
  });

  test.each(['../../etc', '--output=/tmp/x', 'HEAD', '', 'A'.repeat(40)])(
    'a state that names %j as a commit is reported, and nothing is asked with it',
    async (name) => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      const event = push(head, { before: base });
      const plan = await analyzed({ github, event, deployed: name, workspace: repository.directory });
      expect(plan).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
      expect(plan.warnings.join()).toContain('which is no commit');
    },
  );

  test.each(['', 'main', '-x', '$(id)'])('an event with %j for a commit is refused', async (sha) => {
    await expect(analyzed({ github, event: push(sha) })).rejects.toMatchObject({ code: 'EVENT_REFUSED' });
  });
});

describe('sizes', () => {
  test('an empty repository commit and no services', async () => {
    const head = repository.commit({ 'src/App.tsx': null, 'server/main.ts': null, 'README.md': null });
    const plan = await analyzed({ github, event: push(head, { before: '0'.repeat(40) }) });
    expect(plan).toMatchObject({ files: [], source: 'everything', services: ['frontend', 'backend'] });
    expect(plan.skipped).toBeUndefined();
  });

  test('a push of ten files costs one request with a checkout of its commit', async () => {
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`server/f${index}.ts`, 'x']));
    const head = repository.commit(files);
    const clone = new Repository();
    try {
      clone.git('fetch', '-q', '--depth', '1', `file://${repository.directory}`, head);
      clone.git('checkout', '-q', head);
      await analyzed({ github, event: push(head, { before: base }), workspace: clone.directory });
      expect(github.requests).toHaveLength(1);
    } finally {
      clone.remove();
    }
  });

  test('a walk of the trees costs requests in the order of the changed directories', async () => {
    const file = (index: number) => `server/d${index % 40}/e${index % 200}/f${index}.ts`;
    const all = Array.from({ length: 4000 }, (_, index) => [file(index), 'one'] as const);
    const from = repository.commit(Object.fromEntries(all));
    const changed = all.filter((_, index) => index % 40 < 4).map(([path]) => [path, 'two'] as const);
    const head = repository.commit(Object.fromEntries(changed));
    const plan = await analyzed({ github, event: push(head, { before: from }) });
    expect(plan.files).toHaveLength(400);
    const trees = github.requests.filter((line) => line.includes('/trees/'));
    // root, server, 4 directories, 20 directories below them, of two commits each
    expect(trees.length).toBeLessThanOrEqual(2 * 26);
  });
});

test('layer 1: findings of the changed files are part of the plan, by checkout and by API', async () => {
  const token = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('');
  const head = repository.commit({ 'README.md': `token: ${token}\n`, '.env': 'A=1' });
  for (const workspace of ['/nonexistent', repository.directory]) {
    const plan = await analyzed({ github, event: push(head, { before: base }), workspace });
    expect(plan.findings).toMatchObject([
      { rule: 'dotenv', severity: 'CRITICAL', file: '.env' },
      { rule: 'secret', severity: 'CRITICAL', file: 'README.md', line: 1 },
    ]);
    expect(JSON.stringify(plan)).not.toContain(token);
  }
});

test('layer 1: what lies in the workspace from elsewhere is not scanned in place of the commit', async () => {
  const head = repository.commit({ 'server/main.ts': 'clean' });
  repository.commit({
    'server/main.ts': `const t = "${['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('')}"`,
  });
  const plan = await analyzed({
    github,
    event: push(head, { before: base }),
    workspace: repository.directory,
  });
  expect(plan.findings).toEqual([]);
});
