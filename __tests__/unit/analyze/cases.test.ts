import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AutopilotError } from '../../../src/errors.ts';
import { gitBackedApi, httpError, type GitBackedApi } from './helpers/git-backed-api.ts';
import { labApi, labPath } from './helpers/lab-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, configOf, push, statuses, ZEROS } from './helpers/world.ts';

// Every row of the table of cases in facts/github-platform.md, under the row's own words: against a double of GitHub, and
// against the lab's GitHub through the real client.

// Real git, in processes, on machines that do other things as well.
jest.setTimeout(60_000);

type World = [name: string, start: (repository: Repository) => Promise<GitBackedApi>];
const WORLDS: World[] = [['a double', async (repository) => gitBackedApi(repository)]];
if (labPath !== undefined) WORLDS.push(["the lab's GitHub", labApi]);

describe.each(WORLDS)('%s', (_name, start) => {
  let repository: Repository;
  let github: GitBackedApi;
  let base: string;
  beforeEach(async () => {
    repository = new Repository();
    github = await start(repository);
    base = repository.commit({ 'src/App.tsx': 'one', 'server/main.ts': 'one', 'README.md': 'one' });
  });
  afterEach(async () => {
    await github.stop?.();
    repository.remove();
  });

  const GONE = 'd'.repeat(40);
  const many = (count: number, content: string) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `server/d${index % 7}/f${index}.ts`,
        `${content}${index}`,
      ]),
    );

  describe('bases', () => {
    test('first push, `before` zeros, no state yet: everything changed', async () => {
      const plan = await analyzed({ github, event: push(base, { before: ZEROS }) });
      expect(Object.keys(statuses(plan)).sort()).toEqual(['README.md', 'server/main.ts', 'src/App.tsx']);
      expect(plan).toMatchObject({ source: 'everything', base: '', services: ['frontend', 'backend'] });
      expect(plan.suites).toEqual(['unit', 'e2e', 'performance', 'security']);
    });

    test('new branch, `before` zeros: against the merge base with the default branch', async () => {
      repository.git('checkout', '-q', '-b', 'topic/x');
      const head = repository.commit({ 'src/New.tsx': 'n' });
      repository.git('checkout', '-q', 'main');
      repository.commit({ 'server/later.ts': 'on main only' });
      const event = push(head, { before: ZEROS, ref: 'refs/heads/topic/x' });
      const plan = await analyzed({ github, event });
      expect(statuses(plan)).toEqual({ 'src/New.tsx': 'added' });
      expect(plan.base).toBe(base);
      const local = await analyzed({ github, event, workspace: repository.directory });
      expect(statuses(local)).toEqual({ 'src/New.tsx': 'added' });
    });

    test('three commits, the last touches only README: the files of all three', async () => {
      repository.commit({ 'src/App.tsx': 'two' });
      repository.commit({ 'server/main.ts': 'two' });
      const head = repository.commit({ 'README.md': 'two' });
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(Object.keys(statuses(plan)).sort()).toEqual(['README.md', 'server/main.ts', 'src/App.tsx']);
    });

    test('added in one commit, removed in the next: not listed', async () => {
      repository.commit({ 'src/Passing.tsx': 'x', 'src/Kept.tsx': 'x' });
      const head = repository.commit({ 'src/Passing.tsx': null });
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(statuses(plan)).toEqual({ 'src/Kept.tsx': 'added' });
    });

    test('only passing changes: nothing, and the trees were asked before saying so', async () => {
      repository.commit({ 'src/Passing.tsx': 'x' });
      const head = repository.commit({ 'src/Passing.tsx': null });
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(plan).toMatchObject({ source: 'tree-walk', files: [], services: [], suites: [] });
      expect(plan.skipped).toMatch(/nothing changed/);
    });

    test.each(['diverged', 'reset'])(
      'forced push, %s: two-dot, files of the dropped commits too',
      async (kind) => {
        const dropped = repository.commit({ 'server/dropped.ts': 'x' });
        repository.git('reset', '-q', '--hard', base);
        const head = kind === 'reset' ? base : repository.commit({ 'src/App.tsx': 'two' });
        const plan = await analyzed({ github, event: push(head, { before: dropped, forced: true }) });
        expect(statuses(plan)).toEqual({
          'server/dropped.ts': 'removed',
          ...(kind === 'diverged' && { 'src/App.tsx': 'modified' }),
        });
        expect(plan.services).toContain('backend');
      },
    );

    test.each([404, 422])('`before` no longer exists (%i): last deployed commit', async (status) => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      github.intercept = (_route, parameters) => {
        if (JSON.stringify(parameters).includes(GONE)) throw httpError(status);
        return undefined;
      };
      const event = push(head, { before: GONE });
      const config = configOf({ analyze: { base: 'event' } });
      const plan = await analyzed({ github, event, deployed: base, config });
      expect(statuses(plan)).toEqual({ 'src/App.tsx': 'modified' });
      expect(plan.warnings.join()).toContain(GONE);
    });

    test('`before` no longer exists and nothing was deployed: everything, with a warning', async () => {
      const plan = await analyzed({ github, event: push(base, { before: GONE }) });
      expect(plan).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
      expect(plan.warnings.join()).toContain(GONE);
    });

    test('A9: the commit last deployed no longer exists: the event counts', async () => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      const plan = await analyzed({ github, event: push(head, { before: base }), deployed: GONE });
      expect(statuses(plan)).toEqual({ 'src/App.tsx': 'modified' });
      expect(plan.warnings.join()).toContain(GONE);
    });

    test('the run before failed, was cancelled or skipped: its files are still included', async () => {
      const failed = repository.commit({ 'server/main.ts': 'two' });
      const head = repository.commit({ 'README.md': 'two' });
      const event = push(head, { before: failed });
      const plan = await analyzed({ github, event, deployed: base });
      expect(plan.services).toEqual(['backend']);
      // and when nothing was ever deployed, but a run tried
      const never = await analyzed({ github, event, triedBefore: true });
      expect(never).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
    });

    test('re-run of a failed deployment: not empty', async () => {
      const head = repository.commit({ 'server/main.ts': 'two' });
      const again = push(head, { before: base });
      expect((await analyzed({ github, event: again, deployed: base })).services).toEqual(['backend']);
      expect((await analyzed({ github, event: again })).services).toEqual(['backend']);
    });

    test.each(['lightweight', 'annotated'])(
      "tag push, %s: the tag's commit against the last deployed one",
      async (kind) => {
        const head = repository.commit({ 'src/App.tsx': 'two' });
        repository.git('tag', ...(kind === 'annotated' ? ['-a', '-m', 'v1'] : []), 'v1');
        const sha = repository.git('rev-parse', 'v1').trim();
        const event = push(sha, { before: ZEROS, ref: 'refs/tags/v1' });
        const plan = await analyzed({ github, event, deployed: base });
        expect(plan).toMatchObject({ head, base, services: ['frontend'] });
        expect(
          await analyzed({ github, event, deployed: base, workspace: repository.directory }),
        ).toMatchObject({ head });
        expect((await analyzed({ github, event })).source).toBe('everything');
      },
    );

    test('branch deleted: nothing, success', async () => {
      const event = push(ZEROS, { before: base, after: ZEROS, deleted: true });
      const plan = await analyzed({ github, event });
      expect(plan).toMatchObject({ skipped: 'the branch was deleted', services: [], suites: [] });
      expect(plan.decisions).toEqual([{ action: 'skip_pipeline', reason: 'the branch was deleted' }]);
      expect(github.requests).toEqual([]);
    });

    test.each(['workflow_dispatch', 'schedule'])(
      '%s: against the last deployed commit; none: everything; never "the last commit"',
      async (name) => {
        repository.commit({ 'server/main.ts': 'two' });
        const head = repository.commit({ 'src/App.tsx': 'two' });
        const event = { name, sha: head, ref: 'refs/heads/main', defaultBranch: 'main' };
        expect((await analyzed({ github, event, deployed: base })).services).toEqual(['frontend', 'backend']);
        expect((await analyzed({ github, event })).source).toBe('everything');
        // the same commit is deployed already: nothing to do
        expect((await analyzed({ github, event, deployed: head })).skipped).toMatch(/nothing changed/);
      },
    );

    test('merge_group: base_sha against head_sha', async () => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      const event = {
        name: 'merge_group',
        sha: head,
        ref: 'refs/heads/gh-readonly-queue/main/pr-1',
        defaultBranch: 'main',
      };
      const plan = await analyzed({ github, event: { ...event, baseSha: base, headSha: head } });
      expect(statuses(plan)).toEqual({ 'src/App.tsx': 'modified' });
    });
  });

  describe('pull requests', () => {
    const pullRequest = (headSha: string, fork = true) => ({
      name: 'pull_request',
      sha: headSha,
      ref: 'refs/pull/7/merge',
      defaultBranch: 'main',
      pullRequest: { number: 7, baseSha: base, headSha, fork },
    });

    test('pull request (fork): its files, whatever the state says', async () => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      github.pulls.set(7, { base, head });
      const plan = await analyzed({ github, event: pullRequest(head), deployed: GONE });
      expect(statuses(plan)).toEqual({ 'src/App.tsx': 'modified' });
      expect(plan.source).toBe('pull-request');
    });

    test('101 and 3000+ files in a pull request: paged, then another way', async () => {
      const head = repository.commit(many(101, 'x'));
      github.pulls.set(7, { base, head });
      expect((await analyzed({ github, event: pullRequest(head) })).files).toHaveLength(101);
      const larger = repository.commit(many(3001, 'y'));
      github.pulls.set(7, { base, head: larger });
      const plan = await analyzed({ github, event: pullRequest(larger) });
      expect(plan.files).toHaveLength(3001);
      expect(plan.source).toBe('tree-walk');
    });

    test('a page of a pull request that is missing is noticed', async () => {
      const head = repository.commit(many(150, 'x'));
      github.pulls.set(7, { base, head });
      github.intercept = (route, { page }) => (route.endsWith('/files') && page === 2 ? [] : undefined);
      const plan = await analyzed({ github, event: pullRequest(head) });
      expect(plan.files).toHaveLength(150);
      expect(plan.source).toBe('compare');
    });

    test('commits pushed since the event are not taken for its files', async () => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      github.pulls.set(7, { base, head: repository.commit({ 'server/main.ts': 'two' }) });
      expect(statuses(await analyzed({ github, event: pullRequest(head) }))).toEqual({
        'src/App.tsx': 'modified',
      });
    });

    test('pull_request_target: refused', async () => {
      const event = { ...pullRequest(base), name: 'pull_request_target' };
      await expect(analyzed({ github, event })).rejects.toMatchObject({ code: 'EVENT_REFUSED' });
    });
  });

  describe('limits', () => {
    test.each([
      [299, 'compare'],
      [300, 'tree-walk'],
      [301, 'tree-walk'],
    ])('%i files: exact, by %s', async (count, source) => {
      const head = repository.commit(many(count, 'x'));
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(plan.files).toHaveLength(count);
      expect(plan.source).toBe(source);
    });

    test('truncated tree: walked down, never cut', async () => {
      github.treeLimit = 60;
      const head = repository.commit(many(301, 'x'));
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(plan.files).toHaveLength(301);
      const all = await analyzed({ github, event: push(head, { before: ZEROS }) });
      expect(all.files).toHaveLength(304);
    });
  });

  describe('paths', () => {
    test('rename from one service into another: both changed', async () => {
      const text = 'the same content in both places\n'.repeat(9);
      const from = repository.commit({ 'server/shape.ts': text });
      const head = repository.commit({ 'server/shape.ts': null, 'src/components/shape.ts': text });
      for (const workspace of ['/nonexistent', repository.directory]) {
        const plan = await analyzed({ github, event: push(head, { before: from }), workspace });
        expect(plan.files).toEqual([
          { path: 'src/components/shape.ts', status: 'renamed', previous_path: 'server/shape.ts' },
        ]);
        expect(plan.services).toEqual(['frontend', 'backend']);
        expect(plan.categories).toMatchObject({
          frontend: ['src/components/shape.ts'],
          backend: ['server/shape.ts'],
        });
      }
    });

    test('copy, mode change, symlink to file, submodule bump: changed', async () => {
      const text = 'content that is copied\n'.repeat(9);
      const sub = (sha: string) =>
        repository.git('update-index', '--add', '--cacheinfo', `160000,${sha},server`);
      const start = repository.commit({
        'server/main.ts': null,
        'a.go': text,
        'm.go': 'm',
        'l.go': { link: 'a.go' },
      });
      sub('1'.repeat(40));
      repository.git('commit', '-q', '-m', 'submodule');
      const from = repository.head();
      repository.git('rm', '-q', '--cached', 'server');
      repository.commit({ 'b.go': text, 'm.go': { executable: 'm' }, 'l.go': 'a.go' });
      sub('2'.repeat(40));
      repository.git('commit', '-q', '-m', 'bump');
      const head = repository.head();
      expect(start).not.toBe(from);
      for (const workspace of ['/nonexistent', repository.directory]) {
        const plan = await analyzed({ github, event: push(head, { before: from }), workspace });
        expect(statuses(plan)).toEqual({
          'b.go': expect.stringMatching(/added|copied/),
          'm.go': expect.stringMatching(/changed|modified/),
          'l.go': expect.stringMatching(/changed|modified/),
          // a submodule's own path matches `server/**`
          server: 'modified',
        });
        expect(plan.categories.backend).toContain('server');
      }
    });

    const NAMES = [
      'with space.go',
      'tab\there.go',
      'new\nline.go',
      'quote".go',
      'back\\slash.go',
      'caf\u00e9.go',
      'cafe\u0301.go',
      '🚀.go',
      '-leading.go',
      '#hash.go',
      '!bang.go',
      '__proto__',
    ];
    test('names with space, tab, newline, quote, backslash, é in both forms, emoji, -, #, !: exact names', async () => {
      const head = repository.commit(Object.fromEntries(NAMES.map((name) => [name, 'x'])));
      for (const workspace of ['/nonexistent', repository.directory]) {
        const plan = await analyzed({ github, event: push(head, { before: base }), workspace });
        expect(plan.files.map(({ path }) => path).sort()).toEqual([...NAMES].sort());
        expect(plan.categories.backend.slice().sort()).toEqual(NAMES.slice(0, -1).sort());
        expect(Object.keys(plan.because)).toContain('__proto__');
      }
    });

    test('`[id]`, `(group)`, `{a,b}` in a path (Next.js): equality first, then glob', async () => {
      const paths = ['app/[id]/page.ts', 'app/(group)/page.ts', 'app/{a,b}/page.ts'];
      const head = repository.commit(Object.fromEntries(paths.map((path) => [path, 'x'])));
      const config = configOf({
        analyze: { patterns: { database: ['app/[id]/page.ts', 'app/(group)/**', 'app/{a,b}/page.ts'] } },
      });
      const plan = await analyzed({ github, event: push(head, { before: base }), config });
      expect(plan.categories.database).toEqual(expect.arrayContaining(paths));
      expect(plan.warnings).toEqual([]);
    });

    test('a pattern that matches no file at all is a warning', async () => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      const config = configOf({ analyze: { patterns: { backend: ['server/**', 'sevrer/**', '*.tsx'] } } });
      const { warnings } = await analyzed({ github, event: push(head, { before: base }), config });
      expect(warnings).toEqual([
        expect.stringContaining('"sevrer/**" matches no file'),
        expect.stringContaining('"**/*.tsx"'),
      ]);
    });
  });

  describe('sources', () => {
    test('shallow clone, no clone: the API way needs none', async () => {
      const head = repository.commit({ 'src/App.tsx': 'two' });
      const clone = new Repository();
      try {
        clone.git('fetch', '-q', '--depth', '1', `file://${repository.directory}`, head);
        clone.git('checkout', '-q', head);
        const plan = await analyzed({
          github,
          event: push(head, { before: base }),
          workspace: clone.directory,
        });
        expect(statuses(plan)).toEqual({ 'src/App.tsx': 'modified' });
        expect(plan.source).toBe('compare');
        // the layer-1 scan reads the workspace
        expect(github.requests).toHaveLength(1);
      } finally {
        clone.remove();
      }
    });

    test('a full checkout: git itself, and no request', async () => {
      const head = repository.commit(many(301, 'x'));
      const plan = await analyzed({
        github,
        event: push(head, { before: base }),
        workspace: repository.directory,
      });
      expect(plan.files).toHaveLength(301);
      expect(plan.source).toBe('git');
      expect(github.requests).toEqual([]);
    });

    const unavailable = () => new AutopilotError('GITHUB_UNAVAILABLE', { what: 'GitHub did not answer.' });
    test.each([
      ['403 primary limit', () => Object.assign(unavailable(), { status: 403 })],
      ['429', () => Object.assign(unavailable(), { status: 429 })],
      ['5xx', () => Object.assign(unavailable(), { status: 502 })],
      ['reset', unavailable],
    ])('%s: everything changed with a warning', async (_name, error) => {
      const head = repository.commit({ 'README.md': 'two' });
      github.intercept = () => {
        throw error();
      };
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(plan).toMatchObject({ source: 'everything', services: ['frontend', 'backend'], files: [] });
      expect(plan.suites).toEqual(['unit', 'e2e', 'performance', 'security']);
      expect(plan.skipped).toBeUndefined();
      expect(plan.warnings.join()).toContain('GitHub did not answer');
    });

    test.each([
      ['without `files`', { status: 'ahead', behind_by: 0, merge_base_commit: { sha: 'x' } }],
      ['cut body', ''],
      [
        'an empty list for new commits',
        { status: 'ahead', behind_by: 0, merge_base_commit: { sha: 'x' }, files: [] },
      ],
      [
        'behind without files',
        { status: 'behind', behind_by: 1, merge_base_commit: { sha: 'x' }, files: [] },
      ],
    ])('a comparison %s: the trees are walked', async (_name, answer) => {
      const head = repository.commit({ 'server/main.ts': 'two' });
      github.intercept = (route) => (route.includes('/compare/') ? answer : undefined);
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(statuses(plan)).toEqual({ 'server/main.ts': 'modified' });
      expect(plan.source).toBe('tree-walk');
    });

    test('a tree that comes back cut: everything changed with a warning', async () => {
      const head = repository.commit({ 'server/main.ts': 'two' });
      github.intercept = (route) =>
        route.includes('/compare/') || route.includes('/trees/') ? { truncated: true, tree: [] } : undefined;
      const plan = await analyzed({ github, event: push(head, { before: base }) });
      expect(plan).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
      expect(plan.warnings).not.toEqual([]);
    });

    test('token without `contents: read`: an error that names the permission', async () => {
      const denied = new AutopilotError('GITHUB_PERMISSION', { what: 'The token lacks `contents: read`.' });
      github.intercept = () => {
        throw denied;
      };
      await expect(analyzed({ github, event: push(base, { before: GONE }) })).rejects.toBe(denied);
      github.intercept = () => {
        throw httpError(404);
      };
      await expect(analyzed({ github, event: push(base, { before: GONE }) })).rejects.toMatchObject({
        code: 'GITHUB_PERMISSION',
        fix: expect.stringContaining('contents: read'),
      });
    });

    test('SHA-256 repositories work', async () => {
      const long = new Repository('sha256');
      const api = await start(long);
      try {
        const from = long.commit({ 'src/App.tsx': '1' });
        const head = long.commit(many(301, 'x'));
        for (const workspace of ['/nonexistent', long.directory]) {
          const plan = await analyzed({ github: api, event: push(head, { before: from }), workspace });
          expect(plan.files).toHaveLength(301);
        }
        const all = await analyzed({ github: api, event: push(head, { before: '0'.repeat(64) }) });
        expect(all.files).toHaveLength(302);
      } finally {
        await api.stop?.();
        long.remove();
      }
    });
  });
});
