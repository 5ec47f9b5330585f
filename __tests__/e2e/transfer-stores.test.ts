/** Every pair of image stores and engine versions, on real engines over real SSH. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { openSite, type Site } from '../../lab/site.ts';
import { PROOF_LABEL, proveImage } from '../../src/deploy/commands.ts';
import { transfer } from '../../src/deploy/transfer/index.ts';
import type { Target } from '../../src/server/target.ts';
import { type EngineSpec, startTestEngine, type TestEngine } from './transfer-support.ts';

jest.setTimeout(180_000);

const SPECS: EngineSpec[] = [
  { name: 'installed' },
  { name: 'e26', suite: 'trixie' },
  { name: 'e26c', suite: 'trixie', imageStore: 'containerd' },
  { name: 'e28', suite: 'sid' },
  { name: 'e28c', suite: 'sid', imageStore: 'containerd' },
];
/** Of a layer that stays: more than the rest of an archive. */
const KEPT = 400_000;

let site: Site;
const engines = new Map<string, TestEngine>();
const targets = new Map<string, Target>();

beforeAll(async () => {
  site = await openSite();
  for (const spec of SPECS) {
    const engine = await startTestEngine(site, spec);
    if (engine === undefined) continue;
    engines.set(spec.name, engine);
    targets.set(spec.name, await engine.connect());
  }
});
afterAll(async () => {
  await Promise.all([...targets.values()].map((target) => target.close()));
  await site.close();
});

/** The classic 26 writes what the classic 28 writes: it only receives here. */
test.each(SPECS.map((spec) => spec.name).filter((name) => name !== 'e26'))(
  'B2.5: what %s built reaches every other engine, the second time without the layers that are there',
  async (from) => {
    const source = engines.get(from);
    if (source === undefined) return;
    const kept = { 'kept.bin': randomBytes(KEPT) };
    // Tags of this try: no transfer moves one.
    const name = `shop-${from}-${randomBytes(3).toString('hex')}`;
    const first = await source.build(`${name}:v1`, [kept, { version: 'one' }]);
    const second = await source.build(`${name}:v2`, [kept, { version: 'two' }]);
    for (const [to, target] of targets) {
      if (to === from) continue;
      const receiver = engines.get(to) as TestEngine;
      const effects = source.effects();
      const whole = await transfer([first], target, effects);
      const part = await transfer([second], target, effects);
      const none = await transfer([second], target, effects);
      const seen = { to, whole: whole.bytes, part: part.bytes, none: none.bytes };
      expect(seen).toEqual({ to, whole: expect.any(Number), part: expect.any(Number), none: 0 });
      expect([...whole.warnings, ...part.warnings]).toEqual([]);
      expect(whole.bytes).toBeGreaterThan(KEPT);
      expect(part.bytes).toBeLessThan(KEPT / 20);
      const run = ['run', '--rm', '--network', 'none', '--pull', 'never'];
      expect(await receiver.docker(...run, first.reference)).toBe('one');
      expect(await receiver.docker(...run, second.reference)).toBe('two');
    }
  },
);

test.each(['installed', 'e28c'])(
  'B2: a tag that names another image on a server stays where it is, whatever store %s and the server have',
  async (from) => {
    const source = engines.get(from);
    if (source === undefined) return;
    const first = await source.build(`shop-taken-${from}-${randomBytes(3).toString('hex')}:v1`, [
      { version: 'one' },
    ]);
    for (const target of targets.values()) await transfer([first], target, source.effects());
    const second = await source.build(first.reference, [{ version: 'two' }]);
    for (const [to, target] of targets) {
      if (to === from) continue;
      const sent = transfer([second], target, source.effects());
      await expect(sent).rejects.toMatchObject({
        code: 'TRANSFER_FAILED',
        message: expect.stringContaining('is another image'),
      });
      const run = ['run', '--rm', '--network', 'none', '--pull', 'never'];
      expect(await (engines.get(to) as TestEngine).docker(...run, first.reference)).toBe('one');
    }
  },
);

test('no engine has died of what it was sent', async () => {
  for (const [name, { server }] of engines) {
    const { stdout } = await server.exec("sed -n 's/^panic: //p' /run/lab/dockerd.log");
    expect({ name, panics: stdout }).toEqual({ name, panics: '' });
  }
});

test('invariant 4: a proof is that the image can be started; it leaves neither a container nor a volume', async () => {
  for (const [name, target] of targets) {
    const engine = engines.get(name) as TestEngine;
    const { reference } = await engine.build('shop-proof:v1', [{ version: 'one' }]);
    const id = await engine.docker('create', reference);
    await engine.docker('commit', '--change', 'VOLUME /data', id, 'shop-proof:v2');
    await engine.docker('rm', id);
    const proofs = await Promise.all(
      ['v1', 'v2', 'v1', 'v2', 'missing'].map((tag) => target.query(proveImage(`shop-proof:${tag}`))),
    );
    const left = await engine.docker(
      'ps',
      '--all',
      '--format',
      '{{.Names}}',
      '--filter',
      `label=${PROOF_LABEL}`,
    );
    const volumes = await engine.docker('volume', 'ls', '--quiet');
    const codes = proofs.map((proof) => proof.code);
    expect({ name, codes, left, volumes }).toEqual({ name, codes: [0, 0, 0, 0, 1], left: '', volumes: '' });
    expect(proofs.at(-1)?.stderr).toContain('shop-proof:missing');
  }
});
