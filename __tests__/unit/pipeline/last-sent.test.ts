import { expect, test } from '@jest/globals';
import { lastSent } from '../../../src/pipeline/last-sent.ts';
import type { PipelineRun } from '../../../src/state/schema.ts';

const run = (target: string, bytes_sent?: Record<string, number>) =>
  ({ target, ...(bytes_sent === undefined ? {} : { bytes_sent }) }) as PipelineRun;

test.each<[string, PipelineRun[], Record<string, number>]>([
  ['no run', [], {}],
  ['the newest of each service', [run('a', { web: 3, api: 4 }), run('a', { web: 5 })], { web: 5, api: 4 }],
  ['one that had nothing to send says nothing', [run('a', { web: 3 }), run('a', { web: 0 })], { web: 3 }],
  ['a run that sent to another server', [run('a', { web: 3 }), run('b', { web: 9 })], { web: 3 }],
  ['runs of an older version', [run('a')], {}],
])('what the last release sent: %s', (_what, pipelines, expected) => {
  expect(lastSent({ pipelines }, 'a')).toEqual(expected);
});
