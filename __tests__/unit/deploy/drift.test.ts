import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { driftOf } from '../../../src/deploy/drift.ts';
import { openRelease } from '../../../src/deploy/index.ts';
import { FakeServer } from './fake-server.ts';
import { service } from './service.ts';

const FILE = '/srv/shop/compose.yml';
const MARKER = '/srv/shop/.gonsautopilot.json';
const SERVER = 'services:\n  web:\n    image: shop-web:v1\n    mem_limit: 1g\n';
const REPOSITORY = 'services:\n  web:\n    image: placeholder\n    mem_limit: 2g\n';
const IMAGES = { web: 'shop-web:v2' };

describe('drift between the compose file of the server and that of the repository', () => {
  test.each([
    ['nothing but the image', SERVER, SERVER.replace('shop-web:v1', 'other'), ''],
    ['line ends and the last line', SERVER, `${SERVER.replaceAll('\n', '\r\n')}\n`, ''],
    ['one of them missing', undefined, SERVER, ''],
    ['one line', SERVER, REPOSITORY, '-4:     mem_limit: 1g\n+4:     mem_limit: 2g'],
    ['a service the server lacks', SERVER, `${SERVER}  db: {}\n`, '+5:   db: {}'],
    [
      'secrets of the server are not shown',
      `${SERVER}    environment:\n      DB_PASSWORD: hunter2\n      URL: postgres://me:hunter2@db/x\n`,
      SERVER,
      '-5:     environment:\n-6:       DB_PASSWORD: ***\n-7:       URL: postgres://me:***@db/x',
    ],
    ['a file that is no YAML', 'services: {', SERVER, expect.stringContaining('-1: services: {')],
    [
      'a huge file',
      SERVER,
      `${SERVER}${'# x\n'.repeat(5000)}`,
      '4 lines on the server, 5004 in the repository',
    ],
  ])('%s', (_what, server, repository, expected) => {
    expect(driftOf(server, repository, IMAGES)).toEqual(expected);
  });

  test('what is shown turns the one file into the other', () => {
    const lines = fc.array(fc.constantFrom('# a', '# b', '# c'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (left, right) => {
        const text = (extra: string[]) => ['services:', '  web: { image: x }', ...extra].join('\n');
        const shown = driftOf(text(left), text(right), {}).split('\n').filter(Boolean);
        const removed = new Set(shown.flatMap((line) => /^-(\d+):/.exec(line)?.[1] ?? []).map(Number));
        const added = new Set(shown.flatMap((line) => /^\+(\d+):/.exec(line)?.[1] ?? []).map(Number));
        const stays = (list: string[], gone: Set<number>) =>
          list.filter((_line, index) => !gone.has(index + 3));
        expect(stays(left, removed)).toEqual(stays(right, added));
      }),
    );
  });

  const deploy = async (server: FakeServer, extra: object) => {
    const handle = await openRelease(
      { pipelineId: 'p', runUrl: '', actor: '', lockWait: 0, heartbeat: 30 },
      server,
    );
    const result = await handle.deploy({
      pipelineId: 'p',
      wanted: [{ service: service('web', 'http://web:8080/'), image: server.addImage('shop-web:v2') }],
      prefix: 'shop',
      composeFile: FILE,
      composeSource: REPOSITORY,
      minFreeDisk: 0,
      tests: { passed: true, detail: '' },
      transfer: () => Promise.resolve({ each: {}, warnings: [] }),
      imageExists: () => Promise.resolve(true),
      ...extra,
    });
    if (result.status !== 'failed') await handle.underTest({ keepReleases: 5, protect: [] }).confirm();
    return result;
  };
  const prepared = () => {
    const server = new FakeServer();
    server.addImage('shop-web:v1');
    server.files.set(FILE, SERVER);
    return server;
  };

  test('D1: `fail` closes the gate and shows the difference', async () => {
    const server = prepared();
    expect(await deploy(server, { drift: 'fail' })).toMatchObject({
      status: 'failed',
      error: { code: 'GATE_FAILED', why: expect.stringContaining('+4:     mem_limit: 2g') },
    });
    expect(server.files.get(FILE)).toBe(SERVER);
  });
  test('`adopt` keeps the file of the server, with a warning', async () => {
    const server = prepared();
    const result = await deploy(server, {});
    expect(result).toMatchObject({
      status: 'warning',
      warnings: [expect.stringContaining('-4:     mem_limit: 1g')],
    });
    expect(server.files.get(FILE)).toBe(SERVER.replace('v1', 'v2'));
  });
  test('`overwrite` brings the file of the repository', async () => {
    const server = prepared();
    expect(await deploy(server, { drift: 'overwrite' })).toMatchObject({ status: 'passed', warnings: [] });
    expect(server.files.get(FILE)).toBe(REPOSITORY.replace('placeholder', 'shop-web:v2'));
  });
  test('`overwrite` keeps the tag of a service that this release leaves alone, and `fail` finds no drift in it', async () => {
    const built = 'services:\n  web:\n    build: .\n  api:\n    build: ./api\n';
    const tagged =
      'services:\n  web:\n    image: shop-web:v1\n    build: .\n  api:\n    image: shop-api:v1\n    build: ./api\n';
    for (const drift of ['overwrite', 'fail']) {
      const server = prepared();
      server.files.set(FILE, tagged);
      const extra = { drift, composeSource: built, ownImages: { web: 'shop-web', api: 'shop-api' } };
      expect(await deploy(server, extra)).toMatchObject({ status: 'passed', warnings: [] });
      expect(server.files.get(FILE)).toBe(tagged.replace('shop-web:v1', 'shop-web:v2'));
    }
  });

  test('D1: a verified release marks the folder; another project or server is refused there', async () => {
    const server = prepared();
    await deploy(server, {});
    expect(JSON.parse(server.files.get(MARKER) ?? '')).toEqual({ project: 'shop', target: 'server' });
    expect((await deploy(server, { prefix: 'other' })).error).toMatchObject({
      code: 'GATE_FAILED',
      why: expect.stringContaining('belongs to project shop on server, not to other on server'),
      fix: expect.stringContaining(MARKER),
    });
    server.files.set(MARKER, '{"project":"shop","target":"elsewhere"}');
    expect((await deploy(server, {})).error?.why).toContain('environment');
  });
  test('a mark that a full disk cut short counts as none, and is written again', async () => {
    const server = prepared();
    server.files.set(MARKER, '{"proj');
    expect((await deploy(server, {})).error).toBeUndefined();
    expect(server.files.get(MARKER)).toContain('"project":"shop"');
  });
});
