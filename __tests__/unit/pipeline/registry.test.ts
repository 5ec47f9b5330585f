import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyRegistry, newer, recordRelease, recordRollback } from '../../../src/pipeline/registry.ts';
import { rollbackTargets } from '../../../src/pipeline/rollback-targets.ts';
import { RollbackRegistry } from '../../../src/state/schema.ts';

const TARGET = 'deploy@server:22';
const at = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
const image = (service: string, tag: string) => ({
  image: `shop-${service}:${tag}`,
  tag,
  commit: `c-${tag}`,
});

/** Release number `n` of the given services, each with tag `v<n>`. */
function release(registry: RollbackRegistry, number: number, services: string[], keep = 5): RollbackRegistry {
  const images = Object.fromEntries(services.map((name) => [name, image(name, `v${number}`)]));
  return recordRelease(
    registry,
    { services: images, pipeline_id: `run-${number}`, target: TARGET, at: at(number) },
    keep,
  );
}

function rollback(registry: RollbackRegistry, number: number, steps: Record<string, [string, string]>) {
  const services = Object.fromEntries(
    Object.entries(steps).map(([name, [from, to]]) => [
      name,
      { from: image(name, from), to: image(name, to).image },
    ]),
  );
  return recordRollback(
    registry,
    { services, verdict: 'rolled-back', pipeline_id: `run-${number}`, target: TARGET, at: at(number) },
    5,
  );
}

const released = (...numbers: number[]) =>
  numbers.reduce((registry, number) => release(registry, number, ['backend']), emptyRegistry());
const tagsOf = (targets: Record<string, { tag: string }>) =>
  Object.fromEntries(Object.entries(targets).map(([name, { tag }]) => [name, tag]));

describe('S2: the rollback registry', () => {
  it('S2: holds the current and the previous image and a history', () => {
    expect(released(1, 2)).toEqual({
      revision: 2,
      services: {
        backend: {
          current: 'shop-backend:v2',
          previous: 'shop-backend:v1',
          history: [
            {
              ...image('backend', 'v1'),
              deployed_at: at(1),
              status: 'success',
              pipeline_id: 'run-1',
              target: TARGET,
            },
            {
              ...image('backend', 'v2'),
              deployed_at: at(2),
              status: 'success',
              pipeline_id: 'run-2',
              target: TARGET,
            },
          ],
        },
      },
    });
  });

  it('S2: a first release has no previous image', () => {
    expect(released(1).services.backend).toMatchObject({ current: 'shop-backend:v1', previous: null });
  });

  it('S2: releasing the image that runs keeps the previous one (a redeployment is no new version)', () => {
    const again = recordRelease(
      released(1, 2),
      { services: { backend: image('backend', 'v2') }, pipeline_id: 'run-3', target: TARGET, at: at(3) },
      5,
    );
    expect(again.services.backend).toMatchObject({ current: 'shop-backend:v2', previous: 'shop-backend:v1' });
    expect(again.services.backend?.history).toHaveLength(2);
  });

  it('S2: a release recorded late comes to its place in time', () => {
    const late = released(2, 1);
    expect(late.services.backend).toMatchObject({ current: 'shop-backend:v2', previous: 'shop-backend:v1' });
  });

  it('S2: recording again changes nothing, not even the revision, also after a rollback', () => {
    const registry = released(1, 2);
    expect(release(registry, 2, ['backend'])).toBe(registry);
    const back = rollback(registry, 3, { backend: ['v2', 'v1'] });
    expect(release(back, 2, ['backend'])).toBe(back);
    expect(rollback(back, 3, { backend: ['v2', 'v1'] })).toBe(back);
    const later = release(back, 4, ['backend']);
    expect(rollback(later, 3, { backend: ['v2', 'v1'] })).toBe(later);
  });

  it('S2: keeps `keep_releases` good releases, two at least', () => {
    const keep = (count: number) =>
      [1, 2, 3, 4, 5]
        .reduce((registry, number) => release(registry, number, ['backend'], count), emptyRegistry())
        .services.backend?.history.map(({ tag }) => tag);
    expect(keep(3)).toEqual(['v3', 'v4', 'v5']);
    expect(keep(1)).toEqual(['v4', 'v5']);
  });

  it('S2: the newer revision wins; equal ones: the first', () => {
    const [one, two, other] = [released(1), released(1, 2), structuredClone(released(1))];
    expect(newer(one, two)).toBe(two);
    expect(newer(two, one)).toBe(two);
    expect(newer(one, other)).toBe(one);
  });

  it('fault 1: a failed verification never becomes `previous` or a target', () => {
    const failed = recordRollback(
      released(1, 2),
      {
        services: { backend: { from: image('backend', 'v3'), to: 'shop-backend:v2' } },
        verdict: 'failed',
        pipeline_id: 'run-3',
        target: TARGET,
        at: at(3),
      },
      5,
    );
    expect(failed.services.backend).toMatchObject({
      current: 'shop-backend:v2',
      previous: 'shop-backend:v1',
    });
    expect(failed.services.backend?.history.find(({ tag }) => tag === 'v3')?.status).toBe('failed');
    const fixed = release(failed, 4, ['backend']);
    expect(fixed.services.backend).toMatchObject({ current: 'shop-backend:v4', previous: 'shop-backend:v2' });
    expect(() => rollbackTargets(fixed, { services: [], to: 'v3' })).toThrow(/no release to roll back/);
  });

  it('S2: rolling back to what ran before the first release makes it current, never a target', () => {
    const registry = recordRollback(
      emptyRegistry(),
      {
        services: { backend: { from: image('backend', 'v1'), to: 'adopted:old' } },
        verdict: 'failed',
        pipeline_id: 'run-1',
        target: TARGET,
        at: at(1),
      },
      5,
    );
    expect(registry.services.backend).toMatchObject({ current: 'adopted:old', previous: null });
    expect(() => rollbackTargets(registry, { services: [] })).toThrow(
      expect.objectContaining({ code: 'ROLLBACK_IMPOSSIBLE' }),
    );
  });
});

describe('R1: where a rollback goes', () => {
  const both = (registry: RollbackRegistry, number: number) =>
    release(registry, number, ['frontend', 'backend']);
  const shop = release(both(both(emptyRegistry(), 1), 2), 3, ['frontend']);

  it.each([
    ['the newest release alone is undone', [], undefined, { frontend: 'v2' }],
    ['a named service goes to its previous image', ['backend'], undefined, { backend: 'v1' }],
    [
      'both named: each to its previous image',
      ['backend', 'frontend'],
      undefined,
      { backend: 'v1', frontend: 'v2' },
    ],
    ['a tag', [], 'v1', { frontend: 'v1', backend: 'v1' }],
    ['a pipeline id', [], 'run-1', { frontend: 'v1', backend: 'v1' }],
    ['an image reference', ['frontend'], 'shop-frontend:v1', { frontend: 'v1' }],
    ['a release that a service already runs leaves that service alone', [], 'v2', { frontend: 'v2' }],
    ['blank is no name', ['backend'], '  ', { backend: 'v1' }],
    ['named twice', ['backend', 'backend'], undefined, { backend: 'v1' }],
  ])('R1: %s', (_title, services, to, expected) => {
    const request = to === undefined ? { services } : { services, to };
    expect(tagsOf(rollbackTargets(shop, request))).toEqual(expected);
  });

  it('R1: a service that was not part of the named release goes to what it ran at that time', () => {
    const later = release(release(shop, 4, ['backend']), 5, ['frontend', 'backend']);
    expect(tagsOf(rollbackTargets(later, { services: [], to: 'run-3' }))).toEqual({
      frontend: 'v3',
      backend: 'v2',
    });
  });

  it('R1: one rollback after another walks backwards, never to what was rolled back', () => {
    let registry = released(1, 2, 3);
    expect(tagsOf(rollbackTargets(registry, { services: [] }))).toEqual({ backend: 'v2' });
    registry = rollback(registry, 10, { backend: ['v3', 'v2'] });
    expect(registry.services.backend).toMatchObject({
      current: 'shop-backend:v2',
      previous: 'shop-backend:v1',
    });
    expect(tagsOf(rollbackTargets(registry, { services: [] }))).toEqual({ backend: 'v1' });
    registry = rollback(registry, 11, { backend: ['v2', 'v1'] });
    expect(registry.services.backend).toMatchObject({ current: 'shop-backend:v1', previous: null });
    expect(() => rollbackTargets(registry, { services: [] })).toThrow(/no release to roll back/);
  });

  it('R1: with nothing unusual running, the newest release is undone, as without looking', () => {
    const running = { frontend: 'shop-frontend:v2', backend: 'shop-backend:v2' };
    const looked = rollbackTargets(released(1, 2), { services: [], running });
    expect(looked).toEqual(rollbackTargets(released(1, 2), { services: [] }));
  });

  it("V3: when an unverified image runs, the registry's current image is the one to restore", () => {
    const running = { backend: 'shop-backend:v9' };
    expect(tagsOf(rollbackTargets(released(1, 2), { services: [], running }))).toEqual({ backend: 'v2' });
  });

  it.each([
    ['an unknown service', { services: ['worker'] }, /worker/],
    ['an inherited name', { services: ['constructor'] }, /constructor/],
    ['an unknown tag', { services: [], to: 'v99' }, /v99/],
    ['what runs now', { services: ['frontend'], to: 'v3' }, /runs now/],
    ['a hostile name', { services: [], to: '$(reboot)' }, /reboot/],
  ])('R1: %s is refused, and the answer lists what there is', (_title, request, why) => {
    expect(() => rollbackTargets(shop, request)).toThrow(
      expect.objectContaining({
        code: 'ROLLBACK_IMPOSSIBLE',
        why: expect.stringMatching(why),
        fix: expect.stringContaining('backend: v1 (run-1), v2 (run-2) running now'),
      }),
    );
  });

  it('R1: nothing was ever released', () => {
    expect(() => rollbackTargets(emptyRegistry(), { services: [] })).toThrow(
      expect.objectContaining({ code: 'ROLLBACK_IMPOSSIBLE' }),
    );
  });
});

describe('a rollback target was verified, and is not what runs', () => {
  const step = fc.record({
    kind: fc.constantFrom('release', 'fail', 'rollback'),
    services: fc.subarray(['frontend', 'backend', 'worker'], { minLength: 1 }),
    tag: fc.nat(6),
  });

  it('invariant 4 holds after any history, and every write is idempotent', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), (steps, keep) => {
        let registry = emptyRegistry();
        const verified = new Set<string>();
        steps.forEach(({ kind, services, tag }, index) => {
          const common = { pipeline_id: `run-${index}`, target: TARGET, at: at(index) };
          const images = services.map((name) => [name, image(name, `v${tag}`)] as const);
          let write: (before: RollbackRegistry) => RollbackRegistry;
          if (kind === 'release') {
            write = (before) =>
              recordRelease(before, { services: Object.fromEntries(images), ...common }, keep);
            for (const [, one] of images) verified.add(one.image);
          } else if (kind === 'fail') {
            const undone = images.flatMap(([name, from]) => {
              const current = registry.services[name]?.current;
              if (!current || current === from.image) return [];
              verified.delete(from.image);
              return [[name, { from, to: current }] as const];
            });
            const failed = { services: Object.fromEntries(undone), verdict: 'failed' as const, ...common };
            write = (before) => recordRollback(before, failed, keep);
          } else {
            let targets: ReturnType<typeof rollbackTargets>;
            try {
              targets = rollbackTargets(registry, { services: [] });
            } catch {
              return;
            }
            const undone = Object.entries(targets).map(([name, entry]) => {
              const from = registry.services[name]?.current ?? '';
              expect(entry.status).toBe('success');
              expect(verified).toContain(entry.image);
              expect(entry.image).not.toBe(from);
              verified.delete(from);
              return [
                name,
                { from: { image: from, tag: from.split(':')[1] ?? '' }, to: entry.image ?? '' },
              ] as const;
            });
            const back = { services: Object.fromEntries(undone), verdict: 'rolled-back' as const, ...common };
            write = (before) => recordRollback(before, back, keep);
          }
          const next = write(registry);
          expect(write(next)).toBe(next);
          expect(next.revision - registry.revision).toBe(next === registry ? 0 : 1);
          registry = next;
          for (const service of Object.values(registry.services)) {
            const images = service.history.map((entry) => entry.image);
            expect(new Set(images).size).toBe(images.length);
            expect(service.previous).not.toBe(service.current ?? '');
            const good = service.history.filter(({ status }) => status === 'success');
            expect(good.length).toBeLessThanOrEqual(Math.max(2, keep));
            if (good.length > 0) expect(good.map((entry) => entry.image)).toContain(service.current);
          }
        });
        expect(RollbackRegistry.parse(JSON.parse(JSON.stringify(registry)))).toEqual(registry);
      }),
      { numRuns: 200 },
    );
  });
});
