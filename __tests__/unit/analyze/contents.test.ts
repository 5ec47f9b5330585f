import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { labApi, type LabApi } from './helpers/lab-api.ts';
import { Repository } from './helpers/repository.ts';
import { analyzed, push } from './helpers/world.ts';

// Layer 1 without a checkout: the contents of the changed files come by GraphQL, many in one request, and one by one where
// GraphQL is not there or has not the whole content. Against the lab's GitHub, with the real client.

jest.setTimeout(60_000);

const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6', 'LO0pINUx'].join('');
const clean = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`server/f${index}.ts`, `// ${index}\n`]));

let repository: Repository;
let github: LabApi;
let base: string;
beforeEach(async () => {
  repository = new Repository();
  base = repository.commit({ 'server/main.ts': 'one' });
  github = await labApi(repository);
});
afterEach(async () => {
  await github.stop?.();
  repository.remove();
});

const plan = (head: string, api = github) => analyzed({ github: api, event: push(head, { before: base }) });
const asked = (path: RegExp, api = github) => api.lab.requests.filter((one) => path.test(one.path)).length;
const BLOBS = /\/git\/blobs\//;
const GRAPHQL = /\/graphql$/;

describe('what it costs', () => {
  test('a push of ten files costs at most three API requests', async () => {
    const head = repository.commit({ ...clean(9), 'server/leak.ts': `one\nconst t = '${TOKEN}';\n` });
    const { findings, warnings, source } = await plan(head);
    expect(source).toBe('compare');
    expect(findings).toMatchObject([{ rule: 'secret', file: 'server/leak.ts', line: 2 }]);
    expect(warnings).toEqual([]);
    expect(github.lab.requests.length).toBeLessThanOrEqual(3);
    expect(JSON.stringify(github.lab.requests)).not.toContain('leak.ts');
  });

  test('a hundred files cost a request for every forty, and each is scanned', async () => {
    const head = repository.commit({ ...clean(99), 'server/z.ts': TOKEN });
    const { findings, warnings } = await plan(head);
    expect(findings).toMatchObject([{ rule: 'secret', file: 'server/z.ts' }]);
    expect(warnings).toEqual([]);
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([3, 0]);
  });

  test('the same content in several files is asked for once, and found in each', async () => {
    const head = repository.commit({ 'a.ts': TOKEN, 'b.ts': TOKEN });
    expect((await plan(head)).findings.map(({ file }) => file)).toEqual(['a.ts', 'b.ts']);
    expect(asked(GRAPHQL)).toBe(1);
  });

  test('a file above the limit is not asked for by itself: its size is known', async () => {
    const head = repository.commit({ 'large.txt': 'x'.repeat(10 * 1024 * 1024 + 1) });
    expect((await plan(head)).findings).toMatchObject([{ rule: 'large-file', file: 'large.txt' }]);
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([1, 0]);
  });

  test('a submodule has no content here, which is no reason for a warning', async () => {
    repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},server/sub`);
    repository.git('commit', '-q', '-m', 'submodule');
    const { files, warnings } = await plan(repository.head());
    expect(files).toEqual([{ path: 'server/sub', status: 'added' }]);
    expect(warnings).toEqual([]);
    expect(asked(BLOBS)).toBe(0);
  });
});

describe('what GraphQL has not whole is read by its blob', () => {
  test.each<[string, string | Buffer]>([
    ['cut after 512,000 bytes', `${'x\n'.repeat(300_000)}${TOKEN}\n`],
    ['no UTF-8', Buffer.concat([Buffer.from([0xe9, 0x0a]), Buffer.from(TOKEN)])],
  ])('a text that is %s', async (_name, content) => {
    const head = repository.commit({ 'server/a.txt': content, ...clean(5) });
    const { findings, warnings } = await plan(head);
    expect(findings).toMatchObject([{ rule: 'secret', file: 'server/a.txt' }]);
    expect(warnings).toEqual([]);
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([1, 1]);
  });

  test('a file that GraphQL calls binary', async () => {
    const head = repository.commit({ 'a.bin': Buffer.from([0, 1, 2]), 'b.ts': 'x' });
    expect(await plan(head)).toMatchObject({ findings: [], warnings: [] });
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([1, 1]);
  });

  test('at most thirty of them; the rest is said to be unscanned', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`f${index}.bin`, Buffer.from([0, index])]),
    );
    const { warnings } = await plan(repository.commit(many));
    expect(asked(BLOBS)).toBe(30);
    expect(warnings).toEqual([expect.stringContaining('20 of 50 changed files were not scanned')]);
  });
});

describe('where GraphQL does not answer, each file is a request', () => {
  const whole = (text: string, oid: string) => ({
    oid,
    byteSize: Buffer.byteLength(text),
    isBinary: false,
    isTruncated: false,
    text,
  });
  const body = (answer: unknown) => ({ kind: 'status', status: 200, body: answer });

  test.each<[string, Record<string, unknown>]>([
    ['403', { kind: 'status', status: 403 }],
    ['404', { kind: 'status', status: 404 }],
    ['502 for ever', { kind: 'status', status: 502 }],
    ['a body cut short for ever', { kind: 'cut', bytes: 30 }],
    ['reset for ever', { kind: 'reset' }],
    ['an error in a 200 body', body({ data: null, errors: [{ message: 'Something went wrong' }] })],
    ['an error for the repository', body({ data: { repository: null }, errors: [{ type: 'FORBIDDEN' }] })],
    ['an error for a file', body({ data: { repository: { f0: null } }, errors: [{ type: 'X' }] })],
    ['no data', body({})],
    ['a list', body([])],
    ['files without a content', body({ data: { repository: { f0: {} } } })],
    ['other content', body({ data: { repository: { f0: whole('clean', 'f'.repeat(40)) } } })],
  ])('%s', async (_name, effect) => {
    github.lab.fault({ route: 'POST /graphql', effect, times: 1000 });
    const head = repository.commit({ 'server/leak.ts': TOKEN });
    const { findings, warnings } = await plan(head);
    expect(findings).toMatchObject([{ rule: 'secret', file: 'server/leak.ts' }]);
    expect(warnings).toEqual([]);
    expect(asked(BLOBS)).toBe(1);
  });

  test('content that is not what its object name says is not believed', async () => {
    const head = repository.commit({ 'server/leak.ts': TOKEN });
    const oid = repository.git('rev-parse', `${head}:server/leak.ts`).trim();
    const effect = body({ data: { repository: { f0: whole('clean', oid) } } });
    github.lab.fault({ route: 'POST /graphql', effect });
    expect((await plan(head)).findings).toMatchObject([{ rule: 'secret', file: 'server/leak.ts' }]);
  });

  test('it is not asked again after it refused, and at most thirty files are read', async () => {
    github.lab.fault({ route: 'POST /graphql', effect: { kind: 'status', status: 404 }, times: 1000 });
    const { warnings } = await plan(repository.commit(clean(100)));
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([1, 30]);
    expect(warnings).toEqual([expect.stringContaining('70 of 100 changed files were not scanned')]);
  });

  test('a rate limit, also one in a 200 body, is waited for as told', async () => {
    const limited = { data: null, errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] };
    const effect = { kind: 'status', status: 200, body: limited, headers: { 'retry-after': '7' } };
    github.lab.fault({ route: 'POST /graphql', effect });
    const { findings } = await plan(repository.commit({ 'server/leak.ts': TOKEN }));
    expect(findings).toMatchObject([{ rule: 'secret' }]);
    expect(github.clock.waited).toBe(7000);
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([2, 0]);
  });

  test('a limit that lasts an hour is not waited for, and nothing else is asked: a warning', async () => {
    const effect = { kind: 'rateLimit', resetInSeconds: 3600 };
    github.lab.fault({ route: 'POST /graphql', effect, times: 1000 });
    const { warnings, services } = await plan(repository.commit(clean(3)));
    expect(services).toEqual(['backend']);
    expect(warnings).toEqual([expect.stringContaining('3 of 3 changed files were not scanned')]);
    expect([asked(GRAPHQL), asked(BLOBS)]).toEqual([1, 0]);
  });
});

test('GHES: GraphQL lives beside `/api/v3`', async () => {
  const other = await labApi(repository, { basePath: '/api/v3' });
  try {
    const { findings } = await plan(repository.commit({ 'server/leak.ts': TOKEN }), other);
    expect(findings).toMatchObject([{ rule: 'secret' }]);
    expect([asked(/^\/api\/graphql$/, other), asked(BLOBS, other)]).toEqual([1, 0]);
  } finally {
    await other.stop?.();
  }
});

test('SHA-256 repositories', async () => {
  const long = new Repository('sha256');
  const other = await labApi(long);
  try {
    base = long.commit({ 'server/main.ts': 'one' });
    const { findings } = await plan(long.commit({ 'server/leak.ts': TOKEN }), other);
    expect(findings).toMatchObject([{ rule: 'secret' }]);
    expect([asked(GRAPHQL, other), asked(BLOBS, other)]).toEqual([1, 0]);
  } finally {
    await other.stop?.();
    long.remove();
  }
});
