/** BUILD on real builders: that of the installed engine, and the newest one with the containerd store. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSite, type Site } from '../../lab/site.ts';
import { systemClock } from '../../src/action/clock.ts';
import { createRunProgram } from '../../src/action/run-program.ts';
import { build, type BuildInput } from '../../src/build/index.ts';
import { memoryLog } from './server-support.ts';
import { service } from './deploy-world.ts';
import { type EngineSpec, startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(60_000);

const SECRET = 'correct-horse-battery';
let site: Site;
let folder: string;
beforeAll(async () => {
  site = await openSite();
  folder = await mkdtemp(join(tmpdir(), 'transfer-build-'));
});
afterAll(async () => {
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

const SPECS: EngineSpec[] = [
  { name: 'classic' },
  { name: 'containerd', suite: 'sid', imageStore: 'containerd' },
];
describe.each(SPECS)('the builder of an engine with the $name store', (spec) => {
  let engine: TestEngine | undefined;
  beforeAll(async () => {
    engine = await startTestEngine(site, spec);
  });
  let runs = 0;
  async function made(dockerfile: string, more: Partial<BuildInput> = {}, sha = 'a'.repeat(40)) {
    const { env } = engine as TestEngine;
    await writeFile(join(folder, 'Dockerfile'), dockerfile);
    const log = memoryLog();
    const result = await build(
      {
        project: 'shop',
        services: [service('web', undefined, { dockerfile: './Dockerfile' })],
        strategy: 'git-sha',
        source: { sha, timestamp: '20260101-000000', repositoryTags: [] },
        pipelineId: `20260101-00000${String(++runs)}-AAAAAAA`,
        repositoryUrl: 'https://github.test/me/shop',
        directory: folder,
        timeout: 50_000,
        registered: () => undefined,
        ...more,
      },
      {
        run: createRunProgram({ ...env, TOKEN: SECRET }),
        clock: { ...systemClock, now: () => new Date('2026-01-01T00:00:00Z') },
        log,
        readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
        environment: { has: (name) => name === 'TOKEN', cacheService: {} },
        parallel: 2,
      },
    );
    return { result, log: log.lines.join('\n') };
  }

  test('B2: a build secret is there during its step, and in no layer, history or log', async () => {
    if (engine === undefined) return;
    const text =
      'FROM gonsautopilot-lab/busybox\nRUN --mount=type=secret,id=TOKEN wc -c </run/secrets/TOKEN >/size\nCMD ["cat", "/size"]\n';
    const { result, log } = await made(text, { secrets: ['TOKEN'] });
    expect(result.status).toBe('passed');
    const [image] = result.images;
    expect(image).toMatchObject({ reference: 'shop-web:aaaaaaa', tag: 'aaaaaaa' });
    const reference = image?.reference ?? '';
    expect(await engine.docker('run', '--rm', '--network', 'none', reference)).toBe(String(SECRET.length));
    const everything = await engine.docker('image', 'inspect', reference);
    expect(everything + (await engine.docker('history', '--no-trunc', reference)) + log).not.toContain(
      SECRET,
    );
    expect(log).toMatch(/web \| \[.*2\/2\] RUN --mount=type=secret.* \(\d/);
    const tags = await engine.docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'shop-web');
    expect(tags).toBe(reference);
    await expect(made(text, { secrets: ['TOKEN', 'OTHER'] })).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('OTHER'),
    });
  });

  test('B2: a failing step is named with its last lines, and no tag is left', async () => {
    if (engine === undefined) return;
    const { result } = await made(
      'FROM gonsautopilot-lab/busybox\nRUN echo before; echo broken >&2; exit 7\n',
    );
    expect(result).toMatchObject({
      status: 'failed',
      failure: { service: 'web', step: expect.stringContaining('RUN echo before') },
    });
    expect(result.failure?.tail).toContain('broken');
    expect(await engine.docker('image', 'ls', '--format', '{{.Tag}}')).not.toContain('building-');
  });

  test('B2.3: a tag of another image is not moved; this one is called otherwise, with a warning', async () => {
    if (engine === undefined) return;
    const sha = 'b'.repeat(40);
    const first = await made('FROM gonsautopilot-lab/busybox\nENV A=1\n', {}, sha);
    const second = await made('FROM gonsautopilot-lab/busybox\nENV A=2\n', {}, sha);
    expect(first.result.images[0]?.reference).toBe('shop-web:bbbbbbb');
    expect(second.result.images[0]?.reference).toBe('shop-web:bbbbbbb-2');
    expect(second.result.warnings).toEqual([expect.stringContaining('is kept')]);
  });
});
