/** What goes wrong on the way, on real engines over real SSH: nothing half-sent may pass for an image. */
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import { must, run } from '../../lab/process.ts';
import { openSite, type Site } from '../../lab/site.ts';
import { transfer, type TransferImage } from '../../src/deploy/transfer/index.ts';
import type { Target } from '../../src/server/target.ts';
import { type EngineSpec, startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(60_000);

/** Random, so that it is as big on the line. */
const BIG = 2_000_000;

let site: Site;
let source: TestEngine;
let image: TransferImage;
beforeAll(async () => {
  site = await openSite();
  source = (await startTestEngine(site, { name: 'runner' })) as TestEngine;
  const layers = [{ 'kept.bin': randomBytes(300_000) }, { 'big.bin': randomBytes(BIG) }, { version: 'one' }];
  image = await source.build('shop-app:v1', layers);
});
afterAll(() => site.close());

/** The target with a stream that `spoil` changes, for the first `times` loads. */
function spoiled(target: Target, spoil: () => Transform, times = Infinity): Target {
  let left = times;
  return {
    ...target,
    pipe: (command, stream, signal) =>
      target.pipe(command, left-- > 0 ? stream.pipe(spoil()) : stream, signal),
  };
}

/** Ends the stream, as if it were whole, after so many bytes. */
const cutAt = (limit: number) => () => {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const rest = chunk.subarray(0, Math.max(0, limit - seen));
      seen += chunk.length;
      done(null, rest);
    },
  });
};
const flipAt = (position: number) => () => {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const at = position - seen;
      seen += chunk.length;
      if (at < 0 || at >= chunk.length) return done(null, chunk);
      const copy = Buffer.from(chunk);
      copy[at] = (copy[at] ?? 0) ^ 0x10;
      done(null, copy);
    },
  });
};

const SERVERS: EngineSpec[] = [
  { name: 'classic' },
  { name: 'zstd', suite: 'sid' },
  { name: 'containerd', suite: 'sid', imageStore: 'containerd' },
];
describe.each(SERVERS)('a server with the $name store', (spec) => {
  let server: TestEngine | undefined;
  let target: Target;
  beforeAll(async () => {
    server = await startTestEngine(site, spec);
    if (server) target = await server.connect();
  });
  afterAll(async () => {
    if (server === undefined) return;
    await target.close();
    await server.server.stop();
  });
  beforeEach(async () => {
    if (server) await run(['docker', 'image', 'rm', '--force', image.reference], { env: server.env });
  });
  const references = async () =>
    (await (server as TestEngine).docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'))
      .split('\n')
      .filter((name) => !name.startsWith('gonsautopilot-lab/'));

  test('a stream that is cut off is not an image, and the failure is TRANSFER_FAILED', async () => {
    if (server === undefined) return;
    const effects = {
      ...source.effects(),
      clock: { ...source.effects().clock, sleep: async () => undefined },
    };
    for (const limit of [0, 1_000, BIG]) {
      await expect(transfer([image], spoiled(target, cutAt(limit)), effects)).rejects.toMatchObject({
        code: 'TRANSFER_FAILED',
      });
      expect(await references()).toEqual([]);
    }
  });

  test('a stream that was altered never becomes an image under the name of the right one', async () => {
    if (server === undefined) return;
    const effects = {
      ...source.effects(),
      clock: { ...source.effects().clock, sleep: async () => undefined },
    };
    for (const position of [40, BIG / 2]) {
      const big = randomBytes(BIG);
      const fresh = await source.build('shop-altered:v1', [{ 'big.bin': big }]);
      const sent = await transfer([fresh], spoiled(target, flipAt(position)), effects).then(
        () => 'brought',
        (error: { code?: string }) => error.code,
      );
      if (sent !== 'brought') {
        expect(sent).toBe('TRANSFER_FAILED');
        expect(await references()).toEqual([]);
        continue;
      }
      // A store does not look at what it has already, and what is sent in full begins with the layers of the base image:
      // then all that it has taken is right, and so is the image.
      const run = ['run', '--rm', '--network', 'none', fresh.reference, 'sha256sum', '/app/big.bin'];
      const digest = createHash('sha256').update(big).digest('hex');
      expect(await server.docker(...run)).toContain(digest);
      await server.docker('image', 'rm', fresh.reference);
    }
  });

  test('a stream that breaks off once is tried again, with a pause, and the log says so', async () => {
    if (server === undefined) return;
    const pauses: number[] = [];
    const effects = source.effects();
    const clock = {
      ...effects.clock,
      sleep: async (milliseconds: number) => void pauses.push(milliseconds),
    };
    const sent = await transfer([image], spoiled(target, cutAt(BIG / 2), 1), { ...effects, clock });
    expect(sent.bytes).toBeGreaterThan(BIG);
    expect(pauses).toEqual([2_000]);
    expect(effects.lines.join('\n')).toMatch(/broke off .*; again in 2\.0 s/);
    expect(await references()).toEqual([image.reference]);
  });
});

describe('a server of its own for each fault', () => {
  let server: TestEngine;
  let target: Target;
  beforeEach(async () => {
    server = (await startTestEngine(site, { name: `server${++count}` })) as TestEngine;
    target = await server.connect();
  });
  let count = 0;

  test('an engine that restarts in the middle is waited for; the connection lives on', async () => {
    let loads = 0;
    const pausing: Target = {
      ...target,
      pipe: (command, stream, signal) => {
        if (loads++ === 0) void server.server.restartEngine();
        return target.pipe(command, stream.pipe(slow()), signal);
      },
    };
    const sent = await transfer([image], pausing, source.effects());
    expect(loads).toBeGreaterThan(1);
    expect(sent.bytes).toBeGreaterThan(BIG);
    expect(await server.docker('run', '--rm', '--network', 'none', image.reference)).toBe('one');
    await target.close();
  });

  test('a connection that is lost as a whole fails cleanly; the next run sends it', async () => {
    const sessions = `grep -l '^sshd: deploy' /proc/[0-9]*/cmdline | cut -d/ -f3 | xargs kill -KILL`;
    const unplugged: Target = {
      ...target,
      pipe: (command, stream, signal) => {
        const loading = target.pipe(command, stream.pipe(slow()), signal);
        setTimeout(() => void server.server.exec(sessions), 300);
        return loading;
      },
    };
    await expect(transfer([image], unplugged, source.effects())).rejects.toMatchObject({
      code: expect.stringMatching(/TRANSFER_FAILED|SSH_CONNECT/),
    });
    expect(await server.docker('image', 'ls', '-q', image.reference)).toBe('');
    const again = await server.connect();
    expect((await transfer([image], again, source.effects())).bytes).toBeGreaterThan(BIG);
    await again.close();
  });

  test('a disk without room is found before anything is sent, with need and have', async () => {
    const loads: string[] = [];
    const full: Target = {
      ...target,
      freeDisk: async () => 5_000_000,
      pipe: (command, ...rest) => {
        loads.push(command.title);
        return target.pipe(command, ...rest);
      },
    };
    await expect(transfer([image], full, source.effects())).rejects.toMatchObject({
      code: 'TRANSFER_FAILED',
      message: expect.stringMatching(/2\d\.\d MB needed, 5\.0 MB free on \/var\/lib\/docker$/),
    });
    expect(loads).toEqual([]);
    await target.close();
  });

  test('a disk that fills up in spite of that is an error that says so, not a retry', async () => {
    const disk = '/var/lib/docker/tmp';
    await server.server.exec(`mkdir -p ${disk} && mount -t tmpfs -o size=1m tmpfs ${disk}`);
    const effects = source.effects();
    await expect(transfer([image], target, effects)).rejects.toMatchObject({
      code: 'TRANSFER_FAILED',
      why: expect.stringContaining('no space left on device'),
    });
    expect(effects.lines.join('\n')).not.toContain('again');
    await target.close();
  });

  test('a layer that the server says it has and lost: sent again in full, with a warning', async () => {
    await transfer([image], target, source.effects());
    const second = await source.build('shop-app:v2', [{ other: randomBytes(1_000) }]);
    const liar: Target = {
      ...target,
      engine: {
        ...target.engine,
        images: async () => {
          const layers = (await must(
            ['docker', 'image', 'inspect', '--format', '{{json .RootFS.Layers}}', second.reference],
            { env: source.env },
          )) as string;
          const [found] = await target.engine.images();
          return found ? [{ ...found, layers: JSON.parse(layers) as string[] }] : [];
        },
      },
    };
    const sent = await transfer([second], liar, source.effects());
    expect(sent.warnings).toEqual([expect.stringMatching(/^shop-app:v2: sent again in full/)]);
    await target.close();
  });
});

/** Some 1 MB a second, so that something can happen meanwhile. */
function slow(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => done(null, chunk), chunk.length / 1_000);
    },
  });
}
