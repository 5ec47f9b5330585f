import { expect, test } from '@jest/globals';
import { isFull, mayPass } from '../../../../src/deploy/transfer/attempt.ts';

const ended = (code: number) =>
  ({ status: 'fulfilled', value: { code, stdout: '', stderr: '', timedOut: false, duration: 1 } }) as const;

test.each([
  ['the connection broke', { status: 'rejected', reason: new Error('lost') } as const, 'lost', true],
  ['a signal ended it', ended(-1), '', true],
  ['killed', ended(137), '', true],
  ['the stream ended early', ended(1), 'unexpected EOF', true],
  ['the engine was away', ended(1), 'Cannot connect to the Docker daemon', true],
  ['a proxy was away', ended(1), 'received unexpected HTTP status: 503', true],
  ['an engine 26.1 under load misread it', ended(1), 'archive/tar: invalid tar header', true],
  ['the same, as the unpacker says it', ended(1), 'flate: corrupt input before offset 2', true],
  ['the disk is full', ended(1), 'write /x: no space left on device: unexpected EOF', false],
  ['it took too long', ended(124), 'connection timeout', false],
  ['not an image', ended(1), 'invalid manifest', false],
  ['refused', ended(1), 'denied: requested access', false],
])('B2.5: %s: tried again or not', (_what, outcome, detail, again) => {
  expect(mayPass(outcome, detail)).toBe(again);
  expect(isFull(detail)).toBe(detail.includes('space'));
});
