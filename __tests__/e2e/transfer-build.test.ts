/** BUILD on real builders: that of the installed engine, and the newest one with the containerd store. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import { buildOn, commit, plainOf, type Request } from './build-support.ts';
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
  const made = (dockerfile: string, more: Partial<Request> = {}) =>
    buildOn({
      folder,
      files: { Dockerfile: dockerfile },
      env: { ...engine?.env, TOKEN: SECRET },
      environment: { has: (name) => name === 'TOKEN' },
      ...more,
    });

  /** Every file of an image's archive, its layers without their compression. */
  async function contents(reference: string): Promise<Buffer[]> {
    const place = await mkdtemp(join(folder, 'save-'));
    await must(['sh', '-c', 'docker save "$1" | tar -xf - -C "$2"', 'sh', reference, place], {
      env: engine?.env ?? {},
    });
    const files = (await readdir(place, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    return Promise.all(
      files.map(async ({ parentPath, name }) => plainOf(await readFile(join(parentPath, name)))),
    );
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
    const files = await contents(reference);
    expect(files.filter((file) => file.includes(SECRET))).toEqual([]);
    // What is searched are the layers.
    expect(files.some((file) => file.includes(`${SECRET.length}\n`))).toBe(true);
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
    const source = commit('b');
    const first = await made('FROM gonsautopilot-lab/busybox\nENV A=1\n', { source });
    const second = await made('FROM gonsautopilot-lab/busybox\nENV A=2\n', { source });
    expect(first.result.images[0]?.reference).toBe('shop-web:bbbbbbb');
    expect(second.result.images[0]?.reference).toBe('shop-web:bbbbbbb-20260101-000000');
    expect(second.result.warnings).toEqual([expect.stringContaining('is kept')]);
    const value = await engine.docker('image', 'inspect', '-f', '{{.Config.Env}}', 'shop-web:bbbbbbb');
    expect(value).toContain('A=1');
  });

  test('images of earlier runs beyond safety.keep_releases go, but not one that a container has', async () => {
    if (engine === undefined) return;
    const keep = { images: 2, protect: new Set<string>() };
    const tags = async () =>
      (await engine?.docker('image', 'ls', '--format', '{{.Tag}}', 'shop-old'))?.split('\n').sort();
    const old = service('old', undefined, { dockerfile: './Dockerfile' });
    const release = async (letter: string) => {
      const text = `FROM gonsautopilot-lab/busybox\nENV A=${letter}\n`;
      const { result } = await made(text, { services: [old], source: commit(letter), keep });
      expect(result.warnings).toEqual([]);
    };
    await release('d');
    await engine.docker('create', '--name', 'holder', 'shop-old:ddddddd');
    for (const letter of ['e', 'f', 'a']) await release(letter);
    expect(await tags()).toEqual(['aaaaaaa', 'ddddddd', 'fffffff']);
    await engine.docker('rm', 'holder');
    await release('b');
    expect(await tags()).toEqual(['aaaaaaa', 'bbbbbbb']);
  });

  test('services.<name>.target, build.args and build.platform reach the builder', async () => {
    if (engine === undefined) return;
    const text =
      'FROM scratch AS first\nARG SAYS\nLABEL says=$SAYS\nCOPY Dockerfile /\nFROM first AS second\nLABEL says=no\n';
    const web = service('web', undefined, {
      dockerfile: './Dockerfile',
      target: 'first',
      args: { SAYS: 'one $(reboot)' },
    });
    const { result } = await made(text, { services: [web], platform: 'linux/arm64', source: commit('c') });
    expect(result.status).toBe('passed');
    const format = '{{.Os}}/{{.Architecture}} {{.Config.Labels.says}}';
    expect(await engine.docker('image', 'inspect', '-f', format, 'shop-web:ccccccc')).toBe(
      'linux/arm64 one $(reboot)',
    );
  });

  test('services are built side by side, and each line of the log says whose it is', async () => {
    if (engine === undefined) return;
    // Each of them ends only when the other has begun: the cache mount is one folder for both.
    const services = ['left', 'right'].map((name) =>
      service(name, undefined, { dockerfile: './Dockerfile', args: { NAME: name } }),
    );
    const text = `FROM gonsautopilot-lab/busybox
ARG NAME
RUN --mount=type=cache,target=/shared touch /shared/$NAME; until [ -e /shared/left ] && [ -e /shared/right ]; do sleep 0.05; done
`;
    const { result, log } = await made(text, { services, source: commit('d'), timeout: 20_000 });
    expect(result.images.map((image) => image.reference)).toEqual([
      'shop-left:ddddddd',
      'shop-right:ddddddd',
    ]);
    for (const name of ['left', 'right']) {
      expect(log).toContain(`Building ${name} from ./Dockerfile`);
      expect(log).toMatch(new RegExp(`^${name} \\| \\[.*2/2\\] RUN .* \\(`, 'm'));
    }
  });

  test('without Buildx: plain `docker build`, and the log says what is lost', async () => {
    if (engine === undefined) return;
    const bin = join(folder, `bin-${spec.name}`);
    await mkdir(bin, { recursive: true });
    // The installed client, where its plugins are not to be seen.
    const real = (await must(['sh', '-c', 'command -v docker'])).trim();
    await writeFile(
      join(bin, 'docker'),
      `#!/bin/sh\nexec unshare --mount sh -c 'for folder in /usr/local/lib /usr/local/libexec /usr/lib /usr/libexec; do [ ! -d "$folder/docker/cli-plugins" ] || mount -t tmpfs none "$folder/docker/cli-plugins"; done; exec ${real} "$@"' sh "$@"\n`,
    );
    await chmod(join(bin, 'docker'), 0o755);
    const env = {
      ...engine.env,
      PATH: `${bin}:${process.env['PATH']}`,
      DOCKER_CONFIG: join(folder, 'nothing'),
    };
    const text = 'FROM gonsautopilot-lab/busybox\nRUN echo made >/made\nCMD ["cat", "/made"]\n';
    const { result, log } = await made(text, { env, source: commit('e') });
    expect(result.warnings).toEqual([expect.stringMatching(/buildx is not installed.*secrets.*cache/)]);
    expect(result.status).toBe('warning');
    expect(log).toMatch(/^web \| Step 2\/\d+ : RUN echo made/m);
    expect(await engine.docker('run', '--rm', '--network', 'none', 'shop-web:eeeeeee')).toBe('made');
    const failed = await made('FROM gonsautopilot-lab/busybox\nRUN echo broken; exit 7\n', { env });
    expect(failed.result.failure).toMatchObject({ step: expect.stringContaining('RUN echo broken') });
    await expect(made(text, { env, secrets: ['TOKEN'] })).rejects.toMatchObject({ code: 'BUILD_FAILED' });
  });

  test('a cache service that this builder cannot use: the log says what is lost', async () => {
    if (engine === undefined) return;
    const cacheService = {
      ACTIONS_RUNTIME_TOKEN: 'jwt',
      ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/',
      ACTIONS_CACHE_SERVICE_V2: 'True',
    };
    const text = 'FROM gonsautopilot-lab/busybox\nENV A=3\n';
    const { result, log } = await made(text, { environment: { cacheService }, source: commit('f') });
    expect(result.status).toBe('passed');
    expect(log).toMatch(/^Build cache: .*a fresh runner begins without: /m);
  });
});
