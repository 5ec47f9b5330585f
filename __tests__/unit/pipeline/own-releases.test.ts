import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { elsewhere, ownReleases, type Whose } from '../../../src/pipeline/own-releases.ts';
import { emptyRegistry, recordRelease, recordRollback } from '../../../src/pipeline/registry.ts';
import { rollbackTargets } from '../../../src/pipeline/rollback-targets.ts';
import type { RollbackRegistry } from '../../../src/state/schema.ts';

const STAGING = 'deploy@staging:22';
const PRODUCTION = 'deploy@production:22';
const at = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
const whose = (target: string, over: Partial<Whose> = {}): Whose => ({
  project: 'shop',
  target,
  services: ['web'],
  ...over,
});

interface Step {
  target: string;
  /** One of each service, with the number of the step as its tag. */
  services?: string[];
  project?: string;
}

/** Releases one after another, the first with the tag `v1`. */
function released(steps: readonly Step[], keep = 5): RollbackRegistry {
  return steps.reduce((registry, { target, services = ['web'], project = 'shop' }, index) => {
    const tag = `v${index + 1}`;
    const images = services.map((name) => [name, { image: `${project}-${name}:${tag}`, tag }]);
    const release = { services: Object.fromEntries(images), pipeline_id: `run-${index + 1}`, target };
    return recordRelease(registry, { ...release, at: at(index + 1) }, keep);
  }, emptyRegistry());
}
/** As versions before this one wrote it. */
function withoutTargets(registry: RollbackRegistry): RollbackRegistry {
  return JSON.parse(JSON.stringify(registry, (key, value) => (key === 'target' ? undefined : value)));
}
const staging: Step = { target: STAGING };
const production: Step = { target: PRODUCTION };

/** service -> tag that a rollback goes to. */
function back(registry: RollbackRegistry, of: Whose, there: string[] = [], to?: string) {
  const own = ownReleases(registry, of, new Set(there));
  const targets = rollbackTargets(own, { services: [], ...(to === undefined ? {} : { to }) });
  return Object.fromEntries(Object.entries(targets).map(([name, { tag }]) => [name, tag]));
}
const IMPOSSIBLE = expect.objectContaining({ code: 'ROLLBACK_IMPOSSIBLE' });

describe('R1: a state branch that several targets share', () => {
  const both = released([staging, production, staging, production, staging]);

  it('R1: a rollback in production goes to what was verified there, never to a release of staging', () => {
    expect(back(both, whose(PRODUCTION))).toEqual({ web: 'v2' });
    expect(back(both, whose(STAGING))).toEqual({ web: 'v3' });
  });

  it('R1: not even by its name', () => {
    expect(() => back(both, whose(PRODUCTION), [], 'v5')).toThrow(IMPOSSIBLE);
  });

  it('S2: `current` is the newest release of all, `previous` the one before it on the same target', () => {
    expect(both.services['web']).toMatchObject({ current: 'shop-web:v5', previous: 'shop-web:v3' });
    const own = ownReleases(both, whose(PRODUCTION)).services['web'];
    expect(own).toMatchObject({ current: 'shop-web:v4', previous: 'shop-web:v2' });
  });

  it('S2: many releases of one push none of the other out', () => {
    const steps = [production, production, ...Array.from({ length: 9 }, () => staging)];
    const history = released(steps, 3).services['web']?.history ?? [];
    expect(history.map(({ tag }) => tag)).toEqual(['v1', 'v2', 'v9', 'v10', 'v11']);
  });

  it('S2: a release that fails on one target stays good on the other that has the same image', () => {
    const image = { image: 'shop-web:v1', tag: 'v1' };
    const on = (target: string, number: number) => (registry: RollbackRegistry) =>
      recordRelease(registry, { services: { web: image }, pipeline_id: 'p', target, at: at(number) }, 5);
    const good = on(PRODUCTION, 2)(on(STAGING, 1)(emptyRegistry()));
    const step = { web: { from: image, to: 'shop-web:v0' } };
    const failed = recordRollback(
      good,
      { services: step, verdict: 'failed', pipeline_id: 'q', target: STAGING, at: at(3) },
      5,
    );
    const statuses = failed.services['web']?.history.map(({ target, status }) => [target, status]);
    expect(statuses).toEqual([
      [STAGING, 'failed'],
      [PRODUCTION, 'success'],
    ]);
    // Although it is there: on this target it failed.
    expect(elsewhere(failed, whose(STAGING))).toEqual(['shop-web:v1']);
    const own = ownReleases(failed, whose(STAGING), new Set(['shop-web:v1']));
    expect(Object.keys(own.services)).toEqual([]);
  });

  it('R1: two projects whose services have one name go back to their own images', () => {
    const steps = ['shop', 'blog', 'shop', 'blog'].map((project) => ({ target: STAGING, project }));
    const shared = released(steps);
    expect(back(shared, whose(STAGING))).toEqual({ web: 'v1' });
    expect(back(shared, whose(STAGING, { project: 'blog' }))).toEqual({ web: 'v2' });
    expect(elsewhere(shared, whose(PRODUCTION))).toEqual(['shop-web:v1', 'shop-web:v3']);
  });

  it('R1: whatever the order, a rollback never leaves its project and target', () => {
    const step = fc.record({
      target: fc.constantFrom(STAGING, PRODUCTION),
      project: fc.constantFrom('shop', 'blog'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), (steps, keep) => {
        const registry = released(steps, keep);
        for (const target of [STAGING, PRODUCTION]) {
          for (const project of ['shop', 'blog']) {
            const own = steps.flatMap((one, index) =>
              one.target === target && one.project === project ? [`v${index + 1}`] : [],
            );
            const going = () => back(registry, whose(target, { project }));
            if (own.length < 2) expect(going).toThrow(IMPOSSIBLE);
            else expect(going()).toEqual({ web: own.at(-2) });
          }
        }
      }),
    );
  });
});

describe('R1: a target that has another name now', () => {
  const renamed = released([staging, staging, production]);

  it('R1: its images on this server are releases of it', () => {
    expect(elsewhere(renamed, whose(PRODUCTION))).toEqual(['shop-web:v1', 'shop-web:v2']);
    expect(back(renamed, whose(PRODUCTION), ['shop-web:v1', 'shop-web:v2'])).toEqual({ web: 'v2' });
    expect(back(renamed, whose(PRODUCTION), ['shop-web:v1'])).toEqual({ web: 'v1' });
    expect(back(renamed, whose('deploy@new:22'), ['shop-web:v1', 'shop-web:v3'])).toEqual({ web: 'v1' });
  });

  it('R1: where another target has its images on the same server, its own come first all the same', () => {
    const all = ['shop-web:v1', 'shop-web:v2', 'shop-web:v3', 'shop-web:v4'];
    const shared = released([staging, production, staging, production]);
    expect(back(shared, whose(PRODUCTION), all)).toEqual({ web: 'v2' });
    expect(back(shared, whose(STAGING), all)).toEqual({ web: 'v1' });
    expect(back(shared, whose(STAGING), all, 'v4')).toEqual({ web: 'v4' });
  });

  it('R1: on another server, where they are not, there is nothing to go back to', () => {
    expect(() => back(renamed, whose(PRODUCTION))).toThrow(IMPOSSIBLE);
    expect(() => back(renamed, whose('deploy@new:22'))).toThrow(IMPOSSIBLE);
  });

  it('S2: what is gone back to is a release of the new name from then on, and of the old one still', () => {
    const done = recordRollback(
      renamed,
      {
        services: { web: { from: { image: 'shop-web:v3', tag: 'v3' }, to: 'shop-web:v2' } },
        verdict: 'rolled-back',
        pipeline_id: 'run-4',
        target: PRODUCTION,
        at: at(4),
      },
      5,
    );
    const own = ownReleases(done, whose(PRODUCTION)).services['web'];
    expect(own).toMatchObject({ current: 'shop-web:v2', previous: null });
    expect(ownReleases(done, whose(STAGING)).services['web']?.current).toBe('shop-web:v2');
  });
});

describe('R1: a registry of an older version', () => {
  const old = withoutTargets(released([staging, staging, staging]));

  it('R1: its entries are releases of whoever asks', () => {
    expect(ownReleases(old, whose(PRODUCTION))).toEqual(old);
    expect(back(old, whose(PRODUCTION))).toEqual({ web: 'v2' });
  });

  it('S2: they go as new releases come, so that no more are kept than before', () => {
    const release = (registry: RollbackRegistry, number: number) => {
      const web = { image: `shop-web:v${number}`, tag: `v${number}` };
      const about = { pipeline_id: `run-${number}`, target: PRODUCTION, at: at(number) };
      return recordRelease(registry, { services: { web }, ...about }, 3);
    };
    const after = [4, 5].reduce(release, old).services['web'];
    expect(after?.history.map(({ tag }) => tag)).toEqual(['v3', 'v4', 'v5']);
    expect(after).toMatchObject({ current: 'shop-web:v5', previous: 'shop-web:v4' });
  });
});

describe('R1: a service that left the configuration', () => {
  const two = { target: STAGING, services: ['web', 'worker'] };
  const left = released([staging, two, two, staging]);

  it('R1: takes no part in a rollback of everything, whatever it goes to', () => {
    expect(back(left, whose(STAGING))).toEqual({ web: 'v3' });
    expect(back(left, whose(STAGING), [], 'run-2')).toEqual({ web: 'v2' });
    expect(back(left, whose(STAGING), [], 'run-1')).toEqual({ web: 'v1' });
  });

  it('R1: cannot be named', () => {
    const own = ownReleases(left, whose(STAGING));
    expect(() => rollbackTargets(own, { services: ['worker'] })).toThrow(IMPOSSIBLE);
  });
});
