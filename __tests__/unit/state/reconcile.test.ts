import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyRegistry, recordRelease, recordRollback } from '../../../src/pipeline/registry.ts';
import { rollbackTargets } from '../../../src/pipeline/rollback-targets.ts';
import { reconcile } from '../../../src/state/reconcile.ts';
import { RollbackRegistry } from '../../../src/state/schema.ts';

const TARGET = 'deploy@server:22';
const PROJECT = { name: 'shop', services: ['frontend', 'backend'] };
const at = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
const image = (tag: string) => ({ image: `shop-backend:${tag}`, tag, commit: 'abcdef1' });
const release = (registry: RollbackRegistry, number: number) =>
  recordRelease(
    registry,
    {
      services: { backend: image(`v${number}`) },
      pipeline_id: `run-${number}`,
      target: TARGET,
      at: at(number),
    },
    5,
  );
const one = release(emptyRegistry(), 1);
const two = release(one, 2);
/** The newer copy with something done to it. */
const forged = (change: (registry: RollbackRegistry) => void) => {
  const copy = structuredClone(two);
  change(copy);
  return copy;
};
const backendOf = (registry: RollbackRegistry) => {
  const backend = registry.services.backend;
  if (!backend) throw new Error('no backend');
  return backend;
};

describe('S2: the newer revision of cache and branch wins', () => {
  it.each([
    ['no cache', one, undefined, one, 'branch', false],
    ['an older cache (evicted and restored from elsewhere)', two, one, two, 'branch', false],
    ['an equal cache', two, structuredClone(two), two, 'branch', false],
    ['a newer cache: the branch could not be written', one, two, two, 'cache', true],
    ['no branch (GitHub down)', undefined, two, two, 'cache', true],
    ['neither', undefined, undefined, emptyRegistry(), 'branch', false],
  ] as const)('S2: %s', (_title, branch, cache, registry, source, writeBack) => {
    expect(reconcile(branch, cache, PROJECT)).toEqual({ registry, source, writeBack, refused: [] });
  });

  it('S2: services and keys that only the branch has stay', () => {
    const branch = { ...one, note: 'kept', services: { ...one.services, worker: backendOf(one) } };
    const { registry } = reconcile(branch, two, PROJECT);
    expect(registry).toMatchObject({ note: 'kept', services: { worker: { current: 'shop-backend:v1' } } });
  });
});

describe('S2: what comes from the cache is a claim', () => {
  const evil = 'evil.invalid/miner:1';
  it.each([
    [
      'a foreign image',
      (r: RollbackRegistry) => Object.assign(backendOf(r).history[1] ?? {}, { image: evil }),
    ],
    [
      'the image of another service',
      (r: RollbackRegistry) => Object.assign(backendOf(r).history[1] ?? {}, { image: 'shop-frontend:v2' }),
    ],
    [
      'a reference with a registry',
      (r: RollbackRegistry) =>
        Object.assign(backendOf(r).history[1] ?? {}, { image: 'evil.invalid/shop-backend:v2' }),
    ],
    ['an entry without image', (r: RollbackRegistry) => delete backendOf(r).history[1]?.image],
    [
      'a tag that is an option',
      (r: RollbackRegistry) =>
        Object.assign(backendOf(r).history[1] ?? {}, { tag: '--rm', image: 'shop-backend:--rm' }),
    ],
    [
      'a tag with a shell in it',
      (r: RollbackRegistry) =>
        Object.assign(backendOf(r).history[1] ?? {}, { tag: 'a;reboot', image: 'shop-backend:a;reboot' }),
    ],
    [
      'a date that is none',
      (r: RollbackRegistry) => Object.assign(backendOf(r).history[1] ?? {}, { deployed_at: 'soon' }),
    ],
  ])('S2: %s becomes no target and does not run', (_title, change) => {
    const { registry, refused } = reconcile(one, forged(change), PROJECT);
    expect(refused.length).toBeGreaterThan(0);
    expect(backendOf(registry)).toMatchObject({ current: 'shop-backend:v1', history: [{ tag: 'v1' }] });
  });

  it('S2: a foreign current image is refused, without the branch as well', () => {
    const copy = forged((registry) => Object.assign(backendOf(registry), { current: evil, previous: evil }));
    expect(reconcile(one, copy, PROJECT)).toMatchObject({ refused: [evil, evil] });
    const { registry } = reconcile(undefined, copy, PROJECT);
    expect(backendOf(registry)).toMatchObject({ current: null, previous: null });
  });

  it('S2: an unknown service is refused', () => {
    const copy = forged((registry) => Object.assign(registry.services, { miner: backendOf(registry) }));
    expect(reconcile(one, copy, PROJECT).refused).toEqual(['service miner']);
  });

  it.each([
    ['the same target', TARGET],
    ['another target', 'deploy@other:22'],
    ['no target', undefined],
  ])('S2: what the branch rejected stays rejected, also when the copy names %s', (_what, target) => {
    const rejected = recordRollback(
      two,
      {
        services: { backend: { from: image('v2'), to: 'shop-backend:v1' } },
        verdict: 'failed',
        pipeline_id: 'run-3',
        target: TARGET,
        at: at(3),
      },
      5,
    );
    const copy = forged((registry) => {
      registry.revision = rejected.revision + 1;
      Object.assign(backendOf(registry).history[1] ?? {}, { target });
    });
    const { registry, refused } = reconcile(rejected, copy, PROJECT);
    expect(refused).toContain('shop-backend:v2');
    expect(() => rollbackTargets(registry, { services: [], to: 'v2' })).toThrow(/no release/);
  });

  it('S2: a revision far ahead is no copy of ours (it would win for ever)', () => {
    const copy = { ...two, revision: Number.MAX_SAFE_INTEGER };
    expect(reconcile(one, copy, PROJECT)).toMatchObject({
      registry: one,
      source: 'branch',
      writeBack: false,
    });
  });

  it('S2: unknown keys are dropped, so that the state branch is no storage for others', () => {
    const copy = forged((registry) => {
      Object.assign(backendOf(registry).history[1] ?? {}, { payload: 'x' });
      Object.assign(backendOf(registry), { payload: 'x' });
      Object.assign(registry, { payload: 'x' });
    });
    expect(JSON.stringify(reconcile(one, copy, PROJECT).registry)).not.toContain('payload');
  });

  it('S2: any cached registry gives targets of this project only, or none', () => {
    const word = fc.constantFrom(
      'v1',
      'v2',
      'v3',
      'shop-backend:v1',
      'shop-backend:v3',
      evil,
      '',
      '--rm',
      at(5),
    );
    const entry = fc.record({
      tag: word,
      image: word,
      deployed_at: fc.constantFrom(at(1), at(9), ''),
      status: fc.constantFrom('success' as const, 'failed' as const, 'rolled-back' as const),
    });
    const claimed = fc.record({
      revision: fc.integer({ min: -1, max: 2000 }),
      services: fc.dictionary(
        fc.constantFrom('backend', 'frontend', '__proto__', 'miner'),
        fc.record({
          current: fc.option(word),
          previous: fc.option(word),
          history: fc.array(entry, { maxLength: 5 }),
        }),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(undefined, one, two), claimed, (branch, cache) => {
        const { registry } = reconcile(branch, cache, PROJECT);
        expect(RollbackRegistry.safeParse(registry).success).toBe(true);
        expect(JSON.stringify(registry)).not.toContain('evil');
        for (const [name, service] of Object.entries(registry.services)) {
          expect(PROJECT.services).toContain(name);
          for (const { image: reference, tag } of service.history) {
            expect(reference).toBe(`shop-${name}:${tag}`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
