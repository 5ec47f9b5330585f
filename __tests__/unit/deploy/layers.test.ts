import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainIds, unneededLayers } from '../../../src/deploy/transfer/layers.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);

describe('transfer: which layers may be left out (classic store)', () => {
  test('the ChainID of one layer is its DiffID; above that, both count', () => {
    // Reference value from sha256sum of "sha256:aa… sha256:bb…", as the OCI image specification defines it.
    const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
    expect(chainIds([])).toEqual([]);
    expect(chainIds([a])).toEqual([a]);
    expect(chainIds([a, b])[1]).toBe(
      'sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c',
    );
    expect(chainIds([b, a])[1]).not.toBe(chainIds([a, b])[1]);
  });

  test('a server without images needs everything', () => {
    const image = { references: ['a:1'], ids: [], layers: [{ path: 'x/layer.tar', diffId: 'sha256:1' }] };
    expect(unneededLayers([image], [])).toEqual(new Set());
  });

  test('the same layer on another base is sent', () => {
    const image = {
      references: ['a:1'],
      ids: [],
      layers: [
        { path: 'base', diffId: 'sha256:1' },
        { path: 'app', diffId: 'sha256:2' },
      ],
    };
    expect(unneededLayers([image], [['sha256:9', 'sha256:2']])).toEqual(new Set());
    expect(unneededLayers([image], [['sha256:1', 'sha256:3']])).toEqual(new Set(['base']));
    expect(unneededLayers([image], [['sha256:1', 'sha256:2']])).toEqual(new Set(['base', 'app']));
  });

  test('what is left out and what is there is always enough for every image', () => {
    const stack = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(stack, { maxLength: 4 }),
        fc.array(stack, { minLength: 1, maxLength: 3 }),
        (server, sent) => {
          const images = sent.map((layers) => ({
            references: [],
            ids: [],
            layers: layers.map((diffId) => ({ path: `blob/${diffId}`, diffId })),
          }));
          const out = unneededLayers(images, server);
          const present = new Set(server.flatMap((layers) => chainIds(layers)));
          for (const image of images) {
            const chain = chainIds(image.layers.map((layer) => layer.diffId));
            image.layers.forEach((layer, index) => {
              if (out.has(layer.path)) expect(present.has(chain[index] ?? '')).toBe(true);
            });
          }
        },
      ),
    );
  });

  test('ChainIDs are digests for any stack', () => {
    fc.assert(
      fc.property(fc.array(digest, { maxLength: 6 }), (stack) => {
        expect(chainIds(stack).every((id) => /^sha256:[0-9a-f]{64}$/.test(id))).toBe(true);
      }),
    );
  });
});
