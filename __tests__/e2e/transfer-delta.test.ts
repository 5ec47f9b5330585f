/** Layers that are sent as what differs from one that the server has, on real engines over real SSH. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import { openSite, type Site } from '../../lab/site.ts';
import { transfer, type TransferImage } from '../../src/deploy/transfer/index.ts';
import { decodeSignature, encodeSignature } from '../../src/deploy/transfer/delta/signature.ts';
import type { Units } from '../../src/deploy/transfer/delta/units.ts';
import type { Target } from '../../src/server/target.ts';
import { type EngineSpec, startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(180_000);

const SIGNATURES = '/home/deploy/app/.gonsautopilot/layers';
/** Random, so that it is as big on the line; in many files, whose times are those of their writing. */
const FILES = 300;
const FILE = 40_000;

let site: Site;
let runner: TestEngine;
const images: TransferImage[] = [];
beforeAll(async () => {
  site = await openSite();
  runner = (await startTestEngine(site, { name: 'runner' })) as TestEngine;
  const dependencies = Object.fromEntries(
    Array.from({ length: FILES }, (_, index) => [`node_modules/${index}/index.js`, randomBytes(FILE)]),
  );
  for (const version of ['one', 'two', 'three']) {
    const changed = { ...dependencies, 'node_modules/150/index.js': randomBytes(FILE) };
    images.push(await runner.build(`shop-app:${version}`, [changed, { version }]));
  }
});
afterAll(() => site.close());

const effects = () => ({ ...runner.effects(), signatures: SIGNATURES });
async function serve(spec: EngineSpec): Promise<{ server: TestEngine; target: Target } | undefined> {
  const server = await startTestEngine(site, spec);
  return server && { server, target: await server.connect() };
}
const image = (index: number) => images[index] as TransferImage;
const says = (server: TestEngine, index: number) =>
  server.docker('run', '--rm', '--network', 'none', '--pull', 'never', image(index).reference);

const SERVERS: EngineSpec[] = [
  { name: 'installed' },
  { name: 'e26', suite: 'trixie' },
  { name: 'e26c', suite: 'trixie', imageStore: 'containerd' },
  { name: 'e28', suite: 'sid' },
  { name: 'e28c', suite: 'sid', imageStore: 'containerd' },
];
test.each(SERVERS)(
  'B2.5: a changed dependency reaches the engine $name as what differs, and is proven there',
  async (spec) => {
    const found = await serve(spec);
    if (found === undefined) return;
    const { server, target } = found;
    const whole = await transfer([image(0)], target, effects());
    expect(whole.bytes).toBeGreaterThan(FILES * FILE);
    for (const index of [1, 2]) {
      const seen = effects();
      const part = await transfer([image(index)], target, seen);
      expect(part.warnings).toEqual([]);
      // The changed file, the signature of the new layer, the descriptions.
      expect(part.bytes).toBeLessThan(FILE + 20_000);
      expect(seen.lines.join('\n')).toMatch(/one layer as what differs from one of shop-app:.*, proven/s);
      expect(await says(server, index)).toBe(['one', 'two', 'three'][index]);
    }
    // What was rebuilt is as good as what was sent: it can leave the server again.
    expect(
      await server.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image(1).reference),
    ).toBe(
      await runner.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image(1).reference),
    );
    await target.close();
    await server.server.stop();
  },
);

describe('what cannot be rebuilt is sent whole', () => {
  let count = 0;
  let server: TestEngine;
  let target: Target;
  const start = async () => {
    ({ server, target } = (await serve({ name: `fault${String((count += 1))}` })) as {
      server: TestEngine;
      target: Target;
    });
    await transfer([image(0)], target, effects());
  };
  const stop = async () => {
    await target.close();
    await server.server.stop();
  };
  const sends = async (through: Target = target) => {
    const seen = effects();
    const sent = await transfer([image(1)], through, seen);
    expect(await says(server, 1)).toBe('two');
    expect(sent.bytes).toBeGreaterThan(FILES * FILE);
    return { ...sent, log: seen.lines.join('\n') };
  };
  const onServer = async (script: string) => {
    const { code, stderr } = await server.server.exec(script);
    if (code !== 0) throw new Error(stderr);
  };

  const bigLayer = async (index: number) => {
    const layers = await server.docker(
      'image',
      'inspect',
      '--format',
      '{{json .RootFS.Layers}}',
      image(index).reference,
    );
    return ((JSON.parse(layers) as string[]).at(-2) ?? '').replace('sha256:', '');
  };
  const signatureOf = async (layer: string) => {
    const { stdout } = await server.server.exec(['base64', `${SIGNATURES}/${layer}`]);
    return decodeSignature(Buffer.from(stdout, 'base64')) as Units;
  };

  test('without perl, with a folder full of rubbish, without the folder', async () => {
    await start();
    await onServer('mount --bind /bin/false /usr/bin/perl');
    expect(await sends()).toMatchObject({ warnings: [], log: expect.stringContaining('has no perl') });
    await onServer('umount /usr/bin/perl');
    for (const spoil of [
      `for file in ${SIGNATURES}/*; do head -c 100 "$file" >/tmp/cut && cat /tmp/cut >"$file"; done`,
      `rm -r ${SIGNATURES}`,
    ]) {
      await server.docker('image', 'rm', image(1).reference);
      await onServer(spoil);
      expect(await sends()).toMatchObject({ warnings: [] });
    }
    await stop();
  });

  test('with a signature that lies: the digest tells, and a warning says so', async () => {
    await start();
    await transfer([image(1)], target, effects());
    const [old, fresh] = [await bigLayer(0), await bigLayer(1)];
    const [is, wanted] = [await signatureOf(old), await signatureOf(fresh)];
    // As if the old layer had the changed file already.
    const units = is.units.map((unit, index) => ({ ...unit, hash: wanted.units[index]?.hash ?? 0 }));
    const lie = encodeSignature({ ...is, units }).toString('base64');
    await server.docker('image', 'rm', image(1).reference);
    await onServer(`cd ${SIGNATURES} && rm ${fresh} && echo ${lie} | base64 -d >${old}`);
    const { warnings } = await sends();
    expect(warnings).toEqual([
      expect.stringMatching(/sent with its whole layers, because .*(sha256|digest)/),
    ]);
    await stop();
  });

  test('a stream that breaks off or is altered on the way', async () => {
    await start();
    for (const spoil of [cutAt(5_000), flipAt(5_000)]) {
      let loads = 0;
      const spoiled: Target = {
        ...target,
        pipe: (command, stream, signal) =>
          target.pipe(
            command,
            command.title.startsWith('rebuild') && loads++ === 0 ? stream.pipe(spoil) : stream,
            signal,
          ),
      };
      const { warnings } = await sends(spoiled);
      expect(loads).toBe(1);
      expect(warnings).toEqual([
        expect.stringMatching(/sent with its whole layers, because .* could not rebuild/),
      ]);
      await server.docker('image', 'rm', image(1).reference);
    }
    await stop();
  });

  test('a connection that is lost in the middle fails cleanly; the next run sends it', async () => {
    await start();
    const sessions = `grep -l '^sshd: deploy' /proc/[0-9]*/cmdline | cut -d/ -f3 | xargs kill -KILL`;
    const unplugged: Target = {
      ...target,
      pipe: (command, stream, signal) => {
        const loading = target.pipe(command, stream, signal);
        if (command.title.startsWith('rebuild')) void server.server.exec(sessions);
        return loading;
      },
    };
    await expect(transfer([image(1)], unplugged, effects())).rejects.toMatchObject({
      code: expect.stringMatching(/TRANSFER_FAILED|SSH_CONNECT/),
    });
    expect(await server.docker('image', 'ls', '-q', image(1).reference)).toBe('');
    target = await server.connect();
    const sent = await transfer([image(1)], target, effects());
    expect(sent).toMatchObject({ warnings: [] });
    expect(await says(server, 1)).toBe('two');
    await stop();
  });
});

/** Ends the stream, as if it were whole, after so many bytes. */
function cutAt(limit: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const rest = chunk.subarray(0, Math.max(0, limit - seen));
      seen += chunk.length;
      done(null, rest);
    },
  });
}
function flipAt(position: number): Transform {
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
}
