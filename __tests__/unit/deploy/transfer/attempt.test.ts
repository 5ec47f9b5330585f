import { expect, test } from '@jest/globals';
import { isFull, mayPass, takesZstd } from '../../../../src/deploy/transfer/attempt.ts';

const ended = (code: number) =>
  ({ status: 'fulfilled', value: { code, stdout: '', stderr: '', timedOut: false, duration: 1 } }) as const;

test.each([
  ['the connection broke', { status: 'rejected', reason: new Error('lost') } as const, 'lost', true],
  ['a signal ended it', ended(-1), '', true],
  ['killed', ended(137), '', true],
  ['the stream ended early', ended(1), 'unexpected EOF', true],
  ['the engine was away', ended(1), 'Cannot connect to the Docker daemon', true],
  ['a proxy was away', ended(1), 'received unexpected HTTP status: 503', true],
  ['what arrived is no archive', ended(1), 'archive/tar: invalid tar header', false],
  ['the disk is full', ended(1), 'write /x: no space left on device: unexpected EOF', false],
  ['it took too long', ended(124), 'connection timeout', false],
  ['not an image', ended(1), 'invalid manifest', false],
  ['refused', ended(1), 'denied: requested access', false],
])('B2.5: %s: tried again or not', (_what, outcome, detail, again) => {
  expect(mayPass(outcome, detail)).toBe(again);
  expect(isFull(detail)).toBe(detail.includes('space'));
});

test.each([
  ['20.10.24+dfsg1', false],
  ['23.0.6', false],
  ['26.1.5+dfsg1', false],
  ['27.5.1', false],
  ['28.0.0', true],
  ['28.5.2+dfsg4', true],
  ['29.4.1', true],
  ['', false],
  ['dev', false],
])('B2.5: engine %j takes zstd without harm: %s', (engine, takes) => {
  expect(takesZstd(engine)).toBe(takes);
});
