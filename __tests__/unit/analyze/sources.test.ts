import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { AutopilotError } from '../../../src/errors.ts';
import { withPatience } from '../../../src/analyze/patience.ts';
import { differenceOf, toChanges } from '../../../src/analyze/sources/changes.ts';
import { openCheckout } from '../../../src/analyze/sources/git.ts';
import { unquoted } from '../../../src/analyze/sources/quoted.ts';
import { treeOf, walkTrees } from '../../../src/analyze/sources/tree-walk.ts';
import type { GitHubApi } from '../../../src/github/api.ts';
import { gitBackedApi, httpError } from './helpers/git-backed-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, push, run, ZEROS } from './helpers/world.ts';

jest.setTimeout(120_000);

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
});
afterEach(() => repository.remove());

/** Commits files whose names are any bytes, each with its content; answers the commit. */
function commitBytes(files: readonly (readonly [name: Buffer, content: string])[]): string {
  const stream = [
    Buffer.from('commit refs/heads/main\ncommitter a <a@example.org> 0 +0000\ndata 0\ndeleteall\n'),
  ];
  for (const [name, content] of files) {
    stream.push(Buffer.from('M 100644 inline "'));
    stream.push(Buffer.from([...name].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')));
    stream.push(Buffer.from(`"\ndata ${Buffer.byteLength(content)}\n${content}\n`));
  }
  execFileSync('git', ['fast-import', '--quiet', '--force'], {
    cwd: repository.directory,
    input: Buffer.concat(stream),
  });
  return repository.head();
}

describe('a checkout', () => {
  test('more changed files than the output of a program is kept of: none is lost', async () => {
    const directory = 'a-directory-with-a-long-name/'.repeat(8);
    const many = (content: string) =>
      Array.from({ length: 40_000 }, (_, n) => [Buffer.from(`${directory}f${n}.ts`), content + n] as const);
    const base = commitBytes([[Buffer.from('README.md'), '1']]);
    const head = commitBytes(many('x'));
    const checkout = await openCheckout(run, repository.directory);
    const changes = await checkout?.diff(base, head);
    expect(changes).toHaveLength(40_001);
    expect(new Set(changes?.map(({ path }) => path)).size).toBe(40_001);
    expect(await checkout?.list(head)).toHaveLength(40_000);
  });

  test.each([
    ['a.ts', 'a.ts'],
    ['"a\\tb\\n\\"\\\\c"', 'a\tb\n"\\c'],
    ['"caf\\303\\251"', 'caf\u00e9'],
    ['"\\377.ts"', '\uFFFD.ts'],
    ['"\\360\\237\\232\\200 x"', '🚀 x'],
    ['"\\001\\a\\b\\v\\f\\r"', '\x01\x07\b\v\f\r'],
  ])('git says %s: %j', (quoted, name) => expect(unquoted(quoted)).toBe(name));

  test('output that nobody expects is an error, so that another source is asked', async () => {
    const base = repository.commit({ 'a.ts': '1' });
    const head = repository.commit({ 'a.ts': '2' });
    const strange = await openCheckout(async (argv, options) => {
      const result = await run(argv, {
        ...options,
        ...(argv.includes('diff-tree') && { onLine: () => undefined }),
      });
      if (argv.includes('diff-tree')) options?.onLine?.('fatal: strange', 'stdout');
      return result;
    }, repository.directory);
    await expect(strange?.diff(base, head)).rejects.toThrow('unexpected');
  });
});

describe('names that are no UTF-8', () => {
  const name = (byte: number) => Buffer.from([0x61, byte, 0x2e, 0x67, 0x6f]);
  const within = (directory: number, byte: number) =>
    Buffer.concat([Buffer.from([directory, 0x2f]), name(byte)]);

  test('two that look the same are two: a removal and a change are seen by every source', async () => {
    const states: [Buffer, string][][] = [
      [
        [name(0xfe), '1'],
        [name(0xff), '2'],
      ],
      [[name(0xfe), '1']],
      [[name(0xff), '2']],
      [
        [within(0xfe, 0x62), '1'],
        [within(0xff, 0x62), '2'],
      ],
      [[within(0xff, 0x62), '2']],
      [],
    ];
    const commits = states.map((files) => commitBytes([[Buffer.from('z.go'), '0'], ...files]));
    const github = gitBackedApi(repository);
    const checkout = await openCheckout(run, repository.directory);
    for (const [from, base] of commits.entries()) {
      for (const [to, head] of commits.entries()) {
        const expected =
          repository.git('diff-tree', '-r', '--raw', '--no-renames', base, head).split('\n').length - 1;
        const walked = await walkTrees(github, await treeOf(github, base), await treeOf(github, head));
        const local = (await checkout?.diff(base, head)) ?? [];
        expect([from, to, walked.length > 0, local.length > 0]).toEqual([
          from,
          to,
          expected > 0,
          expected > 0,
        ]);
      }
    }
  });

  test('a secret in one is found, by checkout and by API', async () => {
    const token = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('');
    const base = commitBytes([[name(0x62), '1']]);
    const head = commitBytes([
      [name(0x62), '1'],
      [name(0xff), `package main\n// ${token}\n`],
    ]);
    repository.git('reset', '-q', '--hard', head);
    for (const workspace of ['/nonexistent', repository.directory]) {
      const plan = await analyzed({
        github: gitBackedApi(repository),
        event: push(head, { before: base }),
        workspace,
      });
      expect(plan.files).toEqual([{ path: 'a\uFFFD.go', status: 'added' }]);
      expect(plan.findings).toMatchObject([{ rule: 'secret', file: 'a\uFFFD.go', line: 2 }]);
    }
  });

  test('lists that hold a path twice', () => {
    const entry = (sha: string, mode = '100644') => ({ path: 'a\uFFFD', mode, sha });
    const changed = (base: string[], head: string[]) =>
      toChanges(
        differenceOf(
          base.map((sha) => entry(sha)),
          head.map((sha) => entry(sha)),
        ),
      ).map(({ status }) => status);
    expect(changed(['1', '2'], ['2', '1'])).toEqual([]);
    expect(changed(['1', '2'], ['2'])).toEqual(['removed']);
    expect(changed(['2'], ['1', '2'])).toEqual(['added']);
    expect(changed(['1', '2'], ['2', '3'])).toEqual(['modified']);
  });
});

describe('all waiting of one analyze() together is bounded', () => {
  /** Virtual time, and an API that is slow, or tells to wait for as long as it is allowed to. */
  function slow(milliseconds: number, failure?: () => Error) {
    const time = { now: 0, asked: 0 };
    const inner = gitBackedApi(repository);
    const github: GitHubApi = {
      owner: 'o',
      repo: 'r',
      async request(route, parameters, options) {
        time.asked += 1;
        time.now += Math.min(milliseconds, options?.maxWait ?? Infinity);
        if (failure) throw failure();
        return inner.request(route, parameters);
      },
    };
    return { github, time, now: () => time.now };
  }
  const unavailable = (status?: number) =>
    Object.assign(
      new AutopilotError('GITHUB_UNAVAILABLE', { what: 'GitHub did not answer.' }),
      status && { status },
    );
  const deep = (content: string) =>
    Object.fromEntries(Array.from({ length: 310 }, (_, n) => [`server/d${n % 20}/f${n}.ts`, content]));

  test('an API that is healthy but slow: everything changed with a warning, within three minutes', async () => {
    const base = repository.commit(deep('1'));
    const head = repository.commit(deep('2'));
    const { github, time, now } = slow(20_000);
    const plan = await analyzed({ github, now, event: push(head, { before: base }) });
    expect(plan).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
    expect(plan.warnings.join()).toContain('180 s');
    expect(time.now).toBeLessThanOrEqual(180_000);
  });

  test.each([
    ['403', 1, () => unavailable(403)],
    ['429', 1, () => unavailable(429)],
    ['502', 2, () => unavailable(502)],
    ['reset', 2, () => unavailable()],
  ])(
    '%s for ever: %i requests, however many services have bases of their own',
    async (_name, asked, failure) => {
      const first = repository.commit({ 'src/App.tsx': '1' });
      const second = repository.commit({ 'src/App.tsx': '2' });
      const head = repository.commit({ 'src/App.tsx': '3' });
      const { github, time, now } = slow(90_000, failure);
      const deployed = { frontend: first, backend: second };
      const plan = await analyzed({ github, now, event: push(head), deployed });
      expect(plan).toMatchObject({ source: 'everything', services: ['frontend', 'backend'] });
      expect(time).toEqual({ asked, now: asked * 90_000 });
    },
  );

  test('what can be answered is not refused: an unknown commit, a lack of rights', async () => {
    const failures = [404, 404, 404].map((status) => httpError(status));
    const patient = withPatience(slow(0, () => failures[0] ?? new Error()).github, () => 0);
    for (const failure of failures) {
      failures[0] = failure;
      await expect(patient.request('GET /x')).rejects.toBe(failure);
    }
  });

  test('files that cannot be read in that time are said to be unscanned', async () => {
    const base = repository.commit({ 'server/a.ts': '1' });
    const head = repository.commit(deep('2'));
    expect(repository.nameStatus(base, head).size).toBe(310);
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`server/a${n}.ts`, 'x']));
    const next = repository.commit(files);
    const { github, now } = slow(20_000);
    const plan = await analyzed({ github, now, event: push(next, { before: head }) });
    expect(plan).toMatchObject({ source: 'compare', services: ['backend'] });
    expect(plan.warnings).toEqual([expect.stringMatching(/\d+ of 20 changed files were not scanned/)]);
  });

  test('a first push without a state is listed by one request for the tree', async () => {
    const head = repository.commit(deep('1'));
    const github = gitBackedApi(repository);
    const plan = await analyzed({ github, event: push(head, { before: ZEROS }) });
    expect(plan.files).toHaveLength(310);
    expect(github.requests.filter((line) => line.includes('/trees/'))).toHaveLength(1);
  });
});
