import { expect, test } from '@jest/globals';
import type { PipelineContext } from '../../../src/pipeline/context.ts';
import { manualRollback } from '../../../src/pipeline/manual-rollback.ts';
import { emptyPipelineFile } from '../../../src/pipeline/record.ts';
import { emptyRegistry, recordRelease } from '../../../src/pipeline/registry.ts';
import { silent } from '../analyze/helpers/world.ts';

const STAGING = 'deploy@staging:22';
const PRODUCTION = 'deploy@production:22';

const releases: [target: string, ...services: string[]][] = [
  [PRODUCTION, 'web', 'worker'],
  [STAGING, 'web'],
  [PRODUCTION, 'web', 'worker'],
  [STAGING, 'web'],
];
const registry = releases.reduce((before, [target, ...names], index) => {
  const tag = `v${index + 1}`;
  const images = names.map((name) => [name, { image: `shop-${name}:${tag}`, tag }]);
  const about = { pipeline_id: `run-${index + 1}`, at: `2026-01-0${index + 1}T00:00:00Z`, target };
  return recordRelease(before, { services: Object.fromEntries(images), ...about }, 5);
}, emptyRegistry());

/** What a dry run of a rollback chooses on a server that has these images; its plan is not drawn up. */
async function chosen(targetName: string, running: string, images: string[]): Promise<string[]> {
  const lines: string[] = [];
  const engine = {
    containers: async () => [{ state: 'running', image: running }],
    image: async (reference: string) =>
      images.includes(reference) ? { id: 'sha256:1', size: 1 } : undefined,
  };
  const context = {
    event: { sha: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678' },
    config: { project: { name: 'shop', timezone: 'UTC' }, deploy: { path: '/srv', compose_file: 'c.yml' } },
    services: [{ name: 'web', composeService: 'web' }],
    dryRun: true,
    targetName,
    store: { read: async () => ({ file: emptyPipelineFile(), registry }) },
    registryCache: { restore: async () => undefined },
    effects: {
      clock: { now: () => new Date('2026-11-23T12:00:00Z') },
      log: { ...silent, info: (line: string) => void lines.push(line) },
      mask: <T>(value: T) => value,
    },
    server: { target: { engine } },
  } as unknown as PipelineContext;
  await expect(manualRollback(context, { services: [], to: '', reason: '' })).rejects.toThrow();
  return lines;
}

test.each([
  [
    'the other target has newer ones',
    PRODUCTION,
    'shop-web:v3',
    ['shop-web:v1', 'shop-web:v3'],
    'shop-web:v1',
  ],
  ['the other target has older ones', STAGING, 'shop-web:v4', ['shop-web:v2', 'shop-web:v4'], 'shop-web:v2'],
  [
    'the target has another name now',
    'deploy@new:22',
    'shop-web:v3',
    ['shop-web:v1', 'shop-web:v3'],
    'shop-web:v1',
  ],
])(
  'R1: by hand, configured services go back to what was verified here: %s',
  async (_what, target, running, images, to) => {
    expect(await chosen(target, running, images)).toEqual([`web: ${running} -> ${to}`]);
  },
);

test('R1: by hand, on a server that has none of them there is nothing to go back to', async () => {
  expect(await chosen('deploy@new:22', 'shop-web:v9', [])).toEqual([]);
});
